import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** One item of a scripted answer. */
export type Scripted =
	/** With `hold` the text stops after so many letters, until the promise is kept. */
	| {
			readonly say: string;
			readonly hold?: { readonly after: number; readonly until: Promise<void> };
	  }
	| { readonly think: string }
	| { readonly run: string }
	| { readonly patch: string }
	/** Streams the text and then falls silent, until the client gives up. */
	| { readonly stall: string };

/** A model on loopback that answers Codex's requests with a script: the Responses API over server-sent events. */
export interface ModelEndpoint {
	readonly baseUrl: string;
	/** Adds the answers to the next requests, one each. */
	script(answers: readonly (readonly Scripted[])[]): void;
	/** Answers that no request has asked for yet. */
	left(): number;
	/** Bodies of the requests so far. */
	readonly requests: unknown[];
	close(): void;
}

export async function startModelEndpoint(): Promise<ModelEndpoint> {
	const queue: (readonly Scripted[])[] = [];
	const requests: unknown[] = [];
	let count = 0;
	const server = createServer((request, response) => {
		let body = "";
		request.on("data", (chunk) => {
			body += chunk;
		});
		request.on("end", () => {
			if (request.method !== "POST" || !request.url?.endsWith("/responses")) {
				response.writeHead(404).end();
				return;
			}
			requests.push(JSON.parse(body));
			const answer = queue.shift() ?? [{ say: "(The script has ended.)" }];
			response.writeHead(200, { "content-type": "text/event-stream" });
			void respond(response, `resp_${++count}`, answer, body.length);
		});
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const { port } = server.address() as AddressInfo;
	return {
		baseUrl: `http://127.0.0.1:${port}/v1`,
		script: (answers) => void queue.push(...answers),
		left: () => queue.length,
		requests,
		close: () => {
			server.close();
			server.closeAllConnections();
		},
	};
}

async function respond(
	response: ServerResponse,
	id: string,
	answer: readonly Scripted[],
	requestLength: number,
): Promise<void> {
	const send = (type: string, event: object) =>
		response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...event })}\n\n`);
	send("response.created", { response: { id } });
	let output = 0;
	for (const [index, part] of answer.entries()) {
		const item = toItem(part, `${id}_${index}`);
		if ("say" in part || "stall" in part) {
			const text = "say" in part ? part.say : part.stall;
			output += text.length;
			send("response.output_item.added", {
				output_index: index,
				item: { ...item, content: [] },
			});
			const hold = "say" in part ? part.hold : undefined;
			let told = 0;
			for (const delta of text.match(/[\s\S]{1,24}/g) ?? []) {
				if (hold && told <= hold.after && told + delta.length > hold.after) {
					await hold.until;
				}
				told += delta.length;
				send("response.output_text.delta", {
					item_id: item.id,
					output_index: index,
					content_index: 0,
					delta,
				});
			}
		}
		if ("stall" in part) {
			return;
		}
		send("response.output_item.done", { output_index: index, item });
	}
	// Four characters a token is near enough for a sample.
	const tokens = { input: Math.round(requestLength / 4), output: Math.round(output / 4) + 12 };
	send("response.completed", {
		response: {
			id,
			usage: {
				input_tokens: tokens.input,
				input_tokens_details: { cached_tokens: Math.round(tokens.input * 0.8) },
				output_tokens: tokens.output,
				output_tokens_details: { reasoning_tokens: 8 },
				total_tokens: tokens.input + tokens.output,
			},
		},
	});
	response.end();
}

function toItem(
	part: Scripted,
	id: string,
): { readonly id: string; readonly [key: string]: unknown } {
	if ("say" in part || "stall" in part) {
		const text = "say" in part ? part.say : part.stall;
		return {
			type: "message",
			role: "assistant",
			id: `msg_${id}`,
			content: [{ type: "output_text", text }],
		};
	}
	if ("think" in part) {
		return {
			type: "reasoning",
			id: `rs_${id}`,
			summary: [{ type: "summary_text", text: part.think }],
			encrypted_content: null,
		};
	}
	const call = { id: `fc_${id}`, call_id: `call_${id}` };
	if ("run" in part) {
		return {
			type: "function_call",
			...call,
			name: "exec_command",
			arguments: JSON.stringify({ cmd: part.run }),
		};
	}
	return { type: "custom_tool_call", ...call, name: "apply_patch", input: part.patch };
}
