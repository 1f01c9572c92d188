import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { type TestContext, test } from "node:test";
import { Daemon } from "../../src/daemon/daemon.ts";
import { makeRuntimeFolder, runtimeFolderOf } from "../../src/daemon/runtime/folder.ts";
import { DaemonLock } from "../../src/daemon/runtime/lock.ts";
import { type ProcessTable, systemProcesses } from "../../src/daemon/supervise/processTable.ts";
import { daemonLab } from "./support.ts";

/** A daemon in this process that is not started yet. */
async function daemonHere(t: TestContext, processes: ProcessTable) {
	const lab = await daemonLab(t);
	const context = { env: lab.env, platform: process.platform, uid: process.getuid?.() };
	const runtime = await runtimeFolderOf(lab.folder, context);
	await makeRuntimeFolder(runtime, context);
	const lock = DaemonLock.take(runtime.lock);
	assert.ok(lock);
	const daemon = new Daemon(runtime, lock, { version: "0", environment: lab.env, processes });
	return { lab, daemon, runtime };
}

test("a daemon that is told to stop with its first breath ends", async (t) => {
	const { lab, daemon, runtime } = await daemonHere(t, systemProcesses());
	const starting = daemon.start();
	await daemon.stop("A signal came.");
	await daemon.ended;
	assert.equal(await starting, false);
	assert.ok(!existsSync(runtime.daemonFile));
	assert.ok((await (await lab.connect()).call("status", {})).pid, "another one starts");
});

test("a daemon that is told to stop while it puts things in order keeps its lock until it does nothing more", async (t) => {
	let meet: () => void = () => undefined;
	let goOn: () => void = () => undefined;
	const reached = new Promise<void>((resolve) => {
		meet = resolve;
	});
	const wait = new Promise<void>((resolve) => {
		goOn = resolve;
	});
	const system = systemProcesses();
	const { lab, daemon, runtime } = await daemonHere(t, {
		...system,
		findMarked: async (prefix) => {
			meet();
			await wait;
			return system.findMarked(prefix);
		},
	});
	const starting = daemon.start();
	await reached;
	const stopping = daemon.stop("A signal came.");
	for (let turn = 0; turn < 1000; turn++) {
		await new Promise((resolve) => setImmediate(resolve));
		assert.equal(DaemonLock.take(runtime.lock), undefined, "nobody else may start");
	}
	goOn();
	assert.equal(await starting, false);
	await stopping;
	assert.ok(!existsSync(runtime.daemonFile), "it has let nobody in");
	assert.ok((await (await lab.connect()).call("status", {})).pid, "another one starts");
});
