import assert from "node:assert/strict";
import * as path from "node:path";
import { test } from "node:test";
import { Catalogue } from "../../src/core/catalogue/catalogue.ts";
import { userLocations } from "../../src/core/locations.ts";
import { createSources } from "../../src/core/sources/sources.ts";
import { live, otherCodex, shown } from "./codexLive.ts";
import { itemsOf, Watch, words } from "./support.ts";

test("the next prompt goes on in the same thread, after a restart of the daemon too", async (t) => {
	const lab = await live(t);
	lab.model.script([[{ say: "Blue." }], [{ say: "Still blue." }]]);
	await lab.turn("My colour is blue");
	const closed = new Promise<void>((resolve) => lab.client.onClose(() => resolve()));
	await lab.client.call("stop", { force: false });
	await closed;
	const again = await lab.connect();
	const watch = await Watch.on(again);
	const { run } = await again.call("prompt", {
		session: lab.session.id,
		input: { text: "Which?" },
		agent: lab.agent,
	});
	assert.equal((await watch.ended(run)).detail?.["status"], "completed");
	assert.match(shown(lab), /My colour is blue.*Blue\..*Which\?/);
	await lab.session.refresh();
	assert.equal(lab.session.state.agent.threads.length, 1);
});

test("after a revert to the end of a turn Codex has forgotten what came later", async (t) => {
	const lab = await live(t);
	lab.model.script([[{ say: "One." }], [{ say: "Two." }], [{ say: "Three." }]]);
	await lab.turn("first");
	await lab.turn("second");
	const [, one] = await lab.items();
	await lab.session.revertTo(one?.id ?? "");
	await lab.turn("third");
	assert.match(shown(lab), /first.*One\..*third/);
	assert.doesNotMatch(shown(lab), /second/);
	assert.equal(lab.session.state.agent.threads.length, 1, "the same thread");
	assert.equal((await lab.session.transcript()).branches.length, 1, "the other branch is kept");
});

test("going back to a branch that Codex has dropped tells a new thread the chain, and says so", async (t) => {
	const lab = await live(t);
	lab.model.script([[{ say: "One." }], [{ say: "Two." }], [{ say: "Three." }], [{ say: "Four." }]]);
	await lab.turn("first");
	await lab.turn("second");
	const items = await lab.items();
	await lab.session.revertTo(items[1]?.id ?? "");
	await lab.turn("third");
	await lab.session.revertTo(items[3]?.id ?? "");
	await lab.turn("fourth");
	assert.match(shown(lab), /first.*One\..*second.*Two\..*fourth/);
	assert.doesNotMatch(shown(lab), /third/);
	const note = words(await lab.items()).find((each) => each.startsWith("note: "));
	assert.match(note ?? "", /A new conversation was started and told the 4 messages before/);
	assert.equal(lab.session.state.agent.threads.length, 2);
});

test("a session of Codex's own that was adopted goes on in a fork of it, which leaves Codex's alone", async (t) => {
	const lab = await live(t);
	const other = await otherCodex(t, lab);
	const { thread } = (await other.call("thread/start", { cwd: lab.folder })) as {
		thread: { id: string };
	};
	lab.model.script([[{ say: "One." }], [{ say: "Two." }]]);
	const ended = other.next("turn/completed");
	await other.call("turn/start", {
		threadId: thread.id,
		input: [{ type: "text", text: "first", text_elements: [] }],
	});
	await ended;
	await other.close();
	const locations = userLocations({ ...lab.env, ...lab.agent.env });
	const [source] = createSources(locations);
	assert.ok(source);
	const catalogue = new Catalogue({ folders: [], sources: [source], locations, keepCopies: false });
	const [row] = await catalogue.list();
	assert.ok(row);
	const { session } = await lab.store.adopt(source, row);
	assert.equal(await lab.turn("second", { session: session.id }), "completed");
	assert.match(shown(lab), /first.*One\..*second/);
	await session.refresh();
	const { attachment } = session.state.agent;
	assert.notEqual(attachment?.thread, thread.id);
	const own = await itemsOf(session);
	assert.deepEqual(
		words(own).filter((each) => each.startsWith("note: ")),
		[],
		"nothing had to be told",
	);
	const [again] = await catalogue.list();
	assert.equal(again?.id === row.id ? again.items : row.items, row.items);
});

