import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { after, before, describe, it } from "mocha";
import * as vscode from "vscode";
import { WorkspaceStore } from "../../../../src/core/store/workspaceStore.ts";
import { endDaemon, fakeAgent, over, prompt } from "../agents.ts";
import {
	closeEditors,
	folder,
	lastRecord,
	newSession,
	records,
	run,
	say,
	skein,
	tabLabels,
	until,
} from "../support.ts";

const place = (file: string) => path.join(folder(), file);
/** Undefined while git writes it: it makes a file anew. */
const read = (file: string) =>
	existsSync(place(file)) ? readFileSync(place(file), "utf8") : undefined;

function git(...args: string[]): string {
	const who = ["-c", "user.name=Ann", "-c", "user.email=ann@example.com"];
	return execFileSync("git", [...who, ...args], { cwd: folder(), encoding: "utf8" }).trim();
}

/** A new session with one turn of an agent that runs `script`. */
async function turn(title: string, script: string, session?: string) {
	const { context } = await skein();
	const id = session ?? (await newSession(title));
	const client = await context.daemons.of(folder()).connect();
	const { run: live } = await client.call("prompt", {
		session: id,
		input: { text: script },
		agent: fakeAgent("shell"),
		checkpoints: true,
	});
	assert.equal(await over(live), "completed");
	await context.catalogue.refresh();
	const items = records(id).filter((each) => each.type === "item.completed");
	const idOf = (index: number) => String(items.at(index)?.["itemId"] ?? items.at(index)?.["id"]);
	return { id, prompt: idOf(-2), answer: idOf(-1) };
}

function shown(file: string): string[] {
	return vscode.workspace.textDocuments
		.filter(({ uri }) => uri.scheme === "skein-checkpoint" && uri.path === `/${file}`)
		.map((document) => document.getText());
}

/** Types into a file; again when VS Code has just read it anew. */
async function unsaved(file: string, text: string): Promise<vscode.TextDocument> {
	const document = await vscode.workspace.openTextDocument(place(file));
	await until("it is typed", async () => {
		const edit = new vscode.WorkspaceEdit();
		edit.replace(document.uri, new vscode.Range(0, 0, document.lineCount, 0), text);
		return (await vscode.workspace.applyEdit(edit)) && document.isDirty;
	});
	return document;
}

