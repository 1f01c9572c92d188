import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import * as path from "node:path";
import { before } from "node:test";
import { repository } from "../../scripts/lib/paths.ts";
import { run } from "../../scripts/lib/processes.ts";
import { statusItem } from "./agents.ts";
import { eventually, windowTest } from "./harness.ts";

const vsix = path.join(repository, "out", "skein.vsix");

// `npm test` packages before; a single file can be run without.
before(async () => {
	if (!existsSync(vsix)) {
		await run("npm", ["run", "--silent", "package"], { cwd: repository });
	}
});

windowTest(
	"the packaged extension installs, activates, lists, opens and makes sessions, and starts its daemon",
	{ vsix },
	async (window) => {
		await window.openSkein();
		await window.openSession("Fix the word count", "It now splits at any white space");
		await window.newSession("Made by the package");
		await window.row("Made by the package").waitFor();
		const sessions = path.join(window.folders.folder, ".vscode/skein/sessions");
		await eventually(
			() => readdir(sessions),
			(names) => names.length === 1,
			"The journals",
		);
		await window.runCommand("Skein: Start Daemon");
		await eventually(
			() => statusItem(window).locator("a").getAttribute("aria-label"),
			(label) => /Ready/.test(label ?? ""),
			"The label of the status bar",
		);
		window.assertNothingFetched();
	},
);

windowTest(
	"the details page of the installed extension shows the README, without images and links that lead nowhere",
	{ vsix },
	async (window) => {
		const extensions = path.join(window.folders.scratch, "server", "extensions");
		const names = await readdir(extensions);
		const folder = names.find((name) => name.startsWith("skein.skein-")) ?? "";
		for (const name of ["readme.md", "changelog.md"]) {
			const page = await readFile(path.join(extensions, folder, name), "utf8");
			assert.match(page, /^# /);
			assert.doesNotMatch(page, /!\[/);
			assert.deepEqual(page.match(/\]\((?!https:|#)[^)]*\)/g), null);
		}
		const { page } = window;
		await window.runCommand("Extensions: Show Installed Extensions");
		await page.locator(".extensions-list .extension-list-item", { hasText: "Skein" }).click();
		await page.locator(".extension-editor .name", { hasText: "Skein" }).waitFor();
		const details = page.frameLocator("iframe.webview.ready").frameLocator("iframe#active-frame");
		await details.getByRole("heading", { name: "Use it" }).waitFor();
		assert.equal(await details.locator("img").count(), 0);
		await window.keepScreenshot("details");
	},
);
