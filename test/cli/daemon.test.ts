import assert from "node:assert/strict";
import { appendFile, copyFile } from "node:fs/promises";
import * as path from "node:path";
import { type TestContext, test } from "node:test";
import { encodeRecord } from "../../src/core/journal/framing.ts";
import { newId } from "../../src/core/journal/ids.ts";
import { JournalRecord } from "../../src/core/model/record.ts";
import { connectDaemon } from "../../src/daemon/client/connect.ts";
import { fakeAgent, stopDaemon, untilGone } from "../daemon/support.ts";
import { bundleDaemon, Place } from "./harness.ts";

interface Status {
	running: boolean;
	state: { kind: string };
	pid: number;
	runs: { session: string; status: string }[];
}

const words = '{"type":"userMessage","text":"Mine"}\n';

async function place(t: TestContext): Promise<Place> {
	bundleDaemon();
	let made: Place | undefined;
	// Before the folder goes.
	t.after(() => made?.run(["daemon", "stop", "--force"]));
	made = await Place.make(t);
	return made;
}

/** A session of which an agent runs a turn that does not end by itself. */
async function withRun(t: TestContext) {
	const here = await place(t);
	const session = await here.create();
	const client = await connectDaemon({
		folder: here.folder,
		client: "the window at ~/work",
		script: bundleDaemon(),
		version: "0.0.0-test",
		env: here.env,
	});
	t.after(() => client.dispose());
	const input = { text: "word" };
	await client.call("prompt", { session, input, agent: fakeAgent("pids") });
	return { here, session, client };
}

test("start, status, logs and stop of the daemon", async (t) => {
	const here = await place(t);
	assert.deepEqual(await here.json(["daemon", "status"]), {
		running: false,
		state: { kind: "stopped" },
	});
	const started = await here.json<Status>(["daemon", "start", "--idle", "5"]);
	assert.equal(started.running, true);
	const again = await here.json<Status>(["daemon", "start"]);
	assert.equal(again.pid, started.pid, "it runs already");
	const { stdout } = await here.run(["daemon", "status"]);
	assert.match(stdout, new RegExp(`^The daemon is idle\\.\nProcess +${started.pid}, version `));
	assert.match((await here.run(["daemon", "logs"])).stdout, /"daemon\.started"/);
	assert.deepEqual(await here.json(["daemon", "stop"]), { stopped: true, pid: started.pid });
	await untilGone(started.pid);
	assert.match((await here.run(["daemon", "logs", "events"])).stdout, /the skein command/);
	assert.deepEqual(await here.json(["daemon", "stop"]), { stopped: false, pid: null });
	assert.equal((await here.run(["daemon", "status"])).stdout, "No daemon runs for this folder.\n");
});

test("a daemon that was killed is told of as crashed, and start starts another one", async (t) => {
	const here = await place(t);
	const { pid } = await here.json<Status>(["daemon", "start"]);
	process.kill(pid, "SIGKILL");
	await untilGone(pid);
	const { state } = await here.json<Status>(["daemon", "status"]);
	assert.equal(state.kind, "crashed");
	const again = await here.json<Status>(["daemon", "start"]);
	assert.notEqual(again.pid, pid);
});

test("calls of daemon that make no sense end with 2", async (t) => {
	const here = await place(t);
	for (const args of [
		["restart"],
		[],
		["logs", "other"],
		["stop", "now"],
		["start", "--idle", "x"],
	]) {
		assert.equal((await here.run(["daemon", ...args])).code, 2, args.join(" "));
	}
});

test("append and an import that would add are refused while a turn runs, with who runs it", async (t) => {
	const { here, session, client } = await withRun(t);
	const journal = here.journal(session);
	const refused = await here.run(["append", session], { input: words });
	assert.equal(refused.code, 1);
	assert.match(
		refused.stderr,
		/runs: fake works on a prompt of the window at ~\/work\. Nothing was stored\./,
	);

	const copy = path.join(here.root, "copy.jsonl");
	await copyFile(journal, copy);
	assert.equal((await here.run(["import", copy])).code, 0, "there is nothing to add");
	const tag = { v: 1, id: newId(Date.now()), ts: new Date().toISOString() };
	const record = JournalRecord.parse({ ...tag, type: "session.tagged", tags: ["more"] });
	await appendFile(copy, encodeRecord(record));
	const imported = await here.run(["import", copy]);
	assert.equal(imported.code, 1);
	assert.match(imported.stderr, /works on a prompt of the window/);

	const stopped = await here.run(["daemon", "stop"]);
	assert.equal(stopped.code, 1);
	assert.match(stopped.stderr, /Turns still run/);
	await stopDaemon(client);
	assert.equal((await here.run(["append", session], { input: words })).code, 0);
	assert.equal((await here.run(["import", copy])).code, 0);
});

test("a turn whose daemon was killed does not keep append from its work", async (t) => {
	const { here, session, client } = await withRun(t);
	process.kill(client.pid, "SIGKILL");
	await untilGone(client.pid);
	const { code, stderr } = await here.run(["append", session], { input: words });
	assert.equal(code, 0, stderr);
});

test("a turn of another machine keeps append from its work until nothing was heard of it for an hour", async (t) => {
	const here = await place(t);
	const append = async (age: number) => {
		const session = await here.create();
		const store = here.store();
		const ts = new Date(Date.now() - age).toISOString();
		const run = { id: newId(Date.now()), host: "another-machine" };
		await (await store.open(session)).append([{ type: "turn.started", ts, after: null, run }]);
		await store.close();
		return here.run(["append", session], { input: words });
	};
	const recent = await append(0);
	assert.equal(recent.code, 1);
	assert.match(recent.stderr, /runs on another machine \(another-machine\)\. Nothing was done\./);
	assert.equal((await append(2 * 60 * 60 * 1000)).code, 0);
});
