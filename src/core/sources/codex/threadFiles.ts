import { constants, type Stats } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import * as path from "node:path";
import { causeInWords, HumanError, systemErrorCode } from "../../../base/errors.ts";
import { type Files, syncFolder } from "../../files.ts";
import type { CodexHome } from "./home.ts";
import { compareAge, parseRolloutName } from "./names.ts";

/** Where a thread's rollout lies. */
export interface ThreadFile {
	readonly path: string;
	readonly archived: boolean;
}

const threadPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const dayMs = 24 * 60 * 60 * 1000;

/**
 * The rollouts of a Codex home, to be written to. Finds a thread's file by its names alone, the active one before the
 * archived one.
 * Guarantees: nothing outside of the home is opened, made or moved, through whatever links; a file is appended to by one
 * write of whole lines, behind a last line that is ended first where it was torn, and is on disk when that resolves.
 */
export class ThreadFiles {
	private readonly home: CodexHome;
	private readonly files: Files;

	constructor(home: CodexHome, files: Files) {
		this.home = home;
		this.files = files;
	}

	/** Throws a HumanError (`no-such-thread`). */
	async find(thread: string, includeArchived: boolean): Promise<ThreadFile> {
		if (!threadPattern.test(thread)) {
			throw noSuchThread(thread);
		}
		const active = (await this.ofItsDays(thread)) ?? (await this.activeAnywhere(thread));
		if (active !== undefined) {
			return { path: active, archived: false };
		}
		const archived = includeArchived ? await this.newestIn(this.home.archived, thread) : undefined;
		if (archived === undefined) {
			throw noSuchThread(thread);
		}
		return { path: archived, archived: true };
	}

	/** Throws a HumanError (`outside-codex`) when a path leads out of the home. */
	async checkInside(file: string): Promise<void> {
		const [home, folder] = await Promise.all([
			this.files.realpath(this.home.folder),
			this.files.realpath(path.dirname(file)),
		]);
		const way = path.relative(home, folder);
		if (way === ".." || way.startsWith(`..${path.sep}`) || path.isAbsolute(way)) {
			throw new HumanError(
				"outside-codex",
				`${file} leads out of Codex's folder ${this.home.folder}. Nothing was changed.`,
			);
		}
	}

	/** Opens a file as it lies there; a link in its place is refused. */
	async open(file: string, flags: number): Promise<FileHandle> {
		try {
			const known = await this.files.lstat(file).catch(missing);
			if (known && !known.isFile()) {
				throw new HumanError("no-file", `${file} is a link or no file. Nothing was changed.`);
			}
			// Not there on Windows, where the look above has to do.
			return await this.files.open(file, flags | (constants.O_NOFOLLOW ?? 0), 0o600);
		} catch (error) {
			throw error instanceof HumanError
				? error
				: new HumanError(
						"not-writable",
						`${file} could not be opened: ${causeInWords(error)}. Nothing was changed.`,
						{ cause: error },
					);
		}
	}

	/** Appends whole lines. Throws a HumanError (`not-stored`). */
	async append(file: string, lines: readonly string[], options = { create: false }): Promise<void> {
		const create = options.create ? constants.O_CREAT : 0;
		const handle = await this.open(file, constants.O_RDWR | constants.O_APPEND | create);
		try {
			const { size } = await handle.stat();
			const torn = size > 0 && (await lastByte(handle, size)) !== newline;
			const bytes = Buffer.from(`${torn ? "\n" : ""}${lines.map((line) => `${line}\n`).join("")}`);
			const { bytesWritten } = await handle.write(bytes);
			if (bytesWritten !== bytes.length) {
				throw new Error(`only ${bytesWritten} of ${bytes.length} bytes were taken`);
			}
			await handle.datasync();
		} catch (error) {
			throw new HumanError(
				"not-stored",
				`${file} could not be written: ${causeInWords(error)}. The change was not stored.`,
				{ cause: error },
			);
		} finally {
			await handle.close();
		}
	}

