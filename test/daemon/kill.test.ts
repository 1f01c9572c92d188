import assert from "node:assert/strict";
import { mkdir, readFile } from "node:fs/promises";
import * as path from "node:path";
import { type TestContext, test } from "node:test";
import type { Session } from "../../src/core/store/session.ts";
import type { DaemonClient } from "../../src/daemon/client/client.ts";
import { runtimeFolderOf } from "../../src/daemon/runtime/folder.ts";
import { type ProcessIdentity, systemProcesses } from "../../src/daemon/supervise/processTable.ts";
import type { AgentSpec } from "../../src/protocol/daemon.ts";
import { isFull } from "../fault/lab.ts";
import {
	codexLab,
	type DaemonLab,
	daemonLab,
	fakeAgent,
	itemsOf,
	stopDaemon,
	untilGone,
	Watch,
	words,
} from "./support.ts";

/** Numbers that look random and are the same in every run. */
function numbers(seed: number): () => number {
	let state = seed;
	return () => {
		state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
		return state / 2 ** 32;
	};
}

/** Processes of this lab's children, grandchildren included. */
async function processesOf({ folder, env }: DaemonLab): Promise<ProcessIdentity[]> {
	const context = { env, platform: process.platform, uid: process.getuid?.() };
	const { mark } = await runtimeFolderOf(folder, context);
	return systemProcesses().findMarked(`${mark}.`);
}

async function childrenOf(lab: DaemonLab): Promise<number[]> {
	return (await processesOf(lab)).map(({ pid }) => pid);
}

/** When to kill: so many ms after the `told`th thing the daemon tells. */
interface Moment {
	readonly told: number;
	readonly ms: number;
}

/** Prompts, and kills the daemon at a moment. Returns ids of the records it said were on disk. */
async function killAt(
	client: DaemonClient,
	session: Session,
	agent: AgentSpec,
	moment: Moment,
): Promise<string[]> {
	const acknowledged: string[] = [];
	const gone = new Promise<void>((resolve) => client.onClose(() => resolve()));
	let told = 0;
	let killed = false;
	const tell = (isOver = false) => {
		told++;
		if ((told >= moment.told || isOver) && !killed) {
			killed = true;
			setTimeout(() => process.kill(client.pid, "SIGKILL"), isOver ? 0 : moment.ms);
		}
	};
	client.on("grown")(({ items }) => {
		acknowledged.push(...items);
		tell();
	});
	client.on("delta")(() => tell());
	// A turn that is over sooner is a moment as well.
	client.on("event")(({ type }) => tell(type === "run.ended"));
	await client.call("subscribe", { after: null });
	await client.call("follow", { session: session.id });
	const prompt = { session: session.id, input: { text: "word" }, agent };
	const taken = await client.call("prompt", prompt).catch(() => undefined);
	if (taken) {
		acknowledged.push(taken.turn, taken.item);
	}
	await gone;
	await untilGone(client.pid);
	return acknowledged;
}

async function killAndGoOn(
	t: TestContext,
	lab: DaemonLab,
	agent: AgentSpec,
	rounds: number,
	nextTurn: () => Promise<void>,
): Promise<{ orphansBefore: number }> {
	const random = numbers(7);
	let orphansBefore = 0;
	for (let round = 0; round < rounds; round++) {
		const session = await lab.store.create({ agent: agent.agent });
		const moment = { told: 1 + Math.floor(random() * 40), ms: Math.floor(random() * 40) };
		const place = `round ${round}, ${moment.ms} ms after ${moment.told} things told`;
		const client = await lab.connect();
		const acknowledged = await killAt(client, session, agent, moment);
		// Who heeds the end of its input is gone without anybody's doing.
		const isAgent = ({ commandLine }: ProcessIdentity) => /fakeAgent|app-server/.test(commandLine);
		const deadline = Date.now() + 60_000;
		while ((await processesOf(lab)).some(isAgent)) {
			assert.ok(Date.now() < deadline, `${place}: an agent outlives its daemon`);
			await new Promise((resolve) => setTimeout(resolve, 10));
		}
		orphansBefore += (await childrenOf(lab)).length;
		await nextTurn();

		const again = await lab.connect();
		assert.deepEqual(await childrenOf(lab), [], `${place}: no orphan is left`);
		await session.refresh();
		const running = [...session.state.turns.values()].filter((turn) => !turn.end);
		assert.deepEqual(running, [], `${place}: no turn runs`);
		const journal = await readFile(session.file, "utf8");
		const lost = acknowledged.filter((id) => !journal.includes(`"id":"${id}"`));
		assert.deepEqual(lost, [], `${place}: what was acknowledged is in the journal`);
		const { runs, state } = await again.call("status", {});
		assert.equal(state.kind, "idle", place);
		assert.deepEqual(
			runs.filter((run) => run.endedAt === null),
			[],
			place,
		);
		const watch = await Watch.on(again);
		const prompt = { session: session.id, input: { text: "again" }, agent };
		const end = await watch.ended((await again.call("prompt", prompt)).run);
		assert.equal(end.detail?.["status"], "completed", `${place}: ${end.message}`);
		const items = words(await itemsOf(session));
		assert.match(items.at(-1) ?? "", /^agentMessage: /, place);
		t.diagnostic(`${place}: ${acknowledged.length} records acknowledged, ${items.length} items`);
	}
	return { orphansBefore };
}

