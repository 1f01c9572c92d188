import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { type TestContext, test } from "node:test";
import { isFull } from "../fault/lab.ts";
import { daemonLab, fakeAgent, itemsOf, Watch, words } from "./support.ts";

async function live(t: TestContext, args: readonly string[] = []) {
	const lab = await daemonLab(t, {
		MY_KEY: "mine",
		ELECTRON_NO_ASAR: "1",
		VSCODE_PID: "1",
		NODE_OPTIONS: "--no-warnings",
	});
	const session = await lab.store.create({ agent: "fake" });
	const client = await lab.connect("a window", args);
	const watch = await Watch.on(client);
	const prompt = (mode: string, amount?: number, text = "word") =>
		client.call("prompt", {
			session: session.id,
			input: { text },
			agent: fakeAgent(mode, amount),
		});
	return {
		...lab,
		session,
		client,
		watch,
		prompt,
		async turn(mode: string, amount?: number) {
			const { run } = await prompt(mode, amount);
			return watch.ended(run);
		},
		items: async () => words(await itemsOf(session)),
	};
}

/** Waits little for an agent, but long enough for one to start on a busy machine. */
const impatient = ["--patience", "3000"];

/** The most memory a process has used, MiB. */
async function peakMemory(pid: number): Promise<number> {
	const status = await readFile(`/proc/${pid}/status`, "utf8");
	return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024;
}

test("lines that make no sense are skipped and logged, and the turn goes on", async (t) => {
	const lab = await live(t);
	const end = await lab.turn("garbage");
	assert.equal(end.detail?.["status"], "completed");
	assert.deepEqual(await lab.items(), ["userMessage: word", "agentMessage: still here"]);
	const { text } = await lab.client.call("logs", { log: "stdout", bytes: 10_000 });
	assert.match(text, /this is no JSON/);
});

test("a message that is nested too deeply to be written down fails the turn, and no more", async (t) => {
	const lab = await live(t);
	const end = await lab.turn("deep", 1_000_000);
	assert.match(end.message, /nested more deeply than can be stored/);
	const { pid } = await lab.client.call("status", {});
	assert.equal(pid, lab.client.pid);
	assert.equal((await lab.turn("talk")).detail?.["status"], "completed");
});

test("a message that comes byte by byte is understood", async (t) => {
	const lab = await live(t);
	assert.equal((await lab.turn("half")).detail?.["status"], "completed");
	assert.deepEqual(await lab.items(), ["userMessage: word", "agentMessage: grüße 👋"]);
});

test("questions with the ids 0 and a text are answered under those ids", async (t) => {
	const lab = await live(t);
	const { run } = await lab.prompt("ids");
	for (const count of [1, 2]) {
		await lab.watch.nth("approval.requested", count);
		const [approval] = (await lab.client.call("status", {})).approvals;
		await lab.client.call("answer", { approval: approval?.id ?? "", option: "accept" });
	}
	await lab.watch.ended(run);
	assert.equal((await lab.items())[1], 'agentMessage: 0:accept "zero":accept ');
});

test("a child that floods stdout with lines that make no sense is ended, in bounded memory", async (t) => {
	const lab = await live(t);
	const before = await peakMemory(lab.client.pid);
	const end = await lab.turn("flood-lines", isFull ? 1024 : 32);
	assert.equal(end.detail?.["status"], "failed");
	assert.ok((await peakMemory(lab.client.pid)) - before < 150);
	assert.equal((await lab.turn("talk")).detail?.["status"], "completed");
});

test("a line without end is thrown away in bounded memory, and the turn goes on", async (t) => {
	const lab = await live(t);
	const before = await peakMemory(lab.client.pid);
	const end = await lab.turn("flood-line", isFull ? 1024 : 128);
	assert.equal(end.detail?.["status"], "completed");
	assert.ok((await peakMemory(lab.client.pid)) - before < 150);
});

test("of very many messages that Skein has no words for some are kept and the rest are counted", async (t) => {
	const lab = await live(t);
	assert.equal((await lab.turn("flood-unknown", 20_000)).detail?.["status"], "completed");
	const items = await lab.items();
	assert.equal(items.filter((each) => each.startsWith("raw: ")).length, 100);
	assert.match(items.at(-1) ?? "", /^note: 19900 more messages/);
});