	/** Moves a rollout into the archive or out of it, as Codex does; returns where it lies then. */
	async move({ path: file, archived }: ThreadFile): Promise<ThreadFile> {
		const name = path.basename(file);
		const folder = archived ? this.folderOf(name) : this.home.archived;
		const to = path.join(folder, name);
		try {
			await this.makeFolder(folder);
			await this.checkInside(to);
			if (await this.files.lstat(to).catch(missing)) {
				throw new HumanError("exists", `${to} is there already. Nothing was moved.`);
			}
			await this.files.rename(file, to);
			await syncFolder(this.files, folder);
			await syncFolder(this.files, path.dirname(file));
		} catch (error) {
			throw error instanceof HumanError
				? error
				: new HumanError("not-moved", `${file} could not be moved: ${causeInWords(error)}.`, {
						cause: error,
					});
		}
		return { path: to, archived: !archived };
	}

	/** Makes the folders on the way, one by one: none of them behind a link that leads out. */
	private async makeFolder(folder: string): Promise<void> {
		const parts = path.relative(this.home.folder, folder).split(path.sep);
		let at = this.home.folder;
		for (const part of parts) {
			at = path.join(at, part);
			await this.checkInside(at);
			await this.files.mkdir(at).catch((error: unknown) => {
				if (systemErrorCode(error) !== "EEXIST") {
					throw error;
				}
			});
		}
	}

	/** Where an active rollout of that name belongs: the folder of the day in its name. */
	private folderOf(name: string): string {
		const [, year, month, day] =
			/^(\d{4})-(\d{2})-(\d{2})/.exec(parseRolloutName(name).stamp) ?? [];
		return year && month && day
			? path.join(this.home.sessions, year, month, day)
			: this.home.sessions;
	}

	/** Ids of version 7 tell when the thread began: its file lies in the folder of that day, somewhere on earth. */
	private async ofItsDays(thread: string): Promise<string | undefined> {
		if (thread[14] !== "7") {
			return undefined;
		}
		const began = Number.parseInt(thread.slice(0, 8) + thread.slice(9, 13), 16);
		for (const time of [began, began - dayMs, began + dayMs]) {
			const [year = "", month = "", day = ""] = new Date(time)
				.toISOString()
				.slice(0, 10)
				.split("-");
			const found = await this.newestIn(path.join(this.home.sessions, year, month, day), thread);
			if (found !== undefined) {
				return found;
			}
		}
		return undefined;
	}

	private async activeAnywhere(thread: string): Promise<string | undefined> {
		const all = await this.home.rolloutsNamed(thread);
		return newest(all.filter((file) => !this.home.isArchived(file)));
	}

	private async newestIn(folder: string, thread: string): Promise<string | undefined> {
		const names = await this.files.readdir(folder).catch(noFolder);
		return newest(
			names
				.filter((name) => name.includes(thread) && parseRolloutName(name).thread === thread)
				.map((name) => path.join(folder, name)),
		);
	}
}

/** The newest of a thread's files; a compressed one stands behind the plain one of its name. */
function newest(files: readonly string[]): string | undefined {
	return files
		.map((file) => ({ file, name: parseRolloutName(file) }))
		.sort(
			(a, b) => compareAge(a.name, b.name) || Number(b.name.compressed) - Number(a.name.compressed),
		)
		.at(-1)?.file;
}

function noSuchThread(thread: string): HumanError {
	return new HumanError(
		"no-such-thread",
		`Codex has no such session (thread not found: ${thread}). Nothing was changed.`,
	);
}

const newline = 10;

async function lastByte(handle: FileHandle, size: number): Promise<number | undefined> {
	const { buffer, bytesRead } = await handle.read(Buffer.alloc(1), 0, 1, size - 1);
	return bytesRead === 1 ? buffer[0] : undefined;
}

function missing(error: unknown): Stats | undefined {
	if (systemErrorCode(error) !== "ENOENT") {
		throw error;
	}
	return undefined;
}

function noFolder(error: unknown): string[] {
	const code = systemErrorCode(error);
	if (code !== "ENOENT" && code !== "ENOTDIR") {
		throw error;
	}
	return [];
}
