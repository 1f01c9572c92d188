import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import * as path from "node:path";
import { type TestContext, test } from "node:test";
import { startCodex } from "../../scripts/lib/codexClient.ts";
import { Catalogue } from "../../src/core/catalogue/catalogue.ts";
import { userLocations } from "../../src/core/locations.ts";
import type { Item } from "../../src/core/model/item.ts";
import { createSources } from "../../src/core/sources/sources.ts";
import type { Session } from "../../src/core/store/session.ts";
import type { DaemonClient } from "../../src/daemon/client/client.ts";
import { DaemonError } from "../../src/daemon/client/client.ts";
import type { DaemonParams } from "../../src/protocol/daemon.ts";
import { type CodexLab, codexLab, itemsOf, stopDaemon, Watch, words } from "./support.ts";

interface Live extends CodexLab {
	readonly session: Session;
	readonly client: DaemonClient;
	readonly watch: Watch;
	/** Prompts and waits for the end of the turn. */
	turn(text: string, more?: Partial<DaemonParams<"prompt">>): Promise<string>;
	/** Prompts only. */
	prompt(text: string, more?: Partial<DaemonParams<"prompt">>): Promise<{ run: string }>;
	items(): Promise<Item[]>;
}

async function live(t: TestContext): Promise<Live> {
	const lab = await codexLab(t);
	const session = await lab.store.create({ agent: "codex" });
	const client = await lab.connect("the first window");
	const watch = await Watch.on(client);
	const prompt: Live["prompt"] = (text, more) =>
		client.call("prompt", { session: session.id, input: { text }, agent: lab.agent, ...more });
	return {
		...lab,
		session,
		client,
		watch,
		prompt,
		async turn(text, more) {
			const { run } = await prompt(text, more);
			return String((await watch.ended(run)).detail?.["status"]);
		},
		items: () => itemsOf(session),
	};
}

async function nextApproval({ client, watch }: Live) {
	const count = watch.events.filter((event) => event.type === "approval.answered").length;
	await watch.next("approval.requested", () => true);
	const { approvals } = await client.call("status", {});
	assert.equal(approvals.length, 1, `one question is open after ${count} answers`);
	return approvals[0] ?? assert.fail();
}

test("a prompt becomes a turn of the real Codex, whose answer is in the journal", async (t) => {
	const lab = await live(t);
	lab.model.script([[{ say: "Hello from the model." }]]);
	assert.equal(await lab.turn("Say hello"), "completed");
	assert.deepEqual(words(await lab.items()), [
		"userMessage: Say hello",
		"agentMessage: Hello from the model.",
	]);
	const [turn] = [...lab.session.state.turns.values()];
	assert.equal(turn?.end?.status, "completed");
	assert.ok((turn?.end?.usage?.total ?? 0) > 0, "the tokens of the turn are kept");
	assert.equal(lab.session.state.agent.attachment?.model, "gpt-5.5");
	const { size } = await stat(lab.session.file);
	assert.ok(size <= 10 * 1024, `a task of one line takes ${size} bytes`);
});

test("an answer streams: followers get every letter once, in order", async (t) => {
	const lab = await live(t);
	const answer = "One two three. ".repeat(200);
	let text = "";
	lab.client.on("delta")((delta) => {
		assert.equal(delta.offset, text.length, "nothing is missing and nothing comes twice");
		text += delta.text;
	});
	await lab.client.call("follow", { session: lab.session.id });
	lab.model.script([[{ say: answer }]]);
	await lab.turn("Count");
	assert.equal(text, answer);
});

test("an approved command really runs", async (t) => {
	const lab = await live(t);
	lab.model.script([[{ run: "echo yes > made.txt" }], [{ say: "Made." }]]);
	const { run } = await lab.prompt("Make it", {
		approvals: "untrusted",
		sandbox: "workspace-write",
	});
	const approval = await nextApproval(lab);
	assert.equal(approval.kind, "command");
	assert.equal(approval.title, "echo yes > made.txt");
	assert.equal((await lab.client.call("status", {})).state.kind, "needs-you");
	assert.ok(!existsSync(path.join(lab.folder, "made.txt")), "it has not run yet");
	const answer = { approval: approval.id, option: "accept" };
	assert.deepEqual(await lab.client.call("answer", answer), { outcome: "allowed" });
	assert.equal((await lab.watch.ended(run)).detail?.["status"], "completed");
	assert.equal(await readFile(path.join(lab.folder, "made.txt"), "utf8"), "yes\n");
	assert.deepEqual(words(await lab.items()), [
		"userMessage: Make it",
		"$ echo yes > made.txt = 0",
		"agentMessage: Made.",
	]);
	assert.equal(lab.session.state.agent.approvals[0]?.answered?.outcome, "allowed");
});