test("a flood of streaming text arrives whole, in bounded memory", async (t) => {
	const lab = await live(t);
	const before = await peakMemory(lab.client.pid);
	let seen = 0;
	lab.client.on("delta")((delta) => {
		assert.equal(delta.offset, seen);
		seen += delta.text.length;
	});
	await lab.client.call("follow", { session: lab.session.id });
	const amount = isFull ? 500_000 : 100_000;
	const end = await lab.turn("flood-deltas", amount);
	assert.equal(end.detail?.["status"], "completed");
	const [, answer] = await itemsOf(lab.session);
	const expected = Array.from({ length: amount }, (_, each) => `word ${each} `).join("");
	const text = answer?.content.type === "agentMessage" ? answer.content.text : "";
	const whole = typeof text === "string" ? text : await lab.store.context.blobs.text(text.blob);
	assert.ok(whole === expected, "every word is in the journal");
	assert.equal(seen, expected.length);
	assert.ok((await peakMemory(lab.client.pid)) - before < 250);
});

test("a flood of large file changes and tool calls is stored whole, in bounded memory", async (t) => {
	const lab = await live(t);
	const before = await peakMemory(lab.client.pid);
	const amount = isFull ? 200 : 60;
	const end = await lab.turn("flood-changes", amount);
	assert.equal(end.detail?.["status"], "completed", end.message);
	const peak = (await peakMemory(lab.client.pid)) - before;
	t.diagnostic(`${Math.round(peak)} MiB more`);
	const items = await lab.items();
	assert.equal(items.filter((each) => each === "files big.txt").length, amount / 2);
	assert.ok(peak < 500);
});

test("a child that never answers is given up on with a reason", async (t) => {
	const lab = await live(t, [...impatient, "--backoff", "1", "--attempts", "1"]);
	const end = await lab.turn("silent");
	assert.equal(end.detail?.["status"], "failed");
	assert.match(end.message, /given up on\. Codex did not answer initialize/);
	assert.equal(lab.watch.events.filter(({ type }) => type === "child.restarting").length, 1);
	const kind = async () => (await lab.client.call("status", {})).state.kind;
	assert.equal(await kind(), "crashed");
	// As after a mend of the settings.
	assert.equal((await lab.turn("talk")).detail?.["status"], "completed");
	assert.equal(await kind(), "idle");
	assert.equal((await lab.turn("exit")).detail?.["status"], "failed");
	assert.equal(await kind(), "crashed");
});

test("a child that does not take a prompt, or opens no thread, fails the turn and is ended: the next prompt finds another", async (t) => {
	for (const [mode, method] of [
		["deaf", "turn/start"],
		["stuck", "thread/start"],
	] as const) {
		const lab = await live(t, [...impatient, "--backoff", "1"]);
		const end = await lab.turn(mode, 3);
		assert.equal(end.detail?.["status"], "failed");
		assert.match(end.message, new RegExp(`did not answer ${method} within`));
		// It may work on what it did not answer: nobody would see it.
		const { detail } = await lab.watch.next("child.exited");
		assert.equal(detail?.["signal"], "SIGKILL");
		assert.equal((await lab.turn(mode, 3)).detail?.["status"], "completed");
		assert.equal((await lab.items()).at(-1), "agentMessage: word 0. word 1. word 2. ");
	}
});

test("a child that opens no thread for one session is left to another one's turn", async (t) => {
	const lab = await live(t, impatient);
	const other = await lab.store.create({ agent: "fake" });
	const started = new Promise<void>((resolve) => lab.client.on("delta")(() => resolve()));
	await lab.client.call("follow", { session: other.id });
	const agent = fakeAgent("stuck-second", 1_000_000_000);
	const long = { session: other.id, input: { text: "word" }, agent };
	const { run } = await lab.client.call("prompt", long);
	await started;
	const end = await lab.turn("stuck-second", 1_000_000_000);
	assert.match(end.message, /did not answer thread\/start/);
	assert.equal(lab.watch.events.filter(({ type }) => type === "child.exited").length, 0);
	const { status } = await lab.client.call("interrupt", { session: other.id });
	assert.equal(status, "interrupted");
	assert.equal((await lab.watch.ended(run)).detail?.["status"], "interrupted");
});

test("a child that exits at once is given up on with its last words", async (t) => {
	const lab = await live(t, ["--backoff", "1"]);
	const end = await lab.turn("exit");
	assert.match(end.message, /given up on\. The program ended with exit code 3: I do not want to\./);
	assert.equal(lab.watch.events.filter(({ type }) => type === "child.restarting").length, 5);
	const { children, state } = await lab.client.call("status", {});
	assert.equal(children.find((child) => child.args.includes("exit"))?.status, "failed");
	assert.equal(state.kind, "crashed");
});

