import assert from "node:assert/strict";
import { mkdir, stat, writeFile } from "node:fs/promises";
import * as path from "node:path";
import { repository } from "../../scripts/lib/paths.ts";
import type { VSCodeWindow } from "./harness.ts";
import { coloursIn } from "./png.ts";

// Pictures of what Skein looks like. A test run takes them all and sees that something is on them; with
// SKEIN_SCREENSHOTS=1 they are written to docs/screenshots.

const folder = path.join(repository, "docs/screenshots");
/** Largest picture, in bytes: they are in the repository. */
const largest = 150 * 1024;

/** A window without the bar that says it is under development. */
export const calm = { "window.commandCenter": false, "workbench.layoutControl.enabled": false };

/** Takes a picture of the window, at rest if it is not `atWork`, and sees that something is on it. */
export async function keep(
	window: VSCodeWindow,
	name: string,
	{ atWork = false }: { readonly atWork?: boolean } = {},
): Promise<void> {
	const { page } = window;
	await page.mouse.move(1279, 799);
	for (const passing of [
		page.locator(".workbench-hover:visible"),
		...(atWork ? [] : [page.locator(".monaco-progress-container.active:visible")]),
		page.getByText("Activating Extensions"),
	]) {
		await passing.first().waitFor({ state: "hidden" });
	}
	const picture = await window.page.screenshot({ caret: "hide" });
	const { width, height, colours } = coloursIn(picture);
	assert.deepEqual([width, height], [1280, 800], name);
	assert.ok(colours > 30, `${name}: there are ${colours} colours, so it is blank`);
	assert.ok(picture.length < largest, `${name}: ${picture.length} bytes`);
	if (process.env["SKEIN_SCREENSHOTS"] === "1") {
		await mkdir(folder, { recursive: true });
		await writeFile(path.join(folder, `${name}.png`), picture);
		assert.ok((await stat(path.join(folder, `${name}.png`))).size > 0);
	}
}
