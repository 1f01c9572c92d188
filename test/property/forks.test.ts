import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import test from "node:test";
import { encodeRecord } from "../../src/core/journal/framing.ts";
import { JournalRecord } from "../../src/core/model/record.ts";
import type { WorkspaceStore } from "../../src/core/store/workspaceStore.ts";
import { FaultyFiles, idAt, newStore } from "./lab.ts";

const then = Date.UTC(2026, 0, 1);
const sid = (n: number) => idAt(then + n, 0);

/** A session of one turn and one item, forked from another one if `parent` is given, written without the store. */
function forged(n: number, parent?: { session: string; at: string | null }): string {
	const lines = [
		{
			type: "session.created",
			format: "skein-journal",
			session: {
				id: sid(n),
				title: `S${n}`,
				agent: null,
				model: null,
				cwd: ".",
				origin: null,
				...(parent ? { parent } : {}),
			},
		},
		{ type: "turn.started", after: parent?.at ?? null },
		{
			type: "item.completed",
			turn: idAt(then + n, 1),
			item: { type: "userMessage", text: `said in ${n}` },
		},
	];
	return lines
		.map((fields, index) =>
			encodeRecord(
				JournalRecord.parse({
					v: 1,
					id: idAt(then + n, index),
					ts: new Date(then).toISOString(),
					...fields,
				}),
			),
		)
		.join("");
}
const item = (n: number) => idAt(then + n, 2);

async function place(
	store: WorkspaceStore,
	n: number,
	parent?: { session: string; at: string | null },
): Promise<void> {
	await writeFile(store.layout.journal(sid(n)), forged(n, parent));
}

async function shown(
	store: WorkspaceStore,
	id: string,
): Promise<{ ids: string[]; gap: string | undefined }> {
	const { rows } = await store.transcript(id);
	const [first] = rows;
	return {
		ids: rows.filter((row) => row.kind === "item").map((row) => row.id),
		gap: first?.kind === "gap" ? first.reason : undefined,
	};
}

test("forks of each other in a circle: own records are shown, and a row says so", async (t) => {
	const { store } = await newStore(t);
	await store.ensure();
	await place(store, 1, { session: sid(2), at: item(2) });
	await place(store, 2, { session: sid(1), at: item(1) });
	await place(store, 3, { session: sid(3), at: item(3) });
	await place(store, 4, { session: sid(4), at: item(9) });
	assert.match((await shown(store, sid(1))).gap ?? "", /circle/);
	assert.deepEqual((await shown(store, sid(1))).ids, [item(2), item(1)]);
	assert.deepEqual((await shown(store, sid(2))).ids, [item(1), item(2)]);
	assert.match((await shown(store, sid(3))).gap ?? "", /circle/);
	assert.deepEqual((await shown(store, sid(3))).ids, [item(3)]);
	assert.match((await shown(store, sid(4))).gap ?? "", /circle/);
	for (const n of [1, 2, 3, 4]) {
		const session = await store.open(sid(n));
		await session.trash();
	}
	assert.deepEqual((await store.purge(sid(1), { withForks: true })).purged.sort(), [
		sid(1),
		sid(2),
	]);
	assert.deepEqual((await store.purge(sid(3))).purged, [sid(3)]);
});

test("a parent that is missing, damaged, a path, or without the item: own records are shown and a row says why", async (t) => {
	const { store } = await newStore(t);
	await store.ensure();
	await place(store, 1, { session: sid(99), at: item(99) });
	await place(store, 2, { session: "../../../../etc/passwd", at: item(99) });
	await place(store, 3, { session: sid(4), at: item(99) });
	await place(store, 4);
	await place(store, 5, { session: sid(6), at: item(6) });
	await writeFile(store.layout.journal(sid(6)), "garbage\n");
	await place(store, 7, { session: sid(8), at: item(8) });
	await mkdir(store.layout.journal(sid(8)));
	for (const [n, reason] of [
		[1, /no session/],
		[2, /not the id/],
		[3, /not in the journal/],
		[5, /not known|damaged/],
		[7, /could not be read/],
	] as const) {
		const { ids, gap } = await shown(store, sid(n));
		assert.deepEqual(ids, [item(n)]);
		assert.match(gap ?? "", reason);
	}
});

