import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import * as zlib from "node:zlib";
import { HumanError, systemErrorCode } from "../../../base/errors.ts";

/** Bytes read at once. */
export const chunkBytes = 1024 * 1024;
/** Decompressed bytes kept among all compressed rollouts that are open. */
const cacheBytes = 64 * 1024 * 1024;

export interface RolloutStat {
	/** The path that exists now: the plain file or its compressed sibling. */
	readonly path: string;
	/** Size on disk. */
	readonly size: number;
	readonly mtimeMs: number;
	/** Identity of the file on disk: a replaced file has another. */
	readonly identity: string;
}

/**
 * The bytes of one rollout, decompressed, by range.
 *
 * Codex compresses old rollouts while others read: the plain file wins where both exist, and a file that is gone is looked
 * for under its other name. A compressed file is decompressed whole into a cache of 64 MiB that all rollouts share, oldest
 * out first; one that is larger is streamed again for each range, so memory stays bounded and only its pages are slow.
 */
export class RolloutBytes {
	/** The path that was asked for. */
	private readonly asked: string;

	constructor(path: string) {
		this.asked = path;
	}

	/** The two names under which the rollout may stand, the plain one first. */
	get paths(): readonly [string, string] {
		const plain = this.asked.endsWith(".zst") ? this.asked.slice(0, -4) : this.asked;
		return [plain, `${plain}.zst`];
	}

	/** @throws the error of the system call when neither name exists or the file may not be read. */
	async stat(): Promise<RolloutStat> {
		let missing: unknown;
		// Twice: the file may be swapped between the two looks.
		for (const path of [...this.paths, ...this.paths]) {
			try {
				const found = await stat(path);
				if (!found.isFile()) {
					throw new HumanError("not-a-file", `${path} is not a file.`);
				}
				return {
					path,
					size: found.size,
					mtimeMs: found.mtimeMs,
					identity: `${found.dev}:${found.ino}`,
				};
			} catch (thrown) {
				if (systemErrorCode(thrown) !== "ENOENT") {
					throw thrown;
				}
				missing = thrown;
			}
		}
		throw missing;
	}

	/**
	 * Reads a plain file of at most `limit` bytes with blocking calls, which take a tenth of the time of asynchronous ones
	 * when thousands of small files are read one after another. For threads that may block.
	 * @returns undefined when the file is larger, compressed or cannot be read so.
	 */
	readSmall(limit: number): { stat: RolloutStat; bytes: Buffer } | undefined {
		const [path] = this.paths;
		if (path !== this.asked) {
			return undefined;
		}
		let file: number;
		try {
			file = openSync(path, "r");
		} catch {
			// The asynchronous way says why.
			return undefined;
		}
		try {
			const { size, mtimeMs, dev, ino, ...found } = fstatSync(file);
			if (size > limit || (found.mode & fileType) !== regularFile) {
				return undefined;
			}
			const bytes = Buffer.allocUnsafe(size);
			let done = 0;
			while (done < size) {
				const count = readSync(file, bytes, done, size - done, done);
				if (count === 0) {
					break;
				}
				done += count;
			}
			const stat = { path, size: done, mtimeMs, identity: `${dev}:${ino}` };
			return { stat, bytes: bytes.subarray(0, done) };
		} finally {
			closeSync(file);
		}
	}

	/**
	 * Gives the bytes from `from` on to `take`, chunk after chunk; a chunk is valid until `take` returns. Between chunks the
	 * event loop runs.
	 * @throws HumanError `no-zstd` when the file is compressed and this runtime cannot read it.
	 */
	async stream(from: number, take: (chunk: Buffer) => void | Promise<void>): Promise<void> {
		const { path, size, identity } = await this.stat();
		if (!path.endsWith(".zst")) {
			const handle = await open(path, "r");
			try {
				const chunk = Buffer.allocUnsafe(Math.max(1, Math.min(chunkBytes, size - from + 1)));
				for (let at = from; ; ) {
					const { bytesRead } = await handle.read(chunk, 0, chunk.length, at);
					if (bytesRead === 0) {
						return;
					}
					at += bytesRead;
					await take(chunk.subarray(0, bytesRead));
				}
			} finally {
				await handle.close();
			}
		}
		const key = cacheKey(path, size, identity);
		const whole = decompressed.get(key);
		if (whole) {
			for (let at = from; at < whole.length; at += chunkBytes) {
				await take(whole.subarray(at, at + chunkBytes));
			}
			return;
		}
		await this.streamCompressed(path, key, from, take);
	}

