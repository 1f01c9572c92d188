import assert from "node:assert/strict";
import {
	appendFileSync,
	readdirSync,
	readFileSync,
	rmSync,
	utimesSync,
	writeFileSync,
} from "node:fs";
import * as path from "node:path";
import { afterEach, describe, it } from "mocha";
import * as vscode from "vscode";
import { userLocations } from "../../../../src/core/locations.ts";
import { writeStore } from "../../../bench/datasets.ts";
import {
	closeEditors,
	folder,
	newSession,
	paintedPanel,
	run,
	say,
	skein,
	tree,
	until,
} from "../support.ts";

async function found(query: string): Promise<number> {
	const { context } = await skein();
	const token = new vscode.CancellationTokenSource().token;
	const question = { ask: "search", query, limit: 1, offset: 0, wait: true } as const;
	return (await context.catalogue.ask(question, token)).total;
}

/** What the catalogue notes in the log while `work` runs. */
async function notedDuring(work: () => Promise<unknown>): Promise<string> {
	const { context } = await skein();
	const noted: string[] = [];
	const listening = context.catalogue.onDidReceive((message) => {
		if (message.type === "noted") {
			noted.push(message.message);
		}
	});
	await work();
	listening.dispose();
	return noted.join("\n");
}

async function update(): Promise<void> {
	const { context } = await skein();
	await context.catalogue.ask({ ask: "update" }, new vscode.CancellationTokenSource().token);
}

describe("The search index", () => {
	it("is compared with the disk in the background, and what is repaired is in the log", async () => {
		const { context } = await skein();
		context.catalogue.start();
		await update();
		const noted = await notedDuring(async () => {
			const session = await context.stores
				.writing(folder())
				.create({ title: "To be caught up with" });
			await say(session.id, "The spoonbillish question", "Yes");
			await update();
		});
		const changed = [
			...noted.matchAll(
				/^The search index was .*: files read \d+, files gone 0, items changed (\d+)\. /gm,
			),
		];
		assert.equal(
			changed.reduce((sum, [, items]) => sum + Number(items), 0),
			2,
			noted,
		);
		assert.match(await notedDuring(update), /^$|^The search index agreed with the disk\./);
	});

	it("deleted while VS Code runs, loses nothing and is made again without a reload", async () => {
		const id = await newSession("Not lost");
		await say(id, "The avocetous question", "Yes");
		assert.equal(await found("avocetous"), 1);
		const before = await tree("sessions");
		const cache = path.join(userLocations({ ...process.env }).cache, "index");
		assert.ok(readdirSync(cache).some((name) => name.endsWith(".db")));
		for (const harm of [
			() => rmSync(cache, { recursive: true }),
			() => {
				for (const name of readdirSync(cache).filter((each) => each.endsWith(".db"))) {
					writeFileSync(path.join(cache, name), "no database at all");
				}
			},
		]) {
			harm();
			assert.deepEqual(await tree("sessions"), before);
			assert.equal(await found("avocetous"), 1);
			const { context } = await skein();
			await context.catalogue.refresh();
			assert.deepEqual(await tree("sessions"), before);
			const { total } = await context.catalogue.ask(
				{ ask: "search", query: "role:user", limit: 1, offset: 0, wait: true },
				new vscode.CancellationTokenSource().token,
			);
			assert.ok(total > 1, `${total}`);
		}
		assert.ok(readdirSync(cache).some((name) => name.endsWith(".db")));
	});

	it("tells in the view how much is still to be read, and can be stopped; the next search goes on from there", async () => {
		const { context } = await skein();
		await update();
		const storeFile = path.join(folder(), ".vscode/skein/store.json");
		const own = readFileSync(storeFile);
		const { ids, phrases } = writeStore(folder(), { sessions: 1200, items: 40, words: 30 });
		writeFileSync(storeFile, own);
		try {
			await context.catalogue.refresh();
			const view = context.views.view("sessions");
			const noted = await notedDuring(async () => {
				const reading = update();
				await until("it is said", () =>
					/^Reading for search: [\d,]+ of 1,200$/.test(view.message ?? ""),
				);
				await run("stopIndexing");
				await reading;
			});
			assert.match(noted, /Indexing was stopped\. The next search goes on from there\./);
			assert.equal(view.message, undefined);
			const [last] = phrases.slice(-1);
			assert.ok(last);
			const again = await notedDuring(async () => {
				assert.ok((await found(`"${last.phrase}" session:${last.session}`)) > 0);
			});
			const read = Number(/files read (\d+)/.exec(again)?.[1]);
			assert.ok(read > 0 && read < 1200, again);
		} finally {
			for (const id of ids) {
				rmSync(path.join(folder(), ".vscode/skein/sessions", `${id}.jsonl`));
			}
			await context.catalogue.refresh();
			await update();
		}
	});
});

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

describe("Clean Up", () => {
	it("removes what no session needs, once that is confirmed, and says how much", async () => {
		const { context } = await skein();
		const store = context.stores.writing(folder());
		const id = await newSession("Has a long answer");
		await say(id, "Go on", "needed ".repeat(12_000));
		const { ref } = await store.putBlob(Buffer.from("nobody's ".repeat(250_000)), "text/plain");
		const long = new Date(Date.now() - 8 * 24 * 60 * 60_000);
		const blobs = () =>
			readdirSync(store.layout.blobs, { recursive: true, withFileTypes: true })
				.filter((each) => each.isFile())
				.map((each) => path.join(each.parentPath, each.name));
		for (const file of blobs()) {
			utimesSync(file, long, long);
		}
		const before = blobs();
		const isNobodys = (file: string) => ref.blob.endsWith(path.basename(file));

		assert.equal(await run("cleanUp"), undefined, "not confirmed");
		assert.deepEqual(blobs(), before);
		const removed = await run("cleanUp", [], {
			answers: [{ confirm: "Clean Up" }],
			told: "Removed images and long texts: 1 (2.1 MB)",
		});
		assert.deepEqual(removed, { blobs: 1, bytes: 2_250_000, sessions: 0 });
		assert.deepEqual(
			blobs(),
			before.filter((file) => !isNobodys(file)),
		);
		assert.deepEqual(await run("cleanUp"), { blobs: 0, bytes: 0, sessions: 0 });
	});
});