test("a line of 10,000 forks opens, shows the nearest thousand ancestors and says so", async (t) => {
	const { store } = await newStore(t);
	await store.ensure();
	const deep = 10_000;
	for (let n = 0; n < deep; n++) {
		writeFileSync(
			store.layout.journal(sid(n)),
			forged(n, n > 0 ? { session: sid(n - 1), at: item(n - 1) } : undefined),
		);
	}
	const { ids, gap } = await shown(store, sid(deep - 1));
	assert.match(gap ?? "", /more than 1000 ancestors/);
	assert.deepEqual(
		ids,
		Array.from({ length: 1001 }, (_, n) => item(deep - 1001 + n)),
	);
	const { gap: none, ids: all } = await shown(store, sid(900));
	assert.equal(none, undefined);
	assert.equal(all.length, 901);
});

test("what happens in the parent later does not show in the child", async (t) => {
	const { store } = await newStore(t);
	const parent = await store.create({ title: "Parent" });
	const turn = await parent.startTurn();
	const a = await parent.addItem(turn, { type: "userMessage", text: "a" });
	const b = await parent.addItem(turn, { type: "agentMessage", text: "b" });
	const child = await store.fork(parent.id, b);
	const own = await child.addItem(await child.startTurn(), { type: "userMessage", text: "own" });
	const before = await shown(store, child.id);
	assert.deepEqual(before.ids, [a, b, own]);
	const late = await parent.addItem(turn, { type: "note", text: "late" });
	await parent.revertTo(a);
	await parent.addItem(await parent.startTurn(), { type: "userMessage", text: "elsewhere" });
	await parent.rename("Other");
	await parent.archive();
	await parent.trash();
	assert.deepEqual(await shown(store, child.id), before);
	assert.equal((await child.summary()).title, "Parent (fork)");
	assert.equal((await child.summary()).trashed, false);
	await assert.rejects(
		store.fork(child.id, late),
		{ reason: "no-such-item" },
		"the child does not have it",
	);
	await assert.rejects(child.revertTo(late), { reason: "no-such-item" });
});

test("a fork copies nothing; an inherited item can be forked and reverted to, through forks of forks", async (t) => {
	const { store } = await newStore(t);
	const root = await store.create({ title: "Root" });
	const turn = await root.startTurn();
	const a = await root.addItem(turn, { type: "userMessage", text: "a" });
	const b = await root.addItem(turn, { type: "agentMessage", text: "b".repeat(10_000) });
	const child = await store.fork(root.id);
	const grandchild = await store.fork(child.id, a);
	const again = await store.fork(grandchild.id);
	assert.ok((await stat(child.file)).size < 1000);
	assert.deepEqual(grandchild.state.parent, { session: child.id, at: a });
	assert.deepEqual((await shown(store, grandchild.id)).ids, [a]);
	assert.deepEqual((await shown(store, again.id)).ids, [a]);
	await child.revertTo(a);
	assert.deepEqual((await shown(store, child.id)).ids, [a]);
	const transcript = await child.transcript();
	assert.equal((await transcript.items(0, 1))[0]?.id, a);
	await child.revertTo(b);
	assert.deepEqual((await shown(store, child.id)).ids, [a, b]);
	assert.deepEqual(
		(await store.forksOf(child.id)).map((fork) => fork.id),
		[grandchild.id],
	);
	assert.equal((await again.summary()).title, "Root (fork 3)");
});

test("purge: only from the trash, never under a fork, with the forks when asked", async (t) => {
	const { store } = await newStore(t);
	const parent = await store.create({ title: "Parent" });
	const child = await store.fork(parent.id);
	const grandchild = await store.fork(child.id);
	await assert.rejects(store.purge(parent.id), { reason: "not-in-trash" });
	await parent.trash();
	await assert.rejects(store.purge(parent.id), {
		reason: "needed-by-forks",
		message: /Parent \(fork\)/,
	});
	assert.equal((await readdir(store.layout.sessions)).length, 3);
	const { purged } = await store.purge(parent.id, { withForks: true });
	assert.deepEqual(purged, [grandchild.id, child.id, parent.id]);
	assert.deepEqual(await readdir(store.layout.sessions), []);
	assert.deepEqual(await store.kept(), [], "the kept copies are gone too");
});