test("a daemon killed at any moment of a run leaves no orphan, no running session and loses nothing it acknowledged", async (t) => {
	const lab = await daemonLab(t);
	const nothing = async () => undefined;
	// Its grandchild is in a session of its own: only its mark finds it.
	const agent = fakeAgent("tree", 1_000_000_000);
	const { orphansBefore } = await killAndGoOn(t, lab, agent, isFull ? 100 : 10, nothing);
	t.diagnostic(`${orphansBefore} processes were alive before the restarts`);
	assert.ok(orphansBefore > 0, "there was something for a restart to end");
});

test("the same with the real Codex in the middle of a command", async (t) => {
	const lab = await codexLab(t);
	const agent = { ...lab.agent };
	const answer = [
		[{ say: "I shall wait. ".repeat(20) }, { run: "echo one; sleep 0.2; echo two" }],
		[{ say: "Done." }],
	];
	lab.model.script(answer);
	await killAndGoOn(t, lab, agent, isFull ? 20 : 3, async () => {
		while (lab.model.left() > 0) {
			const unused = await fetch(`${lab.model.baseUrl}/responses`, { method: "POST", body: "{}" });
			await unused.text();
		}
		lab.model.script([[{ say: "Here again." }], ...answer]);
	});
});

test("a daemon that holds another lock, because it was told of another runtime folder, ends none of ours", async (t) => {
	const lab = await daemonLab(t);
	const session = await lab.store.create({ agent: "fake" });
	const client = await lab.connect();
	const watch = await Watch.on(client);
	const agent = fakeAgent("tree", 3);
	const prompt = { session: session.id, input: { text: "word" }, agent };
	await watch.ended((await client.call("prompt", prompt)).run);
	const before = await childrenOf(lab);
	assert.equal(before.length, 2, "the agent and its grandchild");
	const elsewhere = path.join(lab.home, "run");
	await mkdir(elsewhere, { mode: 0o700 });
	const env = { ...lab.env, XDG_RUNTIME_DIR: elsewhere };
	const other = await lab.connect("a window elsewhere", [], { env });
	assert.notEqual(other.pid, client.pid);
	assert.deepEqual(await childrenOf(lab), before);
	await stopDaemon(other);
});

test("a daemon that an agent's command has started is not taken for a part of that agent", async (t) => {
	const lab = await daemonLab(t);
	const env = { ...lab.env, SKEIN_CHILD: "0123456789abcdef.0123456789ab" };
	const client = await lab.connect("a command of an agent's", [], { env });
	const marked = await systemProcesses().findMarked(env.SKEIN_CHILD);
	assert.ok(marked.every(({ pid }) => pid !== client.pid));
});

test("a child that heeds neither the end of its input nor SIGTERM is ended with its daemon", async (t) => {
	const lab = await daemonLab(t);
	const session = await lab.store.create({ agent: "fake" });
	const client = await lab.connect();
	const watch = await Watch.on(client);
	const agent = fakeAgent("stubborn", 3);
	const prompt = { session: session.id, input: { text: "word" }, agent };
	await watch.ended((await client.call("prompt", prompt)).run);
	const before = await childrenOf(lab);
	assert.equal(before.length, 2, "the agent and its grandchild");
	await client.call("stop", { force: false });
	await Promise.all(before.map(untilGone));
	await untilGone(client.pid);
});

test("a daemon that is stopped at any moment of an agent's start leaves nothing", async (t) => {
	const lab = await daemonLab(t);
	const session = await lab.store.create({ agent: "fake" });
	for (const mode of ["silent", "talk", "tree"]) {
		for (const moment of [1, 2, 3, 4]) {
			const client = await lab.connect("a window", ["--patience", "300", "--backoff", "1"]);
			const gone = new Promise<void>((resolve) => client.onClose(() => resolve()));
			let told = 0;
			client.on("event")(() => {
				told++;
				if (told === moment) {
					client.call("stop", { force: true }).catch(() => undefined);
				}
			});
			await client.call("subscribe", { after: null });
			const agent = fakeAgent(mode, 2000);
			await client
				.call("prompt", { session: session.id, input: { text: "word" }, agent })
				.catch(() => client.call("stop", { force: true }).catch(() => undefined));
			await gone;
			await untilGone(client.pid);
			assert.deepEqual(await childrenOf(lab), [], `${mode}, ${moment}`);
			await session.refresh();
			const open = [...session.state.turns.values()].filter((turn) => !turn.end);
			assert.deepEqual(open, [], `${mode}, ${moment}`);
		}
	}
});
