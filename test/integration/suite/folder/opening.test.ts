import assert from "node:assert/strict";
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { afterEach, before, describe, it } from "mocha";
import { ulid } from "ulid";
import * as vscode from "vscode";
import { WorkspaceStore } from "../../../../src/core/store/workspaceStore.ts";
import { openLink } from "../../../../src/host/transcript/links.ts";
import { newTabUri } from "../../../../src/host/transcript/uris.ts";
import {
	closeEditors,
	folder,
	listed,
	newSession,
	paintedPanel,
	run,
	say,
	skein,
	tabLabels,
	until,
} from "../support.ts";

describe("Opening", () => {
	before(closeEditors);
	afterEach(closeEditors);

	it("Open Session shows a source's transcript under its title", async () => {
		const { id } = await listed("A tour of the code");
		await run("openSession", [{ id }]);
		const panel = await paintedPanel("A tour of the code");
		assert.ok((panel.painted ?? 0) > 0);
		assert.deepEqual(tabLabels(), ["A tour of the code"]);
	});

	it("an editor's address shows no id where VS Code shows it", async () => {
		const { id } = await listed("A tour of the code");
		await run("openSession", [{ id }]);
		const { uri } = await paintedPanel("A tour of the code");
		assert.equal(uri.path, "/codex/A tour of the code");
		assert.equal(`codex:${uri.query}`, id);
	});

	it("an address as people write it opens the session", async () => {
		const { id } = await listed("A tour of the code");
		const uri = vscode.Uri.parse(`skein:/codex/${id.slice("codex:".length)}`);
		await vscode.commands.executeCommand("vscode.open", uri);
		const panel = await paintedPanel("A tour of the code");
		assert.equal(panel.session?.id, id);
		// Its row opens that tab, not another one.
		const { tree: treeOf } = await skein();
		const key = `session:${id}`;
		const opens = await until("its row has the address", async () => {
			const item = await treeOf("sessions").getTreeItem({ kind: "session", key, id, folder: null });
			return String(item.command?.arguments?.[0]) === uri.toString() && item.command;
		});
		await vscode.commands.executeCommand(opens.command, ...(opens.arguments ?? []));
		assert.deepEqual(tabLabels(), ["A tour of the code"]);
	});

	it("a journal opened from the Explorer shows its transcript", async () => {
		const id = await newSession("From the Explorer");
		await say(id, "Hello", "There");
		await closeEditors();
		const uri = vscode.Uri.file(path.join(folder(), ".vscode/skein/sessions", `${id}.jsonl`));
		await vscode.commands.executeCommand("vscode.open", uri);
		const panel = await paintedPanel("From the Explorer");
		assert.equal(panel.session?.id, id);
	});

	it("a session file that lies anywhere opens as a transcript when asked to", async () => {
		const { file } = await listed("A tour of the code");
		const uri = vscode.Uri.file(file);
		await vscode.commands.executeCommand("vscode.openWith", uri, "skein.sessionFile");
		const { panels } = await skein();
		const panel = await until("it is painted", () =>
			panels().find((each) => each.uri.fsPath === file && each.painted !== undefined),
		);
		assert.equal(panel.session, undefined);
	});

	it("a file that is no session says so, and nothing else happens", async () => {
		const file = path.join(folder(), "foreign.jsonl");
		writeFileSync(file, '{"hello":"world"}\n');
		await vscode.commands.executeCommand(
			"vscode.openWith",
			vscode.Uri.file(file),
			"skein.sessionFile",
		);
		const { panels } = await skein();
		const panel = await until("it is resolved", () =>
			panels().find((each) => each.uri.fsPath === file),
		);
		assert.equal(panel.opened, undefined);
	});

	it("an open transcript follows its journal", async () => {
		const id = await newSession("Followed");
		await say(id, "One", "Two");
		await run("openSession", [{ id }]);
		const panel = await paintedPanel("Followed");
		await say(id, "Three", "Four");
		await until("four rows are there", () => panel.opened?.transcript.rows.length === 4);
	});

	it("a long session that is indexed opens without being read as a whole, and follows its journal", async () => {
		const { context } = await skein();
		const other = new WorkspaceStore(folder(), context.stores.reading(folder()).locations);
		const session = await other.create({ title: "Long and indexed" });
		const turn = await session.startTurn();
		const text = "as long as a paragraph ".repeat(40);
		const items = await session.append(
			Array.from({ length: 3000 }, (_, index) => ({
				type: "item.completed" as const,
				turn,
				item: { type: "agentMessage" as const, text: `${index} ${text}` },
			})),
		);
		const { id } = session;
		await context.catalogue.refresh();
		const { token } = new vscode.CancellationTokenSource();
		const asked = { ask: "indexSession", folder: folder(), session: id } as const;
		await context.catalogue.ask(asked, token);
		const isRead = () => context.stores.reading(folder()).isOpen(id);
		await run("openSession", [{ id }]);
		const panel = await paintedPanel("Long and indexed");
		const rows = () => panel.opened?.transcript.rows ?? [];
		await until("all rows are there", () => rows().length === 3000);
		const first = await panel.item(items[0]?.id ?? "");
		assert.ok(first?.content.type === "agentMessage");
		assert.match(String(first.content.text), /^0 as long/);
		assert.equal(isRead(), false);
		await closeEditors();

		await context.editors.show(await listed("Long and indexed"), { item: items[1500]?.id ?? "" });
		const at = await paintedPanel("Long and indexed");
		await until("the item asked for has the focus", () => at.focused === items[1500]?.id);
		assert.equal(isRead(), false);

		const [more] = await session.append([
			{ type: "item.completed", turn, item: { type: "agentMessage", text: "one more" } },
		]);
		await until("what came is there", () => at.opened?.transcript.rows.at(-1)?.id === more?.id);
		assert.equal(at.opened?.transcript.rows.length, 3001);
		await other.close();
	});

	it("a change made by another process appears in the tree", async () => {
		const id = await newSession("Renamed elsewhere");
		const file = path.join(folder(), ".vscode/skein/sessions", `${id}.jsonl`);
		const record = {
			v: 1,
			id: ulid(Date.now() + 60_000),
			ts: new Date().toISOString(),
			type: "session.renamed",
			title: "By another hand",
		};
		appendFileSync(file, `${JSON.stringify(record)}\n`);
		await listed("By another hand");
	});

	it("Open as Text shows the transcript as Markdown", async () => {
		const id = await newSession("As text");
		await say(id, "What is it?", "It is **this**.");
		await run("openAsText", [{ id }]);
		const editor = await until("the text is shown", () => vscode.window.activeTextEditor);
		assert.equal(editor.document.languageId, "markdown");
		assert.match(
			editor.document.getText(),
			/# As text[\s\S]*What is it\?[\s\S]*It is \*\*this\*\*\./,
		);
		assert.deepEqual(
			tabLabels().filter((label) => label.endsWith(".md")),
			["As text.md"],
		);
	});

	it("a file change opens as a diff rebuilt from the record", async () => {
		const { context } = await skein();
		const { id } = await listed("Fix the word count");
		await run("openSession", [{ id }]);
		const panel = await paintedPanel("Fix the word count");
		const transcript = panel.opened?.transcript;
		assert.ok(transcript);
		const items = await transcript.items(0, transcript.rows.length);
		const change = items.find(({ content }) => content.type === "fileChange");
		assert.ok(change?.content.type === "fileChange" && Array.isArray(change.content.changes));
		const [edit] = change.content.changes;
		assert.ok(edit && (await context.documents.showChange(panel.uri, change, edit.path)));
		const input = await until("the diff is open", () => {
			const active = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
			return active instanceof vscode.TabInputTextDiff && active;
		});
		const [before, after] = await Promise.all([
			vscode.workspace.openTextDocument(input.original),
			vscode.workspace.openTextDocument(input.modified),
		]);
		assert.notEqual(before.getText(), after.getText());
		assert.ok(after.getText().length > 0);
	});

	it("Reveal Journal selects the file in the Explorer", async () => {
		const id = await newSession("Revealed");
		await run("revealJournal", [{ id }]);
		await vscode.commands.executeCommand("copyFilePath");
		await until("its path is copied", async () =>
			(await vscode.env.clipboard.readText()).endsWith(`${id}.jsonl`),
		);
	});

	it("Copy Item copies the whole text of an item", async () => {
		const id = await newSession("Copied");
		const long = "word ".repeat(10_000);
		const { answer } = await say(id, "Say much", long);
		await run("openSession", [{ id }]);
		await paintedPanel("Copied");
		await run("copyItem", [{ webview: "skein.transcript", itemId: answer }]);
		assert.equal(await vscode.env.clipboard.readText(), long);
	});

	it("Copy copies what is selected in the transcript", async () => {
		const id = await newSession("Selected");
		await say(id, "What do you say?", "Everything that is selected.");
		// A new session has the caret in its composer, whose text would be selected.
		await closeEditors();
		await run("openSession", [{ id }]);
		await paintedPanel("Selected");
		await vscode.commands.executeCommand("workbench.action.focusActiveEditorGroup");
		await vscode.env.clipboard.writeText("before");
		await until("all of it is selected and copied", async () => {
			await vscode.commands.executeCommand("editor.action.selectAll");
			await run("copySelection");
			return (await vscode.env.clipboard.readText()).includes("Everything that is selected.");
		});
	});

	it("Copy Link makes a link that opens the session", async () => {
		const id = await newSession("Linked");
		await closeEditors();
		await run("copyLink", [{ id }]);
		const link = vscode.Uri.parse(await vscode.env.clipboard.readText());
		assert.equal(link.authority, "skein.skein");
		assert.equal(link.path, `/session/${id}`);
		const { links } = await skein();
		await links.handleUri(link);
		await until("it is open", () => tabLabels().includes("Linked"));
	});

	it("Copy Link to Item names the item, which the link reveals, also behind another editor", async () => {
		const id = await newSession("Linked item");
		const { prompt, answer } = await say(id, "Q", "A");
		await closeEditors();
		await run("openSession", [{ id }]);
		const panel = await paintedPanel("Linked item");
		await run("copyItemLink", [{ webview: "skein.transcript", itemId: answer }]);
		const link = vscode.Uri.parse(await vscode.env.clipboard.readText());
		assert.equal(new URLSearchParams(link.query).get("item"), answer);

		const { links } = await skein();
		await links.handleUri(link);
		await until("the answer has the focus", () => panel.focused === answer);
		panel.reveal(prompt);
		await until("the prompt has the focus", () => panel.focused === prompt);
		await vscode.commands.executeCommand("workbench.action.keepEditor");
		await vscode.commands.executeCommand("vscode.open", vscode.Uri.parse("untitled:In front"));
		await until("the transcript is hidden", () => !panel.panel.visible);
		assert.equal(await panel.selection(), "");
		await links.handleUri(link);
		await until("the answer has the focus again", () => panel.focused === answer);
		assert.ok(panel.panel.active);
	});

	it("a session that could not be shown is shown when it is there", async () => {
		const { context, panels } = await skein();
		await closeEditors();
		const id = ulid();
		const uri = newTabUri({ id, title: "Not there yet" });
		await vscode.commands.executeCommand("vscode.openWith", uri, "skein.transcript");
		const panel = await until("its editor is open", () =>
			panels().find((each) => each.uri.toString() === uri.toString()),
		);
		await assert.rejects(panel.item(id), /There is no session/);
		await context.stores.writing(folder()).create({ id, title: "Late" });
		await context.catalogue.refresh();
		await paintedPanel("Late");
	});

	it("a link in an answer opens the file it names, at the line, and none outside of the folder", async () => {
		const id = await newSession("Links to files");
		await run("openSession", [{ id }]);
		const panel = await paintedPanel("Links to files");
		const file = path.join(folder(), "a folder", "linked.ts");
		mkdirSync(path.dirname(file), { recursive: true });
		writeFileSync(file, "one\ntwo\nthree\n");
		for (const [href, line, character] of [
			["a%20folder/linked.ts:2", 1, 0],
			[`${file}#L3`, 2, 0],
			["a%20folder/linked.ts:2:3", 1, 2],
		] as const) {
			await openLink(panel, href);
			const { active } = await until(`${href} is open`, () => {
				const editor = vscode.window.activeTextEditor;
				return editor?.document.uri.fsPath === file && editor.selection;
			});
			assert.deepEqual([active.line, active.character], [line, character], href);
			await vscode.commands.executeCommand("workbench.action.closeActiveEditor");
		}
		const outside = /is not in an open folder, so it was not opened/;
		await assert.rejects(openLink(panel, "../other/secret.ts:2"), outside);
		await assert.rejects(openLink(panel, "/etc/passwd"), outside);
	});

	it("a link of another kind opens nothing", async () => {
		const { links } = await skein();
		await links.handleUri(vscode.Uri.parse("vscode://skein.skein/run?command=x"));
		assert.deepEqual(tabLabels(), []);
	});

	it("an unknown id gets a sentence", async () => {
		await run("openSession", [{ id: "01ARZ3NDEKTSV4RRFFQ69G5FAV" }], {
			error: /There is no session 01ARZ3NDEKTSV4RRFFQ69G5FAV/,
		});
		await run("openSession", [{ id: "../../etc/passwd" }], { error: /There is no session/ });
	});
});