test("a declined command really does not run", async (t) => {
	const lab = await live(t);
	lab.model.script([[{ run: "echo no > made.txt" }], [{ say: "Then not." }]]);
	const { run } = await lab.prompt("Make it", { approvals: "untrusted" });
	const approval = await nextApproval(lab);
	await lab.client.call("answer", { approval: approval.id, option: "decline" });
	assert.equal((await lab.watch.ended(run)).detail?.["status"], "completed");
	assert.ok(!existsSync(path.join(lab.folder, "made.txt")));
	assert.deepEqual(words(await lab.items()), [
		"userMessage: Make it",
		"$ echo no > made.txt = declined",
		"agentMessage: Then not.",
	]);
	assert.equal(lab.session.state.agent.approvals[0]?.answered?.outcome, "rejected");
});

test("a file change is asked for, made, and kept with its lines", async (t) => {
	const lab = await live(t);
	const patch = "*** Begin Patch\n*** Add File: new.txt\n+one\n+two\n*** End Patch";
	lab.model.script([[{ patch }], [{ say: "Done." }]]);
	const { run } = await lab.prompt("Write it", { approvals: "untrusted" });
	const approval = await nextApproval(lab);
	assert.equal(approval.kind, "fileChange");
	const asked = lab.session.state.items.get(approval.item ?? "");
	await lab.session.refresh();
	assert.equal((asked ?? lab.session.state.items.get(approval.item ?? ""))?.type, "fileChange");
	await lab.client.call("answer", { approval: approval.id, option: "accept" });
	await lab.watch.ended(run);
	assert.equal(await readFile(path.join(lab.folder, "new.txt"), "utf8"), "one\ntwo\n");
	const change = (await lab.items()).find(({ content }) => content.type === "fileChange");
	assert.deepEqual(change?.content.type === "fileChange" ? change.content.changes : [], [
		{ path: "new.txt", kind: "add", content: "one\ntwo\n", added: 2, removed: 0 },
	]);
});

test("a second window follows from its cursor and answers a question, once", async (t) => {
	const lab = await live(t);
	lab.model.script([[{ say: "First." }, { run: "touch made.txt" }], [{ say: "Made." }]]);
	const { run } = await lab.prompt("Make it", {
		approvals: "untrusted",
		sandbox: "workspace-write",
	});
	const approval = await nextApproval(lab);
	const second = await lab.connect("the second window");
	const watch = await Watch.on(second, 0);
	await watch.next("run.started", (event) => event.detail?.["run"] === run);
	assert.deepEqual(
		watch.events.map((event) => event.seq),
		watch.events.map((_, index) => index + 1),
		"every event since the first, in order",
	);
	const answer = { approval: approval.id, option: "accept" };
	const both = await Promise.allSettled([
		second.call("answer", answer),
		lab.client.call("answer", answer),
	]);
	assert.equal(both.filter((each) => each.status === "fulfilled").length, 1);
	const refused = both.find((each) => each.status === "rejected");
	assert.ok(refused?.reason instanceof DaemonError);
	assert.equal(refused.reason.reason, "answered");
	await watch.ended(run);
	assert.ok(existsSync(path.join(lab.folder, "made.txt")));
	const { length } = await readFile(lab.session.file, "utf8").then((text) =>
		text.split("\n").filter((line) => line.includes('"approval.answered"')),
	);
	assert.equal(length, 1);
});

test("a second prompt while a turn runs is refused and says who asked for the first", async (t) => {
	const lab = await live(t);
	lab.model.script([[{ stall: "Thinking" }]]);
	const { run } = await lab.prompt("Wait");
	await assert.rejects(
		lab.prompt("Me too"),
		(error) =>
			error instanceof DaemonError &&
			error.reason === "busy" &&
			error.message.includes("the first window"),
	);
	await lab.client.call("interrupt", { session: lab.session.id });
	await lab.watch.ended(run);
});

