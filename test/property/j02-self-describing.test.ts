import assert from "node:assert/strict";
import { copyFile, readFile } from "node:fs/promises";
import * as path from "node:path";
import test from "node:test";
import { nodeFiles } from "../../src/core/files.ts";
import { readHeader } from "../../src/core/store/header.ts";
import {
	headerLine,
	line,
	newStore,
	openJournal,
	readBytes,
	realisticLines,
	recordId,
	temporaryFolder,
	writeJournal,
} from "./lab.ts";

test("J2 one file alone tells its title, folder, model, agent and parent", async (t) => {
	const { store } = await newStore(t);
	const parent = await store.create({ title: "Parent", agent: "codex", model: "m", cwd: "src" });
	const turn = await parent.startTurn();
	const item = await parent.addItem(turn, { type: "userMessage", text: "hello" });
	const child = await store.fork(parent.id);
	const alone = await temporaryFolder(t);
	const copy = path.join(alone, "copy.jsonl");
	await copyFile(child.file, copy);
	const journal = await openJournal(copy, nodeFiles, Date.now());
	assert.deepEqual(journal.state.header?.session, {
		id: child.id,
		title: "Parent (fork)",
		agent: "codex",
		model: "m",
		cwd: "src",
		origin: null,
		parent: { session: parent.id, at: item },
	});
	const [first = ""] = (await readFile(copy, "utf8")).split("\n");
	assert.equal(JSON.parse(first).type, "session.created");
	assert.equal(JSON.parse(first).format, "skein-journal");
	assert.equal(JSON.parse(first).id, child.id);
});

test("J2 the header is found wherever it stands, and the one with the lowest id is it", async (t) => {
	const folder = await temporaryFolder(t);
	const later = line(20, {
		type: "session.created",
		format: "skein-journal",
		session: { id: recordId(20), title: "", agent: "other", model: null, cwd: null, origin: null },
	});
	const [header = "", ...rest] = realisticLines();
	for (const lines of [
		[header, later, ...rest],
		[later, ...rest, header],
		[...rest, header, later],
	]) {
		const file = await writeJournal(folder, lines.join(""));
		const journal = await openJournal(file);
		assert.equal(journal.state.header?.session.agent, "codex");
		assert.deepEqual(journal.diagnostics, []);
	}
	const alone = await writeJournal(folder, [...rest, header].join(""));
	assert.equal((await readHeader(nodeFiles, alone))?.title, "A session");
});

test("J2 a journal whose header is missing says so and shows its items all the same", async (t) => {
	const folder = await temporaryFolder(t);
	const [, ...rest] = realisticLines();
	const journal = await readBytes(folder, rest.join(""));
	assert.equal(journal.state.items.size, 4);
	assert.equal(journal.diagnostics.length, 1);
	assert.match(journal.diagnostics[0]?.reason ?? "", /session\.created/);
	assert.equal(journal.diagnostics[0]?.severity, "warning");
});

test("J2 the header is written first, whole, or the session is not made", async (t) => {
	const { store } = await newStore(t);
	const session = await store.create({ title: "One" });
	const text = await readFile(session.file, "utf8");
	assert.equal(text.indexOf(headerLine().slice(0, 13)), 0);
	assert.equal(text.split("\n").length, 2);
});
