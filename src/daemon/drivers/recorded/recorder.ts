import { createWriteStream, mkdirSync, type WriteStream } from "node:fs";
import * as path from "node:path";
import type { LineChannel } from "../../supervise/lineChannel.ts";
import { pieceOf, redactPieces } from "./deltas.ts";
import type { LogEntry, LogHeader } from "./protocolLog.ts";
import { SecretAnswers } from "./secretAnswers.ts";

/** A recording of a bug report is no larger; what comes later is left out. Bytes. */
const recordingLimit = 256 * 1024 * 1024;

/** Lines held back at most so that a text can be redacted as a whole. UTF-16 code units. */
const holdLimit = 1024 * 1024;

/**
 * Writes down, redacted, what goes over a channel. Text that comes in pieces is held back until something else is said,
 * for a secret may be cut in two.
 */
export class ProtocolRecorder {
	readonly path: string;
	private readonly out: WriteStream;
	private readonly redact: (text: string) => string;
	private readonly secrets = new SecretAnswers();
	private readonly since = Date.now();
	private size = 0;
	private held: LogEntry[] = [];
	private heldSize = 0;

	constructor(
		file: string,
		header: Omit<LogHeader, "format" | "version" | "recordedAt">,
		redact: (text: string) => string,
	) {
		this.path = file;
		this.redact = redact;
		mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
		this.out = createWriteStream(file, { flags: "wx", mode: 0o600 });
		// A recording that cannot be written must not end what it records.
		this.out.on("error", () => undefined);
		const recordedAt = new Date().toISOString();
		const whole = { format: "skein-protocol", version: 1, ...header, recordedAt };
		this.out.write(`${JSON.stringify(whole)}\n`);
	}

	/** The same channel, listened in on. */
	tap(channel: LineChannel): LineChannel {
		return {
			send: (line) => {
				this.add("client", line);
				return channel.send(line);
			},
			onLine: (listener) =>
				channel.onLine((line) => {
					this.add("agent", line);
					listener(line);
				}),
			onClose: (listener) => channel.onClose(listener),
			pause: () => channel.pause(),
			resume: () => channel.resume(),
			reportGarbage: (line) => channel.reportGarbage(line),
		};
	}

	/** Resolves when everything is in the file. */
	close(): Promise<void> {
		this.release();
		return new Promise((resolve) => {
			this.out.end(() => resolve());
			this.out.once("error", () => resolve());
		});
	}

	private add(from: LogEntry["from"], line: string): void {
		if (this.size > recordingLimit || this.out.writableEnded) {
			return;
		}
		this.size += line.length;
		const kept = this.secrets.conceal(from, line);
		this.held.push({ t: Date.now() - this.since, from, line: kept });
		this.heldSize += line.length;
		if (this.heldSize > holdLimit || !this.mayGoOn(from, line)) {
			this.release();
		}
	}

	/** A text that was streaming may go on: a piece of it, or something that comes between the pieces. */
	private mayGoOn(from: LogEntry["from"], line: string): boolean {
		if (pieceOf(line)) {
			return true;
		}
		const isEnd = /"(?:item|turn)\/completed"|"tool_call"|"stopReason"/.test(line);
		return this.held.length > 1 && !isEnd && from === "agent";
	}

	private release(): void {
		const lines = redactPieces(
			this.held.map(({ line }) => line),
			this.redact,
		);
		for (const [index, entry] of this.held.entries()) {
			this.out.write(`${JSON.stringify({ ...entry, line: lines[index] })}\n`);
		}
		this.held = [];
		this.heldSize = 0;
	}
}
