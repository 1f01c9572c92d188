import assert from "node:assert/strict";
import { appendFile, mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import * as path from "node:path";
import { type TestContext, test } from "node:test";
import { temporaryFolder } from "../../../test/support/temporary.ts";
import { type Files, nodeFiles } from "../../core/files.ts";
import type { AgentSessionRecord, DaemonEvent, RunRecord } from "../../protocol/daemon.ts";
import { type ChildConfig, type StateOptions, StateStore } from "./stateStore.ts";

// What codexd's state store does (seed 000), each behaviour a test; then the faults of it that this one must not have.

interface Lab {
	readonly folder: string;
	/** A store as another start of the daemon would make it. */
	open(options?: StateOptions): StateStore;
	file(name: string): string;
}

async function lab(t: TestContext, eventCacheSize = 100): Promise<Lab> {
	const folder = await temporaryFolder(t);
	const file = (name: string) => path.join(folder, name);
	let second = 0;
	return {
		folder,
		file,
		open: (options = {}) =>
			new StateStore(
				{
					paths: {
						identity: file("identity.json"),
						state: file("state.json"),
						runs: file("runs.jsonl"),
						events: file("events.jsonl"),
						stdout: file("stdout.log"),
						stderr: file("stderr.log"),
					},
					nodeId: "node",
					root: "/work",
					version: "1.0.0",
					eventCacheSize,
				},
				{
					now: () => new Date(Date.UTC(2026, 0, 1, 0, 0, second++)).toISOString(),
					processId: () => 4242,
					uuid: () => "the-uuid",
					...options,
				},
			),
	};
}

const child: ChildConfig = {
	id: "c1",
	agent: "codex",
	strategy: "spawn",
	mode: "stdio",
	endpoint: null,
	command: "codex",
	args: ["app-server"],
	cwd: "/work",
};

function run(id: string, endedAt: string | null = null): RunRecord {
	return {
		id,
		session: "s1",
		turn: "t1",
		agent: "codex",
		model: null,
		status: endedAt === null ? "running" : "completed",
		startedAt: "2026-01-01T00:00:00.000Z",
		endedAt,
		reason: null,
		client: "a test",
	};
}

const session: AgentSessionRecord = {
	session: "s1",
	agent: "codex",
	thread: "t",
	name: null,
	status: "open",
	currentTurn: "t1",
	updatedAt: "2026-01-01T00:00:00.000Z",
};

const event = { level: "info", type: "run.started", message: "It began." } as const;

test("identity is made once and kept: daemonId, nodeId, root, createdAt; the version is today's", async (t) => {
	const { open } = await lab(t);
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

test("initialize may be called again and gives a snapshot", async (t) => {
	const { open } = await lab(t);
	const store = open();
	const [a, b] = await Promise.all([store.initialize(), store.initialize()]);
	assert.deepEqual(a, b);
	assert.deepEqual(await store.initialize(), store.snapshot());
});

test("everything before initialize fails with a clear error", async (t) => {
	const { open } = await lab(t);
	const store = open();
	const clear = /not initialized: call initialize/;
	assert.throws(() => store.snapshot(), clear);
	assert.throws(() => store.daemon, clear);
	assert.throws(() => store.getRun("r"), clear);
	assert.throws(() => store.markStarted(), clear);
	assert.throws(() => store.recordEvent(event), clear);
	await assert.rejects(store.appendChildOutput("stdout", "x"), clear);
});

test("a start is marked with its time and pid, a stop clears them", async (t) => {
	const { open } = await lab(t);
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

test("a child keeps what became of it, and takes over what configuration says now", async (t) => {
	const { open } = await lab(t);
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

test("sessions are put in, replaced, listed, found and closed", async (t) => {
	const { open } = await lab(t);
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

test("runs are put in, replaced, listed and found, over restarts", async (t) => {
	const { open } = await lab(t);
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

test("events are numbered from 1 on, logged, cached and told to listeners", async (t) => {
	const { open, file } = await lab(t);
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

test("event numbers go on after a restart", async (t) => {
	const { open } = await lab(t);
	const store = open();
	await store.initialize();
	await store.recordEvent(event);
	const later = open();
	await later.initialize();
	assert.equal((await later.recordEvent(event)).seq, 2);
});

test("the cache of events is bounded, the log is whole", async (t) => {
	const { open } = await lab(t, 3);
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

test("a child's stdout and stderr are logged apart", async (t) => {
	const { open, file } = await lab(t);
	const store = open();
	await store.initialize();
	await store.appendChildOutput("stdout", "out\n");
	await store.appendChildOutput("stderr", "err\n");
	assert.equal(await readFile(file("stdout.log"), "utf8"), "out\n");
	assert.equal(await readFile(file("stderr.log"), "utf8"), "err\n");
});

test("a change that fails does not stop the next, and changes nothing", async (t) => {
	const { open } = await lab(t);
	const store = open();
	await store.initialize();
	const failing = store.updateChild("unknown", { status: "running" });
	const next = store.upsertRun(run("r1"));
	await assert.rejects(failing, /There is no child unknown/);
	await next;
	assert.deepEqual(store.daemon.children, []);
	assert.equal(store.getRun("r1")?.id, "r1");
});

test("callers cannot change the store through what they gave or got", async (t) => {
	const { open } = await lab(t);
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

test("a file that is torn counts as missing and is made anew", async (t) => {
	const { open, file } = await lab(t);
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

test("no number is used twice when the log of events is lost", async (t) => {
	const { open, file } = await lab(t);
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

test("files are replaced whole: a write that fails leaves the old one, and memory as it was", async (t) => {
	const { open, file } = await lab(t);
	let full = false;
	const files: Files = {
		...nodeFiles,
		open: (...args: Parameters<Files["open"]>) => {
			if (full) {
				throw Object.assign(new Error("no space"), { code: "ENOSPC" });
			}
			return nodeFiles.open(...args);
		},
	};
	const store = open({ files });
	await store.initialize();
	await store.markStarted();
	const before = await readFile(file("state.json"), "utf8");
	full = true;
	await assert.rejects(store.setState({ kind: "idle" }), /the disk is full/);
	assert.equal(await readFile(file("state.json"), "utf8"), before);
	assert.deepEqual(store.daemon.state, { kind: "starting" });
	full = false;
	await store.setState({ kind: "idle" });
	assert.deepEqual((await open().initialize()).daemon.state, { kind: "idle" });
});

test("an event is told also when neither it nor a change beside it can be written", async (t) => {
	const { open, file } = await lab(t);
	let full = false;
	const files: Files = {
		...nodeFiles,
		open: (...args: Parameters<Files["open"]>) => {
			if (full) {
				throw Object.assign(new Error("no space"), { code: "ENOSPC" });
			}
			return nodeFiles.open(...args);
		},
	};
	const store = open({ files });
	await store.initialize();
	await store.recordEvent(event);
	const told: number[] = [];
	store.onEvent(({ seq }) => told.push(seq));
	full = true;
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
	const { open } = await lab(t);
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
	const { open, file } = await lab(t);
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
	const { open, file } = await lab(t);
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
	const { open, folder } = await lab(t);
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
