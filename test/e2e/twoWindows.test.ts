import assert from "node:assert/strict";
import { readdir, rm } from "node:fs/promises";
import * as path from "node:path";
import { append, create } from "./command.ts";
import { type Folders, type VSCodeWindow, windowTest } from "./harness.ts";

const titles = ["Draft one", "Draft two", "Draft three", "Draft four", "Draft five"];

/** Remembers in the page which titles its tree has shown, in their order, and when (ms since the epoch). */
async function watchTree(window: VSCodeWindow): Promise<() => Promise<[string, number][]>> {
	await window.page.evaluate(`
		globalThis.skeinSeen = [];
		new MutationObserver(() => {
			const text = document.querySelector(".part.sidebar")?.textContent ?? "";
			for (const title of ${JSON.stringify(titles)}) {
				if (text.includes(title) && globalThis.skeinSeen.at(-1)?.[0] !== title) {
					globalThis.skeinSeen.push([title, Date.now()]);
				}
			}
		}).observe(document.body, { childList: true, subtree: true, characterData: true });
	`);
	return () => window.page.evaluate("globalThis.skeinSeen");
}

function shown(window: VSCodeWindow): Promise<string[]> {
	return window.treeRows().locator(".monaco-icon-label .label-name").allInnerTexts();
}

windowTest(
	"two windows on one folder: what one does, the other shows by itself, in the order it was done",
	{ sessions: "none" },
	async (window) => {
		const other = await window.another();
		const both = [window, other];
		for (const each of both) {
			await each.openSkein();
			await each.settled();
		}
		const seen = await watchTree(other);
		await window.newSession(titles[0] ?? "");
		await other.row(titles[0] ?? "").waitFor();
		const done: number[] = [];
		for (const [at, title] of titles.entries()) {
			if (at > 0) {
				await window.row(titles[at - 1] ?? "").click();
				await window.runCommand("Skein: Rename Session…");
				await window.answer(title);
				await window.row(title).waitFor();
			}
			done.push(Date.now());
			await other.row(title).waitFor();
		}
		const order = await seen();
		assert.deepEqual(
			order.map(([title]) => title),
			titles,
		);
		const late = order.slice(1).map(([, time], at) => time - (done[at + 1] ?? 0));
		console.log(
			`The other window showed it after ${late.join(", ")} ms (of the first having done so).`,
		);

		// The other way round, and what only the journals tell.
		await other.row("Draft five").click();
		await other.runCommand("Skein: Archive Session");
		await window.rowGone("Draft five");
		await create(window.folders, "By the command", { type: "userMessage", text: "Hello" });
		for (const each of both) {
			await each.row("By the command").waitFor();
			await each.rowGone("Draft five");
		}
		assert.deepEqual(await shown(other), await shown(window));
	},
);

async function prepare(folders: Folders): Promise<void> {
	await create(folders, "A stray pelican", {
		type: "userMessage",
		text: "Where do pelicans nest?",
	});
}

windowTest(
	"the search index deleted under two windows: both find what they found, and each other's news",
	{ prepare, sessions: "none" },
	async (window) => {
		const other = await window.another();
		const cache = path.join(window.folders.home, ".cache/skein/index");
		const finds = async (each: VSCodeWindow, words: string) => {
			await each.runCommand("Skein: Search Sessions");
			const box = each.page.locator(".quick-input-widget");
			await box.locator(".quick-input-title", { hasText: "Search Sessions" }).waitFor();
			await box.locator("input").first().fill(words);
			await box.getByText("1 match").waitFor();
			await each.page.keyboard.press("Escape");
			await box.waitFor({ state: "hidden" });
		};
		for (const each of [window, other]) {
			await each.openSkein();
			await each.row("A stray pelican").waitFor();
			await finds(each, "pelicans nest");
		}
		await rm(cache, { recursive: true });
		await finds(other, "pelicans nest");
		await finds(window, "pelicans nest");
		const [id = ""] = await readdir(path.join(window.folders.folder, ".vscode/skein/sessions"));
		await append(window.folders, path.basename(id, ".jsonl"), {
			type: "agentMessage",
			text: "On islands, in colonies.",
		});
		await rm(cache, { recursive: true });
		await finds(window, "islands colonies");
		await finds(other, "islands colonies");
		for (const each of [window, other]) {
			await each.row("A stray pelican").waitFor();
		}
	},
);
