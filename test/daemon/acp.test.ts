import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import * as path from "node:path";
import { type TestContext, test } from "node:test";
import type { DaemonParams } from "../../src/protocol/daemon.ts";
import { itemsOf, openCodeLab, Watch, words } from "./support.ts";

async function live(t: TestContext) {
	const lab = await openCodeLab(t);
	const session = await lab.store.create({ agent: "opencode" });
	const client = await lab.connect("the first window");
	const watch = await Watch.on(client);
	const prompt = (text: string, more?: Partial<DaemonParams<"prompt">>) =>
		client.call("prompt", { session: session.id, input: { text }, agent: lab.agent, ...more });
	return {
		...lab,
		session,
		client,
		watch,
		prompt,
		async turn(text: string, more?: Partial<DaemonParams<"prompt">>) {
			const { run } = await prompt(text, more);
			const end = await watch.ended(run);
			return `${end.detail?.["status"]}${end.level === "error" ? `: ${end.message}` : ""}`;
		},
		async approval(after = 0) {
			await watch.nth("approval.requested", after + 1);
			const { approvals } = await client.call("status", {});
			return approvals[0] ?? assert.fail();
		},
	};
}

test("a turn of the real OpenCode: an approved and a declined command, a file change, an answer", async (t) => {
	const lab = await live(t);
	const file = path.join(lab.folder, "new.txt");
	lab.model.script([
		{ call: "bash", input: { command: "echo yes > made.txt; cat made.txt", description: "d" } },
		{ call: "write", input: { filePath: file, content: "one\ntwo\n" } },
		{ say: "Both are made." },
		{ call: "bash", input: { command: "touch never.txt", description: "d" } },
	]);
	let streamed = "";
	lab.client.on("delta")((delta) => {
		streamed += delta.field === "text" ? delta.text : "";
	});
	await lab.client.call("follow", { session: lab.session.id });
	const { run } = await lab.prompt("Make both");
	const command = await lab.approval();
	assert.equal(command.kind, "command");
	assert.equal(command.title, "echo yes > made.txt; cat made.txt");
	assert.ok(!existsSync(path.join(lab.folder, "made.txt")), "it has not run yet");
	await lab.client.call("answer", { approval: command.id, option: "once" });
	const change = await lab.approval(1);
	assert.equal(change.kind, "fileChange");
	assert.ok(!existsSync(file));
	const second = await lab.connect("the second window");
	await second.call("answer", { approval: change.id, option: "once" });
	const end = await lab.watch.ended(run);
	assert.equal(end.detail?.["status"], "completed", end.message);
	assert.equal(await readFile(path.join(lab.folder, "made.txt"), "utf8"), "yes\n");
	assert.equal(await readFile(file, "utf8"), "one\ntwo\n");
	assert.equal(streamed, "Both are made.");

	const declined = await lab.prompt("And never");
	const third = await lab.approval(2);
	await lab.client.call("answer", { approval: third.id, option: "reject" });
	await lab.watch.ended(declined.run);
	assert.ok(!existsSync(path.join(lab.folder, "never.txt")));
	assert.deepEqual(words(await itemsOf(lab.session)).slice(0, 6), [
		"userMessage: Make both",
		"$ echo yes > made.txt; cat made.txt = 0",
		"files new.txt",
		"agentMessage: Both are made.",
		"userMessage: And never",
		"$ touch never.txt = declined",
	]);
	const [turn] = [...lab.session.state.turns.values()];
	assert.equal(turn?.end?.usage?.total, 120);
});

test("an interrupt of OpenCode keeps what was said; the next prompt goes on, after a restart too", async (t) => {
	const lab = await live(t);
	lab.model.script([{ stall: "Let me think" }, { say: "Now I know." }, { say: "Still." }]);
	const said = new Promise<void>((resolve) => {
		let text = "";
		lab.client.on("delta")((delta) => {
			text += delta.text;
			if (text === "Let me think") {
				resolve();
			}
		});
	});
	await lab.client.call("follow", { session: lab.session.id });
	await lab.prompt("Think of blue");
	await said;
	const { session } = lab;
	assert.deepEqual(await lab.client.call("interrupt", { session: session.id }), {
		status: "interrupted",
	});
	assert.equal(await lab.turn("And?"), "completed");
	const closed = new Promise<void>((resolve) => lab.client.onClose(() => resolve()));
	await lab.client.call("stop", { force: false });
	await closed;
	const again = await lab.connect();
	const watch = await Watch.on(again);
	const { run } = await again.call("prompt", {
		session: session.id,
		input: { text: "Which?" },
		agent: lab.agent,
	});
	assert.equal((await watch.ended(run)).detail?.["status"], "completed");
	assert.match(JSON.stringify(lab.model.requests.at(-1)), /Think of blue.*Now I know.*Which\?/);
	const items = words(await itemsOf(session));
	assert.equal(session.state.agent.threads.length, 1);
	assert.ok(items.includes("agentMessage: Let me think"));
});

test("a fork, which OpenCode cannot do in the middle, is told the chain, and says so", async (t) => {
	const lab = await live(t);
	lab.model.script([{ say: "One." }, { say: "Two." }, { say: "Forked." }]);
	await lab.turn("first");
	await lab.turn("second");
	const items = await itemsOf(lab.session);
	const fork = await lab.store.fork(lab.session.id, items[1]?.id);
	assert.equal(await lab.turn("other way", { session: fork.id }), "completed");
	const { messages } = lab.model.requests.at(-1) as { messages: { role: string }[] };
	const asked = JSON.stringify(messages.filter(({ role }) => role !== "system"));
	assert.match(asked, /first.*One\..*other way/);
	assert.doesNotMatch(asked, /second/);
	const note = words(await itemsOf(fork)).find((each) => each.startsWith("note: "));
	assert.match(note ?? "", /opencode cannot go back to an earlier point/);
});
