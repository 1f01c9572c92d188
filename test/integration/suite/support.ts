import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import * as path from "node:path";
import * as vscode from "vscode";
import type { SessionSummary } from "../../../src/core/model/summary.ts";
import type { SkeinApi, TestApi } from "../../../src/host/api.ts";
import type { CommandName, Shelf } from "../../../src/host/contributions.ts";
import { commandIds } from "../../../src/host/contributions.ts";
import type { Answer } from "../../../src/host/scriptedPrompts.ts";
import type { TranscriptPanel } from "../../../src/host/transcript/transcriptPanel.ts";

/** The parts of the extension that tests look at. */
export async function skein(): Promise<TestApi> {
	const extension = vscode.extensions.getExtension<SkeinApi>("skein.skein");
	assert.ok(extension);
	const { test } = await extension.activate();
	assert.ok(test);
	return test;
}

// Each test file is a bundle of its own: what they share stands on the global object.
const shared = globalThis as { skeinCommandsRun?: Set<string> };
shared.skeinCommandsRun ??= new Set();
/** Ids of the commands that tests have run in this window. */
export const commandsRun: Set<string> = shared.skeinCommandsRun;

interface Questions {
	/** Answers to what the command asks, in order. All must be used up. */
	readonly answers?: readonly Answer[];
	/** The error that the command is expected to show. */
	readonly error?: RegExp;
	/** What the command is expected to say in the status bar. */
	readonly told?: string;
}

/** Runs a command as the palette or a menu would, answers its questions, and fails when it shows an error. */
export async function run(
	name: CommandName,
	args: readonly unknown[] = [],
	{ answers = [], error, told }: Questions = {},
): Promise<unknown> {
	const { prompts } = await skein();
	prompts.reset();
	prompts.answer(...answers);
	commandsRun.add(commandIds[name]);
	const result = await vscode.commands.executeCommand(commandIds[name], ...args);
	const shown = prompts.asked.filter((each) => each.kind === "error").map((each) => each.message);
	if (error) {
		assert.match(shown.join("\n"), error);
	} else {
		assert.deepEqual(shown, []);
	}
	if (told !== undefined) {
		assert.deepEqual(prompts.told, [told]);
	}
	const asked = prompts.asked.map((each) => `${each.kind}: ${each.message}`);
	assert.equal(prompts.reset(), 0, `Not all answers were asked for. Asked: ${asked.join("; ")}`);
	return result;
}

/** Waits until `read` gives something, for at most a minute: machines may be slow. */
export async function until<T>(
	what: string,
	read: () => T | undefined | false | Promise<T | undefined | false>,
): Promise<T> {
	const end = Date.now() + 60_000;
	for (;;) {
		const value = await read();
		if (value !== undefined && value !== false) {
			return value;
		}
		if (Date.now() > end) {
			throw new Error(`Waited in vain until ${what}.`);
		}
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
}

export function folder(index = 0): string {
	const found = vscode.workspace.workspaceFolders?.[index];
	assert.ok(found);
	return found.uri.fsPath;
}

/** Makes a session of ours by the commands, whose name is what has it written, and returns its id. */
export async function newSession(title: string): Promise<string> {
	const id = String(await run("newSession"));
	await run("renameSession", [{ id }], { answers: [{ input: title }] });
	return id;
}

/** Adds a turn with a prompt and an answer; returns the ids of both. */
export async function say(
	id: string,
	prompt: string,
	answer: string,
): Promise<{ prompt: string; answer: string }> {
	const { context } = await skein();
	const session = await context.stores.writing(folder()).open(id);
	const turn = await session.startTurn();
	const first = await session.addItem(turn, { type: "userMessage", text: prompt });
	const second = await session.addItem(turn, { type: "agentMessage", text: answer });
	await session.completeTurn(turn);
	await context.catalogue.refresh();
	return { prompt: first, answer: second };
}

/** The records of a journal, by their types or whole. */
export function records(id: string, index = 0): { type: string; [name: string]: unknown }[] {
	const file = path.join(folder(index), ".vscode/skein/sessions", `${id}.jsonl`);
	return readFileSync(file, "utf8")
		.split("\n")
		.filter(Boolean)
		.map((line) => JSON.parse(line));
}

export function lastRecord(id: string): { type: string; [name: string]: unknown } {
	const last = records(id).at(-1);
	assert.ok(last);
	return last;
}

export function hasJournal(id: string): boolean {
	return existsSync(path.join(folder(), ".vscode/skein/sessions", `${id}.jsonl`));
}

/** Everything below a folder, relative; empty when it does not exist. */
export function filesBelow(root: string): string[] {
	return existsSync(root) ? readdirSync(root, { recursive: true }).map(String) : [];
}

/** What a tree shows, as indented labels. */
export async function tree(shelf: Shelf): Promise<string[]> {
	const { tree: treeOf, context } = await skein();
	context.catalogue.start();
	await context.catalogue.listed;
	await context.views.draw();
	const provider = treeOf(shelf);
	const draw = async (
		parent: Parameters<typeof provider.getTreeItem>[0] | undefined,
		indent: string,
	): Promise<string[]> => {
		const lines: string[] = [];
		for (const node of await provider.getChildren(parent)) {
			lines.push(`${indent}${(await provider.getTreeItem(node)).label}`);
			lines.push(...(await draw(node, `${indent}  `)));
		}
		return lines;
	};
	return draw(undefined, "");
}

/** Whether a session stands on a shelf. */
export async function isOn(shelf: Shelf, title: string): Promise<boolean> {
	return (await tree(shelf)).some((line) => line.trim() === title);
}

/** The summary of a session in the list, found by its title. */
export async function listed(title: string): Promise<SessionSummary> {
	const { context } = await skein();
	context.catalogue.start();
	await context.catalogue.listed;
	return until(`"${title}" is listed`, () => {
		const row = context.list.rows.find((each) => each.summary.title === title);
		return row?.summary;
	});
}

/** The transcript editor in front, once its page has painted. */
export async function paintedPanel(title: string): Promise<TranscriptPanel> {
	const { panels } = await skein();
	return until(`the transcript "${title}" is painted`, () =>
		panels().find(
			(panel) => panel.panel.active && panel.panel.title === title && panel.painted !== undefined,
		),
	);
}

export function tabLabels(): string[] {
	return vscode.window.tabGroups.all.flatMap((group) => group.tabs.map((tab) => tab.label));
}

export async function closeEditors(): Promise<void> {
	await vscode.commands.executeCommand("workbench.action.closeAllEditors");
}
