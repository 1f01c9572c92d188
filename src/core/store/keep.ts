import * as path from "node:path";
import * as z from "zod/mini";
import { mapLimit } from "../../base/async.ts";
import { causeInWords, HumanError, systemErrorCode } from "../../base/errors.ts";
import { type Files, sameFile, writeWhole } from "../files.ts";
import { isUlid } from "../journal/ids.ts";
import { Blobs } from "./blobs.ts";
import { extendCopy, forget, linkBeside, putInPlace, uniqueName } from "./copies.ts";
import type { StoreLayout } from "./layout.ts";

const FolderNote = z.looseObject({ folder: z.string() });

/**
 * The kept copies of one store (design: section 3): a hard link of every journal and blob in the user's own data folder,
 * so that `git clean -fdx` or a deleted folder takes nothing away. Where the workspace is on another file system a
 * plain copy stands instead, brought up to date by {@link keepJournal}.
 */
export class Keep {
	readonly folder: string;
	readonly storeId: string;
	private readonly files: Files;

	constructor(files: Files, dataFolder: string, storeId: string) {
		this.files = files;
		this.storeId = storeId;
		this.folder = path.join(dataFolder, "keep", storeId);
	}

	get blobFolder(): string {
		return path.join(this.folder, "blobs");
	}

	journalPath(id: string): string {
		return path.join(this.folder, "sessions", `${id}.jsonl`);
	}

	/** Notes which workspace folder the store belongs to now, so that it can be offered there when it is gone. */
	async claim(workspaceFolder: string): Promise<void> {
		const note = path.join(this.folder, "folder.json");
		if ((await readFolderNote(this.files, note)) === workspaceFolder) {
			return;
		}
		await this.files.mkdir(path.join(this.folder, "sessions"), { recursive: true, mode: 0o700 });
		await writeWhole(this.files, note, `${JSON.stringify({ folder: workspaceFolder })}\n`, {
			replace: true,
		});
	}

	/** Keeps a journal: links it, or brings the copy up to date. True when anything had to be done. */
	keepJournal(id: string, file: string): Promise<boolean> {
		return this.keepFile(file, this.journalPath(id));
	}

	async keepBlob(hash: string, blobFolder: string): Promise<boolean> {
		const relative = Blobs.relativePath(hash);
		return relative
			? this.keepFile(path.join(blobFolder, relative), path.join(this.blobFolder, relative))
			: false;
	}

	/** Ids of the sessions of which a copy is kept. */
	async sessionIds(): Promise<string[]> {
		const names = await readNames(this.files, path.join(this.folder, "sessions"));
		return names
			.filter((name) => name.endsWith(".jsonl"))
			.map((name) => name.slice(0, -".jsonl".length))
			.filter(isUlid);
	}

	async has(id: string): Promise<boolean> {
		return (await this.statOf(this.journalPath(id))) !== undefined;
	}

	/** The sessions of which the kept copy is a shorter file than the journal. */
	async behind(ids: readonly string[], layout: StoreLayout): Promise<string[]> {
		const lacking = await mapLimit(ids, 16, async (id) => {
			const [kept, own] = await Promise.all([
				this.statOf(this.journalPath(id)),
				this.statOf(layout.journal(id)),
			]);
			return kept && own && kept.size < own.size;
		});
		return ids.filter((_, at) => lacking[at]);
	}

	/** Puts a kept journal back where it was, as a link where that can be. Does nothing when a file is there. */
	async restoreJournal(id: string, file: string): Promise<void> {
		await this.files.mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
		await this.linkOrCopy(this.journalPath(id), file);
	}

	async restoreBlobs(blobFolder: string): Promise<void> {
		for (const shard of await readNames(this.files, this.blobFolder)) {
			for (const name of await readNames(this.files, path.join(this.blobFolder, shard))) {
				const target = path.join(blobFolder, shard, name);
				await this.files.mkdir(path.dirname(target), { recursive: true, mode: 0o700 });
				await this.linkOrCopy(path.join(this.blobFolder, shard, name), target);
			}
		}
	}

