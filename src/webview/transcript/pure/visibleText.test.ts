import assert from "node:assert/strict";
import { test } from "node:test";
import { hasLongLine, pieces } from "./pieces.ts";
import { exactText, firstLine, visibleText } from "./visibleText.ts";

test("bidi overrides are shown, not obeyed; marks of right-to-left languages stay", () => {
	assert.equal(visibleText("a\u202Eb\u2066c"), "a[U+202E]b[U+2066]c");
	assert.equal(visibleText("\u200Fשלום"), "\u200Fשלום");
});

test("control characters become pictures, line ends become line feeds", () => {
	assert.equal(visibleText("a\u0000b\u001bc\u007f\td\r\ne"), "a\u2400b\u241bc\u2421\td\ne");
});

test("combining marks are cut at eight, and ordinary accents stay", () => {
	assert.equal(visibleText(`z${"\u0301".repeat(500)}`), `z${"\u0301".repeat(8)}`);
	assert.equal(visibleText("é e\u0301"), "é e\u0301");
});

test("the first line that says something", () => {
	assert.equal(firstLine("\n\n  one\ntwo"), "one");
	assert.equal(firstLine("x".repeat(300), 10), `${"x".repeat(10)}\u2026`);
});

test("pieces join to the text, and none holds a line that is dear to lay out", () => {
	for (const text of [
		"",
		"a",
		"a\nb\n",
		"x".repeat(50_000),
		`${"y\n".repeat(5000)}${"z".repeat(20_000)}\nend`,
	]) {
		const parts = pieces(text);
		assert.equal(parts.join(""), text);
		assert.ok(parts.every((part) => !hasLongLine(part, 8000)));
	}
	assert.ok(hasLongLine("ok\n".concat("x".repeat(30)), 20));
	assert.ok(!hasLongLine("ok\nok\n", 20));
});

test("a string that the host cut is understood, whatever field it is", () => {
	assert.equal(firstLine({ cut: "src/long", length: 20_000 } as { cut: string }), "src/long");
	assert.equal(firstLine({}), "");
});

test("what is agreed to is shown with all that cannot be seen", () => {
	assert.equal(
		exactText("rm\u200b -r\u00a0build\u202e\r\n\t# gr\u00fc\u00dfe \u{1f44b}\u2028\u0007"),
		"rm\\u{200b} -r\\u{a0}build\\u{202e}\n\t# gr\u00fc\u00dfe \u{1f44b}\\u{2028}\\u{7}",
	);
});
