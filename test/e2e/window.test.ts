import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import * as path from "node:path";
import { windowTest } from "./harness.ts";

windowTest(
	"VS Code opens on the folder with the Skein container, and nothing is written to the folder",
	{},
	async (window) => {
		await window.page.locator(".explorer-folders-view").getByText("README.md").waitFor();
		await window.openSkein();
		await window.row("Fix the word count").waitFor();
		await window.keepScreenshot("window");
		assert.equal(existsSync(path.join(window.folders.folder, ".vscode")), false);
		window.assertNothingFetched();
	},
);
