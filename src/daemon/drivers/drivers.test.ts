import assert from "node:assert/strict";
import * as path from "node:path";
import { test } from "node:test";
import * as fc from "fast-check";
import { temporaryFolder } from "../../../test/support/temporary.ts";
import { ToolState } from "./acp/toolCall.ts";
import { questionOf } from "./codex/approvals.ts";
import { contentOf, withoutShell } from "./codex/items.ts";
import { redactPieces } from "./recorded/deltas.ts";
import { readProtocolLog } from "./recorded/protocolLog.ts";
import { ProtocolRecorder } from "./recorded/recorder.ts";
import { redactor } from "./recorded/redact.ts";

fc.configureGlobal({ seed: 8 });

test("a shell around a command is taken off only where that is sure", () => {
	assert.equal(withoutShell("/bin/bash -lc 'echo hi && ls'"), "echo hi && ls");
	assert.equal(withoutShell('bash -lc "echo hi"'), "echo hi");
	assert.equal(withoutShell("/bin/zsh -c ls"), "ls");
	for (const command of [
		"/bin/bash -lc 'echo '\\''x'\\'''",
		'bash -lc "echo $HOME"',
		"bash -lc ls -l",
		"bashful -c 'x'",
		"echo bash -lc 'x'",
	]) {
		assert.equal(withoutShell(command), command);
	}
});

test("an item of Codex's that there are no words for is kept as it is", () => {
	const item = { type: "dream", id: "d1", about: "sheep" };
	assert.deepEqual(contentOf(item, "/work"), {
		type: "raw",
		label: "dream",
		value: item,
		sourceId: "d1",
	});
});

test("paths inside the session's folder are relative, others absolute", () => {
	const change = (path: string) => ({ path, kind: { type: "add" }, diff: "x\n" });
	const changes = [change("/work/a/b.txt"), change("/etc/passwd"), change("/work2/c")];
	const item = { type: "fileChange", id: "f", status: "completed", changes };
	const content = contentOf(item, "/work");
	assert.deepEqual(
		content.type === "fileChange" && Array.isArray(content.changes)
			? content.changes.map((each) => each.path)
			: [],
		["a/b.txt", "/etc/passwd", "/work2/c"],
	);
});

test("permissions are granted as asked, for the turn or the session, or not at all", () => {
	const question = questionOf("item/permissions/requestApproval", {
		itemId: "i",
		reason: null,
		permissions: { network: { enabled: true }, fileSystem: null },
	});
	const reply = (id: string) => {
		const option = question?.ask.options.find((each) => each.id === id);
		return question?.reply(option && { option, answers: {} });
	};
	const network = { network: { enabled: true } };
	assert.deepEqual(reply("accept"), { permissions: network, scope: "turn" });
	assert.deepEqual(reply("acceptForSession"), { permissions: network, scope: "session" });
	assert.deepEqual(reply("decline"), { permissions: {}, scope: "turn" });
	assert.deepEqual(question?.reply(undefined), { permissions: {}, scope: "turn" });
});

test("questions of a tool are answered by their ids; skipping answers none", () => {
	const question = questionOf("item/tool/requestUserInput", {
		itemId: "i",
		isBlocking: true,
		autoResolutionMs: null,
		questions: [
			{
				id: "q1",
				header: "Colour",
				question: "Which?",
				isOther: false,
				isSecret: false,
				options: [{ label: "Red", description: "" }],
			},
			{ id: "q2", header: "Key", question: "Key?", isOther: true, isSecret: true, options: null },
		],
	});
	assert.deepEqual(
		question?.ask.questions?.map(({ id, secret, free }) => ({ id, secret, free })),
		[
			{ id: "q1", secret: false, free: false },
			{ id: "q2", secret: true, free: true },
		],
	);
	const [send, skip] = question?.ask.options ?? [];
	assert.ok(send && skip);
	const answers = { q1: ["Red"], q2: ["k"] };
	assert.deepEqual(question?.reply({ option: send, answers }), {
		answers: { q1: { answers: ["Red"] }, q2: { answers: ["k"] } },
	});
	assert.deepEqual(question?.reply({ option: skip, answers }), { answers: {} });
});

test("a rule that Codex offers can be chosen, and is sent back as it was offered", () => {
	const rule = { acceptWithExecpolicyAmendment: { execpolicy_amendment: ["npm", "test"] } };
	const question = questionOf("item/commandExecution/requestApproval", {
		itemId: "i",
		command: "npm test",
		availableDecisions: ["accept", rule, "cancel"],
	});
	const option = question?.ask.options.find((each) => each.kind === "allowAlways");
	assert.equal(option?.label, "Always allow commands that start with: npm test");
	assert.deepEqual(question?.reply(option && { option, answers: {} }), { decision: rule });
	assert.deepEqual(question?.reply(undefined), { decision: "cancel" });
});

