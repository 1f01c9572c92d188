import { constants } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { causeInWords, HumanError, systemErrorCode } from "../../base/errors.ts";
import { type FileIdentity, type Files, sameFile, syncFolder } from "../files.ts";
import { exact, FileLook, type FileState } from "./look.ts";
import type { ReadLines } from "./meaning.ts";
import { syncedWriteFlag } from "./syncedWrites.ts";

const newline = 10;
/** A journal that is not written for so long is closed until it is. ms. */
const idleTime = 10_000;

/** What one write put at the end of a journal. */
export interface Written {
	/** The file just before: the lines stand where it ended. */
	readonly before: FileState;
	/** The file after the sync: nothing but the lines has been added. */
	readonly after: FileState;
	/** The lines of all callers who shared the write, in the order they stand in. */
	readonly lines: readonly ReadLines[];
}

export interface AppendOptions {
	/** The file as it was seen a moment ago, ended by a newline: it need not be looked at again. */
	readonly seen?: FileState | undefined;
	/** Reads the lines: called while the disk works. Without it {@link Written} is not known. */
	readonly read?: () => ReadLines | undefined;
}

interface Waiting {
	readonly lines: string;
	readonly read: AppendOptions["read"];
	resolve(written: Written | undefined): void;
	reject(error: unknown): void;
}

/**
 * Appends lines to one existing journal (design: J5).
 * Guarantees: a promise resolves only when its lines are synced to the disk, in the file that the path still names;
 * the lines of one call are written by one `write` call, never split; lines that arrive while a sync runs share the
 * next one; a torn line that somebody left is ended first; a short or failed write is reported and never continued.
 * Several writers, in this process or others, may append to one journal at the same time.
 */
export class JournalWriter {
	readonly path: string;
	readonly look: FileLook;
	private readonly files: Files;
	private waiting: Waiting[] = [];
	private running: Promise<void> | undefined;
	private handle: FileHandle | undefined;
	/** Whether each `write` to the open file syncs it. */
	private syncsWrites = false;
	private identity: FileIdentity | undefined;
	private idle: NodeJS.Timeout | undefined;
	/** The file as it stood when its last byte was known to be a newline. */
	private ended: FileState | undefined;

	constructor(path: string, files: Files) {
		this.path = path;
		this.files = files;
		this.look = new FileLook(path, files);
	}

	/**
	 * Appends whole lines, each ended by `\n`. Throws a HumanError with reason `not-stored`; the caller may retry with
	 * the same lines: a record that did reach the disk counts once (design: J3).
	 * @returns where the lines stand, together with others that shared the write; undefined when another writer came in
	 * between, or when not all callers told how their lines read: then only the file can tell.
	 */
	append(lines: string, { seen, read }: AppendOptions = {}): Promise<Written | undefined> {
		return new Promise((resolve, reject) => {
			this.waiting.push({ lines, read, resolve, reject });
			this.running ??= this.drain(seen);
		});
	}

	/** Waits for appends under way and closes the file. The writer may be used again. */
	async close(): Promise<void> {
		await this.running;
		clearTimeout(this.idle);
		// A timer that was cleared does not start again.
		this.idle = undefined;
		await this.forget();
	}

	private async drain(seen: FileState | undefined): Promise<void> {
		// What was seen, and what a write has left, count for the write that follows at once, and for no later one.
		let last = seen;
		while (this.waiting.length > 0) {
			let group: readonly Waiting[] = [];
			try {
				const handle = await this.open();
				const { before, isTorn } = await this.lookAtEnd(handle, last);
				group = this.takeWaiting();
				const text = group.map((entry) => entry.lines).join("");
				const written = this.writeSynced(handle, Buffer.from(isTorn ? `\n${text}` : text));
				const [, lines] = await Promise.all([written, readAll(group)]);
				last = await this.lookAfter(before, Buffer.byteLength(text));
				const place = last && lines ? { before, after: last, lines } : undefined;
				for (const entry of group) {
					entry.resolve(place);
				}
			} catch (error) {
				last = undefined;
				await this.forget();
				const failure = notStored(this.path, error);
				for (const entry of group.length > 0 ? group : this.takeWaiting()) {
					entry.reject(failure);
				}
			}
		}
		this.running = undefined;
		this.rest();
	}

	private takeWaiting(): readonly Waiting[] {
		const group = this.waiting;
		this.waiting = [];
		return group;
	}

	private async writeSynced(handle: FileHandle, bytes: Buffer): Promise<void> {
		await write(handle, bytes);
		if (!this.syncsWrites) {
			await handle.datasync();
		}
	}

	/** The file after `length` bytes were added to it; undefined when it has not grown by just these. */
	private async lookAfter(before: FileState, length: number): Promise<FileState | undefined> {
		const after = await this.look.state();
		this.checkOpen(after);
		this.ended = after.size === before.size + BigInt(length) ? after : undefined;
		return this.ended;
	}