	private async streamCompressed(
		path: string,
		key: string,
		from: number,
		take: (chunk: Buffer) => void | Promise<void>,
	): Promise<void> {
		const { createReadStream } = await import("node:fs");
		const input = createReadStream(path, { highWaterMark: 256 * 1024 });
		const output = input.pipe(zstdDecompressor(path));
		input.on("error", (error) => output.destroy(error));
		const kept: Buffer[] = [];
		let at = 0;
		for await (const part of output) {
			const chunk = part as Buffer;
			const start = Math.max(0, from - at);
			if (start < chunk.length) {
				await take(chunk.subarray(start));
			}
			at += chunk.length;
			if (at <= cacheBytes) {
				kept.push(chunk);
			} else {
				kept.length = 0;
			}
		}
		if (at <= cacheBytes) {
			keep(key, Buffer.concat(kept));
		}
	}

	/** Reads ranges of the rollout; close it when done. */
	async open(): Promise<RangeReader> {
		const { path, size, identity } = await this.stat();
		if (!path.endsWith(".zst")) {
			return new PlainReader(await open(path, "r"));
		}
		const key = cacheKey(path, size, identity);
		if (!decompressed.has(key)) {
			let total = 0;
			await this.streamCompressed(path, key, 0, (chunk) => {
				total += chunk.length;
			});
			if (!decompressed.has(key)) {
				return new StreamingReader(this, total);
			}
		}
		return new BufferReader(decompressed.get(key) ?? Buffer.alloc(0));
	}

	/** Bytes of the decompressed rollout. */
	async length(): Promise<number> {
		const found = await this.stat();
		if (!found.path.endsWith(".zst")) {
			return found.size;
		}
		const reader = await this.open();
		try {
			return await reader.length();
		} finally {
			await reader.close();
		}
	}
}

export interface RangeReader {
	/** Bytes `[from, from + length)`; fewer at the end of the file. */
	read(from: number, length: number): Promise<Buffer>;
	length(): Promise<number>;
	close(): Promise<void>;
}

class PlainReader implements RangeReader {
	private readonly handle: FileHandle;
	constructor(handle: FileHandle) {
		this.handle = handle;
	}
	async read(from: number, length: number): Promise<Buffer> {
		const bytes = Buffer.allocUnsafe(length);
		let done = 0;
		while (done < length) {
			const { bytesRead } = await this.handle.read(bytes, done, length - done, from + done);
			if (bytesRead === 0) {
				break;
			}
			done += bytesRead;
		}
		return bytes.subarray(0, done);
	}
	async length(): Promise<number> {
		return (await this.handle.stat()).size;
	}
	close(): Promise<void> {
		return this.handle.close();
	}
}

class BufferReader implements RangeReader {
	private readonly whole: Buffer;
	constructor(whole: Buffer) {
		this.whole = whole;
	}
	async read(from: number, length: number): Promise<Buffer> {
		return this.whole.subarray(from, from + length);
	}
	async length(): Promise<number> {
		return this.whole.length;
	}
	async close(): Promise<void> {
		await Promise.resolve();
	}
}

class StreamingReader implements RangeReader {
	private readonly rollout: RolloutBytes;
	private readonly total: number;
	constructor(rollout: RolloutBytes, total: number) {
		this.rollout = rollout;
		this.total = total;
	}
	async read(from: number, length: number): Promise<Buffer> {
		const parts: Buffer[] = [];
		let held = 0;
		try {
			await this.rollout.stream(from, (chunk) => {
				const part = Buffer.from(chunk.subarray(0, length - held));
				parts.push(part);
				held += part.length;
				if (held >= length) {
					throw enough;
				}
			});
		} catch (thrown) {
			if (thrown !== enough) {
				throw thrown;
			}
		}
		return Buffer.concat(parts);
	}
	async length(): Promise<number> {
		return this.total;
	}
	async close(): Promise<void> {
		await Promise.resolve();
	}
}

const fileType = 0o170000;
const regularFile = 0o100000;

/** Ends a stream early. */
const enough = new Error("enough");

/** Decompressed files, least recently used first. */
const decompressed = new Map<string, Buffer>();

function cacheKey(path: string, size: number, identity: string): string {
	return `${path}\n${size}\n${identity}`;
}

function keep(key: string, bytes: Buffer): void {
	decompressed.delete(key);
	decompressed.set(key, bytes);
	let total = 0;
	for (const each of decompressed.values()) {
		total += each.length;
	}
	for (const [oldest, each] of decompressed) {
		if (total <= cacheBytes) {
			break;
		}
		decompressed.delete(oldest);
		total -= each.length;
	}
}

function zstdDecompressor(
	path: string,
): NodeJS.ReadWriteStream & { destroy(error?: Error): unknown } & AsyncIterable<unknown> {
	// Node has it from 22.15 and 23.8 on; an older runtime says so instead of failing at start.
	if (typeof zlib.createZstdDecompress !== "function") {
		throw new HumanError(
			"no-zstd",
			`${path} is compressed with Zstandard, which this version of Node.js (${process.version}) cannot read. Use Node.js 22.15 or newer.`,
		);
	}
	return zlib.createZstdDecompress();
}
