import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { type Line, LineSplitter } from "./lines.ts";

fc.configureGlobal({ seed: 8 });

/** Cuts bytes at the given places and reads the parts. */
function split(bytes: Buffer, cuts: readonly number[], limit: number): Line[] {
	const splitter = new LineSplitter(limit);
	const places = [...new Set([0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])];
	const lines: Line[] = [];
	for (const [index, from] of places.sort((a, b) => a - b).entries()) {
		lines.push(...splitter.push(bytes.subarray(from, places[index + 1] ?? bytes.length)));
		assert.ok(splitter.overflowing || splitter.pending <= limit, "no more is held than the limit");
	}
	const rest = splitter.end();
	return rest ? [...lines, rest] : lines;
}

test("lines are the same wherever the chunks are cut, inside a character too", () => {
	const text = fc.string({ unit: fc.constantFrom("a", "ü", "👋", "\t", "{", '"') });
	fc.assert(
		fc.property(fc.array(text), fc.array(fc.nat()), (lines, cuts) => {
			const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(""));
			assert.deepEqual(
				split(bytes, cuts, 10_000),
				lines.map((line) => ({ kind: "line", text: line })),
			);
		}),
	);
});

test("a line over the limit is thrown away whole and told once; the next one is read", () => {
	fc.assert(
		fc.property(fc.integer({ min: 11, max: 100 }), fc.array(fc.nat()), (length, cuts) => {
			const bytes = Buffer.from(`one\n${"x".repeat(length)}\ntwo\n`);
			assert.deepEqual(split(bytes, cuts, 10), [
				{ kind: "line", text: "one" },
				{ kind: "oversize", bytes: length },
				{ kind: "line", text: "two" },
			]);
		}),
	);
});

test("a carriage return at the end of a line is no part of it; an unended last line is given at the end", () => {
	assert.deepEqual(split(Buffer.from("one\r\n\r\ntwo"), [], 100), [
		{ kind: "line", text: "one" },
		{ kind: "line", text: "" },
		{ kind: "line", text: "two" },
	]);
});
