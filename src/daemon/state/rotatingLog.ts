import { appendFile, open, readFile, rename } from "node:fs/promises";
import { TaskQueue } from "../../base/async.ts";
import { systemErrorCode } from "../../base/errors.ts";

export const logLimit = 8 * 1024 * 1024;
const generations = 3;

/**
 * A log that grows to `limit` bytes and is then put aside as `.1`, the former `.1` as `.2`; older ones go. What is given
 * at once stays together.
 * Guarantees: texts are written in the order they were given, one at a time; at most `backlogLimit` bytes wait in
 * memory, and what came beyond that is counted in the log instead of written.
 */
export class RotatingLog {
	readonly path: string;
	private readonly limit: number;
	private readonly queue = new TaskQueue();
	private waiting: string[] = [];
	private waitingBytes = 0;
	private dropped = 0;
	private size: number | undefined;
	private flushing: Promise<void> | undefined;

	constructor(path: string, limit: number = logLimit) {
		this.path = path;
		this.limit = limit;
	}

	/** Resolves when `text` is in the file (or was counted as dropped). */
	write(text: string): Promise<void> {
		const bytes = Buffer.byteLength(text);
		if (this.waitingBytes + bytes > backlogLimit) {
			this.dropped += bytes;
		} else {
			this.waiting.push(text);
			this.waitingBytes += bytes;
		}
		this.flushing ??= this.queue.run(() => this.flush());
		return this.flushing;
	}

	/** The text of all generations, oldest first. None is put aside while it is read. */
	read(): Promise<string[]> {
		const paths = [`${this.path}.2`, `${this.path}.1`, this.path];
		return this.queue.run(() => Promise.all(paths.map(readOrEmpty)));
	}

	/** Waits for everything written so far. */
	async settle(): Promise<void> {
		await this.flushing?.catch(() => undefined);
	}

	private async flush(): Promise<void> {
		this.flushing = undefined;
		const note = this.dropped > 0 ? `[${this.dropped} bytes were left out]\n` : "";
		let bytes = Buffer.from(this.waiting.join("") + note);
		let isTorn = false;
		this.waiting = [];
		this.waitingBytes = 0;
		this.dropped = 0;
		if (this.size === undefined) {
			const end = await endOf(this.path);
			this.size = end.size;
			isTorn = end.torn;
		}
		if (this.size > 0 && this.size + bytes.length + Number(isTorn) > this.limit) {
			await this.rotate();
		} else if (isTorn) {
			bytes = Buffer.concat([Buffer.from("\n"), bytes]);
		}
		try {
			await appendFile(this.path, bytes, { mode: 0o600 });
			this.size += bytes.length;
		} catch (error) {
			// A part of it may be there.
			this.size = undefined;
			throw error;
		}
	}

	private async rotate(): Promise<void> {
		for (let generation = generations - 1; generation > 0; generation--) {
			const from = generation === 1 ? this.path : `${this.path}.${generation - 1}`;
			await rename(from, `${this.path}.${generation}`).catch(ignoreMissing);
		}
		this.size = 0;
	}
}

async function readOrEmpty(path: string): Promise<string> {
	try {
		return await readFile(path, "utf8");
	} catch (error) {
		ignoreMissing(error);
		return "";
	}
}

const backlogLimit = 4 * 1024 * 1024;

/** Size of a log, and whether its last line was torn off by the end of an earlier process: then it is ended first. */
async function endOf(path: string): Promise<{ size: number; torn: boolean }> {
	try {
		const handle = await open(path, "r");
		try {
			const { size } = await handle.stat();
			const last = Buffer.alloc(1);
			await handle.read(last, 0, 1, Math.max(0, size - 1));
			return { size, torn: size > 0 && last[0] !== 10 };
		} finally {
			await handle.close();
		}
	} catch (error) {
		ignoreMissing(error);
		return { size: 0, torn: false };
	}
}

function ignoreMissing(error: unknown): void {
	if (systemErrorCode(error) !== "ENOENT") {
		throw error;
	}
}
