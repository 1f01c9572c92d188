import assert from "node:assert/strict";
import { appendFile, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import * as path from "node:path";
import { test } from "node:test";
import { reconcile } from "../../src/daemon/runs/reconcile.ts";
import { DaemonLock } from "../../src/daemon/runtime/lock.ts";
import { logLimit } from "../../src/daemon/state/rotatingLog.ts";
import { reap } from "../../src/daemon/supervise/reaper.ts";
import type { DaemonEvent, RunRecord } from "../../src/protocol/daemon.ts";
import { child, event, fillableDisk, run, session, stateLab } from "../support/stateLab.ts";
import { emptyWorkspace } from "../support/temporary.ts";

// What the original does, codexd's state store, on our code: each behaviour of its row a test; then each of its faults.

test("seed 000: identity is made once and kept: daemonId, nodeId, root, createdAt; the version is today's", async (t) => {
	const { open } = await stateLab(t);
	const first = await open().initialize();
	assert.deepEqual(first.identity, {
		daemonId: "the-uuid",
		nodeId: "node",
		root: "/work",
		createdAt: "2026-01-01T00:00:00.000Z",
		version: "1.0.0",
	});
	const again = await open({ uuid: () => "another" }).initialize();
	assert.deepEqual(again.identity, first.identity);
});

test("seed 000: everything before initialize fails with a clear error", async (t) => {
	const { open } = await stateLab(t);
	const store = open();
	const clear = /not initialized: call initialize/;
	assert.throws(() => store.snapshot(), clear);
	assert.throws(() => store.daemon, clear);
	assert.throws(() => store.getRun("r"), clear);
	assert.throws(() => store.markStarted(), clear);
	assert.throws(() => store.recordEvent(event), clear);
	await assert.rejects(store.appendChildOutput("stdout", "x"), clear);
});

test("seed 000: a start is marked with its time and pid, a stop clears them", async (t) => {
	const { open } = await stateLab(t);
	const store = open();
	await store.initialize();
	const started = await store.markStarted();
	assert.equal(started.started, true);
	assert.equal(started.pid, 4242);
	assert.equal(started.stoppedAt, null);
	const stopped = await store.markStopped();
	assert.equal(stopped.started, false);
	assert.equal(stopped.pid, null);
	assert.equal(stopped.startedAt, started.startedAt);
	assert.ok((stopped.stoppedAt ?? "") > (started.startedAt ?? ""));
	assert.deepEqual((await open().initialize()).daemon.stoppedAt, stopped.stoppedAt);
});

test("seed 000: a child keeps what became of it, and takes over what configuration says now", async (t) => {
	const { open } = await stateLab(t);
	const store = open();
	await store.initialize();
	await store.configureChild(child);
	await store.updateChild("c1", {
		status: "exited",
		exitCode: 3,
		signal: "SIGTERM",
		lastError: "It ended.",
	});
	const later = open();
	await later.initialize();
	const changed = { ...child, command: "/opt/codex", args: ["app-server", "-v"] };
	assert.deepEqual(await later.configureChild(changed), {
		...changed,
		status: "exited",
		pid: null,
		processStart: null,
		startedAt: null,
		exitedAt: null,
		exitCode: 3,
		signal: "SIGTERM",
		lastError: "It ended.",
		restarts: 0,
	});
});

test("seed 000: sessions are put in, replaced, listed, found and closed", async (t) => {
	const { open } = await stateLab(t);
	const store = open();
	await store.initialize();
	await store.upsertSession(session);
	await store.upsertSession({ ...session, thread: "t2" });
	await store.upsertSession({ ...session, session: "s2" });
	assert.deepEqual(
		store.listSessions().map((each) => [each.session, each.thread]),
		[
			["s1", "t2"],
			["s2", "t"],
		],
	);
	const closed = await store.closeSession("s1");
	assert.equal(closed?.status, "closed");
	assert.equal(closed.currentTurn, null);
	assert.equal(await store.closeSession("unknown"), undefined);
	assert.equal(store.getSession("unknown"), undefined);
	const later = open();
	await later.initialize();
	assert.deepEqual(later.getSession("s1"), closed);
});

test("seed 000: runs are put in, replaced, listed and found, over restarts", async (t) => {
	const { open } = await stateLab(t);
	const store = open();
	await store.initialize();
	await store.upsertRun(run("r1"));
	await store.upsertRun(run("r2"));
	await store.upsertRun(run("r1", "2026-01-01T00:01:00.000Z"));
	const later = open();
	await later.initialize();
	assert.deepEqual(
		later.listRuns().map((each) => [each.id, each.status]),
		[
			["r1", "completed"],
			["r2", "running"],
		],
	);
	assert.equal(later.getRun("r3"), undefined);
});

test("seed 000: events are numbered from 1 on, logged, cached and told to listeners", async (t) => {
	const { open, file } = await stateLab(t);
	const store = open();
	await store.initialize();
	const told: DaemonEvent[] = [];
	store.onEvent((each) => told.push(each));
	const given = await Promise.all([store.recordEvent(event), store.recordEvent(event)]);
	assert.deepEqual(
		given.map((each) => each.seq),
		[1, 2],
	);
	assert.deepEqual(told, given);
	assert.deepEqual(store.snapshot().events, given);
	const lines = (await readFile(file("events.jsonl"), "utf8")).trimEnd().split("\n");
	assert.deepEqual(
		lines.map((line) => JSON.parse(line)),
		given,
	);
	assert.equal(given[0]?.detail, null);
});

test("seed 000: event numbers go on after a restart", async (t) => {
	const { open } = await stateLab(t);
	const store = open();
	await store.initialize();
	await store.recordEvent(event);
	const later = open();
	await later.initialize();
	assert.equal((await later.recordEvent(event)).seq, 2);
});

test("seed 000: the cache of events is bounded, the log is whole", async (t) => {
	const { open } = await stateLab(t, 3);
	const store = open();
	await store.initialize();
	for (let each = 0; each < 10; each++) {
		await store.recordEvent(event);
	}
	assert.deepEqual(
		store.snapshot().events.map((each) => each.seq),
		[8, 9, 10],
	);
	const { events, lost } = await store.eventsAfter(2);
	assert.deepEqual(
		events.map((each) => each.seq),
		[3, 4, 5, 6, 7, 8, 9, 10],
	);
	assert.equal(lost, false);
});

test("seed 000: a child's stdout and stderr are logged apart", async (t) => {
	const { open, file } = await stateLab(t);
	const store = open();
	await store.initialize();
	await store.appendChildOutput("stdout", "out\n");
	await store.appendChildOutput("stderr", "err\n");
	assert.equal(await readFile(file("stdout.log"), "utf8"), "out\n");
	assert.equal(await readFile(file("stderr.log"), "utf8"), "err\n");
});

test("seed 000: a change that fails does not stop the next, and changes nothing", async (t) => {
	const { open } = await stateLab(t);
	const store = open();
	await store.initialize();
	const failing = store.updateChild("unknown", { status: "running" });
	const next = store.upsertRun(run("r1"));
	await assert.rejects(failing, /There is no child unknown/);
	await next;
	assert.deepEqual(store.daemon.children, []);
	assert.equal(store.getRun("r1")?.id, "r1");
});

test("seed 000: callers cannot change the store through what they gave or got", async (t) => {
	const { open } = await stateLab(t);
	const store = open();
	await store.initialize();
	const given = run("r1");
	const putting = store.upsertRun(given);
	given.status = "failed";
	await putting;
	await store.configureChild(child);
	const got = store.snapshot();
	got.daemon.children[0]?.args.push("--danger");
	const listed = store.listRuns();
	(listed[0] as RunRecord).status = "failed";
	assert.equal(store.getRun("r1")?.status, "running");
	assert.deepEqual(store.daemon.children[0]?.args, ["app-server"]);
});

test("seed 000: the cache of events is made from the log, and numbers go on where the log ends", async (t) => {
	const { open, file } = await stateLab(t, 2);
	const store = open();
	await store.initialize();
	for (let each = 0; each < 3; each++) {
		await store.recordEvent(event);
	}
	await rm(file("state.json"));
	const later = open();
	const { events } = await later.initialize();
	assert.deepEqual(
		events.map((each) => each.seq),
		[2, 3],
	);
	assert.equal((await later.recordEvent(event)).seq, 4);
});

test("seed 000: clock, pid and uuid are those that were given", async (t) => {
	const { open } = await stateLab(t);
	const now = () => "2030-01-01T00:00:00.000Z";
	const store = open({ now, processId: () => 7, uuid: () => "given" });
	const { identity } = await store.initialize();
	assert.deepEqual([identity.daemonId, identity.createdAt], ["given", now()]);
	const { pid, startedAt, updatedAt } = await store.markStarted();
	assert.deepEqual([pid, startedAt, updatedAt], [7, now(), now()]);
	assert.equal((await store.recordEvent(event)).createdAt, now());
});

test("seed 000's fault: a file that is torn counts as missing and is made anew", async (t) => {
	const { open, file } = await stateLab(t);
	const store = open();
	await store.initialize();
	await store.upsertRun(run("r1"));
	await store.upsertRun(run("r2"));
	await store.recordEvent(event);
	for (const name of ["identity.json", "state.json"]) {
		const text = await readFile(file(name), "utf8");
		await writeFile(file(name), text.slice(0, text.length / 2));
	}
	const runs = await readFile(file("runs.jsonl"), "utf8");
	await writeFile(file("runs.jsonl"), runs.slice(0, -20));
	await appendFile(file("events.jsonl"), '{"seq":2,"crea');
	const later = open({ uuid: () => "another" });
	const snapshot = await later.initialize();
	assert.equal(snapshot.identity.daemonId, "another");
	assert.deepEqual(
		snapshot.runs.map((each) => each.id),
		["r1"],
	);
	assert.equal((await later.recordEvent(event)).seq, 2);
	const { events } = await later.eventsAfter(0);
	assert.equal(events.length, 2, "the torn line does not swallow the next one");
});

test("seed 000's fault: no number is used twice when the log of events is lost", async (t) => {
	const { open, file } = await stateLab(t);
	const store = open();
	await store.initialize();
	for (let each = 0; each < 1500; each++) {
		void store.recordEvent(event);
	}
	await store.settle();
	await rm(file("events.jsonl"));
	const later = open();
	await later.initialize();
	const { seq } = await later.recordEvent(event);
	assert.ok(seq > 1500, `${seq}`);
	const { events, lost } = await later.eventsAfter(1500);
	assert.deepEqual(
		events.map((each) => each.seq),
		[seq],
	);
	assert.equal(lost, true);
});

test("seed 000's fault: files are replaced whole: a write that fails leaves the old one, and memory as it was", async (t) => {
	const { open, file } = await stateLab(t);
	const { disk, files } = fillableDisk();
	const store = open({ files });
	await store.initialize();
	await store.markStarted();
	const before = await readFile(file("state.json"), "utf8");
	disk.full = true;
	await assert.rejects(store.setState({ kind: "idle" }), /the disk is full/);
	assert.equal(await readFile(file("state.json"), "utf8"), before);
	assert.deepEqual(store.daemon.state, { kind: "starting" });
	disk.full = false;
	await store.setState({ kind: "idle" });
	assert.deepEqual((await open().initialize()).daemon.state, { kind: "idle" });
});

test("seed 000's fault: no number is used twice when only an older log of events is left", async (t) => {
	const { open, file } = await stateLab(t);
	const store = open();
	await store.initialize();
	await store.recordEvent(event);
	await rename(file("events.jsonl"), file("events.jsonl.1"));
	const later = open();
	await later.initialize();
	const told = await later.recordEvent(event);
	assert.equal(told.seq, 1001);
	await rm(file("events.jsonl"));
	const last = open();
	await last.initialize();
	assert.ok((await last.recordEvent(event)).seq > told.seq);
});

test("seed 000's fault: the logs of children rotate", async (t) => {
	const { open, folder } = await stateLab(t);
	const store = open();
	await store.initialize();
	const part = `${"x".repeat(logLimit / 4 - 1)}\n`;
	for (let each = 0; each < 16; each++) {
		await store.appendChildOutput("stdout", part);
	}
	const names = (await readdir(folder)).filter((name) => name.startsWith("stdout"));
	assert.deepEqual(names.sort(), ["stdout.log", "stdout.log.1", "stdout.log.2"]);
	for (const name of names) {
		assert.ok((await stat(path.join(folder, name))).size <= logLimit);
	}
});

test("seed 000's fault: what ran when the daemon was killed does not run for ever", async (t) => {
	const { open } = await stateLab(t);
	const { store: sessions } = await emptyWorkspace(t);
	const killed = open();
	await killed.initialize();
	await killed.configureChild(child);
	await killed.updateChild(child.id, { status: "running", pid: 4242, processStart: "1" });
	await killed.upsertRun(run("r1"));
	await killed.upsertSession(session);
	const later = open();
	await later.initialize();
	await reap(later, { find: async () => undefined, findMarked: async () => [] }, "mark");
	await reconcile(sessions, later);
	assert.deepEqual(
		[later.getChild(child.id)?.status, later.getChild(child.id)?.pid],
		["exited", null],
	);
	assert.equal(later.getRun("r1")?.status, "interrupted");
	assert.equal(later.getSession("s1")?.status, "closed");
});

test("seed 000's fault: one process at a time has the files of a store", async (t) => {
	const { file } = await stateLab(t);
	const lock = DaemonLock.take(file("lock.db"));
	assert.ok(lock);
	assert.equal(DaemonLock.take(file("lock.db")), undefined);
	lock.release();
	const next = DaemonLock.take(file("lock.db"));
	assert.ok(next);
	next.release();
});
