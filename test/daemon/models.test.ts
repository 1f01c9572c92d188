import assert from "node:assert/strict";
import * as path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { codexLab, daemonLab, fakeAgent, openCodeLab, Watch } from "./support.ts";

test("the real Codex tells its models without a login, and answers with the one that is chosen", async (t) => {
	const lab = await codexLab(t);
	const client = await lab.connect();
	const watch = await Watch.on(client);
	assert.deepEqual((await client.call("status", {})).children, [], "nothing has been started");
	const offered = await client.call("models", { session: null, agent: lab.agent });
	assert.equal(offered.default, "gpt-5.5", "what its configuration says");
	const chosen = offered.models.find(({ id }) => id !== offered.default) ?? assert.fail();
	for (const { id, name, description } of offered.models) {
		assert.ok(id && name && description, `${id}: ${name}: ${description}`);
	}
	const session = await lab.store.create({ agent: "codex" });
	lab.model.script([[{ say: "Hi." }]]);
	const { run } = await client.call("prompt", {
		session: session.id,
		input: { text: "Hi" },
		agent: lab.agent,
		model: chosen.id,
	});
	assert.equal((await watch.ended(run)).detail?.["status"], "completed");
	assert.equal((lab.model.requests.at(-1) as { model: string }).model, chosen.id);
	assert.deepEqual(
		await client.call("models", { session: session.id, agent: lab.agent }),
		offered,
		"the same for a session that has a journal",
	);
	const { children } = await client.call("status", {});
	assert.equal(children.length, 1, "one process for all of it");
});

test("the real OpenCode tells its models; the session it began for that is the next prompt's", async (t) => {
	const lab = await openCodeLab(t);
	const client = await lab.connect();
	const watch = await Watch.on(client);
	const ask = () => client.call("models", { session: null, agent: lab.agent });
	const [offered, again] = await Promise.all([ask(), ask()]);
	assert.deepEqual(again, offered);
	assert.equal(offered.default, "demo/mock");
	assert.deepEqual(
		offered.models.filter(({ id }) => id.startsWith("demo/")),
		[
			{ id: "demo/bigger", name: "demo/Bigger Mock", description: null },
			{ id: "demo/mock", name: "demo/mock", description: null },
		],
	);
	lab.model.script([{ say: "One." }, { say: "Two." }]);
	const turn = async (model?: string) => {
		const session = await lab.store.create({ agent: "opencode" });
		const { run } = await client.call("prompt", {
			session: session.id,
			input: { text: "Hi" },
			agent: lab.agent,
			...(model === undefined ? {} : { model }),
		});
		const end = await watch.ended(run);
		assert.equal(end.detail?.["status"], "completed", end.message);
		return (lab.model.requests.at(-1) as { model: string }).model;
	};
	const sessions = () => {
		const data = lab.agent.env?.["XDG_DATA_HOME"] ?? assert.fail();
		const database = new DatabaseSync(path.join(data, "opencode/opencode.db"), { readOnly: true });
		const [row] = database.prepare("SELECT count(*) AS count FROM session").all();
		database.close();
		return row?.["count"];
	};
	assert.equal(sessions(), 1);
	assert.equal(await turn("demo/bigger"), "bigger");
	assert.equal(sessions(), 1, "the prompt has taken the session there was");
	assert.deepEqual(await ask(), offered, "known without another session");
	assert.equal(await turn(), "mock");
	assert.equal(sessions(), 2);
});

test("models come in pages; an agent that cannot tell them, or is not there, is a sentence", async (t) => {
	const lab = await daemonLab(t);
	const client = await lab.connect();
	const ask = (agent = fakeAgent("models", 3), session: string | null = null) =>
		client.call("models", { session, agent });
	assert.deepEqual(await ask(), {
		models: [0, 1, 2].map((n) => ({ id: `m${n}`, name: `Model ${n}`, description: null })),
		default: "m1",
	});
	const unwritten = "01M7WWYA00AAAAAAAAAAAAAAAA";
	assert.equal((await ask(fakeAgent("models", 3), unwritten)).models.length, 3);
	await assert.rejects(ask(fakeAgent("mute")), {
		reason: "agent-refused",
		message: "Codex told its models in a way that Skein does not understand.",
	});
	const missing = { ...fakeAgent("models"), command: "/nowhere/agent" };
	await assert.rejects(ask(missing), {
		reason: "agent-not-found",
		message: /the program \/nowhere\/agent was not found/,
	});
	assert.equal(
		(await ask(fakeAgent("models", 5000))).models.length,
		50,
		"there is an end to pages",
	);
});
