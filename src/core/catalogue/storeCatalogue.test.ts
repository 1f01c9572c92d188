import assert from "node:assert/strict";
import { appendFile, mkdir, readdir, rm, symlink, writeFile } from "node:fs/promises";
import * as path from "node:path";
import { test } from "node:test";
import { emptyWorkspace } from "../../../test/support/temporary.ts";
import { type Files, nodeFiles } from "../files.ts";
import { WorkspaceStore } from "../store/workspaceStore.ts";
import { StoreCatalogue } from "./storeCatalogue.ts";

test("a folder without a store lists nothing, and listing writes nothing", async (t) => {
	const { folder, locations, store } = await emptyWorkspace(t);
	const catalogue = new StoreCatalogue(store);
	assert.deepEqual(await catalogue.scan(), { rows: [], removed: [] });
	assert.deepEqual(catalogue.status, { kind: "none" });
	assert.deepEqual(await readdir(folder), []);
	await assert.rejects(readdir(locations.cache));
});

test("a second catalogue reads no journal that has not changed", async (t) => {
	const { folder, locations, store } = await emptyWorkspace(t);
	const [first, second] = [await store.create({ title: "A" }), await store.create({ title: "B" })];
	await new StoreCatalogue(store).scan();
	const opened: string[] = [];
	const files: Files = {
		...nodeFiles,
		open: (file, flags, mode) => {
			opened.push(path.basename(String(file)));
			return nodeFiles.open(file, flags, mode);
		},
	};
	await second.rename("B2");
	const again = new StoreCatalogue(new WorkspaceStore(folder, locations, { files }));
	await again.scan();
	assert.deepEqual(
		opened.filter((name) => name.endsWith(".jsonl")),
		[`${second.id}.jsonl`],
	);
	assert.equal(again.rows.get(first.id)?.title, "A");
	assert.equal(again.rows.get(second.id)?.title, "B2");
});

test("a scan tells what is new, changed and gone", async (t) => {
	const { store } = await emptyWorkspace(t);
	const catalogue = new StoreCatalogue(store);
	const session = await store.create({ title: "A" });
	const other = await store.create({ title: "B" });
	assert.equal((await catalogue.scan()).rows.length, 2);
	assert.deepEqual(await catalogue.scan(), { rows: [], removed: [] });
	await session.archive();
	const change = await catalogue.scanSome([session.id]);
	assert.deepEqual(
		change.rows.map(({ id, archived }) => ({ id, archived })),
		[{ id: session.id, archived: true }],
	);
	await rm(other.file);
	assert.deepEqual((await catalogue.scan()).removed, [other.id]);
	assert.deepEqual(
		catalogue.kept.map(({ id, title }) => ({ id, title })),
		[{ id: other.id, title: "B" }],
	);
});

test("every file has a row or a sentence, whatever its bytes are", async (t) => {
	const { store } = await emptyWorkspace(t);
	const good = await store.create({ title: "Good" });
	const { sessions } = store.layout;
	const id = (digit: string) => `01ARZ3NDEKTSV4RRFFQ69G5FA${digit}`;
	await writeFile(path.join(sessions, `${id("A")}.jsonl`), Buffer.from([0, 1, 2, 255, 254]));
	await writeFile(path.join(sessions, `${id("B")}.jsonl`), "");
	await mkdir(path.join(sessions, `${id("C")}.jsonl`));
	await symlink("/etc/passwd", path.join(sessions, `${id("D")}.jsonl`));
	await writeFile(path.join(sessions, "notes.txt"), "mine");
	await writeFile(path.join(sessions, "copy of a session.jsonl"), "{}");
	const catalogue = new StoreCatalogue(store);
	await catalogue.scan();
	assert.equal(catalogue.rows.get(good.id)?.diagnostics, 0);
	for (const digit of ["A", "B", "C", "D"]) {
		const row = catalogue.rows.get(id(digit));
		assert.ok(row && row.diagnostics > 0 && row.warning, `row ${digit}`);
	}
	assert.equal(catalogue.problems.length, 2);
	assert.match(catalogue.problems.join(), /notes\.txt/);
});

test("a fork counts what it inherits, and is read again once a missing parent is there", async (t) => {
	const { store } = await emptyWorkspace(t);
	const parent = await store.create({ title: "Parent" });
	const turn = await parent.startTurn();
	const item = await parent.addItem(turn, { type: "userMessage", text: "one" });
	await parent.addItem(turn, { type: "agentMessage", text: "two" });
	const fork = await store.fork(parent.id, item);
	const aside = `${parent.file}.aside`;
	await nodeFiles.rename(parent.file, aside);
	const catalogue = new StoreCatalogue(new WorkspaceStore(store.folder, store.locations));
	await catalogue.scan();
	assert.equal(catalogue.rows.get(fork.id)?.items, 0);
	await nodeFiles.rename(aside, parent.file);
	await catalogue.scan();
	assert.equal(catalogue.rows.get(fork.id)?.items, 1);
});

test("a damaged cache costs a reading, never a row", async (t) => {
	const { store } = await emptyWorkspace(t);
	const session = await store.create({ title: "A" });
	await new StoreCatalogue(store).scan();
	const folder = path.join(store.locations.cache, "index");
	for (const name of await readdir(folder)) {
		await writeFile(path.join(folder, name), '{"version":1,"entries":{"');
	}
	const catalogue = new StoreCatalogue(store);
	await catalogue.scan();
	assert.equal(catalogue.rows.get(session.id)?.title, "A");
});

test("a line that another process is still writing is no warning", async (t) => {
	const { store } = await emptyWorkspace(t);
	const session = await store.create({ title: "A" });
	await appendFile(session.file, '{"v":1,"id":"01ARZ3');
	const catalogue = new StoreCatalogue(store);
	await catalogue.scan();
	assert.equal(catalogue.rows.get(session.id)?.diagnostics, 0);
});

test("damage at the end shows once nobody can be writing there any more", async (t) => {
	const { store, folder, locations } = await emptyWorkspace(t);
	const session = await store.create({ title: "A" });
	await appendFile(session.file, "not a record");
	const soon = new StoreCatalogue(store);
	await soon.scan();
	assert.equal(soon.rows.get(session.id)?.diagnostics, 0);
	assert.ok(soon.isUnsettled);
	const clock = () => Date.now() + 10_000;
	const later = new StoreCatalogue(new WorkspaceStore(folder, locations, { clock }));
	await later.scan();
	assert.equal(later.rows.get(session.id)?.diagnostics, 1);
	assert.ok(!later.isUnsettled);
});

test("a fork is read again when its parent's journal has changed", async (t) => {
	const { store } = await emptyWorkspace(t);
	const parent = await store.create({ title: "Parent" });
	const turn = await parent.startTurn();
	const item = await parent.addItem(turn, { type: "userMessage", text: "one" });
	const fork = await store.fork(parent.id, item);
	const catalogue = new StoreCatalogue(new WorkspaceStore(store.folder, store.locations));
	await catalogue.scan();
	assert.equal(catalogue.rows.get(fork.id)?.items, 1);
	const [header] = (await nodeFiles.readFile(parent.file, "utf8")).split("\n");
	await writeFile(parent.file, `${header}\n`);
	await catalogue.scanSome([parent.id]);
	assert.equal(catalogue.rows.get(fork.id)?.items, 0);
	const again = new StoreCatalogue(new WorkspaceStore(store.folder, store.locations));
	await again.scan();
	assert.equal(again.rows.get(fork.id)?.items, 0);
});
