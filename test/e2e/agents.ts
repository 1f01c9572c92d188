import assert from "node:assert/strict";
import * as path from "node:path";
import { repository } from "../../scripts/lib/paths.ts";
import type { DaemonClient } from "../../src/daemon/client/client.ts";
import { connectDaemon, findDaemon } from "../../src/daemon/client/connect.ts";
import type { Approval, DaemonResult } from "../../src/protocol/daemon.ts";
import { fakeAgent } from "../daemon/support.ts";
import { eventually, type Folders, personEnv, type VSCodeWindow } from "./harness.ts";

// What another window of the same person would do with the daemon of a window's folder.

/** A connection to the daemon of the window's folder, started if there is none. */
export function connect(folders: Folders, name = "another window"): Promise<DaemonClient> {
	return connectDaemon({
		folder: folders.folder,
		client: name,
		script: path.join(repository, "dist/daemon.js"),
		version: "0.1.0",
		env: personEnv(folders),
	});
}

/** A connection to the daemon that the window starts. */
export async function find(folders: Folders): Promise<DaemonClient> {
	const client = await eventually(
		() => findDaemon(folders.folder, "another window", personEnv(folders)),
		(found) => found !== undefined,
		"The daemon",
	);
	assert.ok(client);
	return client;
}

/** Gives a prompt to an agent of test/daemon/fakeAgent.mjs, which goes by the name of Codex. */
export function prompt(
	client: DaemonClient,
	session: string,
	mode: string,
	text = "Do it",
): Promise<DaemonResult<"prompt">> {
	const agent = { ...fakeAgent(mode), agent: "codex" };
	return client.call("prompt", { session, input: { text }, agent });
}

/** The questions that are open, once there are as many as that. */
export async function openQuestions(client: DaemonClient, count: number): Promise<Approval[]> {
	return eventually(
		async () => (await client.call("status", {})).approvals,
		(approvals) => approvals.length === count,
		"The questions that are open",
	);
}

export const statusSelector = '.statusbar-item[id$="skein.daemon"]';

/** The item of the status bar, as a person or a screen reader gets it. */
export function statusItem({ page }: VSCodeWindow) {
	return page.locator(statusSelector);
}

/** Texts that the status bar has had, in order, from now on. */
export async function watchStates(window: VSCodeWindow): Promise<() => Promise<string[]>> {
	await statusItem(window).waitFor();
	await window.page.evaluate(`(() => {
		const texts = [];
		const read = () => {
			const item = document.querySelector(${JSON.stringify(statusSelector)});
			const text = item?.innerText.trim();
			if (text && texts.at(-1) !== text) {
				texts.push(text);
			}
		};
		read();
		new MutationObserver(read).observe(document.querySelector(".part.statusbar"), {
			childList: true,
			subtree: true,
			characterData: true,
		});
		globalThis.skeinStates = texts;
	})()`);
	return () => window.page.evaluate<string[]>("globalThis.skeinStates");
}

/** Resolves when the status bar says this. */
export async function showsState(window: VSCodeWindow, words: string): Promise<void> {
	await eventually(
		async () => (await statusItem(window).innerText()).trim(),
		(text) => text === words,
		`The status bar, for ${words}`,
	);
}
