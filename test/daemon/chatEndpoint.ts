import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** One answer of the model: text, or a call of a tool of the agent's. `stall` falls silent after the text. */
export type ChatAnswer =
	| { readonly say: string }
	| { readonly stall: string }
	| { readonly call: string; readonly input: object };

/** A model on loopback that answers chat completions (as OpenAI-compatible providers stream them) with a script. */
export interface ChatEndpoint {
	readonly baseUrl: string;
	/** Adds the answers to the next requests that offer tools; one that offers none is asked for a title. */
	script(answers: readonly ChatAnswer[]): void;
	/** Bodies of the requests so far. */
	readonly requests: unknown[];
	close(): void;
}

export async function startChatEndpoint(): Promise<ChatEndpoint> {
	const queue: ChatAnswer[] = [];
	const requests: unknown[] = [];
	const server = createServer((request, response) => {
		let text = "";
		request.on("data", (chunk) => {
			text += chunk;
		});
		request.on("end", () => {
			const body = JSON.parse(text) as { tools?: unknown[] };
			const isTitle = (body.tools?.length ?? 0) === 0;
			const answer = isTitle ? { say: "A title" } : (queue.shift() ?? { say: "(The end.)" });
			if (!isTitle) {
				requests.push(body);
			}
			response.writeHead(200, { "content-type": "text/event-stream" });
			for (const chunk of chunksOf(answer)) {
				response.write(`data: ${JSON.stringify({ ...frame, ...chunk })}\n\n`);
			}
			if (!("stall" in answer)) {
				response.end("data: [DONE]\n\n");
			}
		});
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const { port } = server.address() as AddressInfo;
	return {
		baseUrl: `http://127.0.0.1:${port}/v1`,
		script: (answers) => void queue.push(...answers),
		requests,
		close: () => {
			server.close();
			server.closeAllConnections();
		},
	};
}

const frame = { id: "c", object: "chat.completion.chunk", created: 1, model: "mock" };
let calls = 0;

function chunksOf(answer: ChatAnswer): object[] {
	const delta = (content: object, finish: string | null = null) => ({
		choices: [{ index: 0, delta: content, finish_reason: finish }],
	});
	const usage = {
		choices: [],
		usage: { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 },
	};
	if ("call" in answer) {
		const call = {
			index: 0,
			id: `call_${++calls}`,
			type: "function",
			function: { name: answer.call, arguments: JSON.stringify(answer.input) },
		};
		return [delta({ role: "assistant", tool_calls: [call] }), delta({}, "tool_calls"), usage];
	}
	const text = "say" in answer ? answer.say : answer.stall;
	const parts = text.match(/[\s\S]{1,12}/g) ?? [];
	const said = parts.map((content) => delta({ role: "assistant", content }));
	return "stall" in answer ? said : [...said, delta({}, "stop"), usage];
}
