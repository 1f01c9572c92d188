// An agent that speaks Codex's protocol and misbehaves in the way its first argument names. What a turn says is fixed, so
// that tests can compare. The second argument is a number some ways need.
import { execFileSync, spawn } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";

const [mode = "talk", amount = "100"] = process.argv.slice(2);
const count = Number(amount);
const write = (text) => process.stdout.write(text);
const send = (message) => write(`${JSON.stringify(message)}\n`);
let threads = 0;
let turns = 0;
/** Where each thread works, by its id. */
const places = new Map();
const ignore = () => undefined;
let asked;
/** Ends the turn of a thread. */
const stops = new Map();

if (mode === "exit") {
	process.stderr.write("I do not want to.\n");
	process.exit(3);
}
if (mode === "tree" || mode === "stubborn") {
	// A grandchild in a session of its own, which no signal to our group reaches.
	spawn("sleep", ["1000"], { detached: true, stdio: "ignore" }).unref();
}
if (mode === "stubborn") {
	process.on("SIGTERM", ignore);
	setInterval(ignore, 1000);
}

createInterface({ input: process.stdin })
	.on("line", (line) => handle(JSON.parse(line)))
	.on("close", () => {
		if (mode !== "stubborn") {
			process.exit(0);
		}
	});

let stuck = false;

/** Whether this is the first time in the folder: then the next process does better. */
function isFirst() {
	const file = `${process.cwd()}/heard`;
	const first = !existsSync(file);
	writeFileSync(file, "");
	return first;
}

function handle({ id, method, params, result }) {
	if (stuck) {
		return;
	}
	if (method === undefined) {
		asked?.(id, result);
		return;
	}
	switch (method) {
		case "initialize":
			if (mode !== "silent") {
				send({ id, result: { userAgent: "fake" } });
			}
			return;
		case "initialized":
			return;
		case "thread/start":
		case "thread/resume":
			if (mode === "mortal" && isFirst()) {
				process.kill(process.pid, "SIGKILL");
				return;
			}
			if (mode === "stuck" && isFirst()) {
				stuck = true;
				return;
			}
			if (mode !== "stuck-second" || threads === 0) {
				startThread(id, params);
			}
			return;
		case "model/list": {
			// One a page.
			const at = Number(params.cursor ?? 0);
			const model = { model: `m${at}`, displayName: `Model ${at}`, isDefault: at === 1 };
			const nextCursor = at + 1 < count ? String(at + 1) : null;
			send({ id, result: mode === "mute" ? {} : { data: [model], nextCursor } });
			return;
		}
		case "turn/start": {
			const turnId = `turn-${process.pid}-${++turns}`;
			if (mode === "deaf" && isFirst()) {
				return;
			}
			send({ id, result: { turn: { id: turnId } } });
			void turn(params.threadId, turnId, params.input[0].text);
			return;
		}
		case "turn/interrupt":
			send({ id, result: {} });
			if (mode !== "unstoppable") {
				stops.get(params.threadId)?.();
			}
			return;
		default:
			send({ id, result: {} });
	}
}

function startThread(id, { threadId = `thread-${process.pid}-${++threads}`, cwd }) {
	places.set(threadId, cwd);
	send({ id, result: { thread: { id: threadId, name: null } } });
}

let requests = 100;
/** Asks the client; resolves with its answer. */
function request(method, params) {
	const id = ++requests;
	return new Promise((resolve) => {
		asked = (answered, result) => answered === id && resolve(result);
		send({ id, method, params });
	});
}

const tick = () => new Promise((resolve) => setImmediate(resolve));
const drained = () => new Promise((resolve) => process.stdout.once("drain", resolve));

