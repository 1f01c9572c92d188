import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import * as path from "node:path";
import { everyday } from "../webview/fixtures.ts";
import { create } from "./command.ts";
import { type Theme, themes, type VSCodeWindow, windowTest } from "./harness.ts";

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

interface Finding {
	readonly id: string;
	readonly impact: string;
	readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

/** Serious and critical findings of axe in the transcript's frame, one line each. */
async function findings(window: VSCodeWindow): Promise<string[]> {
	// What fades in has another contrast on its way.
	await window.inTranscript(
		"Promise.all(document.getAnimations().map((one) => one.finished.catch(() => null))).then(() => null)",
	);
	await window.inTranscript(axe);
	const violations = await window.inTranscript<Finding[]>(
		"axe.run(document, { resultTypes: ['violations'] }).then((result) => result.violations)",
	);
	return violations
		.filter((one) => one.impact === "serious" || one.impact === "critical")
		.flatMap((one) =>
			one.nodes.map((node) => `${one.id}: ${node.html.slice(0, 200)} ${node.failureSummary}`),
		);
}

windowTest(
	"accessibility: the tree by keyboard alone, and axe on the transcript in four themes",
	{
		prepare: async (folders) => {
			const items = everyday().items.flatMap((item) => (item ? [item.content] : []));
			const id = await create(
				folders,
				"One of everything",
				...items.map((content) =>
					content.type === "userMessage" ? { ...content, images: [] } : content,
				),
			);
			// A damaged line, so that the banner shows.
			const journal = path.join(folders.folder, ".vscode/skein/sessions", `${id}.jsonl`);
			const lines = (await readFile(journal, "utf8")).split("\n");
			lines.splice(3, 0, '{"v":1,"id":"damaged","type":"item.added"}');
			await writeFile(journal, lines.join("\n"));
			await create(folders, "Rename me");
		},
	},
	async (window) => {
		const { page } = window;
		await window.openSkein();
		await window.row("Rename me").waitFor();

		await window.step("the tree by keyboard", async () => {
			await window.runCommand("Skein: Focus on Sessions View");
			await page.keyboard.press("Home");
			const focused = window.sideBar().locator(".monaco-list-row.focused");
			for (let i = 0; i < 30; i++) {
				if ((await focused.innerText()).includes("Rename me")) {
					break;
				}
				await page.keyboard.press("ArrowDown");
			}
			assert.match((await focused.getAttribute("aria-label")) ?? "", /^Rename me, Codex, updated /);
			await page.keyboard.press("Enter");
			await window.activeTab("Rename me");
			await window.runCommand("Skein: Focus on Sessions View");
			await page.keyboard.press("F2");
			await window.answer("Renamed by keyboard");
			await window.row("Renamed by keyboard").waitFor();
			await window.activeTab("Renamed by keyboard");
			await window.runCommand("Skein: Focus on Sessions View");
			await page.keyboard.press("Delete");
			const dialog = page.locator(".monaco-dialog-box");
			await dialog.getByText("Nothing is removed from disk").waitFor();
			await page.keyboard.press("Enter");
			await window.rowGone("Renamed by keyboard");
		});

		await window.openSession("One of everything", "Pushed as");
		for (const theme of Object.keys(themes) as Theme[]) {
			await window.step(`axe, ${theme}`, async () => {
				await window.setTheme(theme);
				const transcript = window.transcript();
				await transcript.getByRole("region", { name: "Warnings" }).waitFor({ state: "attached" });
				await window.openSteps();
				assert.deepEqual(await findings(window), []);
				await window.runCommand("Skein: Replay Session");
				await transcript.getByRole("toolbar", { name: "Replay" }).waitFor();
				await page.keyboard.press("Space");
				await page.keyboard.press("ArrowRight");
				await page.keyboard.press("ArrowRight");
				assert.deepEqual(await findings(window), []);
				await page.keyboard.press("Escape");
			});
		}
		assert.deepEqual(window.observed.cspViolations, []);
	},
);
