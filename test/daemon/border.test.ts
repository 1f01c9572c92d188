import assert from "node:assert/strict";
import { readFile, stat } from "node:fs/promises";
import { connect } from "node:net";
import * as path from "node:path";
import { createInterface } from "node:readline";
import { type TestContext, test } from "node:test";
import { connectDaemon, findDaemon, readDaemonState } from "../../src/daemon/client/connect.ts";
import { runtimeFolderOf } from "../../src/daemon/runtime/folder.ts";
import { DaemonFile, daemonProtocol, messageLimit } from "../../src/protocol/daemon.ts";
import { isFull } from "../fault/lab.ts";
import { type DaemonLab, daemonLab, fakeAgent, stopDaemon, Watch } from "./support.ts";

function runtimeOf({ folder, env }: DaemonLab) {
	return runtimeFolderOf(folder, { env, platform: process.platform, uid: process.getuid?.() });
}

async function daemonFile(lab: DaemonLab): Promise<DaemonFile> {
	const { daemonFile } = await runtimeOf(lab);
	return DaemonFile.parse(JSON.parse(await readFile(daemonFile, "utf8")));
}

/** A connection that says what a test wants it to say. */
async function rawPeer(t: TestContext, lab: DaemonLab) {
	const file = await daemonFile(lab);
	const socket = connect(file.endpoint);
	socket.on("error", () => undefined);
	t.after(() => socket.destroy());
	const lines: string[] = [];
	createInterface({ input: socket }).on("line", (line) => lines.push(line));
	const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
	await new Promise<void>((resolve) => socket.once("connect", () => resolve()));
	const send = (method: string, params: object) =>
		socket.write(`${JSON.stringify({ jsonrpc: "2.0", id: 1, method, params })}\n`);
	/** All the daemon said until it let us go. */
	const answers = async () => {
		await closed;
		return lines.map((line) => JSON.parse(line) as { error?: { data?: { reason?: string } } });
	};
	return { file, socket, send, answers, lines };
}

test("a peer with a wrong token is told so and let go", async (t) => {
	const lab = await daemonLab(t);
	await lab.connect();
	const peer = await rawPeer(t, lab);
	peer.send("hello", { protocol: daemonProtocol, token: "0".repeat(64), client: "a thief" });
	const [answer, ...more] = await peer.answers();
	assert.equal(answer?.error?.data?.reason, "bad-token");
	assert.deepEqual(more, []);
});

test("a peer that has not said hello gets nothing but a refusal, events neither", async (t) => {
	const lab = await daemonLab(t);
	const client = await lab.connect("a window", ["--helloPatience", "60000"]);
	const peer = await rawPeer(t, lab);
	const watch = await Watch.on(client);
	const session = await lab.store.create();
	const prompt = { session: session.id, input: { text: "word" }, agent: fakeAgent("talk", 3) };
	await watch.ended((await client.call("prompt", prompt)).run);
	assert.deepEqual(peer.lines, []);
	peer.send("status", {});
	const [answer, ...more] = await peer.answers();
	assert.equal(answer?.error?.data?.reason, "hello-first");
	assert.deepEqual(more, []);
});

test("an older client is told to reload; a newer one makes an idle daemon end itself", async (t) => {
	const lab = await daemonLab(t);
	const client = await lab.connect();
	const older = await rawPeer(t, lab);
	older.send("hello", { protocol: 0, token: older.file.token, client: "an old window" });
	const [refused] = await older.answers();
	assert.deepEqual(refused?.error?.data, {
		reason: "protocol",
		protocol: daemonProtocol,
		stopping: false,
	});
	const gone = new Promise<void>((resolve) => client.onClose(() => resolve()));
	const newer = await rawPeer(t, lab);
	newer.send("hello", { protocol: 99, token: newer.file.token, client: "a new window" });
	const [answer] = await newer.answers();
	assert.deepEqual(answer?.error?.data, {
		reason: "protocol",
		protocol: daemonProtocol,
		stopping: true,
	});
	await gone;
});

