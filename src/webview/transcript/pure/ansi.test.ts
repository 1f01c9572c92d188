import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ansiSpans } from "./ansi.ts";

fc.configureGlobal({ seed: 8 });

const plainText = (text: string) =>
	ansiSpans(text)
		.map((span) => span.text)
		.join("");

test("colours become classes until they are reset", () => {
	assert.deepEqual(ansiSpans("a\u001b[1;31mb\u001b[0mc"), [
		{ text: "a", classes: "" },
		{ text: "b", classes: "ansi-red ansi-bold" },
		{ text: "c", classes: "" },
	]);
	assert.equal(ansiSpans("\u001b[94;43mx")[0]?.classes, "ansi-bright-blue ansi-on-yellow");
	assert.equal(ansiSpans("\u001b[38;5;9mx")[0]?.classes, "ansi-bright-red");
});

test("colours beyond the theme keep the default and eat nothing", () => {
	assert.deepEqual(ansiSpans("\u001b[38;2;1;2;3;1mx"), [{ text: "x", classes: "ansi-bold" }]);
	assert.deepEqual(ansiSpans("\u001b[48;5;200mx"), [{ text: "x", classes: "" }]);
});

test("cursor moves, titles, links and lone escapes are dropped", () => {
	assert.equal(
		plainText("\u001b[2J\u001b[Ha\u001b]0;title\u0007b\u001b(B\u001b[?25lc\u001b"),
		"abc",
	);
	assert.equal(plainText("\u001b]8;;https://evil.test\u001b\\link\u001b]8;;\u001b\\"), "link");
});

test("a progress bar shows its last state", () => {
	assert.equal(plainText("10%\r50%\r100%\ndone\r\nend"), "100%\ndone\nend");
	assert.equal(plainText("100%\r"), "100%");
});

test("no escape survives, and text without escapes is kept", () => {
	fc.assert(
		fc.property(
			fc.string({ unit: fc.constantFrom(..."\u001b[]0;1m38\u0007\\ab\n\u009b?") }),
			(text) => {
				// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
				assert.ok(!/[\u001b\u009b]/.test(plainText(text)));
			},
		),
	);
	fc.assert(
		fc.property(fc.string({ unit: fc.constantFrom(..."abc \n[]m;0") }), (text) => {
			assert.equal(plainText(text), text);
		}),
	);
});

test("a hostile megabyte is linear", () => {
	for (const unit of ["\u001b[", "\u001b]", "\u001b[1;", "\r", "\u001b"]) {
		ansiSpans(unit.repeat(300_000));
	}
});