test("an interrupted turn keeps what was said, and the next prompt works", async (t) => {
	const lab = await live(t);
	const said = new Promise<void>((resolve) => {
		let text = "";
		lab.client.on("delta")((delta) => {
			text += delta.text;
			if (text === "I am thinking about it") {
				resolve();
			}
		});
	});
	await lab.client.call("follow", { session: lab.session.id });
	lab.model.script([[{ stall: "I am thinking about it" }]]);
	await lab.prompt("Think");
	await said;
	const { status } = await lab.client.call("interrupt", { session: lab.session.id });
	assert.equal(status, "interrupted");
	const items = await lab.items();
	assert.deepEqual(words(items), ["userMessage: Think", "agentMessage: I am thinking about it"]);
	lab.model.script([[{ say: "Now I know." }]]);
	assert.equal(await lab.turn("And?"), "completed");
	assert.equal((await lab.client.call("status", {})).state.kind, "idle");
});

test("a Codex that is killed in the middle of a turn is started again, and goes on in its thread", async (t) => {
	const lab = await live(t);
	lab.model.script([[{ say: "Blue." }], [{ stall: "Let me think" }], [{ say: "Still blue." }]]);
	await lab.turn("My colour is blue");
	const thinking = new Promise<void>((resolve) => lab.client.on("delta")(() => resolve()));
	await lab.client.call("follow", { session: lab.session.id });
	const { run } = await lab.prompt("Think");
	await thinking;
	const [child] = (await lab.client.call("status", {})).children;
	assert.ok(child?.pid);
	process.kill(child.pid, "SIGKILL");
	const end = await lab.watch.ended(run);
	assert.equal(end.detail?.["status"], "failed");
	assert.match(end.message, /ended/);
	assert.equal(await lab.turn("Which?"), "completed");
	assert.match(shown(lab), /My colour is blue.*Blue\..*Which\?/);
	await lab.session.refresh();
	assert.equal(lab.session.state.agent.threads.length, 1);
	const now = (await lab.client.call("status", {})).children[0];
	assert.equal(now?.status, "running");
	assert.notEqual(now?.pid, child.pid);
});

test("a turn that runs takes more words", async (t) => {
	const lab = await live(t);
	lab.model.script([[{ run: "true" }], [{ say: "Both." }]]);
	const { run } = await lab.prompt("First", { approvals: "untrusted" });
	const approval = await nextApproval(lab);
	await lab.client.call("steer", { session: lab.session.id, input: { text: "and second" } });
	await lab.client.call("answer", { approval: approval.id, option: "accept" });
	await lab.watch.ended(run);
	assert.ok(words(await lab.items()).includes("userMessage: and second"));
	assert.ok(JSON.stringify(lab.model.requests.at(-1)).includes("and second"));
});

/** Another program of the user's that uses the same Codex home. */
async function otherCodex(t: TestContext, { agent, env, folder }: CodexLab) {
	const other = await startCodex(agent.command, { cwd: folder, env: { ...env, ...agent.env } });
	t.after(() => other.close());
	return other;
}

test("a name given here is the name in Codex's list", async (t) => {
	const lab = await live(t);
	lab.model.script([[{ say: "Hi." }]]);
	await lab.turn("Hi");
	await lab.session.rename("The big plan");
	const { session, agent } = lab;
	assert.deepEqual(await lab.client.call("sync", { session: session.id, agent }), { synced: true });
	const other = await otherCodex(t, lab);
	const listed = await other.call("thread/list", { modelProviders: [] });
	const names = (listed["data"] as { name: string | null }[]).map((thread) => thread.name);
	assert.deepEqual(names, ["The big plan"]);
});

test("a name given in Codex is ours after the next sync, and later ours wins again", async (t) => {
	const lab = await live(t);
	lab.model.script([[{ say: "Hi." }], [{ say: "Ho." }]]);
	await lab.turn("Hi");
	const other = await otherCodex(t, lab);
	const threadId = lab.session.state.agent.attachment?.thread;
	await lab.session.refresh();
	const thread = threadId ?? lab.session.state.agent.attachment?.thread;
	await other.call("thread/name/set", { threadId: thread, name: "Named over there" });
	const { session, agent } = lab;
	await lab.client.call("sync", { session: session.id, agent });
	await session.refresh();
	assert.equal(session.state.title, "Named over there");
	await session.rename("Named here");
	await lab.turn("Ho");
	// A turn does not wait for its name.
	let name: string | null | undefined;
	while (name !== "Named here") {
		const listed = await other.call("thread/list", { modelProviders: [] });
		name = (listed["data"] as { name: string | null }[])[0]?.name;
	}
});

