import { constants } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { causeInWords, HumanError, systemErrorCode } from "../../base/errors.ts";
import { type FileIdentity, type Files, sameFile, syncFolder } from "../files.ts";

const newline = 10;

interface Waiting {
	readonly lines: string;
	resolve(): void;
	reject(error: unknown): void;
}

/**
 * Appends lines to one existing journal (design: J5).
 * Guarantees: a promise resolves only when its lines are on disk (`fdatasync`) in the file that the path still names;
 * the lines of one call are written by one `write` call, never split; lines that arrive while a sync runs share the
 * next one; a torn line that somebody left is ended first; a short or failed write is reported and never continued.
 * Several writers, in this process or others, may append to one journal at the same time.
 */
export class JournalWriter {
	readonly path: string;
	private readonly files: Files;
	private waiting: Waiting[] = [];
	private running: Promise<void> | undefined;
	private handle: FileHandle | undefined;
	private identity: FileIdentity | undefined;

	constructor(path: string, files: Files) {
		this.path = path;
		this.files = files;
	}

	/**
	 * Appends whole lines, each ended by `\n`. Throws a HumanError with reason `not-stored`; the caller may retry with
	 * the same lines: a record that did reach the disk counts once (design: J3).
	 */
	append(lines: string): Promise<void> {
		return new Promise((resolve, reject) => {
			this.waiting.push({ lines, resolve, reject });
			this.running ??= this.drain();
		});
	}

	/** Waits for appends under way and closes the file. The writer may be used again. */
	async close(): Promise<void> {
		await this.running;
		await this.forget();
	}

	private async drain(): Promise<void> {
		while (this.waiting.length > 0) {
			const group = this.waiting;
			this.waiting = [];
			try {
				await this.writeGroup(group.map((entry) => entry.lines).join(""));
				for (const entry of group) {
					entry.resolve();
				}
			} catch (error) {
				await this.forget();
				const failure = notStored(this.path, error);
				for (const entry of group) {
					entry.reject(failure);
				}
			}
		}
		this.running = undefined;
	}

	private async writeGroup(lines: string): Promise<void> {
		const handle = await this.open();
		const bytes = Buffer.from((await endsTorn(handle)) ? `\n${lines}` : lines);
		const { bytesWritten } = await handle.write(bytes, 0, bytes.length);
		if (bytesWritten !== bytes.length) {
			throw new HumanError(
				"short-write",
				`only ${bytesWritten} of ${bytes.length} bytes were written`,
			);
		}
		await handle.datasync();
		const now = await this.files.stat(this.path, { bigint: true });
		if (!this.identity || !sameFile(now, this.identity)) {
			throw new HumanError("replaced", "the file was replaced by another one while it was written");
		}
	}

	private async open(): Promise<FileHandle> {
		if (this.handle) {
			return this.handle;
		}
		// No O_CREAT: a journal that somebody removed must not come back as one without its beginning.
		const handle = await this.files.open(this.path, appendFlags);
		this.handle = handle;
		const stat = await handle.stat({ bigint: true });
		this.identity = { dev: stat.dev, ino: stat.ino };
		return handle;
	}

	private async forget(): Promise<void> {
		const { handle } = this;
		this.handle = undefined;
		this.identity = undefined;
		// The outcome was decided by the sync; a descriptor that closes with an error is gone all the same.
		await handle?.close().catch(() => undefined);
	}
}

/** Opens for reading and appending, without creating and without following a link out of the store. */
const appendFlags = constants.O_RDWR | constants.O_APPEND | (constants.O_NOFOLLOW ?? 0);

async function endsTorn(handle: FileHandle): Promise<boolean> {
	const { size } = await handle.stat();
	if (size === 0) {
		return false;
	}
	const last = Buffer.alloc(1);
	await handle.read(last, 0, 1, size - 1);
	return last[0] !== newline;
}

/**
 * Makes a new journal with its first lines, durably: O_EXCL, one write, fsync, fsync of the folder. Throws a HumanError
 * (`not-stored`) and leaves no file when that fails.
 */
export async function createJournal(
	files: Files,
	path: string,
	folder: string,
	lines: string,
): Promise<void> {
	let handle: FileHandle | undefined;
	try {
		handle = await files.open(path, "ax", 0o600);
		const bytes = Buffer.from(lines);
		const { bytesWritten } = await handle.write(bytes, 0, bytes.length);
		if (bytesWritten !== bytes.length) {
			throw new HumanError(
				"short-write",
				`only ${bytesWritten} of ${bytes.length} bytes were written`,
			);
		}
		await handle.sync();
		await handle.close();
		await syncFolder(files, folder);
	} catch (error) {
		if (handle) {
			await handle.close().catch(() => undefined);
			await files.unlink(path).catch(() => undefined);
		}
		throw notStored(path, error);
	}
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