test("a fork reverted to what it inherited is forked again at that turn", async (t) => {
	const lab = await live(t);
	lab.model.script([[{ say: "One." }], [{ say: "Two." }], [{ say: "Three." }], [{ say: "Four." }]]);
	await lab.turn("first");
	await lab.turn("second");
	const items = await lab.items();
	const fork = await lab.store.fork(lab.session.id, items[3]?.id);
	await lab.turn("third", { session: fork.id });
	await fork.refresh();
	await fork.revertTo(items[1]?.id ?? "");
	await lab.turn("fourth", { session: fork.id });
	assert.match(shown(lab), /first.*One\..*fourth/);
	assert.doesNotMatch(shown(lab), /second|third/);
	await fork.refresh();
	assert.equal(fork.state.agent.attachments.size, 2);
	assert.ok(!words(await itemsOf(fork)).some((each) => each.startsWith("note: ")));
});

test("a fork at the end of a turn is a fork of Codex's own, and leaves the parent's thread alone", async (t) => {
	const lab = await live(t);
	lab.model.script([[{ say: "One." }], [{ say: "Two." }], [{ say: "Forked." }]]);
	await lab.turn("first");
	await lab.turn("second");
	const [, one] = await lab.items();
	const fork = await lab.store.fork(lab.session.id, one?.id);
	assert.equal(await lab.turn("other way", { session: fork.id }), "completed");
	assert.match(shown(lab), /first.*One\..*other way/);
	assert.doesNotMatch(shown(lab), /second/);
	assert.deepEqual(words(await itemsOf(fork)), [
		"userMessage: first",
		"agentMessage: One.",
		"userMessage: other way",
		"agentMessage: Forked.",
	]);
	assert.equal(fork.state.agent.attachment?.thread === undefined, false);
	assert.notEqual(fork.state.agent.attachment?.thread, lab.session.state.agent.attachment?.thread);
});

test("a fork in the middle of a turn tells a new thread the chain, and says so", async (t) => {
	const lab = await live(t);
	lab.model.script([[{ run: "true" }], [{ say: "One." }], [{ say: "Forked." }]]);
	await lab.turn("first", { approvals: "never" });
	const [prompt] = await lab.items();
	const fork = await lab.store.fork(lab.session.id, prompt?.id);
	await lab.turn("other way", { session: fork.id });
	assert.match(shown(lab), /first.*other way/);
	assert.doesNotMatch(shown(lab), /One\./);
	assert.ok(words(await itemsOf(fork)).some((each) => each.startsWith("note: ")));
});

test("a session whose thread Codex has lost goes on in a new one that is told the chain", async (t) => {
	const lab = await live(t);
	lab.model.script([[{ say: "One." }], [{ say: "Two." }]]);
	await lab.turn("first");
	const elsewhere = { ...lab.agent, env: { CODEX_HOME: path.join(lab.home, "other") } };
	const { mkdir, copyFile } = await import("node:fs/promises");
	await mkdir(elsewhere.env.CODEX_HOME);
	await copyFile(
		path.join(lab.home, "codex", "config.toml"),
		path.join(elsewhere.env.CODEX_HOME, "config.toml"),
	);
	assert.equal(await lab.turn("second", { agent: elsewhere }), "completed");
	assert.match(shown(lab), /first.*One\..*second/);
	const note = words(await lab.items()).find((each) => each.startsWith("note: "));
	assert.match(note ?? "", /codex no longer has the conversation/);
});
