import assert from "node:assert/strict";
import { create } from "./command.ts";
import { type Folders, windowTest } from "./harness.ts";

async function prepare(folders: Folders): Promise<void> {
	const filler = Array.from({ length: 40 }, (_, at) => ({
		type: "agentMessage",
		text: `Step ${at}: looked at the queue, nothing to be done here.`,
	}));
	await create(
		folders,
		"Retry uploads that fail with a 503",
		{ type: "userMessage", text: "Why do uploads fail with a 503 every night?" },
		...filler,
		{
			type: "agentMessage",
			text: "The nightly backup saturates the uplink, so uploads fail until it ends: retry them with a growing pause.",
		},
		{
			type: "commandExecution",
			command: "grep -c 'upload failed' $(ls logs)",
			output: "17",
			exitCode: 0,
		},
		...filler,
	);
	await create(folders, "Plan the release", {
		type: "userMessage",
		text: "Plan the release; uploads must not be retried for ever.",
	});
}

windowTest(
	"Search Sessions: typing finds, arrows and Enter open the item, in dark and light",
	{ prepare, settings: { "window.commandCenter": false } },
	async (window) => {
		const { page } = window;
		await window.openSkein();
		await window.row("Plan the release").waitFor();
		const box = page.locator(".quick-input-widget");
		for (const theme of ["dark", "light"] as const) {
			await window.setTheme(theme);
			await window.runCommand("Skein: Search Sessions");
			// The palette has the same widget: what is typed too early goes there.
			await box.locator(".quick-input-title", { hasText: "Search Sessions" }).waitFor();
			await box.locator("input").first().fill("");
			await box.getByText("role:user", { exact: true }).waitFor();
			await window.keepScreenshot(`search-help-${theme}`);
			await page.keyboard.type("uploads");
			await box.getByText("4 matches, newest first").waitFor();
			assert.ok((await box.locator(".quick-input-list .highlight").count()) > 0);
			await window.keepScreenshot(`search-one-${theme}`);
			await page.keyboard.type(" fail");
			await box.getByText("3 matches, newest first").waitFor();
			await page.keyboard.type(" retry*");
			await box.getByText("»retry«").first().waitFor();
			await window.keepScreenshot(`search-many-${theme}`);
			await page.keyboard.type(" (");
			await box.getByText("This parenthesis is never closed.").waitFor();
			await window.keepScreenshot(`search-wrong-${theme}`);
			await page.keyboard.press("Backspace");
			await page.keyboard.press("Backspace");
			await box.getByText("»retry«").first().waitFor();
			await page.keyboard.press("Enter");
			await box.waitFor({ state: "hidden" });
			await window.shown("saturates the uplink");
			await window.keepScreenshot(`search-opened-${theme}`);
		}
	},
);

windowTest(
	"Sessions That Changed This File stands in the menus of the Explorer and of editors, and finds them",
	{},
	async (window) => {
		const { page } = window;
		const words = "Sessions That Changed This File";
		const item = page.getByRole("menuitem", { name: words });
		await window.runCommand("View: Show Explorer");
		const files = page.locator(".explorer-folders-view .monaco-list-row");
		await files.filter({ hasText: "src" }).click();
		const file = files.filter({ hasText: "tally.js" });
		await file.click({ button: "right" });
		await item.waitFor();
		await page.keyboard.press("Escape");
		await file.dblclick();
		const text = page.locator(".editor-instance .view-lines").first();
		await text.click({ button: "right" });
		await item.waitFor();
		await page.keyboard.press("Escape");
		await page.locator(".tab", { hasText: "tally.js" }).click({ button: "right" });
		await item.hover();
		// Not a click: a menu takes none in the moment in which it opens.
		await page.keyboard.press("Enter");
		await page.locator(".quick-input-widget").getByText("Fix the word count").first().waitFor();
		await window.keepScreenshot("changed-file");
	},
);
