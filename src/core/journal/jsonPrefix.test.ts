import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { isOvercrowded, jsonExtent } from "./jsonPrefix.ts";

test("every strict prefix of an object is a prefix, the whole ends where it ends, whatever follows", () => {
	fc.assert(
		fc.property(
			fc.dictionary(fc.string(), fc.jsonValue()),
			fc.nat(2),
			fc.string(),
			(value, indent, rest) => {
				const text = JSON.stringify(value, null, indent);
				for (let cut = 0; cut < text.length; cut++) {
					assert.deepEqual(jsonExtent(text.slice(0, cut)), { kind: "prefix" });
				}
				assert.deepEqual(jsonExtent(text + rest), { kind: "object", end: text.length });
			},
		),
		{ seed: 41, numRuns: 300 },
	);
});

test("what it calls an object is what JSON.parse takes, and it never throws", () => {
	fc.assert(
		fc.property(
			fc.dictionary(fc.string(), fc.jsonValue()),
			fc.nat(),
			fc.string({ maxLength: 2 }),
			(value, at, put) => {
				const text = JSON.stringify(value);
				const place = at % text.length;
				const changed = text.slice(0, place) + put + text.slice(place + 1);
				const extent = jsonExtent(changed);
				if (extent.kind === "object") {
					JSON.parse(changed.slice(0, extent.end));
				} else {
					assert.throws(() => JSON.parse(changed));
				}
			},
		),
		{ seed: 42, numRuns: 2000 },
	);
});

test("a million open brackets, and a million backslashes, are walked through", () => {
	assert.equal(jsonExtent(`{"a":${"[".repeat(1_000_000)}`).kind, "prefix");
	assert.equal(jsonExtent(`{"a":"${"\\\\".repeat(500_000)}`).kind, "prefix");
	assert.equal(jsonExtent(`{"a":"${"\\x".repeat(500_000)}`).kind, "broken");
});

test("what holds more objects and arrays than are read is broken, however they stand; brackets in texts do not count", () => {
	const many = 1_100_000;
	const texts: [text: string, isTooMany: boolean][] = [
		[`{"a":${"[".repeat(many)}`, true],
		[`{"a":${"[".repeat(many)}${"]".repeat(many)}}`, true],
		[`{"a":[${"{},".repeat(many)}1]}`, true],
		[`{"a":"${"[".repeat(many)}"}`, false],
		[`{"a":"\\"${"[".repeat(many)}\\\\","b":[]}`, false],
		[`{"a":"\\\\","b":[${"[],".repeat(many)}1]}`, true],
		[`{"a":"${"[".repeat(many)}`, false],
	];
	for (const [text, isTooMany] of texts) {
		const kind = jsonExtent(text).kind;
		assert.equal(kind === "broken", isTooMany, text.slice(0, 20));
		assert.equal(isOvercrowded(Buffer.from(text)), isTooMany, text.slice(0, 20));
	}
});
