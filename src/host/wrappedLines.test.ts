import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { firstLine, inOneLine, wrapped } from "./wrappedLines.ts";

describe("A command that is asked about", () => {
	it("is shown whole, in lines", () => {
		assert.deepEqual(wrapped("abcdefgh", 3), ["abc", "def", "gh"]);
		assert.deepEqual(wrapped("a\r\nb\n\nc\n", 10), ["a", "b", "", "c"]);
	});

	it("keeps its indentation", () => {
		assert.deepEqual(wrapped("if x:\n  y", 10), ["if x:", "\u00a0\u00a0y"]);
	});

	it("cannot draw an icon", () => {
		assert.deepEqual(wrapped("echo $(check) ok", 40), ["echo $\u200b(check) ok"]);
	});

	it("cannot make a link", () => {
		assert.deepEqual(wrapped("[go](command:evil)", 40), ["[go]\u200b(command:evil)"]);
	});

	it("is one line where there is room for one, whole or begun", () => {
		assert.equal(inOneLine(" a\r\n  b $(x)\u202e\n"), "a b $\u200b(x)\\u{202e}");
		assert.equal(firstLine("a\nb", 10), "a …");
		assert.equal(firstLine("abc", 2), "ab …");
		assert.equal(firstLine("ab", 2), "ab");
	});

	it("cannot hide anything", () => {
		assert.deepEqual(wrapped("rm\u202e\u200b x\u0007", 40), ["rm\\u{202e}\\u{200b} x\\u{7}"]);
	});
});
