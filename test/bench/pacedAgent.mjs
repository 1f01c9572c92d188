// An agent that speaks Codex's protocol: a long answer at once, then pieces at a steady pace, each with the moment of its
// writing. Arguments: pieces, pieces a second, characters of the long beginning, a file for whose making the pieces wait.
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";

const [pieces, pace, beginning] = process.argv.slice(2, 5).map(Number);
const [, , , , , mayGo] = process.argv;
const send = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);
const now = () => performance.timeOrigin + performance.now();

createInterface({ input: process.stdin })
	.on("line", (line) => handle(JSON.parse(line)))
	.on("close", () => process.exit(0));

function handle({ id, method, params }) {
	switch (method) {
		case "thread/start":
		case "thread/resume":
			send({ id, result: { thread: { id: params.threadId ?? "thread", name: null } } });
			return;
		case "turn/start":
			send({ id, result: { turn: { id: "turn" } } });
			void turn(params.threadId);
			return;
		default:
			if (id !== undefined) {
				send({ id, result: {} });
			}
	}
}

async function turn(threadId) {
	const own = { threadId, turnId: "turn" };
	const say = (method, more) => send({ method, params: { ...own, ...more } });
	say("item/started", { item: { type: "agentMessage", id: "answer", text: "" } });
	let text = "";
	const add = (delta) => {
		text += delta;
		say("item/agentMessage/delta", { itemId: "answer", delta });
	};
	add(prose(beginning));
	while (!existsSync(mayGo)) {
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
	const start = performance.now();
	for (let piece = 0; piece < pieces; ) {
		// What is late is not left out: a pace is a number of pieces in a time.
		const due = Math.min(pieces, Math.floor(((performance.now() - start) / 1000) * pace));
		for (; piece < due; piece++) {
			add(`${now()}~${piece % 40 === 39 ? "\n\n" : " "}`);
		}
		await new Promise((resolve) => setTimeout(resolve, 1000 / pace));
	}
	say("item/completed", { item: { type: "agentMessage", id: "answer", text } });
	send({
		method: "turn/completed",
		params: { threadId, turn: { id: "turn", status: "completed" } },
	});
}

/** Markdown as agents write it. */
function prose(length) {
	const part =
		"## A step\n\nSome **words** about `what` is done, and [why](https://a.example).\n\n- one\n- two\n\n```js\nconst a = 1;\n```\n\n";
	return `${part.repeat(Math.ceil(length / part.length))}The beginning ends here.\n\n`;
}
