import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { Backoff } from "./backoff.ts";
import { endMarked, endRecorded } from "./endProcess.ts";
import { childEnvironment } from "./environment.ts";
import { systemProcesses } from "./processTable.ts";

const processes = systemProcesses();

async function sleeper(env: Record<string, string> = {}) {
	const child = spawn("sleep", ["1000"], { detached: true, stdio: "ignore", env });
	await once(child, "spawn");
	return { pid: child.pid ?? 0, exited: once(child, "exit") };
}

test("a child's environment has nothing of VS Code's or Electron's, whoever adds it", () => {
	const env = {
		PATH: "/bin",
		ELECTRON_RUN_AS_NODE: "1",
		VSCODE_PID: "1",
		vscode_nls: "1",
		NODE_OPTIONS: "--inspect",
		SKEIN_CHILD: "k.parent",
		UNSET: undefined,
	};
	const added = { CODEX_HOME: "/codex", NODE_OPTIONS: "--inspect", PATH: "/usr/bin" };
	assert.deepEqual(childEnvironment(env, added, "k.c"), {
		PATH: "/usr/bin",
		CODEX_HOME: "/codex",
		SKEIN_CHILD: "k.c",
	});
});

test("waits double up to the longest, spread by half; after the last try there is none", () => {
	const backoff = new Backoff({ first: 100, longest: 300, attempts: 4, random: () => 0.5 });
	const waits = [1, 2, 3, 4, 5].map(() => backoff.next());
	assert.deepEqual(waits, [100, 200, 300, 300, undefined]);
	backoff.reset();
	assert.equal(backoff.next(), 100);
	const spread = [0, 0.999].map((random) =>
		new Backoff({ first: 100, longest: 300, attempts: 1, random: () => random }).next(),
	);
	assert.ok((spread[0] ?? 0) >= 50 && (spread[1] ?? 0) < 150);
});

test("a recorded process is ended only when pid, start time and command line match", async (t) => {
	const { pid, exited } = await sleeper();
	t.after(() => processes.find(pid).then((there) => there && process.kill(pid, "SIGKILL")));
	const found = await processes.find(pid);
	assert.ok(found);
	assert.equal(await endRecorded(processes, { ...found, start: "another time" }), false);
	assert.equal(await endRecorded(processes, { ...found, commandLine: "sleep 1" }), false);
	assert.ok(await processes.find(pid), "it is still there");
	assert.equal(await endRecorded(processes, found), true);
	await exited;
	assert.equal(await processes.find(pid), undefined);
	assert.equal(await endRecorded(processes, found), false);
});

test("marked processes are found and ended; those of another mark are not", async (t) => {
	const mark = `test${process.pid}`;
	const ours = await sleeper({ SKEIN_CHILD: `${mark}.a` });
	const other = await sleeper({ SKEIN_CHILD: `${mark}x.a` });
	t.after(() => process.kill(other.pid, "SIGKILL"));
	const ended = await endMarked(processes, `${mark}.`);
	assert.deepEqual(
		ended.map(({ pid }) => pid),
		[ours.pid],
	);
	await ours.exited;
	assert.ok(await processes.find(other.pid));
});
