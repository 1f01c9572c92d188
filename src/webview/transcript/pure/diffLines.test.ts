import assert from "node:assert/strict";
import { test } from "node:test";
import { countDiff, diffLines, wholeFileLines } from "./diffLines.ts";

const brief = (diff: string) =>
	diffLines(diff).map((line) =>
		line.kind === "skip"
			? `~${line.text}`
			: `${line.kind[0]} ${line.before}/${line.after} ${line.pieces.map((one) => (one.changed ? `<${one.text}>` : one.text)).join("")}`,
	);

test("numbers lines on both sides", () => {
	assert.deepEqual(brief("@@ -3,3 +3,3 @@\n a\n-old thing here\n+new thing here\n b\n"), [
		"c 3/3 a",
		"r 4/0 <old> thing here",
		"a 0/4 <new> thing here",
		"c 5/5 b",
	]);
});

test("file heads are left out, later hunks are set apart and keep their heading", () => {
	const diff = "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n@@ -9 +9 @@ function f() {\n c\n";
	assert.deepEqual(brief(diff), ["r 1/0 a", "a 0/1 b", "~function f() {", "c 9/9 c"]);
});

test("bare hunks and no hunks at all are read, without numbers", () => {
	assert.deepEqual(brief("@@\n-a\n+b"), ["r 0/0 a", "a 0/0 b"]);
	assert.deepEqual(brief("+only\n context"), ["a 0/0 only", "c 0/0 context"]);
});

test("a removed line that looks like a file head inside a hunk is a line", () => {
	assert.deepEqual(brief("@@ -1,2 +1 @@\n--- comment\n x"), ["r 1/0 -- comment", "c 2/1 x"]);
});

test("whole files count from 1, an empty one has no lines", () => {
	assert.deepEqual(countDiff(wholeFileLines("a\nb\n", "added")), { added: 2, removed: 0 });
	assert.deepEqual(wholeFileLines("", "added"), []);
});

test("the marker of a missing last line feed is no line", () => {
	assert.deepEqual(brief("@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b"), [
		"r 1/0 a",
		"a 0/1 b",
	]);
});