test("a rule for a script that is shown already does not show it again", () => {
	const script = "cat > a.txt <<'EOF'\none\nEOF";
	const rule = {
		acceptWithExecpolicyAmendment: { execpolicy_amendment: ["/bin/bash", "-lc", script] },
	};
	const question = questionOf("item/commandExecution/requestApproval", {
		itemId: "i",
		command: `/bin/bash -lc "${script}"`,
		availableDecisions: ["accept", rule, "cancel"],
	});
	const option = question?.ask.options.find((each) => each.kind === "allowAlways");
	assert.equal(question?.ask.title, script);
	assert.equal(option?.label, "Always allow this very command");
	assert.deepEqual(question?.reply(option && { option, answers: {} }), { decision: rule });
});

test("a request that nobody can answer is no question", () => {
	assert.equal(questionOf("item/tool/call", {}), undefined);
	assert.equal(questionOf("item/commandExecution/requestApproval", { no: "item" }), undefined);
});

test("a tool call's difference becomes hunks, and stays when later messages have none", () => {
	const tool = new ToolState("t1");
	tool.take({ toolCallId: "t1", title: "edit", kind: "edit", status: "pending" });
	const diff = {
		type: "diff" as const,
		path: "/work/a.txt",
		oldText: "one\ntwo\n",
		newText: "one\n2\n",
	};
	tool.take({ toolCallId: "t1", content: [diff] });
	const text = { type: "text" as const, text: "Edited." };
	tool.take({
		toolCallId: "t1",
		status: "completed",
		content: [{ type: "content", content: text }],
	});
	assert.deepEqual(tool.contentOf("/work", undefined), {
		type: "fileChange",
		changes: [
			{
				path: "a.txt",
				kind: "update",
				diff: "@@ -1,2 +1,2 @@\n one\n-two\n+2\n",
				added: 1,
				removed: 1,
			},
		],
		sourceId: "t1",
	});
});

test("what is answered to a secret question is not recorded; other answers are", async (t) => {
	const file = path.join(await temporaryFolder(t), "log.jsonl");
	const recorder = new ProtocolRecorder(file, { agent: "codex", driver: "codex" }, redactor({}));
	let hear: (line: string) => void = () => undefined;
	const sent: string[] = [];
	const channel = recorder.tap({
		send: (line) => sent.push(line) > 0,
		onLine: (listener) => {
			hear = listener;
		},
		onClose: () => undefined,
		pause: () => undefined,
		resume: () => undefined,
		reportGarbage: () => undefined,
	});
	channel.onLine(() => undefined);
	const method = "item/tool/requestUserInput";
	// An id may be 0, and may be a text.
	for (const [id, isSecret] of [
		[0, true],
		["zero", true],
		[1, false],
	] as const) {
		hear(JSON.stringify({ id, method, params: { questions: [{ id: "q", isSecret }] } }));
	}
	for (const id of [1, "zero", 0]) {
		channel.send(JSON.stringify({ id, result: { answers: { q: { answers: [`open ${id}`] } } } }));
	}
	channel.send(JSON.stringify({ id: 0, method: "turn/start", params: { text: "open again" } }));
	await recorder.close();
	const { entries } = await readProtocolLog(file);
	assert.deepEqual(
		entries.filter(({ from }) => from === "client").map(({ line }) => JSON.parse(line)),
		[
			{ id: 1, result: { answers: { q: { answers: ["open 1"] } } } },
			{ id: "zero", result: { answers: { q: { answers: ["[REDACTED:answer]"] } } } },
			{ id: 0, result: { answers: { q: { answers: ["[REDACTED:answer]"] } } } },
			{ id: 0, method: "turn/start", params: { text: "open again" } },
		],
	);
	assert.ok(sent[2]?.includes("open 0"), "the agent hears it");
});

test("a secret is found however a streaming text is cut, and the pieces stay as many", () => {
	const secret = "sk-abcdefghijklmnopqrstuvwxyz";
	const redact = redactor({ MY_TOKEN: "correct horse battery" });
	const delta = (text: string) =>
		JSON.stringify({ method: "item/agentMessage/delta", params: { itemId: "m", delta: text } });
	fc.assert(
		fc.property(fc.array(fc.nat({ max: 60 }), { maxLength: 8 }), (cuts) => {
			const whole = `Use ${secret} or correct horse battery.`;
			const places = [0, ...cuts.map((cut) => cut % whole.length), whole.length].sort(
				(a, b) => a - b,
			);
			const pieces = places.slice(1).map((to, index) => whole.slice(places[index], to));
			const lines = redactPieces(pieces.map(delta), redact);
			assert.equal(lines.length, pieces.length);
			const text = lines.map((line) => JSON.parse(line).params.delta).join("");
			assert.equal(text, "Use [REDACTED:api-key] or [REDACTED:MY_TOKEN].");
		}),
	);
});
