import assert from "node:assert/strict";
import { test } from "node:test";
import { rankFiles } from "./composerFiles.ts";

const paths = [
	"README.md",
	"src/host/transcript/transcriptPanel.ts",
	"src/host/transcript/page.ts",
	"test/pages/x.ts",
	"docs/page-layout.md",
	"src/panel.ts",
];

test("names that begin with what is typed come first, then names that have it, then folders", () => {
	assert.deepEqual(rankFiles(paths, "page", 3), [
		"docs/page-layout.md",
		"src/host/transcript/page.ts",
		"test/pages/x.ts",
	]);
	assert.deepEqual(rankFiles(paths, "page.ts", 1), ["src/host/transcript/page.ts"]);
	assert.deepEqual(rankFiles(paths, "PANEL", 2), [
		"src/panel.ts",
		"src/host/transcript/transcriptPanel.ts",
	]);
});

test("letters may be scattered, and a folder may be typed", () => {
	assert.deepEqual(rankFiles(paths, "trpanel", 1), ["src/host/transcript/transcriptPanel.ts"]);
	assert.deepEqual(rankFiles(paths, "host/page", 1), ["src/host/transcript/page.ts"]);
	assert.deepEqual(rankFiles(paths, "zzz", 5), []);
});

test("nothing typed offers the shortest", () => {
	assert.deepEqual(rankFiles(paths, "", 2), ["README.md", "src/panel.ts"]);
});
