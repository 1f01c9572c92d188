import assert from "node:assert/strict";
import { test } from "node:test";
import { fileLink } from "./fileLinks.ts";

test("a link of an answer names a file, and often a line", () => {
	for (const [href, ...expected] of [
		["src/a.ts", "src/a.ts"],
		["src/a.ts:12", "src/a.ts", 12],
		["c.ts:4:5", "c.ts", 4, 5],
		["c.ts:4-9", "c.ts", 4],
		["/abs/b.ts#L3", "/abs/b.ts", 3],
		["b.ts#L3C7", "b.ts", 3, 7],
		["b.ts#L3-L9", "b.ts", 3],
		["README.md#usage", "README.md"],
		["C:\\work\\a.ts", "C:\\work\\a.ts"],
		["C:/work/a.ts:7", "C:/work/a.ts", 7],
		["my%20notes/gr%C3%BC%C3%9Fe.md", "my notes/grüße.md"],
		["100%.md:2", "100%.md", 2],
		["a.ts:0", "a.ts"],
	] as const) {
		const { path, line, column } = fileLink(href);
		assert.deepEqual([path, line, column], [expected[0], expected[1], expected[2]], href);
	}
});
