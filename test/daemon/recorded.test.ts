import assert from "node:assert/strict";
import { copyFile, readFile } from "node:fs/promises";
import * as path from "node:path";
import { test } from "node:test";
import type { AgentSpec } from "../../src/protocol/daemon.ts";
import { codexLab, daemonLab, fakeAgent, itemsOf, stopDaemon, Watch, words } from "./support.ts";

test("a recorded run plays again without the agent: the same items, the same question", async (t) => {
	const lab = await codexLab(t);
	const session = await lab.store.create({ agent: "codex" });
	const client = await lab.connect();
	const watch = await Watch.on(client);
	lab.model.script([[{ run: "echo hi" }], [{ say: "It said sk-abcdefghijklmnopqrstuvwx." }]]);
	const { run, recording = "" } = await client.call("prompt", {
		session: session.id,
		input: { text: "Say it" },
		agent: lab.agent,
		approvals: "untrusted",
		record: true,
	});
	await watch.next("approval.requested");
	const [asked] = (await client.call("status", {})).approvals;
	await client.call("answer", { approval: asked?.id ?? "", option: "accept" });
	await watch.ended(run);
	const expected = words(await itemsOf(session));
	assert.doesNotMatch(await readFile(recording, "utf8"), /sk-abcdefgh/);
	// The agent runs now, and is started anew to be recorded from its first word on.
	lab.model.script([[{ say: "Again." }]]);
	const second = await client.call("prompt", {
		session: session.id,
		input: { text: "Again" },
		agent: lab.agent,
		record: true,
	});
	assert.equal((await watch.ended(second.run)).detail?.["status"], "completed");
	assert.match(await readFile(second.recording ?? "", "utf8"), /"initialize/);
	await stopDaemon(client);

	const elsewhere = await daemonLab(t);
	const log = path.join(elsewhere.home, "recording.jsonl");
	await copyFile(recording, log);
	const agent: AgentSpec = { agent: "codex", driver: "recorded", command: log, args: [] };
	const replay = await elsewhere.store.create({ agent: "codex" });
	const player = await elsewhere.connect();
	const played = await Watch.on(player);
	const prompt = { session: replay.id, input: { text: "Say it" }, agent };
	const again = await player.call("prompt", prompt);
	await played.next("approval.requested");
	const [question] = (await player.call("status", {})).approvals;
	assert.equal(question?.title, "echo hi");
	await player.call("answer", { approval: question?.id ?? "", option: "accept" });
	const end = await played.ended(again.run);
	assert.equal(end.detail?.["status"], "completed", end.message);
	assert.deepEqual(
		words(await itemsOf(replay)),
		expected.map((each) => each.replace(/sk-\w+/, "[REDACTED:api-key]")),
	);
	const more = await player.call("prompt", prompt);
	const refused = await played.ended(more.run);
	assert.match(refused.message, /no more turns/);
});

test("a recording of a turn holds nothing of other sessions: they wait for their turn", async (t) => {
	const lab = await daemonLab(t);
	const client = await lab.connect();
	const watch = await Watch.on(client);
	const [one, other] = [await lab.store.create(), await lab.store.create()];
	const agent = fakeAgent("talk", 1_000_000_000);
	const speaking = new Promise<void>((resolve) => client.on("delta")(() => resolve()));
	await client.call("follow", { session: one.id });
	const recorded = { session: one.id, input: { text: "mine" }, agent, record: true };
	const { run, recording = "" } = await client.call("prompt", recorded);
	// Refused from the first moment on, not only once it works.
	const again = { session: other.id, input: { text: "again" }, agent };
	await assert.rejects(client.call("prompt", again), { reason: "busy" });
	await speaking;
	await assert.rejects(client.call("prompt", again), {
		message:
			"A turn of fake is being recorded. Wait until it is over, so that nothing else gets into the recording.",
	});
	await client.call("interrupt", { session: one.id });
	await watch.ended(run);
	const next = await client.call("prompt", again);
	assert.equal((await watch.ended(next.run)).detail?.["status"], "completed");
	const text = await readFile(recording, "utf8");
	assert.match(text, /mine 0/);
	assert.doesNotMatch(text, /again/);
	await other.refresh();
	assert.equal(other.state.turns.size, 1, "what was refused left nothing");
});