async function turn(threadId, turnId, prompt) {
	const own = { threadId, turnId };
	const say = (method, more) => send({ method, params: { ...own, ...more } });
	const end = (status) =>
		send({ method: "turn/completed", params: { threadId, turn: { id: turnId, status } } });
	let stopped = false;
	stops.set(threadId, () => {
		if (!stopped) {
			stopped = true;
			end("interrupted");
		}
	});
	const item = { type: "agentMessage", id: `${turnId}-m`, text: "" };
	say("item/started", { item });
	let text = "";
	const delta = (words) => {
		text += words;
		say("item/agentMessage/delta", { itemId: item.id, delta: words });
	};
	switch (mode) {
		case "flood-lines":
			for (let line = 0; line < count * 1024; line++) {
				if (!write(`${"garbage ".repeat(127)}\n`)) {
					await drained();
				}
			}
			break;
		case "flood-line":
			for (let part = 0; part < count; part++) {
				if (!write("x".repeat(1024 * 1024))) {
					await drained();
				}
			}
			write("\n");
			break;
		case "flood-unknown":
			for (let each = 0; each < count; each++) {
				if (!write(`${JSON.stringify({ method: "something/new", params: { ...own, each } })}\n`)) {
					await drained();
				}
			}
			break;
		case "flood-deltas":
			for (let each = 0; each < count; each++) {
				text += `word ${each} `;
				const params = { ...own, itemId: item.id, delta: `word ${each} ` };
				if (!write(`${JSON.stringify({ method: "item/agentMessage/delta", params })}\n`)) {
					await drained();
				}
			}
			break;
		case "flood-items":
			// As long as answers are: 20,000 deltas each.
			for (let each = 0; each < count; each += 20_000) {
				const part = { type: "agentMessage", id: `${turnId}-${each}`, text: "" };
				say("item/started", { item: part });
				for (let word = each; word < Math.min(count, each + 20_000); word++) {
					part.text += `word ${word} `;
					const params = { ...own, itemId: part.id, delta: `word ${word} ` };
					if (!write(`${JSON.stringify({ method: "item/agentMessage/delta", params })}\n`)) {
						await drained();
					}
				}
				say("item/completed", { item: part });
			}
			break;
		case "flood-changes":
			// 20 MB each, in turn in a file's difference, or in what a tool was told.
			for (let each = 0; each < count; each++) {
				const content = `+${"x".repeat(99)}\n`.repeat(200_000);
				const base = { id: `${turnId}-${each}`, status: "completed" };
				const changes = [{ path: "big.txt", kind: { type: "add" }, diff: content }];
				const tool = { type: "mcpToolCall", server: "s", tool: "t", arguments: { content } };
				const part = { ...base, ...(each % 2 === 0 ? { type: "fileChange", changes } : tool) };
				const params = { ...own, item: part };
				if (!write(`${JSON.stringify({ method: "item/completed", params })}\n`)) {
					await drained();
				}
			}
			break;
		case "paced":
			// 200 a second, each with the moment of its writing.
			for (let each = 0; each < count; each++) {
				delta(`${performance.timeOrigin + performance.now()} `);
				await new Promise((resolve) => setTimeout(resolve, 5));
			}
			break;
		case "deep": {
			// By hand: JSON.stringify does not go so deep.
			const deep = `${"[".repeat(count)}${"]".repeat(count)}`;
			const about = `"threadId":"${threadId}","turnId":"${turnId}"`;
			write(`{"method":"something/new","params":{${about},"deep":${deep}}}\n`);
			delta("still here");
			break;
		}
		case "garbage":
			write("this is no JSON\n[1,2]\n\n{}\nnull\n");
			delta("still here");
			write("}}}\n");
			break;
		case "half": {
			const message = JSON.stringify({
				method: "item/agentMessage/delta",
				params: { ...own, itemId: item.id, delta: "grüße 👋" },
			});
			text = "grüße 👋";
			for (const byte of Buffer.from(`${message}\n`)) {
				process.stdout.write(Buffer.of(byte));
				await tick();
			}
			break;
		}
		case "ids": {
			for (const id of [0, "zero"]) {
				const answer = await new Promise((resolve) => {
					asked = (answered, result) => resolve(`${JSON.stringify(answered)}:${result.decision}`);
					send({
						id,
						method: "item/commandExecution/requestApproval",
						params: { ...own, itemId: item.id, command: "ls" },
					});
				});
				delta(`${answer} `);
			}
			break;
		}
		case "asks": {
			const command = prompt.startsWith("$ ") ? prompt.slice(2) : "npm test\n  --coverage";
			const { decision } = await request("item/commandExecution/requestApproval", {
				...own,
				itemId: item.id,
				command,
				reason: "To see whether it works",
			});
			delta(`The answer is ${decision}.`);
			break;
		}
		case "questions": {
			const questions = [
				{
					id: "color",
					header: "Colour",
					question: "Which colour?",
					isSecret: false,
					isOther: true,
					options: [{ label: "Red", description: "Like a rose" }],
				},
				{
					id: "token",
					header: "Token",
					question: "Which token?",
					isSecret: true,
					isOther: false,
					options: null,
				},
			];
			const { answers } = await request("item/tool/requestUserInput", {
				...own,
				itemId: item.id,
				questions,
			});
			const given = Object.entries(answers).map(
				([
					id,
					{
						answers: [text],
					},
				]) => `${id} ${text}`,
			);
			delta(given.join(", ") || "nothing");
			break;
		}
		case "unstoppable":
			delta("on and on");
			return;
		case "environment":
			delta(JSON.stringify(process.env));
			break;
		case "place":
			delta(places.get(threadId));
			break;
		case "shell":
			delta(execFileSync("/bin/sh", ["-c", prompt], { cwd: places.get(threadId) }).toString());
			break;
		case "pids":
			delta(String(process.pid));
			return;
		default:
			for (let each = 0; each < (prompt === "again" ? 5 : count) && !stopped; each++) {
				delta(`${prompt} ${each}. `);
				if (process.stdout.writableNeedDrain) {
					await drained();
				}
				await tick();
			}
	}
	if (!stopped) {
		stopped = true;
		say("item/completed", { item: { ...item, text } });
		end("completed");
	}
}
