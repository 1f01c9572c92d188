import assert from "node:assert/strict";
import { readFile, rename, rm } from "node:fs/promises";
import { test } from "node:test";
import { type Files, nodeFiles } from "../../src/core/files.ts";
import { DaemonClient } from "../../src/daemon/client/client.ts";
import { Daemon } from "../../src/daemon/daemon.ts";
import { makeRuntimeFolder, runtimeFolderOf } from "../../src/daemon/runtime/folder.ts";
import { DaemonLock } from "../../src/daemon/runtime/lock.ts";
import { DaemonFile } from "../../src/protocol/daemon.ts";
import {
	type DaemonLab,
	daemonLab,
	fakeAgent,
	itemsOf,
	untilGone,
	Watch,
	words,
} from "./support.ts";

/** A disk of which a test says when it is full. */
function disk() {
	let full = false;
	const guard = () => {
		if (full) {
			throw Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
		}
	};
	const files: Files = {
		...nodeFiles,
		open: async (...args: Parameters<Files["open"]>) => {
			const handle = await nodeFiles.open(...args);
			const write = handle.write.bind(handle);
			return Object.assign(handle, {
				write: (...written: Parameters<typeof write>) => {
					guard();
					return write(...written);
				},
			});
		},
	};
	return { files, fill: () => (full = true), empty: () => (full = false) };
}

/** A daemon in this process, on the given disk. */
async function daemonHere(lab: DaemonLab, files: Files) {
	const context = { env: lab.env, platform: process.platform, uid: process.getuid?.() };
	const runtime = await runtimeFolderOf(lab.folder, context);
	await makeRuntimeFolder(runtime, context);
	const lock = DaemonLock.take(runtime.lock);
	assert.ok(lock);
	const daemon = new Daemon(runtime, lock, { version: "0", environment: lab.env, files });
	await daemon.start();
	const file = DaemonFile.parse(JSON.parse(await readFile(runtime.daemonFile, "utf8")));
	const client = await DaemonClient.connect(file, "a test");
	lab.atEnd(async () => {
		client.dispose();
		await daemon.stop("The test is over.");
	});
	return client;
}

test("a disk that fills up during a run fails the run with a sentence; the journal is whole and goes on later", async (t) => {
	const lab = await daemonLab(t);
	const { files, fill, empty } = disk();
	const client = await daemonHere(lab, files);
	const watch = await Watch.on(client);
	const session = await lab.store.create({ agent: "fake" });
	const prompt = (amount: number) =>
		client.call("prompt", {
			session: session.id,
			input: { text: "word" },
			agent: fakeAgent("talk", amount),
		});
	let grown = 0;
	client.on("grown")(() => {
		grown++;
		if (grown === 3) {
			fill();
		}
	});
	await client.call("follow", { session: session.id });
	const { run } = await prompt(10_000_000);
	const end = await watch.ended(run);
	assert.equal(end.detail?.["status"], "failed");
	assert.match(end.message, /^Nothing was stored in .*: the disk is full\.$/);
	const { state } = await client.call("status", {});
	assert.equal(state.kind, "idle");
	assert.deepEqual((await session.transcript()).diagnostics, []);

	await assert.rejects(prompt(3), /the disk is full/);
	empty();
	const again = await prompt(3);
	assert.equal((await watch.ended(again.run)).detail?.["status"], "completed");
	const turns = [...session.state.turns.values()];
	await session.refresh();
	assert.deepEqual(
		[...session.state.turns.values()].map((turn) => turn.end?.status),
		["interrupted", "completed"],
		`${turns.length} turns`,
	);
	assert.equal(words(await itemsOf(session)).at(-1), "agentMessage: word 0. word 1. word 2. ");
});

test("a daemon that finds none of its files still ends the turns that an earlier one left", async (t) => {
	const lab = await daemonLab(t);
	const session = await lab.store.create({ agent: "fake" });
	const other = await lab.store.create({ agent: "fake" });
	const client = await lab.connect();
	const watch = await Watch.on(client);
	const agent = fakeAgent("unstoppable");
	const { run } = await client.call("prompt", {
		session: session.id,
		input: { text: "word" },
		agent,
	});
	await watch.next("run.started", (event) => event.detail?.["run"] === run);
	// A turn of another machine's daemon is not ours to end.
	await other.append([
		{ type: "turn.started", after: null, run: { id: "x", host: "another-machine" } },
	]);
	process.kill(client.pid, "SIGKILL");
	await untilGone(client.pid);
	const context = { env: lab.env, platform: process.platform, uid: process.getuid?.() };
	const runtime = await runtimeFolderOf(lab.folder, context);
	await rename(runtime.folder, `${runtime.folder}.lost`);
	const again = await lab.connect();
	await session.refresh();
	assert.deepEqual(
		[...session.state.turns.values()].map((turn) => turn.end?.status),
		["interrupted"],
	);
	await other.refresh();
	assert.equal([...other.state.turns.values()][0]?.end, undefined);
	await assert.rejects(
		again.call("prompt", { session: other.id, input: { text: "word" }, agent }),
		/runs on another machine \(another-machine\)/,
	);
	await rm(`${runtime.folder}.lost`, { recursive: true });
});