test("a child that does not stop when it is asked to is ended, and the turn is interrupted", async (t) => {
	const lab = await live(t, [...impatient, "--backoff", "1"]);
	const { run } = await lab.prompt("unstoppable");
	await lab.watch.next("run.started", (event) => event.detail?.["run"] === run);
	const { status } = await lab.client.call("interrupt", { session: lab.session.id });
	assert.equal(status, "interrupted");
	assert.equal((await lab.turn("talk")).detail?.["status"], "completed");
});

test("a child that is killed is reported and started again, and the session stays usable", async (t) => {
	const lab = await live(t, ["--backoff", "50"]);
	const speaking = new Promise<void>((resolve) => lab.client.on("delta")(() => resolve()));
	await lab.client.call("follow", { session: lab.session.id });
	const { run } = await lab.prompt("talk", 1_000_000_000);
	await speaking;
	const [child] = (await lab.client.call("status", {})).children;
	process.kill(child?.pid ?? 0, "SIGKILL");
	const end = await lab.watch.ended(run);
	assert.equal(end.detail?.["status"], "failed");
	assert.match(end.message, /was ended by SIGKILL/);
	await lab.watch.next("child.exited");
	await lab.watch.next("state.changed", ({ detail }) =>
		JSON.stringify(detail).includes("degraded"),
	);
	await lab.watch.nth("child.started", 2);
	const again = (await lab.client.call("status", {})).children[0];
	assert.equal(again?.status, "running");
	assert.notEqual(again?.pid, child?.pid);
	assert.equal((await lab.turn("talk", 5)).detail?.["status"], "completed");
});

test("a child that dies before it has its prompt is started again and gets it", async (t) => {
	const lab = await live(t, ["--backoff", "50"]);
	const { run } = await lab.prompt("mortal", 3);
	assert.equal((await lab.watch.ended(run)).detail?.["status"], "completed");
	assert.equal((await lab.items())[1], "agentMessage: word 0. word 1. word 2. ");
});

test("a child sees its mark and our environment, but nothing of VS Code's", async (t) => {
	const lab = await live(t);
	await lab.turn("environment");
	const [, answer] = await itemsOf(lab.session);
	const text = answer?.content.type === "agentMessage" ? String(answer.content.text) : "";
	const env = JSON.parse(text) as Record<string, string>;
	assert.equal(env["MY_KEY"], "mine");
	assert.match(env["SKEIN_CHILD"] ?? "", /^[0-9a-f]{16}\.[0-9a-f]{12}$/);
	const foreign = Object.keys(env).filter((name) => /^(ELECTRON_|VSCODE_|NODE_OPTIONS)/.test(name));
	assert.deepEqual(foreign, []);
});

test("an agent that nobody needs is ended after a while, and started when somebody does", async (t) => {
	const lab = await live(t, ["--childIdle", "20"]);
	assert.equal((await lab.turn("talk", 3)).detail?.["status"], "completed");
	await lab.watch.next("child.exited");
	const { children, state } = await lab.client.call("status", {});
	assert.equal(children[0]?.status, "exited");
	assert.equal(children[0]?.lastError, null);
	assert.equal(state.kind, "idle");
	assert.equal((await lab.turn("talk", 3)).detail?.["status"], "completed");
});

test("an agent works in the session's folder only when that is inside the workspace", async (t) => {
	const lab = await live(t);
	const { mkdir, symlink } = await import("node:fs/promises");
	await mkdir(`${lab.folder}/inside`);
	await symlink("/tmp", `${lab.folder}/link`);
	const placeOf = async (cwd: string) => {
		const session = await lab.store.createFrom({
			title: "",
			agent: null,
			model: null,
			cwd,
			origin: null,
		});
		const agent = fakeAgent("place");
		const prompt = { session: session.id, input: { text: "word" }, agent };
		await lab.watch.ended((await lab.client.call("prompt", prompt)).run);
		return words(await itemsOf(session)).at(-1);
	};
	assert.equal(await placeOf("inside"), `agentMessage: ${lab.folder}/inside`);
	for (const cwd of [".", "/", "..", "link", "missing"]) {
		assert.equal(await placeOf(cwd), `agentMessage: ${lab.folder}`, cwd);
	}
});
