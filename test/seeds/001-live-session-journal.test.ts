import assert from "node:assert/strict";
import { appendFile, readFile, writeFile } from "node:fs/promises";
import { test } from "node:test";
import { nodeFiles } from "../../src/core/files.ts";
import { Journal } from "../../src/core/journal/journal.ts";
import { WorkspaceStore } from "../../src/core/store/workspaceStore.ts";
import { emptyWorkspace } from "../support/temporary.ts";

// What the original does, a per-session journal with a snapshot that can be rebuilt, on our code; and each of its faults.

/** Two seconds on: an unterminated last line is then nobody's write in progress. */
const later = () => Date.now() + 10_000;

test("seed 001: the snapshot rebuilt from the journal equals the incremental one", async (t) => {
	const { store } = await emptyWorkspace(t);
	const session = await store.create({ title: "Live", agent: "codex" });
	const turn = await session.startTurn();
	await session.addItem(turn, { type: "userMessage", text: "go" });
	await session.addItem(turn, { type: "agentMessage", text: "done" });
	await session.completeTurn(turn);
	await session.rename("Renamed");
	const rebuilt = await Journal.open(session.file, nodeFiles);
	assert.deepEqual(rebuilt.state, session.state);
});

test("seed 001: a line that cannot be read and a type that is not known are diagnostics, with their places", async (t) => {
	const { store } = await emptyWorkspace(t);
	const session = await store.create({ title: "Live" });
	const end = (await readFile(session.file)).length;
	await appendFile(session.file, "not a record\n");
	await appendFile(
		session.file,
		'{"v":1,"id":"01ARZ3NDEKTSV4RRFFQ69G5FAV","ts":"2026-01-01T00:00:00.000Z","type":"variants.ready"}\n',
	);
	await session.refresh();
	const [damage] = session.journal.diagnostics;
	assert.deepEqual(
		{ offset: damage?.offset, line: damage?.line, severity: damage?.severity },
		{ offset: end, line: 2, severity: "warning" },
	);
	assert.deepEqual(
		session.state.unknown.map(({ type }) => type),
		["variants.ready"],
	);
});

test("seed 001's fault: after a torn tail the next good record is not lost", async (t) => {
	const { store, folder, locations } = await emptyWorkspace(t);
	const session = await store.create({ title: "Live" });
	await appendFile(session.file, '{"v":1,"id":"01ARZ3NDEKTSV4RRFFQ69G5FAV","ts":"20');
	await session.rename("After the crash");
	const fresh = new WorkspaceStore(folder, locations, { clock: later });
	t.after(() => fresh.close());
	const again = await fresh.open(session.id);
	assert.equal(again.state.title, "After the crash");
	assert.deepEqual(
		again.journal.diagnostics.map(({ severity }) => severity),
		["info"],
	);
});

test("seed 001's fault: many unknown records do not make each further one dearer", async (t) => {
	const { store } = await emptyWorkspace(t);
	const session = await store.create({ title: "Live" });
	const unknown = Array.from(
		{ length: 3000 },
		(_, index) =>
			`{"v":1,"id":"01ARZ3NDEKTSV4RRFFQ6${String(index).padStart(6, "0")}","ts":"2026-01-01T00:00:00.000Z","type":"odd"}\n`,
	);
	await appendFile(session.file, unknown.join(""));
	await session.refresh();
	assert.equal(session.state.unknown.length, 3000);
	const before = (await readFile(session.file)).length;
	await session.pin();
	const after = (await readFile(session.file)).length;
	// The cost of one record is its own bytes: no snapshot is written with it.
	assert.ok(after - before < 200);
});

test("seed 001: an id that is none never reaches a path", async (t) => {
	const { store } = await emptyWorkspace(t);
	await store.create({ title: "Live" });
	for (const id of [
		"../../etc/passwd",
		"",
		"01ARZ3NDEKTSV4RRFFQ69G5FA",
		"01arz3ndektsv4rrffq69g5fav",
	]) {
		await assert.rejects(store.open(id), { reason: "bad-id" });
	}
});

test("seed 001: sessions that are put away are hidden by default and stay readable", async (t) => {
	const { store } = await emptyWorkspace(t);
	const session = await store.create({ title: "Done" });
	await session.archive();
	assert.equal((await session.summary()).archived, true);
	assert.equal((await (await store.open(session.id)).summary()).title, "Done");
});

test("seed 001's fault: a journal that is not there is never made without its beginning", async (t) => {
	const { store } = await emptyWorkspace(t);
	const session = await store.create({ title: "Live" });
	const bytes = await readFile(session.file);
	await nodeFiles.unlink(session.file);
	await assert.rejects(session.rename("x"));
	await writeFile(session.file, bytes);
	await session.rename("y");
	assert.equal(session.state.title, "y");
});
