import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

type Message = {
	readonly id?: number;
	readonly method?: string;
	readonly params?: unknown;
	readonly result?: unknown;
	readonly error?: unknown;
};

/** Speaks with `codex app-server`: JSON-RPC, one message a line, without the `jsonrpc` field. Accepts every approval. */
export interface CodexClient {
	call(method: string, params: object): Promise<Record<string, unknown>>;
	/** Resolves with the params of the next such notification that `matches`. */
	next(
		method: string,
		matches?: (params: Record<string, unknown>) => boolean,
	): Promise<Record<string, unknown>>;
	close(): Promise<void>;
}

export async function startCodex(
	command: string,
	options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
): Promise<CodexClient> {
	const child = spawn(command, ["app-server"], { ...options, stdio: ["pipe", "pipe", "inherit"] });
	const calls = new Map<
		number,
		{ resolve(value: Record<string, unknown>): void; reject(error: Error): void }
	>();
	let waiting: {
		method: string;
		matches(params: Record<string, unknown>): boolean;
		resolve(params: Record<string, unknown>): void;
	}[] = [];
	let lastId = 0;
	const send = (message: object) => child.stdin.write(`${JSON.stringify(message)}\n`);
	const ended = new Promise<void>((resolve) => child.on("close", () => resolve()));

	createInterface({ input: child.stdout }).on("line", (line) => {
		const message = JSON.parse(line) as Message;
		const params = (message.params ?? {}) as Record<string, unknown>;
		if (message.method !== undefined && message.id !== undefined) {
			send({ id: message.id, result: { decision: "accept" } });
		} else if (message.method !== undefined) {
			const { method } = message;
			const found = waiting.filter((each) => each.method === method && each.matches(params));
			waiting = waiting.filter((each) => !found.includes(each));
			for (const each of found) {
				each.resolve(params);
			}
		} else if (message.id !== undefined) {
			const call = calls.get(message.id);
			calls.delete(message.id);
			if (message.error) {
				call?.reject(new Error(JSON.stringify(message.error)));
			} else {
				call?.resolve((message.result ?? {}) as Record<string, unknown>);
			}
		}
	});

	const client: CodexClient = {
		call(method, params) {
			const id = ++lastId;
			return new Promise((resolve, reject) => {
				calls.set(id, { resolve, reject });
				void ended.then(() => reject(new Error(`Codex ended during ${method}.`)));
				send({ id, method, params });
			});
		},
		next: (method, matches = () => true) =>
			new Promise((resolve) => waiting.push({ method, matches, resolve })),
		async close() {
			child.stdin.end();
			const timer = setTimeout(() => child.kill(), 5000);
			await ended;
			clearTimeout(timer);
		},
	};
	await client.call("initialize", {
		clientInfo: { name: "skein_record", title: "Skein recorder", version: "0.1.0" },
		capabilities: { experimentalApi: true },
	});
	send({ method: "initialized" });
	return client;
}