test("a newer client does not make a daemon end that has a turn to run", async (t) => {
	const lab = await daemonLab(t);
	const client = await lab.connect();
	const session = await lab.store.create();
	const agent = fakeAgent("unstoppable");
	await client.call("prompt", { session: session.id, input: { text: "word" }, agent });
	const newer = await rawPeer(t, lab);
	newer.send("hello", { protocol: 99, token: newer.file.token, client: "a new window" });
	const [answer] = await newer.answers();
	assert.deepEqual(answer?.error?.data, {
		reason: "protocol",
		protocol: daemonProtocol,
		stopping: false,
	});
	assert.equal((await client.call("status", {})).state.kind, "busy");
});

test("a message that is too long is refused with the reason, before hello and after", async (t) => {
	const lab = await daemonLab(t);
	const client = await lab.connect();
	const stranger = await rawPeer(t, lab);
	stranger.socket.write("x".repeat(100_000));
	assert.equal((await stranger.answers())[0]?.error?.data?.reason, "oversize");
	const peer = await rawPeer(t, lab);
	peer.send("hello", { protocol: daemonProtocol, token: peer.file.token, client: "a window" });
	peer.send("status", { padding: "x".repeat(messageLimit) });
	const reasons = (await peer.answers()).map((answer) => answer.error?.data?.reason);
	assert.equal(reasons.at(-1), "oversize");
	assert.ok((await client.call("status", {})).pid, "others are not disturbed");
});

test("what is no JSON is refused with the reason", async (t) => {
	const lab = await daemonLab(t);
	await lab.connect();
	const peer = await rawPeer(t, lab);
	peer.socket.write("GET / HTTP/1.1\n\n");
	assert.equal((await peer.answers())[0]?.error?.data?.reason, "garbage");
});

test("more requests at a time than the daemon takes are answered with an error, not queued", async (t) => {
	const lab = await daemonLab(t);
	const client = await lab.connect();
	const asked = Array.from({ length: 500 }, () =>
		client.call("logs", { log: "events", bytes: 1024 * 1024 }),
	);
	const settled = await Promise.allSettled(asked);
	const reasons = new Set(
		settled.map((each) => (each.status === "rejected" ? each.reason.reason : "answered")),
	);
	assert.ok(reasons.has("answered"));
	assert.deepEqual(
		[...reasons].filter((reason) => !["answered", "overloaded"].includes(reason)),
		[],
	);
	assert.ok((await client.call("status", {})).pid);
});

test("folder and files are the user's alone", async (t) => {
	const lab = await daemonLab(t);
	await lab.connect();
	const runtime = await runtimeOf(lab);
	assert.equal((await stat(runtime.folder)).mode & 0o777, 0o700);
	assert.equal((await stat(path.join(runtime.folder, "socket"))).mode & 0o777, 0o600);
	for (const file of [runtime.daemonFile, runtime.state, runtime.identity, runtime.events]) {
		assert.equal((await stat(file)).mode & 0o777, 0o600, file);
	}
});

test("starters at the same moment get one daemon", async (t) => {
	const lab = await daemonLab(t);
	for (let round = 0; round < (isFull ? 50 : 10); round++) {
		const both = await Promise.all([lab.connect("one window"), lab.connect("another")]);
		const pids = new Set(both.map((client) => client.pid));
		assert.equal(pids.size, 1, `round ${round}`);
		await stopDaemon(both[0]);
	}
});

test("a window that was away gets what it missed, over a restart of the daemon too", async (t) => {
	const lab = await daemonLab(t);
	const client = await lab.connect();
	const { seq } = await client.call("status", {});
	const session = await lab.store.create();
	const agent = fakeAgent("talk", 3);
	const prompt = { session: session.id, input: { text: "word" }, agent };
	const watch = await Watch.on(client);
	await watch.ended((await client.call("prompt", prompt)).run);
	await stopDaemon(client);
	const again = await lab.connect();
	const { events, lost } = await again.call("subscribe", { after: seq });
	assert.equal(lost, false);
	assert.deepEqual(
		events.map((event) => event.seq),
		events.map((_, index) => seq + 1 + index),
	);
	const types = events.map((event) => event.type);
	for (const type of ["run.started", "run.ended", "daemon.stopping", "daemon.started"] as const) {
		assert.ok(types.includes(type), type);
	}
	const stranger = await again.call("subscribe", { after: seq + 100_000 });
	assert.deepEqual(stranger.events, []);
	assert.equal(stranger.lost, true);
	// The daemon goes on to tell of itself meanwhile.
	assert.ok(stranger.seq >= (events.at(-1)?.seq ?? Number.POSITIVE_INFINITY));
});