async function trashed(store: WorkspaceStore): Promise<string> {
	const session = await store.create({ title: "Parent" });
	await session.addItem(await session.startTurn(), { type: "userMessage", text: "x" });
	await session.trash();
	return session.id;
}

test("a fork made at any moment of a purge has its parent, or was not made", async (t) => {
	const faulty = new FaultyFiles();
	const { store, again } = await newStore(t, { files: faulty.files });
	const other = again();
	let moment = 0;
	let reached = true;
	while (reached) {
		const id = await trashed(store);
		let count = moment++;
		reached = false;
		let fork: Promise<string | undefined> | undefined;
		faulty.fault = (call) => {
			const counts = ["rename", "unlink", "readdir", "open", "write"].includes(call.operation);
			if (reached || !counts || count-- > 0) {
				return undefined;
			}
			reached = true;
			return {
				before: async () => {
					fork = other.fork(id).then(
						(child) => child.id,
						() => undefined,
					);
					await fork;
				},
			};
		};
		await store.purge(id).catch((error) => assert.equal(error.name, "HumanError", error));
		faulty.fault = () => undefined;
		const child = await fork;
		const names = await readdir(store.layout.sessions);
		const parentThere = names.includes(`${id}.jsonl`);
		if (child) {
			assert.ok(parentThere, `moment ${moment}: the fork lost its parent`);
			assert.equal((await shown(again(), child)).ids.length, 1);
			await rename(store.layout.journal(id), `${store.layout.journal(id)}.away`);
			assert.deepEqual(
				(await store.kept()).map((kept) => kept.id).filter((kept) => kept === id),
				[id],
				`moment ${moment}: a session that lives is taken for purged`,
			);
		} else if (parentThere) {
			assert.fail(`moment ${moment}: neither purged nor forked`);
		} else {
			assert.deepEqual(
				(await store.kept()).filter((kept) => kept.title === "Parent (fork)"),
				[],
				"a fork that was not made is not offered for restoring",
			);
		}
		await Promise.all(names.map((name) => rm(`${store.layout.sessions}/${name}`, { force: true })));
		await rm(store.locations.data, { recursive: true, force: true });
		await rm(`${store.layout.journal(id)}.away`, { force: true });
		await store.close();
	}
	assert.ok(moment > 8, `${moment} moments were tried`);
});

test("a session restored at the moment of its purge is not purged", async (t) => {
	const faulty = new FaultyFiles();
	const { store, again } = await newStore(t, { files: faulty.files });
	const id = await trashed(store);
	const other = await again().open(id);
	let done = false;
	faulty.fault = (call) => {
		if (done || call.operation !== "rename") {
			return undefined;
		}
		done = true;
		return { before: () => other.restore() };
	};
	await assert.rejects(store.purge(id), { reason: "not-in-trash" });
	assert.ok((await readdir(store.layout.sessions)).includes(`${id}.jsonl`));
});

test("a purge that fails puts everything back", async (t) => {
	const faulty = new FaultyFiles();
	const { store } = await newStore(t, { files: faulty.files });
	const id = await trashed(store);
	for (const operation of ["open", "write", "datasync"] as const) {
		faulty.fault = (call) =>
			call.operation === operation && call.path.endsWith("purged.jsonl")
				? { fail: "ENOSPC" }
				: undefined;
		await assert.rejects(store.purge(id), { name: "HumanError" });
		assert.deepEqual(await readdir(store.layout.sessions), [`${id}.jsonl`]);
	}
	faulty.fault = () => undefined;
	assert.deepEqual((await store.purge(id)).purged, [id]);
});

test("an unreadable header blocks a purge, but not that of the session itself", async (t) => {
	const { store } = await newStore(t);
	const id = await trashed(store);
	const session = await store.open(id);
	await writeFile(store.layout.journal(sid(1)), "garbage\n");
	await assert.rejects(store.purge(id), { reason: "unreadable-journal" });
	assert.ok((await readdir(store.layout.sessions)).includes(`${id}.jsonl`));
	const damaged = await store.open(sid(1));
	await damaged.trash();
	assert.deepEqual((await store.purge(sid(1))).purged, [sid(1)]);
	assert.deepEqual((await store.purge(session.id)).purged, [id]);
});

