import type { Socket } from "node:net";
import {
	AbstractMessageReader,
	AbstractMessageWriter,
	type DataCallback,
	type Message,
	type MessageReader,
	type MessageWriter,
} from "vscode-jsonrpc/node";
import { parseJson } from "../runtime/jsonFile.ts";
import { LineSplitter } from "./lines.ts";

/** What made a side stop reading: it must say so and end the connection. */
export type TransportFault =
	| { readonly kind: "oversize"; readonly limit: number }
	| { readonly kind: "garbage" };

/**
 * Reads JSON-RPC messages, one a line. Guarantees: never holds more than `limit` bytes of a message; after a message
 * that is too long or is no JSON object, nothing more is read and `onFault` is called once.
 */
export class LineReader extends AbstractMessageReader implements MessageReader {
	private readonly socket: Socket;
	private readonly onFault: (fault: TransportFault) => void;
	private readonly splitter: LineSplitter;
	private stopped = false;

	constructor(socket: Socket, limit: number, onFault: (fault: TransportFault) => void) {
		super();
		this.socket = socket;
		this.splitter = new LineSplitter(limit);
		this.onFault = onFault;
	}

	setLimit(limit: number): void {
		this.splitter.limit = limit;
	}

	listen(callback: DataCallback) {
		const onData = (chunk: Buffer) => this.read(chunk, callback);
		const onClose = () => this.fireClose();
		const onError = (error: Error) => this.fireError(error);
		this.socket.on("data", onData).on("close", onClose).on("error", onError);
		return {
			dispose: () => {
				this.socket.off("data", onData).off("close", onClose);
			},
		};
	}

	private read(chunk: Buffer, callback: DataCallback): void {
		if (this.stopped) {
			return;
		}
		for (const line of this.splitter.push(chunk)) {
			if (line.kind === "oversize") {
				this.stop({ kind: "oversize", limit: this.splitter.limit });
				return;
			}
			const value = parseJson(line.text);
			if (typeof value !== "object" || value === null || Array.isArray(value)) {
				this.stop({ kind: "garbage" });
				return;
			}
			callback({ jsonrpc: "2.0", ...value } as Message);
		}
		if (this.splitter.overflowing) {
			this.stop({ kind: "oversize", limit: this.splitter.limit });
		}
	}

	private stop(fault: TransportFault): void {
		this.stopped = true;
		this.onFault(fault);
	}
}

/**
 * Writes JSON-RPC messages, one a line. Guarantees: a peer that does not read costs at most `limit` bytes of memory;
 * past that the connection is ended.
 */
export class LineWriter extends AbstractMessageWriter implements MessageWriter {
	private readonly socket: Socket;
	private readonly limit: number;
	private isLast = false;

	constructor(socket: Socket, limit: number) {
		super();
		this.socket = socket;
		this.limit = limit;
		socket.on("close", () => this.fireClose());
	}

	/** Bytes written and not yet taken by the peer. */
	get backlog(): number {
		return this.socket.writableLength;
	}

	async write(message: Message): Promise<void> {
		if (this.socket.destroyed || this.socket.writableEnded) {
			return;
		}
		this.socket.write(`${JSON.stringify(message)}\n`);
		if (this.isLast) {
			this.socket.end();
		} else if (this.socket.writableLength > this.limit) {
			this.socket.destroy();
		}
	}

	/** The next message is the last one. */
	endAfterNext(): void {
		this.isLast = true;
	}

	end(): void {
		this.socket.end();
	}
}
