import assert from "node:assert/strict";
import * as path from "node:path";
import * as vscode from "vscode";
import type { DaemonClient } from "../../../src/daemon/client/client.ts";
import type { AgentSpec, DaemonParams } from "../../../src/protocol/daemon.ts";
import { folder, newSession, skein, until } from "./support.ts";

// Real daemons and real agent processes, as the suites use them.

/** A process that speaks Codex's protocol and behaves as `mode` says; see test/daemon/fakeAgent.mjs. */
export function fakeAgent(mode: string, amount = 100): AgentSpec {
	const repository = vscode.extensions.getExtension("skein.skein")?.extensionPath ?? "";
	const script = path.join(repository, "test/daemon/fakeAgent.mjs");
	return {
		agent: "fake",
		driver: "codex",
		command: process.execPath,
		args: [script, mode, String(amount)],
	};
}

export interface Prompted {
	readonly client: DaemonClient;
	readonly session: string;
	readonly run: string;
	/** Path of the recording, when one was asked for. */
	readonly recording: string | undefined;
}

/** A new session with a prompt to a fake agent. */
export async function prompt(
	title: string,
	mode: string,
	more: Partial<DaemonParams<"prompt">> = {},
): Promise<Prompted> {
	const { context } = await skein();
	const session = await newSession(title);
	const client = await context.daemons.of(folder()).connect();
	const { run, recording } = await client.call("prompt", {
		session,
		input: { text: title },
		agent: fakeAgent(mode),
		...more,
	});
	return { client, session, run, recording };
}

/** Resolves when a run is over, with how it ended. */
export async function over(run: string): Promise<string> {
	const { context } = await skein();
	const daemon = context.daemons.of(folder());
	const found = await until(`the run ${run} is over`, () =>
		daemon.runs.find((each) => each.id === run && each.endedAt !== null),
	);
	return found.status;
}

/** Ends the daemon of the window's folder, whatever it does, and waits until the window knows. */
export async function endDaemon(): Promise<void> {
	const { context } = await skein();
	const daemon = context.daemons.of(folder());
	if (daemon.client) {
		await daemon.client.call("stop", { force: true });
		await until("the daemon is stopped", () => daemon.state.kind === "stopped");
	}
	assert.equal(daemon.client, undefined);
}

/** The status bar item as a person sees it. */
export async function statusBar(): Promise<{ text: string; tooltip: string; label: string }> {
	const { status } = await skein();
	const { text, tooltip, accessibilityInformation } = status.item;
	return {
		text,
		tooltip: tooltip instanceof vscode.MarkdownString ? tooltip.value : "",
		label: accessibilityInformation?.label ?? "",
	};
}

/** Resolves when the status bar says this. */
export async function showsStatus(text: string): Promise<void> {
	await becomes("The status bar", async () => (await statusBar()).text, text);
}

/** Resolves when the *Runs* view begins with these lines; see {@link runsTree}. */
export async function showsRuns(...lines: readonly string[]): Promise<void> {
	await becomes("Runs", async () => (await runsTree()).slice(0, lines.length), lines);
}

/** Waits until what `read` gives is `wanted`; fails with what it was at last. */
async function becomes<T>(what: string, read: () => Promise<T>, wanted: T): Promise<void> {
	let last: T | undefined;
	const text = JSON.stringify(wanted);
	await until(`${what}: ${text}`, async () => {
		last = await read();
		return JSON.stringify(last) === text;
	}).catch(() => assert.deepEqual(last, wanted));
}

/** What the *Runs* view shows, as indented labels with the names of their icons. */
export async function runsTree(): Promise<string[]> {
	const { runs } = await skein();
	runs.draw();
	const draw = async (
		parent: Parameters<typeof runs.getTreeItem>[0] | undefined,
		indent: string,
	): Promise<string[]> => {
		const lines: string[] = [];
		for (const node of await runs.getChildren(parent)) {
			const { label, iconPath } = runs.getTreeItem(node);
			const icon = iconPath instanceof vscode.ThemeIcon ? ` (${iconPath.id})` : "";
			lines.push(`${indent}${label}${icon}`);
			lines.push(...(await draw(node, `${indent}  `)));
		}
		return lines;
	};
	return draw(undefined, "");
}
