import assert from "node:assert/strict";
import {
	existsSync,
	linkSync,
	mkdirSync,
	readFileSync,
	renameSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import * as path from "node:path";
import { describe, it } from "mocha";
import * as vscode from "vscode";
import {
	closeEditors,
	folder,
	hasJournal,
	isOn,
	lastRecord,
	listed,
	newSession,
	records,
	run,
	say,
	skein,
	tree,
	until,
} from "../support.ts";

describe("Commands that make, name and shelve sessions", () => {
	it("New Session opens an editor and writes nothing before the session has a name or a prompt", async () => {
		const id = String(await run("newSession"));
		assert.equal(hasJournal(id), false);
		await run("renameSession", [{ id }], { answers: [{ input: "A first session" }] });
		assert.equal(records(id)[0]?.type, "session.created");
		assert.ok(await isOn("sessions", "A first session"));
		const { panels } = await skein();
		await until("its editor has the title", () =>
			panels().some((panel) => panel.panel.title === "A first session"),
		);
	});

	it("New Session and Fork Session select their row, when it is in sight, in a tab to keep", async () => {
		await closeEditors();
		await vscode.commands.executeCommand("skein.sessions.focus");
		const { context } = await skein();
		const selected = () =>
			context.views.view("sessions").selection.map((node) => node.kind === "session" && node.id);
		const first = await newSession("Made first");
		await until("it is selected", () => selected().join() === first);
		const fork = String(await run("forkSession", [{ id: first }]));
		await until("the fork is selected", () => selected().join() === fork);
		const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
		assert.deepEqual(
			tabs.map(({ label, isPreview }) => [label, isPreview]),
			[
				["Made first", false],
				["Made first (fork)", false],
			],
		);
	});

	it("Rename Session shows the new title at once, in the tree and on the tab", async () => {
		const id = await newSession("Old name");
		await run("renameSession", [{ id }], { answers: [{ input: "New name" }] });
		assert.equal(lastRecord(id)["title"], "New name");
		assert.ok(await isOn("sessions", "New name"));
		const { panels } = await skein();
		await until("the tab is renamed", () =>
			panels().some((panel) => panel.panel.title === "New name"),
		);
	});

	it("Archive Session moves it to Archived; Undo brings it back", async () => {
		const id = await newSession("To archive");
		await run("archiveSession", [{ id }], { answers: [{ notify: "Undo" }] });
		assert.deepEqual(
			records(id)
				.slice(-1)
				.map((record) => record.type),
			["session.archived"],
		);
		await until("the undo is written", () => lastRecord(id).type === "session.unarchived");
		await until("it is back", () => isOn("sessions", "To archive"));
	});

	it("Unarchive Session brings it back", async () => {
		const id = await newSession("There and back");
		await run("archiveSession", [{ id }]);
		assert.ok(await isOn("archived", "There and back"));
		const { context } = await skein();
		assert.match(context.views.view("archived").title ?? "", /^Archived \(\d+\)$/);
		assert.equal(await isOn("sessions", "There and back"), false);
		await run("unarchiveSession", [{ id }]);
		assert.ok(await isOn("sessions", "There and back"));
	});

	it("Delete Session previews what goes, moves it to the trash, and can be undone", async () => {
		const id = await newSession("To delete");
		await say(id, "Question", "Answer");
		const { prompts } = await skein();
		prompts.reset();
		prompts.answer({ confirm: "Move to Trash" }, { notify: "Undo" });
		await vscode.commands.executeCommand("skein.deleteSession", { id });
		assert.deepEqual(
			prompts.asked.map(({ kind, message, choices }) => [kind, message, ...choices]),
			[
				[
					"confirm",
					'Delete "To delete"?\n1 turns, 2 items, 0 changed files\n\nNothing is removed from disk, and forks go on working. Restore brings them back.',
					"Move to Trash",
				],
				["info", 'Moved "To delete" to the trash.', "Undo"],
			],
		);
		await until("the undo is written", () => lastRecord(id).type === "session.restored");
	});

	it("Delete Session does nothing when the question is dismissed", async () => {
		const id = await newSession("Not to delete");
		await run("deleteSession", [{ id }], { answers: [{ dismiss: true }] });
		assert.equal(lastRecord(id)["type"], "session.renamed");
	});

	it("Restore Session brings a deleted session back", async () => {
		const id = await newSession("Deleted and restored");
		await run("deleteSession", [{ id }], { answers: [{ confirm: "Move to Trash" }] });
		assert.ok(await isOn("trash", "Deleted and restored"));
		await run("restoreSession", [{ id }]);
		assert.ok(await isOn("sessions", "Deleted and restored"));
	});

	it("Purge Session removes a trashed session from disk, and only a trashed one", async () => {
		const id = await newSession("To purge");
		await run("purgeSession", [{ id }], { error: /Only a session in the trash can be purged/ });
		await run("deleteSession", [{ id }], { answers: [{ confirm: "Move to Trash" }] });
		await run("purgeSession", [{ id }], { answers: [{ confirm: "Purge" }] });
		assert.equal(hasJournal(id), false);
		assert.equal(await isOn("trash", "To purge"), false);
	});

	it("Purge Session offers to purge forks that need the session", async () => {
		const id = await newSession("Parent to purge");
		await say(id, "Question", "Answer");
		const fork = String(await run("forkSession", [{ id }]));
		await run("deleteSession", [{ id }], { answers: [{ confirm: "Move to Trash" }] });
		await run("purgeSession", [{ id }], { answers: [{ dismiss: true }] });
		assert.ok(hasJournal(id) && hasJournal(fork));
		await run("purgeSession", [{ id }], { answers: [{ confirm: "Purge with Forks" }] });
		assert.equal(hasJournal(id) || hasJournal(fork), false);
	});

	it("Pin and Unpin Session move it to the Pinned group and back", async () => {
		const id = await newSession("To pin");
		await run("pinSession", [{ id }]);
		const pinned = await tree("sessions");
		assert.equal(pinned[pinned.indexOf("Pinned") + 1], "  To pin");
		assert.ok(pinned.indexOf("Pinned") < pinned.indexOf("Today"));
		await run("unpinSession", [{ id }]);
		assert.equal((await tree("sessions")).includes("Pinned"), false);
		assert.deepEqual(
			records(id).map((record) => record.type),
			["session.created", "session.renamed", "session.pinned", "session.unpinned"],
		);
	});

	it("work on several sessions with one question", async () => {
		const ids = [await newSession("Bulk one"), await newSession("Bulk two")];
		const nodes = ids.map((id) => ({ id }));
		await run("archiveSession", [nodes[0], nodes]);
		assert.deepEqual(
			ids.map((id) => lastRecord(id).type),
			["session.archived", "session.archived"],
		);
		await run("deleteSession", [nodes[0], nodes], { answers: [{ confirm: "Move to Trash" }] });
		await run("purgeSession", [nodes[0], nodes], { answers: [{ confirm: "Purge" }] });
		assert.deepEqual(ids.map(hasJournal), [false, false]);
	});

	it("offer Undo for what was done when some of several fail, and not when all do", async () => {
		const [done, broken] = [await newSession("Can be archived"), await newSession("Cannot be")];
		const file = path.join(folder(), ".vscode/skein/sessions", `${broken}.jsonl`);
		const aside = path.join(folder(), "aside.jsonl");
		const { prompts } = await skein();
		const shown = async (...ids: string[]) => {
			const nodes = ids.map((id) => ({ id, folder: folder() }));
			prompts.reset();
			await vscode.commands.executeCommand("skein.archiveSession", nodes[0], nodes);
			return prompts.asked.map(({ kind, message }) => `${kind}: ${message}`);
		};
		// Another file takes its name at once: it is never missing from the list.
		linkSync(file, aside);
		symlinkSync("nowhere", `${aside}.link`);
		renameSync(`${aside}.link`, file);
		try {
			const [failure, undo, ...more] = await shown(broken, done);
			assert.match(failure ?? "", /^error: 1 of 2 sessions could not be changed/);
			assert.deepEqual([undo, ...more], ['info: Archived "Can be archived".']);
			assert.equal(lastRecord(done).type, "session.archived");
			assert.match((await shown(broken, broken)).join(), /^error: 2 of 2 [^,]*$/);
		} finally {
			renameSync(aside, file);
		}
	});

	it("call a session that nobody has named by the same words everywhere", async () => {
		const id = String(await run("newSession"));
		await run("pinSession", [{ id }]);
		const lines = await tree("sessions");
		assert.equal(lines[lines.indexOf("Pinned") + 1], "  Untitled session");
		const { prompts, tree: treeOf } = await skein();
		const provider = treeOf("sessions");
		const node = provider.node(`session:${id}@${folder()}`);
		assert.ok(node);
		const item = await provider.getTreeItem(node);
		assert.match(item.accessibilityInformation?.label ?? "", /^Untitled session, /);
		const { tooltip } = provider.resolveTreeItem(item, node);
		assert.ok(tooltip instanceof vscode.MarkdownString);
		assert.match(tooltip.value, /^\*\*Untitled session\*\*/);
		prompts.reset();
		await vscode.commands.executeCommand("skein.deleteSession", { id });
		assert.match(prompts.asked[0]?.message ?? "", /^Delete "Untitled session"\?/);
		await run("unpinSession", [{ id }]);
	});

	it("ask for the session when there is none at hand", async () => {
		const id = await newSession("Asked for");
		await closeEditors();
		await run("archiveSession", [], { answers: [{ pickMany: ["Asked for"] }] });
		assert.equal(lastRecord(id).type, "session.archived");
	});

	it("refuse to change a session that belongs to an agent", async () => {
		const foreign = await listed("A tour of the code");
		for (const command of ["deleteSession", "pinSession", "purgeSession"] as const) {
			await run(command, [{ id: foreign.id }], { error: /belongs to Codex and is read-only/ });
		}
	});

	it("rename and archive Codex's own sessions in Codex's files, where Codex itself is not installed", async () => {
		const thread = "01a1f8de-0000-7000-8000-000000000001";
		const codex = process.env["CODEX_HOME"] ?? assert.fail();
		const sessions = path.join(codex, "sessions/2026/01/02");
		const name = `rollout-2026-01-02T03-04-05-${thread}.jsonl`;
		const file = path.join(sessions, name);
		mkdirSync(sessions, { recursive: true });
		const time = "2026-01-02T03:04:05.000Z";
		const meta = { id: thread, timestamp: time, cwd: folder(), cli_version: "0.140.0" };
		const prompt = { type: "user_message", message: "Asked in Codex" };
		const lines = [
			{ timestamp: time, type: "session_meta", payload: meta },
			{ timestamp: time, type: "event_msg", payload: prompt },
		];
		writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
		const { context } = await skein();
		await context.catalogue.refresh();
		const id = `codex:${thread}`;
		const settings = vscode.workspace.getConfiguration();
		const use = (program: string | undefined) =>
			settings.update("skein.codex.path", program, vscode.ConfigurationTarget.Global);
		await use("/nowhere/codex");
		try {
			assert.ok(await isOn("sessions", "Asked in Codex"));
			await run("renameSession", [{ id }], { answers: [{ input: "Named in Skein" }] });
			assert.ok(await isOn("sessions", "Named in Skein"));
			assert.match(readFileSync(file, "utf8"), /"thread_name_updated".*"Named in Skein"\}\}\n$/);
			const names = readFileSync(path.join(codex, "session_index.jsonl"), "utf8");
			assert.match(names, new RegExp(`\\{"id":"${thread}","thread_name":"Named in Skein",.*\n$`));

			const archived = path.join(codex, "archived_sessions", name);
			await run("archiveSession", [{ id }], { answers: [{ notify: "Undo" }] });
			await until("the undo is done", () => existsSync(file) && !existsSync(archived));
			await context.catalogue.refresh();
			// A scan in the middle of the move shows the kept copy, which nothing can be done to.
			await until("it is back", () => {
				const row = context.list.get(id)?.summary;
				return row?.present && !row.archived;
			});
			assert.ok(await isOn("sessions", "Named in Skein"));
			await run("archiveSession", [{ id }]);
			assert.ok(await isOn("archived", "Named in Skein"));
			assert.ok(existsSync(archived) && !existsSync(file));
			await run("renameSession", [{ id }], { answers: [{ input: "Named in the archive" }] });
			assert.ok(await isOn("archived", "Named in the archive"));
			await context.catalogue.refresh();
			assert.equal(context.list.get(id)?.summary.file, archived);
			await run("unarchiveSession", [{ id }]);
			assert.ok(await isOn("sessions", "Named in the archive"));

			// Of newer ones Codex keeps the name in its database.
			const newer = await listed("A tour of the code");
			const before = readFileSync(newer.file);
			await run("renameSession", [{ id: newer.id }], {
				answers: [{ input: "Another" }],
				error: /Codex itself is needed/,
			});
			await run("archiveSession", [{ id: newer.id }], { error: /Codex itself is needed/ });
			assert.deepEqual(readFileSync(newer.file), before);
		} finally {
			await use(undefined);
			rmSync(file, { force: true });
			await context.catalogue.refresh();
		}
	});
});