test("windows that subscribe while much happens get every event once, in order", async (t) => {
	const lab = await daemonLab(t);
	const client = await lab.connect();
	const watch = await Watch.on(client);
	const agent = fakeAgent("talk", 3);
	const runs: string[] = [];
	const told: number[][] = [];
	for (let window = 0; window < 20; window++) {
		const session = await lab.store.create();
		const prompt = { session: session.id, input: { text: "word" }, agent };
		const [started, other] = await Promise.all([client.call("prompt", prompt), lab.connect()]);
		runs.push(started.run);
		const seen: number[] = [];
		told.push(seen);
		other.on("event")(({ seq }) => seen.push(seq));
		const { events } = await other.call("subscribe", { after: 0 });
		assert.equal(seen.length, 0, "none is told before the answer");
		seen.push(...events.map(({ seq }) => seq));
	}
	await Promise.all(runs.map((run) => watch.ended(run)));
	const last = Math.max(...watch.events.map(({ seq }) => seq));
	while (told.some((seen) => (seen.at(-1) ?? 0) < last)) {
		await new Promise((resolve) => setImmediate(resolve));
	}
	for (const seen of told) {
		assert.deepEqual(
			seen,
			seen.map((_, index) => index + 1),
		);
	}
});

test("a daemon that nobody needs ends itself", async (t) => {
	const lab = await daemonLab(t);
	const client = await lab.connect("a window", [], { idleTimeout: 50 });
	const { pid } = client;
	client.dispose();
	await ended(pid);
	assert.deepEqual(await readDaemonState(lab.folder, lab.env), { kind: "stopped" });
});

test("a daemon that was killed is shown as crashed", async (t) => {
	const lab = await daemonLab(t);
	const client = await lab.connect();
	process.kill(client.pid, "SIGKILL");
	await ended(client.pid);
	assert.equal((await readDaemonState(lab.folder, lab.env)).kind, "crashed");
});

test("who waits for an answer of a daemon that is killed is told so", async (t) => {
	const lab = await daemonLab(t);
	const client = await lab.connect();
	process.kill(client.pid, "SIGSTOP");
	const asked = [client.call("status", {}), client.call("logs", { log: "events", bytes: 10 })];
	process.kill(client.pid, "SIGKILL");
	const told = await Promise.allSettled(asked);
	for (const each of told) {
		assert.equal(each.status === "rejected" && each.reason.reason, "daemon-gone");
	}
	await assert.rejects(client.call("status", {}), { reason: "daemon-gone" });
});

test("a daemon that hangs is not waited for, and is there again when it goes on", async (t) => {
	const lab = await daemonLab(t);
	const { pid } = await lab.connect();
	process.kill(pid, "SIGSTOP");
	lab.atEnd(async () => void process.kill(pid, "SIGCONT"));
	while (!/\) T /.test(await readFile(`/proc/${pid}/stat`, "utf8"))) {
		await new Promise((resolve) => setImmediate(resolve));
	}
	await assert.rejects(findDaemon(lab.folder, "a command", lab.env), {
		reason: "not-answering",
		message: `Skein's daemon (process ${pid}) runs but does not answer. End that process and try again.`,
	});
	process.kill(pid, "SIGCONT");
	const client = await findDaemon(lab.folder, "a command", lab.env);
	assert.equal(client?.pid, pid);
	client?.dispose();
});

test("a folder that others may enter is not used", async (t) => {
	const lab = await daemonLab(t);
	const runtime = await runtimeOf(lab);
	const { mkdir, chmod } = await import("node:fs/promises");
	await mkdir(runtime.folder, { recursive: true });
	await chmod(path.dirname(runtime.folder), 0o755);
	await assert.rejects(
		connectDaemon({
			folder: lab.folder,
			client: "a test",
			script: "unused",
			version: "0",
			env: lab.env,
		}),
		{ reason: "unsafe-folder" },
	);
});

async function ended(pid: number): Promise<void> {
	const { untilGone } = await import("./support.ts");
	await untilGone(pid);
}