	/** Forgets a session for good (purge). */
	async forget(id: string): Promise<void> {
		const folder = path.join(this.folder, "sessions");
		// With what was set aside when its file was replaced.
		const names = await readNames(this.files, folder);
		for (const name of names.filter((each) => each.startsWith(`${id}.jsonl`))) {
			try {
				await this.files.unlink(path.join(folder, name));
			} catch (error) {
				if (systemErrorCode(error) !== "ENOENT") {
					throw error;
				}
			}
		}
	}

	private async keepFile(file: string, kept: string): Promise<boolean> {
		const [source, copy] = await Promise.all([
			this.files.stat(file, { bigint: true }),
			this.statOf(kept),
		]);
		if (!copy) {
			await this.files.mkdir(path.dirname(kept), { recursive: true, mode: 0o700 });
			await this.linkOrCopy(file, kept);
			return true;
		}
		if (sameFile(source, copy)) {
			return false;
		}
		const link = copy.dev === source.dev ? await linkBeside(this.files, file, kept) : undefined;
		if (link !== undefined) {
			await this.replaceByLink(link, kept);
			return true;
		}
		if (copy.size === source.size) {
			return false;
		}
		if (!(await extendCopy(this.files, file, kept))) {
			await this.setAside(kept);
			await this.linkOrCopy(file, kept);
		}
		return true;
	}

	/** The file at the workspace's path is not the one that was kept: what the old one holds beyond it must not go. */
	private async replaceByLink(link: string, kept: string): Promise<void> {
		try {
			const [ours, old] = await Promise.all([this.files.readFile(link), this.files.readFile(kept)]);
			if (!ours.subarray(0, old.length).equals(old)) {
				await this.setAside(kept);
			}
			await putInPlace(this.files, link, kept);
		} catch (error) {
			await forget(this.files, link);
			throw error;
		}
	}

	private async setAside(kept: string): Promise<void> {
		await this.files.rename(kept, uniqueName(`${kept}.${Date.now()}`, "old"));
	}

	private async linkOrCopy(from: string, to: string): Promise<void> {
		try {
			await this.files.link(from, to);
		} catch (error) {
			if (systemErrorCode(error) === "EEXIST") {
				return;
			}
			if (systemErrorCode(error) === "ENOENT") {
				throw error;
			}
			await writeWhole(this.files, to, await this.files.readFile(from), { replace: false });
		}
	}

	private async statOf(file: string) {
		try {
			return await this.files.stat(file, { bigint: true });
		} catch (error) {
			if (systemErrorCode(error) === "ENOENT") {
				return undefined;
			}
			throw error;
		}
	}
}

/** The stores of which copies are kept and that last belonged to `workspaceFolder` (a real path). */
export async function keptStoresOf(
	files: Files,
	dataFolder: string,
	workspaceFolder: string,
): Promise<string[]> {
	const keepFolder = path.join(dataFolder, "keep");
	const found: string[] = [];
	for (const storeId of (await readNames(files, keepFolder)).filter(isUlid)) {
		const note = await readFolderNote(files, path.join(keepFolder, storeId, "folder.json"));
		if (note === workspaceFolder) {
			found.push(storeId);
		}
	}
	return found;
}

/** Whether a copy of a session is kept for any store of this user's. `id` must have been checked with `isUlid`. */
export async function isKeptAnywhere(
	files: Files,
	dataFolder: string,
	id: string,
): Promise<boolean> {
	for (const storeId of await readNames(files, path.join(dataFolder, "keep"))) {
		if (await new Keep(files, dataFolder, storeId).has(id)) {
			return true;
		}
	}
	return false;
}

async function readFolderNote(files: Files, file: string): Promise<string | undefined> {
	try {
		const note = FolderNote.safeParse(JSON.parse(await files.readFile(file, "utf8")));
		return note.success ? note.data.folder : undefined;
	} catch (error) {
		if (systemErrorCode(error) !== undefined || error instanceof SyntaxError) {
			return undefined;
		}
		throw error;
	}
}

/** Names in a folder; none where there is none. Throws a HumanError (`unreadable-folder`). */
export async function readNames(files: Files, folder: string): Promise<string[]> {
	try {
		return await files.readdir(folder);
	} catch (error) {
		const code = systemErrorCode(error);
		if (code === "ENOENT" || code === "ENOTDIR") {
			return [];
		}
		throw new HumanError(
			"unreadable-folder",
			`The folder ${folder} could not be read: ${causeInWords(error)}.`,
			{ cause: error },
		);
	}
}
