import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import * as path from "node:path";
import { test } from "node:test";
import { openVSCode } from "./harness.ts";

test("VS Code opens on the folder with the Skein container, and nothing is written to the folder", async () => {
	await using window = await openVSCode();
	await window.page.locator(".explorer-folders-view").getByText("README.md").waitFor();
	await window.openSkein();
	await window.keepScreenshot("window");
	assert.equal(existsSync(path.join(window.folders.folder, ".vscode")), false);
	window.assertNothingFetched();
});