test("a .purging file that a dead process left is put back, and never over another journal", async (t) => {
	const { store, clock, again } = await newStore(t);
	const session = await store.create({ title: "Left" });
	const text = await readFile(session.file, "utf8");
	await rename(session.file, store.layout.purging(session.id));
	await again().create({ title: "Soon" });
	assert.ok(
		(await readdir(store.layout.sessions)).includes(`${session.id}.purging`),
		"it may be under way",
	);
	clock.now += 120_000;
	await again().create({ title: "Later" });
	assert.equal(await readFile(session.file, "utf8"), text);
	await rename(session.file, store.layout.purging(session.id));
	await writeFile(session.file, `${text}\n`);
	await utimes(session.file, new Date(), new Date());
	await again().create({ title: "Later still" });
	assert.equal(await readFile(session.file, "utf8"), `${text}\n`);
});

test("a fork that is being purged at the same moment still needs its parent", async (t) => {
	const { store } = await newStore(t);
	const parent = await store.create({ title: "Parent" });
	const child = await store.fork(parent.id);
	await parent.trash();
	await rename(child.file, store.layout.purging(child.id));
	await assert.rejects(store.purge(parent.id), { reason: "needed-by-forks" });
});

/** Stops at the n-th call that changes or looks at names, until it is released. */
function pause(faulty: FaultyFiles, n: number): { reached: Promise<void>; release(): void } {
	const reached = Promise.withResolvers<void>();
	const released = Promise.withResolvers<void>();
	let left = n;
	faulty.fault = (call) => {
		const counts = ["rename", "link", "unlink", "readdir", "open", "lstat"].includes(
			call.operation,
		);
		if (!counts || left-- !== 0) {
			return undefined;
		}
		reached.resolve();
		return { before: () => released.promise };
	};
	return { reached: reached.promise, release: () => released.resolve() };
}

test("a purge that starts in the middle of a fork and waits for its end leaves no fork without a parent", async (t) => {
	const [forking, purging] = [new FaultyFiles(), new FaultyFiles()];
	const { store } = await newStore(t, { files: forking.files });
	const folder = store.folder.slice(0, store.folder.lastIndexOf("/"));
	const { store: purger } = await newStore(t, { files: purging.files, folder });
	let outcomes = "";
	for (let k = 2; k < 14; k += 1) {
		for (let j = 1 + (k % 2); j < 14; j += 2) {
			const id = await trashed(store);
			await store.open(id);
			await purger.open(id);
			const [inFork, inPurge] = [pause(forking, k), pause(purging, j)];
			const fork = store.fork(id).then(
				(child) => child.id,
				() => undefined,
			);
			await Promise.race([inFork.reached, fork]);
			const purge = purger.purge(id).then(
				() => true,
				() => false,
			);
			await Promise.race([inPurge.reached, purge]);
			inFork.release();
			const child = await fork;
			inPurge.release();
			const purged = await purge;
			forking.fault = () => undefined;
			purging.fault = () => undefined;
			const names = await readdir(store.layout.sessions);
			const parentThere = names.includes(`${id}.jsonl`);
			const where = `fork paused at ${k}, purge at ${j}`;
			assert.equal(purged, !parentThere, where);
			if (child) {
				assert.ok(parentThere, `${where}: the fork lost its parent`);
				await rm(store.layout.journal(id));
				assert.ok(
					(await store.kept()).some((kept) => kept.id === id),
					`${where}: taken for purged`,
				);
			}
			outcomes += child ? "f" : purged ? "p" : "-";
			await Promise.all(
				names.map((name) => rm(`${store.layout.sessions}/${name}`, { force: true })),
			);
			await rm(store.locations.data, { recursive: true, force: true });
			await store.close();
			await purger.close();
		}
	}
	assert.match(outcomes, /f/);
	assert.match(outcomes, /p/);
});
