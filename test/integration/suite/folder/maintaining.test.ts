import assert from "node:assert/strict";
import { appendFileSync } from "node:fs";
import * as path from "node:path";
import { afterEach, describe, it } from "mocha";
import * as vscode from "vscode";
import {
	closeEditors,
	folder,
	newSession,
	paintedPanel,
	run,
	say,
	skein,
	until,
} from "../support.ts";

async function found(query: string): Promise<number> {
	const { context } = await skein();
	const token = new vscode.CancellationTokenSource().token;
	const question = { ask: "search", query, limit: 1, offset: 0, wait: true } as const;
	return (await context.catalogue.ask(question, token)).total;
}

describe("Rebuild Index and Doctor", () => {
	afterEach(closeEditors);

	it("Rebuild Index reads every session again, and search finds what it found", async () => {
		const id = await newSession("To be read again");
		await say(id, "The cormorantine question", "Yes");
		assert.equal(await found("cormorantine"), 1);
		const { context } = await skein();
		const done = (await run("rebuildIndex")) as { sessions: number; items: number };
		assert.ok(done.sessions >= context.list.rows.length, `${done.sessions}`);
		assert.ok(done.items > 2);
		assert.equal(await found("cormorantine"), 1);
	});

	it("Doctor shows a report whose links open the session and its journal at the damage", async () => {
		const id = await newSession("For the doctor");
		await say(id, "Ah", "Oh");
		const file = path.join(folder(), ".vscode/skein/sessions", `${id}.jsonl`);
		appendFileSync(file, "this is no record\n");
		const { context } = await skein();
		await context.catalogue.refresh();
		assert.deepEqual(await run("doctor"), { ok: false });
		const editor = await until("the report is shown", () => vscode.window.activeTextEditor);
		assert.equal(editor.document.uri.scheme, "skein-doctor");
		assert.equal(editor.document.languageId, "markdown");
		const text = editor.document.getText();
		assert.match(text, /- warning: For the doctor, line \d+ \(byte \d+\): /);
		assert.match(text, /The index says what a full reading of all sessions says\./);
		const links = await vscode.commands.executeCommand<vscode.DocumentLink[]>(
			"vscode.executeLinkProvider",
			editor.document.uri,
		);
		const at = (words: string) => {
			const link = links.find(({ range }) => editor.document.getText(range).startsWith(words));
			assert.ok(link?.target, words);
			const [, query = ""] = link.target.toString(true).split("?");
			return { command: link.target.path, argument: JSON.parse(query)[0] };
		};
		const opening = at("For the doctor");
		assert.equal(opening.command, "skein.openSession");
		const line = text.match(/For the doctor, (line \d+)/)?.[1] ?? "";
		const revealing = links
			.filter(({ range }) => editor.document.getText(range).startsWith(line))
			.map(({ target }) => JSON.parse(target?.toString(true).split("?")[1] ?? "[]")[0])
			.find((argument) => argument.id === id);
		assert.ok(revealing);
		await run("revealJournal", [revealing]);
		const journal = await until("the journal is open as text", () => {
			const active = vscode.window.activeTextEditor;
			return active?.document.uri.fsPath === file && active;
		});
		assert.equal(journal.document.lineAt(journal.selection.active).text, "this is no record");
		await run("openSession", [opening.argument]);
		await paintedPanel("For the doctor");
	});
});