	/** The file as it is before the write, and whether somebody left a line in it without its end. */
	private async lookAtEnd(
		handle: FileHandle,
		seen: FileState | undefined,
	): Promise<{ before: FileState; isTorn: boolean }> {
		if (seen && this.identity && sameFile(seen, this.identity)) {
			return { before: seen, isTorn: false };
		}
		const before = this.ended ? await this.look.state() : await handle.stat(exact);
		this.checkOpen(before);
		const isKnown = before.size === this.ended?.size && before.mtimeNs === this.ended.mtimeNs;
		if (isKnown || before.size === 0n) {
			return { before, isTorn: false };
		}
		const last = Buffer.alloc(1);
		await handle.read(last, 0, 1, Number(before.size) - 1);
		return { before, isTorn: last[0] !== newline };
	}

	private checkOpen(file: FileIdentity): void {
		if (!this.identity || !sameFile(file, this.identity)) {
			throw new HumanError("replaced", "the file was replaced by another one while it was written");
		}
	}

	private async open(): Promise<FileHandle> {
		if (this.handle) {
			return this.handle;
		}
		// No O_CREAT: a journal that somebody removed must not come back as one without its beginning.
		const syncedWrite = await syncedWriteFlag(this.files, this.path);
		const handle = await this.files.open(this.path, appendFlags | syncedWrite);
		this.handle = handle;
		this.syncsWrites = syncedWrite !== 0;
		const { dev, ino } = await handle.stat(exact);
		this.identity = { dev, ino };
		return handle;
	}

	/** A writer that nobody uses any more must not keep its file open, nor leave that to the garbage collector. */
	private rest(): void {
		this.idle = this.idle?.refresh() ?? setTimeout(() => this.closeIdle(), idleTime).unref();
	}

	private closeIdle(): void {
		if (!this.running) {
			void this.forget();
		}
	}

	private async forget(): Promise<void> {
		const { handle } = this;
		this.handle = undefined;
		this.identity = undefined;
		this.ended = undefined;
		// The outcome was decided by the sync; a descriptor that closes with an error is gone all the same.
		await handle?.close().catch(() => undefined);
	}
}

async function write(handle: FileHandle, bytes: Buffer): Promise<void> {
	const { bytesWritten } = await handle.write(bytes, 0, bytes.length);
	if (bytesWritten !== bytes.length) {
		throw new HumanError(
			"short-write",
			`only ${bytesWritten} of ${bytes.length} bytes were written, the disk may be full`,
		);
	}
}

/** How the lines of a group read; undefined when one caller did not ask, or wrote something that is no record. */
async function readAll(group: readonly Waiting[]): Promise<ReadLines[] | undefined> {
	const lines = group.flatMap(({ read }) => read?.() ?? []);
	return lines.length === group.length ? lines : undefined;
}

/** Opens for reading and appending, without creating and without following a link out of the store. */
const appendFlags = constants.O_RDWR | constants.O_APPEND | (constants.O_NOFOLLOW ?? 0);

/**
 * Makes a new journal with its first lines, durably: written beside `folder` (O_EXCL, one write, fsync), then given its
 * name in it, where no file may be, and the folder synced. So a process that dies in the middle leaves no session
 * without its beginning. Throws a HumanError (`not-stored`) and leaves no file when that fails.
 */
export async function createJournal(
	files: Files,
	path: string,
	folder: string,
	lines: string,
): Promise<void> {
	const making = join(dirname(folder), basename(path));
	let handle: FileHandle | undefined;
	let isNamed = false;
	try {
		handle = await files.open(making, "ax", 0o600);
		await write(handle, Buffer.from(lines));
		await handle.sync();
		await handle.close();
		await name(files, making, path);
		isNamed = true;
		await syncFolder(files, folder);
	} catch (error) {
		if (handle) {
			await handle.close().catch(() => undefined);
			await files.unlink(making).catch(() => undefined);
		}
		if (isNamed) {
			await files.unlink(path).catch(() => undefined);
		}
		throw notStored(path, error);
	}
}

async function name(files: Files, making: string, path: string): Promise<void> {
	try {
		await files.link(making, path);
	} catch (error) {
		if (systemErrorCode(error) === "EEXIST") {
			throw error;
		}
		// A file system without hard links.
		await files.rename(making, path);
		return;
	}
	// A second name that stays does no harm where it stands.
	await files.unlink(making).catch(() => undefined);
}

function notStored(path: string, error: unknown): HumanError {
	const gone = systemErrorCode(error) === "ENOENT";
	return new HumanError(
		"not-stored",
		gone
			? `The journal ${path} is no longer there. What you did was not stored; a kept copy may be restored.`
			: `Nothing was stored in ${path}: ${causeInWords(error)}.`,
		{ cause: error },
	);
}
