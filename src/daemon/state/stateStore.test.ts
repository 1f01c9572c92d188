import assert from "node:assert/strict";
import { mkdir, rename, rm, stat } from "node:fs/promises";
import * as path from "node:path";
import { test } from "node:test";
import {
	child,
	event,
	fillableDisk,
	run,
	session,
	stateLab,
} from "../../../test/support/stateLab.ts";
import { type Files, nodeFiles } from "../../core/files.ts";

// What the store is asked for by codexd's one (seed 000) is tested in test/seeds.

test("an event is told also when neither it nor a change beside it can be written", async (t) => {
	const { open, file } = await stateLab(t);
	const { disk, files } = fillableDisk();
	const store = open({ files });
	await store.initialize();
	await store.recordEvent(event);
	const told: number[] = [];
	store.onEvent(({ seq }) => told.push(seq));
	disk.full = true;
	await rm(file("events.jsonl"));
	await mkdir(file("events.jsonl"));
	const changed = store.setState({ kind: "idle" });
	const { seq } = await store.recordEvent(event);
	await assert.rejects(changed, /the disk is full/);
	assert.deepEqual(told, [2]);
	assert.equal(seq, 2);
	assert.deepEqual(
		(await store.eventsAfter(1)).events.map((each) => each.seq),
		[2],
	);
});

test("changes that wait share one writing", async (t) => {
	const { open } = await stateLab(t);
	let writings = 0;
	const files: Files = {
		...nodeFiles,
		rename: (from, to) => {
			writings++;
			return nodeFiles.rename(from, to);
		},
	};
	const store = open({ files });
	await store.initialize();
	await store.configureChild(child);
	writings = 0;
	await Promise.all(
		Array.from({ length: 100 }, (_, pid) => store.updateChild("c1", { pid, status: "running" })),
	);
	assert.equal(store.getChild("c1")?.pid, 99);
	assert.ok(writings <= 2, `${writings} writings`);
});

test("runs.jsonl stays small however many runs there were; those that run are never forgotten", async (t) => {
	const { open, file } = await stateLab(t);
	const store = open();
	await store.initialize();
	await store.upsertRun(run("running"));
	for (let each = 0; each < 3000; each++) {
		void store.upsertRun(run(`r${each}`, "2026-01-01T00:01:00.000Z"));
	}
	await store.settle();
	const later = open();
	const { runs } = await later.initialize();
	assert.ok((await stat(file("runs.jsonl"))).size < 512 * 1024);
	assert.equal(runs.length, 201);
	assert.equal(runs[0]?.id, "running");
	assert.equal(runs.at(-1)?.id, "r2999");
});

test("of closed sessions those that nothing was heard of for longest are forgotten, and the file is seldom written anew", async (t) => {
	const { open, file } = await stateLab(t);
	let writings = 0;
	const files: Files = {
		...nodeFiles,
		rename: (from, to) => {
			writings += to === file("runs.jsonl") ? 1 : 0;
			return nodeFiles.rename(from, to);
		},
	};
	const store = open({ files });
	await store.initialize();
	const put = (id: string) => {
		void store.upsertSession({ ...session, session: id });
		return store.closeSession(id);
	};
	await store.upsertSession({ ...session, session: "open" });
	for (const id of ["used again", "old", ...Array.from({ length: 998 }, (_, each) => `s${each}`)]) {
		void put(id);
	}
	await store.settle();
	writings = 0;
	for (let each = 0; each < 1000; each++) {
		await put(each % 2 === 0 ? "used again" : "new");
	}
	// Each time twice 250 KB are full.
	assert.ok(writings > 0 && writings < 5, `${writings} writings`);
	const later = open();
	await later.initialize();
	const names = later.listSessions().map((each) => each.session);
	assert.equal(names.length, 1001);
	assert.equal(names[0], "open");
	assert.ok(names.includes("used again") && !names.includes("old"));
	assert.equal(later.getSession("new")?.status, "closed");
});

test("a store that finds no identity knows that it knows nothing of earlier runs", async (t) => {
	const { open, folder } = await stateLab(t);
	const first = open();
	await first.initialize();
	assert.equal(first.isNew, true);
	const second = open();
	await second.initialize();
	assert.equal(second.isNew, false);
	await rename(path.join(folder, "identity.json"), path.join(folder, "gone"));
	const third = open();
	await third.initialize();
	assert.equal(third.isNew, true);
});

test("initialize may be called again and gives a snapshot", async (t) => {
	const { open } = await stateLab(t);
	const store = open();
	const [a, b] = await Promise.all([store.initialize(), store.initialize()]);
	assert.deepEqual(a, b);
	assert.deepEqual(await store.initialize(), store.snapshot());
});
