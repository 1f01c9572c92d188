import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import * as path from "node:path";
import { test } from "node:test";
import { DaemonError } from "../../src/daemon/client/client.ts";
import { live, nextApproval, shown } from "./codexLive.ts";
import { Watch, words } from "./support.ts";

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