describe("Checkpoints", () => {
	before(async () => {
		await closeEditors();
		// In a browser what is typed is saved by itself.
		await vscode.workspace.getConfiguration().update("files.autoSave", "off", true);
		git("init", "--quiet", "--initial-branch", "main");
		writeFileSync(place("one.txt"), "one\n");
		writeFileSync(place("gone.txt"), "gone\n");
		writeFileSync(place("run.sh"), "#!/bin/sh\n");
		chmodSync(place("run.sh"), 0o755);
		writeFileSync(place("ignored.tmp"), "mine\n");
		writeFileSync(place(".git/info/exclude"), "*.tmp\n");
		git("add", "--all");
		git("commit", "--quiet", "--message", "First");
	});

	after(async () => {
		await closeEditors();
		await endDaemon();
		await vscode.workspace.getConfiguration().update("files.autoSave", undefined, true);
		for (const file of ["one.txt", "gone.txt", "run.sh", "ignored.tmp", "new.txt", "image.bin"]) {
			rmSync(place(file), { force: true });
		}
		rmSync(place(".git"), { recursive: true, force: true });
		rmSync(`${folder()}.worktrees`, { recursive: true, force: true });
	});

	it("Show Turn's Changes opens every file that the turn changed, made or removed", async () => {
		const script =
			"echo two > one.txt; rm gone.txt; echo new > new.txt; printf '\\0\\1\\2' > image.bin";
		const { id, answer } = await turn("Changes", script);
		await run("showTurnChanges", [{ id, item: answer }]);
		await until(`the editor is open, not ${tabLabels()}`, () =>
			tabLabels().some((label) => label.startsWith('Changes of "echo two')),
		);
		await until("both sides are shown", () => shown("one.txt").length === 2);
		assert.deepEqual(shown("one.txt").sort(), ["one\n", "two\n"]);
		await until("what was removed is shown", () => shown("gone.txt")[0] === "gone\n");
		await until("what was made is shown", () => shown("new.txt")[0] === "new\n");
		await closeEditors();

		const more = await turn("Changes", "true", id);
		await run("showTurnChanges", [{ id, item: more.answer }]);
		const { prompts } = await skein();
		await run("showTurnChanges", [{ id }], { answers: [{ pick: /^true/ }] });
		assert.deepEqual(tabLabels(), []);
		prompts.reset();
	});

	it("a file of a checkpoint is what git has, byte for byte, and cannot be written", async () => {
		const { context } = await skein();
		const object = git("hash-object", "image.bin");
		const query = JSON.stringify({ folder: folder(), object, mode: "100644" });
		const uri = vscode.Uri.from({ scheme: "skein-checkpoint", path: "/image.bin", query });
		assert.deepEqual([...(await vscode.workspace.fs.readFile(uri))], [0, 1, 2]);
		assert.equal((await vscode.workspace.fs.stat(uri)).size, 3);
		assert.equal(vscode.workspace.fs.isWritableFileSystem("skein-checkpoint"), false);
		await assert.rejects(async () => context.checkpoints.writeFile(uri));
		const elsewhere = uri.with({ query: JSON.stringify({ folder: "/", object, mode: "100644" }) });
		await assert.rejects(async () => vscode.workspace.fs.readFile(elsewhere));
	});

	it("Restore Files to Here brings them back, saves what is unsaved first, and is undone by Undo", async () => {
		const { prompts } = await skein();
		const script = "echo three > one.txt; echo gone > gone.txt; chmod 644 run.sh; rm new.txt";
		const { id, prompt: item } = await turn("Restored", script);
		const head = git("rev-parse", "HEAD");
		const index = readFileSync(place(".git/index"));
		const document = await unsaved("one.txt", "typed\n");
		prompts.reset();
		prompts.answer({ confirm: "Restore" });
		await vscode.commands.executeCommand("skein.restoreFilesToHere", { id, item });
		const [asked] = prompts.asked;
		assert.match(asked?.message ?? "", /^Restore the files as they were before "echo three/);
		assert.match(asked?.message ?? "", /2 changed back: one\.txt, run\.sh/);
		assert.match(asked?.message ?? "", /1 made again: new\.txt/);
		assert.match(asked?.message ?? "", /1 removed: gone\.txt/);
		assert.match(asked?.message ?? "", /Unsaved changes are saved first.*one\.txt/);
		assert.equal(read("one.txt"), "two\n");
		assert.equal(read("new.txt"), "new\n");
		assert.ok(!existsSync(place("gone.txt")));
		assert.equal(statSync(place("run.sh")).mode & 0o111, 0o111);
		assert.equal(read("ignored.tmp"), "mine\n");
		assert.equal(git("rev-parse", "HEAD"), head);
		assert.deepEqual(readFileSync(place(".git/index")), index);
		await until("the editor shows it", () => document.getText() === "two\n" && !document.isDirty);
		assert.equal(lastRecord(id).type, "files.restored");

		await run("restoreFilesToHere", [{ id, item }]);
		prompts.reset();
		prompts.answer({ confirm: "Restore" }, { notify: "Undo" });
		writeFileSync(place("one.txt"), "four\n");
		await vscode.commands.executeCommand("skein.restoreFilesToHere", { id, item });
		await until("it is undone", () => read("one.txt") === "four\n");
		await until("the undo is recorded", () => lastRecord(id)["undoes"] !== undefined);
	});

	it("Undo Restore of Files takes the restore before back, too", async () => {
		const { context } = await skein();
		const row = context.list.rows.find(({ summary }) => summary.title === "Restored");
		const id = row?.summary.id ?? "";
		await run("undoRestoreFiles", [{ id }], { answers: [{ confirm: "Restore" }] });
		assert.equal(read("one.txt"), "typed\n", "what was unsaved");
		assert.equal(read("gone.txt"), "gone\n");
		assert.ok(!existsSync(place("new.txt")));
		await run("undoRestoreFiles", [{ id }], { error: /No files were restored/ });
	});

	it("Restore Files to Here shows a preview, and asks for the state when no item is at hand", async () => {
		const { id } = await turn("Previewed", "echo five > one.txt");
		await run("restoreFilesToHere", [{ id }], {
			answers: [
				{ pick: /Before "echo five/ },
				{ confirm: "Preview Changes" },
				{ notify: "Restore" },
			],
		});
		await until("the preview is open", () =>
			tabLabels().some((label) => label.startsWith('Restore: now and before "echo five')),
		);
		await until("it is restored", () => read("one.txt") === "typed\n");
		await closeEditors();
	});

	it("no restore begins while an agent works in the folder", async () => {
		const { context } = await skein();
		const { id, prompt: item } = await turn("Not now", "echo six > one.txt");
		const { client, session, run: live } = await prompt("At work", "pids");
		await until("it works", () => context.daemons.of(folder()).runOf(session));
		await run("restoreFilesToHere", [{ id, item }], { error: /An agent works in this folder/ });
		assert.equal(read("one.txt"), "six\n");
		await client.call("interrupt", { session });
		await over(live);
	});

	it("Fork into Worktree makes the files of that time and the fork in a folder of their own", async () => {
		const { context, prompts } = await skein();
		const { id, prompt: item } = await turn("Forked away", "echo seven > one.txt");
		const head = git("rev-parse", "HEAD");
		prompts.reset();
		prompts.answer(
			{ pick: "New Branch…" },
			{ input: "away" },
			{ input: `${folder()}.worktrees/away` },
		);
		const fork = await vscode.commands.executeCommand("skein.forkIntoWorktree", { id, item });
		const there = `${folder()}.worktrees/away`;
		assert.deepEqual(
			prompts.opened.map((uri) => uri.fsPath),
			[there],
		);
		assert.equal(readFileSync(path.join(there, "one.txt"), "utf8"), "six\n");
		assert.ok(!existsSync(path.join(there, "ignored.tmp")));
		assert.equal(read("one.txt"), "seven\n");
		assert.equal(git("-C", there, "rev-parse", "HEAD"), head);
		assert.equal(git("-C", there, "symbolic-ref", "--short", "HEAD"), "away");
		const store = new WorkspaceStore(there, context.stores.reading(folder()).locations);
		const session = await store.open(String(fork));
		assert.equal(session.state.title, "Forked away (fork)");
		assert.deepEqual(session.state.parent, { session: id, at: item });
		assert.equal((await session.transcript()).rows.length, 1);
		await store.close();

		await run("forkIntoWorktree", [{ id, item }], {
			answers: [{ pick: "Detached HEAD" }, { input: there }],
			error: /is not empty/,
		});
		await run("forkIntoWorktree", [{ id }], {
			answers: [{ pick: /seven/ }, { pick: "Detached HEAD" }, { input: `${there}-2` }],
		});
		assert.equal(git("-C", `${there}-2`, "rev-parse", "HEAD"), head);
	});

	it("a purge forgets the session's checkpoints, unless a worktree has the session", async () => {
		const { id } = await turn("Purged", "echo eight > one.txt");
		const refs = (session: string) =>
			git("for-each-ref", "--format=%(refname)", `refs/skein/checkpoints/${session}/`);
		assert.equal(refs(id).split("\n").length, 2);
		await run("deleteSession", [{ id }], { answers: [{ confirm: "Move to Trash" }] });
		await run("purgeSession", [{ id }], { answers: [{ confirm: "Purge" }] });
		assert.equal(refs(id), "");

		const { context } = await skein();
		const kept = context.list.rows.find(({ summary }) => summary.title === "Forked away");
		const other = kept?.summary.id ?? "";
		await run("deleteSession", [{ id: other }], { answers: [{ confirm: "Move to Trash" }] });
		await run("purgeSession", [{ id: other }], { answers: [{ confirm: "Purge" }] });
		assert.equal(refs(other).split("\n").length, 2);
		assert.ok(existsSync(`${folder()}.worktrees/away/one.txt`));
	});

	it("the commands say why they are off", async () => {
		const id = await newSession("Without");
		const { answer } = await say(id, "Written by hand", "Yes");
		const commands = ["showTurnChanges", "restoreFilesToHere", "forkIntoWorktree"] as const;
		for (const name of commands) {
			await run(name, [{ id, item: answer }], { error: /No checkpoint was taken here/ });
		}
		const settings = vscode.workspace.getConfiguration();
		await settings.update("skein.checkpoints", false, vscode.ConfigurationTarget.Global);
		await run("showTurnChanges", [{ id, item: answer }], { error: /turned off by the setting/ });
		await settings.update("skein.checkpoints", undefined, vscode.ConfigurationTarget.Global);
		execFileSync("mv", [place(".git"), place(".git.away")]);
		for (const name of commands) {
			await run(name, [{ id, item: answer }], { error: /is in no git repository/ });
		}
		execFileSync("mv", [place(".git.away"), place(".git")]);
	});
});