test("an archived session is archived at Codex, and a prompt goes on in its thread all the same", async (t) => {
	const lab = await live(t);
	lab.model.script([[{ say: "Hi." }], [{ say: "Ho." }]]);
	await lab.turn("Hi");
	await lab.session.archive();
	const { session, agent } = lab;
	await lab.client.call("sync", { session: session.id, agent });
	const other = await otherCodex(t, lab);
	const listed = await other.call("thread/list", { modelProviders: [], archived: true });
	assert.equal((listed["data"] as unknown[]).length, 1);
	assert.equal(await lab.turn("Ho"), "completed");
	assert.match(shown(lab), /Hi.*Ho/);
	await lab.watch.next("session.changed");
	await session.refresh();
	assert.equal(session.state.agent.threads.length, 1);
	assert.equal(session.state.archived, false, "a prompt takes it out of the archive on both sides");
});

test("a session archived in Codex is archived here at the next sync, and back again", async (t) => {
	const lab = await live(t);
	const { session, agent } = lab;
	lab.model.script([[{ say: "Hi." }]]);
	await lab.turn("Hi");
	await session.refresh();
	const threadId = session.state.agent.attachment?.thread;
	// A thread has one writer: nobody else archives it while our agent has it.
	await stopDaemon(lab.client);
	const other = await otherCodex(t, lab);
	const sync = async () => {
		const client = await lab.connect();
		await client.call("sync", { session: session.id, agent });
		await stopDaemon(client);
		await session.refresh();
	};
	for (const [method, archived] of [
		["thread/archive", true],
		["thread/unarchive", false],
	] as const) {
		await other.call(method, { threadId });
		await sync();
		assert.equal(session.state.archived, archived);
	}
	// Ours wins where both have changed it.
	await other.call("thread/name/set", { threadId, name: "Theirs" });
	await session.rename("Ours");
	await sync();
	assert.equal(session.state.title, "Ours");
	const listed = await other.call("thread/list", { modelProviders: [] });
	assert.equal((listed["data"] as { name: string | null }[])[0]?.name, "Ours");
});

test("archiving while a turn runs does not end it, and reaches Codex after it", async (t) => {
	const lab = await live(t);
	const { session, agent, client } = lab;
	lab.model.script([[{ run: "true" }], [{ say: "Done." }]]);
	const { run } = await lab.prompt("Go", { approvals: "untrusted" });
	const approval = await nextApproval(lab);
	await session.archive();
	assert.deepEqual(await client.call("sync", { session: session.id, agent }), { synced: true });
	await client.call("answer", { approval: approval.id, option: "accept" });
	const end = await lab.watch.ended(run);
	assert.equal(end.detail?.["status"], "completed", end.message);
	const other = await otherCodex(t, lab);
	let archived = 0;
	while (archived === 0) {
		const listed = await other.call("thread/list", { modelProviders: [], archived: true });
		archived = (listed["data"] as unknown[]).length;
	}
	await session.refresh();
	assert.equal(session.state.archived, true);
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

/** What the model was shown by the last request, but for instructions. */
function shown({ model }: Live): string {
	const { input } = model.requests.at(-1) as { input: { role?: string; type: string }[] };
	return JSON.stringify(input.filter((each) => each.role !== "developer"));
}

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

test("a program that is not there fails the turn with a sentence, and the session stays usable", async (t) => {
	const lab = await live(t);
	const missing = { ...lab.agent, command: "/nowhere/codex" };
	assert.equal(await lab.turn("Hello?", { agent: missing }), "failed");
	const items = words(await lab.items());
	assert.match(items[1] ?? "", /^error: codex could not be started: the program \/nowhere\/codex/);
	assert.equal((await lab.client.call("status", {})).state.kind, "crashed");
	lab.model.script([[{ say: "Here." }]]);
	assert.equal(await lab.turn("Hello?"), "completed");
	assert.doesNotMatch(shown(lab), /could not be started/);
});

test("an image goes to the model and is kept as a blob", async (t) => {
	const lab = await live(t);
	lab.model.script([[{ say: "A dot." }]]);
	const base64 =
		"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
	await lab.turn("What is it?", {
		input: { text: "What is it?", images: [{ mime: "image/png", base64 }] },
	});
	const [prompt] = await lab.items();
	const images = prompt?.content.type === "userMessage" ? (prompt.content.images ?? []) : [];
	const bytes = await lab.store.context.blobs.get(images[0]?.blob ?? "");
	assert.equal(bytes?.toString("base64"), base64);
	assert.match(shown(lab), /input_image/);
});
