import { HumanError } from "../../../base/errors.ts";
import { parseJson } from "../../runtime/jsonFile.ts";
import type { LineChannel } from "../../supervise/lineChannel.ts";
import { ErrorShape, Message } from "./schema.ts";

export type RequestId = string | number;

export interface PeerHandlers {
	notification(method: string, params: unknown): void;
	/** A request of the agent's; answered with {@link CodexPeer.reply} or {@link CodexPeer.refuse}. */
	request(id: RequestId, method: string, params: unknown): void;
	closed(reason: string): void;
}

interface Call {
	resolve(result: unknown): void;
	reject(error: Error): void;
	readonly timer: NodeJS.Timeout;
}

/** The agent answered with an error. */
export class CodexError extends Error {
	override readonly name = "CodexError";
	readonly code: number;

	constructor(code: number, message: string) {
		super(message);
		this.code = code;
	}
}

/**
 * Speaks Codex's wire protocol: JSON-RPC, one message a line, without the `jsonrpc` field. Ids of the agent's requests may
 * be 0 and may be texts.
 */
export class CodexPeer {
	private readonly channel: LineChannel;
	private readonly patience: number;
	private readonly calls = new Map<number, Call>();
	private lastId = 0;
	private closed: string | undefined;

	constructor(channel: LineChannel, patience: number, handlers: PeerHandlers) {
		this.channel = channel;
		this.patience = patience;
		channel.onLine((line) => this.read(line, handlers));
		channel.onClose((reason) => {
			this.close(reason);
			handlers.closed(reason);
		});
	}

	/** Rejects with a {@link CodexError}, or a HumanError (`agent-gone`, `agent-silent`). */
	call(method: string, params: object): Promise<unknown> {
		if (this.closed !== undefined) {
			return Promise.reject(gone(this.closed));
		}
		const id = ++this.lastId;
		return new Promise((resolve, reject) => {
			const timer = setTimeout(() => {
				this.calls.delete(id);
				const seconds = Math.round(this.patience / 1000);
				const sentence = `Codex did not answer ${method} within ${seconds} seconds.`;
				reject(new HumanError("agent-silent", sentence));
			}, this.patience);
			this.calls.set(id, { resolve, reject, timer });
			this.channel.send(JSON.stringify({ id, method, params }));
		});
	}

	notify(method: string): void {
		this.channel.send(JSON.stringify({ method }));
	}
	reply(id: RequestId, result: unknown): void {
		this.channel.send(JSON.stringify({ id, result }));
	}
	refuse(id: RequestId, message: string): void {
		this.channel.send(JSON.stringify({ id, error: { code: -32601, message } }));
	}

	private read(line: string, handlers: PeerHandlers): void {
		const parsed = Message.safeParse(parseJson(line));
		if (!parsed.success) {
			this.channel.reportGarbage(line);
			return;
		}
		const { id, method, params, result, error } = parsed.data;
		if (method !== undefined && id !== undefined && id !== null) {
			handlers.request(id, method, params);
		} else if (method !== undefined) {
			handlers.notification(method, params);
		} else {
			this.settle(id, result, error);
		}
	}

	private settle(id: unknown, result: unknown, error: unknown): void {
		const call = typeof id === "number" ? this.calls.get(id) : undefined;
		if (!call || typeof id !== "number") {
			return;
		}
		this.calls.delete(id);
		clearTimeout(call.timer);
		if (error === undefined || error === null) {
			call.resolve(result);
			return;
		}
		const shape = ErrorShape.safeParse(error);
		call.reject(
			shape.success
				? new CodexError(shape.data.code, shape.data.message)
				: new CodexError(0, JSON.stringify(error)),
		);
	}

	private close(reason: string): void {
		this.closed = reason;
		for (const call of this.calls.values()) {
			clearTimeout(call.timer);
			call.reject(gone(reason));
		}
		this.calls.clear();
	}
}

function gone(reason: string): HumanError {
	return new HumanError("agent-gone", `Codex is not there any more. ${reason}`);
}
