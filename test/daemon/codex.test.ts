import assert from "node:assert/strict";
import { test } from "node:test";
import { codexLab, Watch } from "./support.ts";

test("a prompt becomes a turn of the real Codex, whose answer is in the journal", async (t) => {
	const { store, model, agent, connect } = await codexLab(t);
	const session = await store.create({ agent: "codex" });
	const client = await connect();
	const watch = await Watch.on(client);
	model.script([[{ say: "Hello from the model." }]]);
	const { run, turn, item } = await client.call("prompt", {
		session: session.id,
		input: { text: "Say hello" },
		agent,
	});
	const end = await watch.ended(run);
	assert.equal(end.detail?.["status"], "completed", end.message);
	const transcript = await session.transcript();
	const items = await transcript.items(0, transcript.rows.length);
	assert.deepEqual(
		items.map(({ content }) => [content.type, "text" in content ? content.text : ""]),
		[
			["userMessage", "Say hello"],
			["agentMessage", "Hello from the model."],
		],
	);
	assert.equal(items[0]?.id, item);
	assert.equal(items[0]?.turn, turn);
});
