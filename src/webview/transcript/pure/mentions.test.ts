import assert from "node:assert/strict";
import { test } from "node:test";
import { completeMention, mentionAt, mentionsIn } from "./mentions.ts";

test("a mention is an @ at the start of a word, up to the caret", () => {
	assert.deepEqual(mentionAt("see @src/a", 10), { from: 4, query: "src/a" });
	assert.deepEqual(mentionAt("@", 1), { from: 0, query: "" });
	assert.deepEqual(mentionAt("(@a", 3), { from: 1, query: "a" });
	assert.equal(mentionAt("me@home", 7), undefined);
	assert.equal(mentionAt("@a b", 4), undefined);
	assert.equal(mentionAt("plain", 5), undefined);
	assert.deepEqual(mentionAt("@abc", 2), { from: 0, query: "a" });
});

test("a chosen path stands for the mention, with one space after it", () => {
	const { from, query } = mentionAt("see @sr now", 7) ?? assert.fail();
	assert.deepEqual(completeMention("see @sr now", { from, query }, "src/a.ts"), {
		text: "see @src/a.ts now",
		caret: 14,
	});
	assert.deepEqual(completeMention("@", { from: 0, query: "" }, "my file.md"), {
		text: '@"my file.md" ',
		caret: 14,
	});
});

test("only what the text still names is mentioned", () => {
	const paths = ["src/a.ts", "src/a", "b c.md", "gone.ts", "src/a.ts"];
	assert.deepEqual(mentionsIn('Look at @src/a.ts, @"b c.md".', paths), ["src/a.ts", "b c.md"]);
	assert.deepEqual(mentionsIn("Look at @src/a.", paths), ["src/a"]);
	assert.deepEqual(mentionsIn("", paths), []);
});
