import * as path from "node:path";
import { causeInWords, HumanError, systemErrorCode } from "../../base/errors.ts";
import { type Files, readRange } from "../files.ts";
import { Blobs } from "./blobs.ts";
import { readNames } from "./keep.ts";
import type { WorkspaceStore } from "./workspaceStore.ts";

/** ms */
const week = 7 * 24 * 60 * 60 * 1000;
/** Bytes read at a time. */
const chunkBytes = 256 * 1024;

const mention = /sha256:[0-9a-f]{64}/g;
/** Longest beginning of a mention that the end of a chunk can cut. Characters. */
const mentionLength = "sha256:".length + 64;

/** A blob that no session mentions, as it stood when it was found. */
export interface UnusedBlob {
	readonly hash: string;
	/** Where it is: in the store, among the kept copies, or both. */
	readonly files: readonly { readonly path: string; readonly mtimeMs: number }[];
	/** Bytes that go with it. */
	readonly size: number;
}

export interface FindOptions extends CleaningOptions {
	/** Only these are looked at. */
	readonly among?: ReadonlySet<string>;
	/** Those stored later stay: what mentions them may be on its way. ms; seven days by default. */
	readonly olderThan?: number;
}

export interface CleaningOptions {
	readonly signal?: AbortSignal;
	/** Called after each journal. */
	readonly onProgress?: (done: number, total: number) => void;
}

/**
 * The blobs of a store, kept copies included, that no journal mentions and that nobody has stored for a while.
 * Journals of all kinds count: trashed ones, those being purged, kept copies, and what other programs have put beside
 * them. Throws a HumanError (`unreadable-journal`) when one cannot be read, or an AbortError. Removes nothing.
 */
export async function findUnusedBlobs(
	store: WorkspaceStore,
	{ signal, onProgress, among, olderThan = week }: FindOptions = {},
): Promise<UnusedBlob[]> {
	await takeBack(store);
	const mentions = new Mentions(store);
	await mentions.read(await journalsOf(store), signal, onProgress);
	const unused = new Map<string, UnusedBlob>();
	for (const folder of await blobFolders(store)) {
		for (const { hash, file } of await blobsIn(store.files, folder)) {
			if (mentions.has(hash) || among?.has(hash) === false) {
				continue;
			}
			const found = await lstatOf(store.files, file);
			if (found?.isFile() && store.clock() - found.mtimeMs >= olderThan) {
				const { files = [], size = 0 } = unused.get(hash) ?? {};
				const place = { path: file, mtimeMs: found.mtimeMs };
				unused.set(hash, {
					hash,
					files: [...files, place],
					size: Math.max(size, found.size),
				});
			}
		}
	}
	return [...unused.values()];
}

/** The names of the blobs that journals mention, and of those that these blobs do. Throws like {@link findUnusedBlobs}. */
export async function mentionedBlobs(
	store: WorkspaceStore,
	journals: readonly string[],
): Promise<ReadonlySet<string>> {
	const mentions = new Mentions(store);
	await mentions.read(journals);
	return mentions.hashes;
}

/**
 * Removes unused blobs. Each is set aside first; then the journals that have changed since are read again, and what is
 * mentioned by now, or was stored again, comes back. Returns what is gone. Throws like {@link findUnusedBlobs}; what was
 * set aside has come back then.
 */
export async function removeUnusedBlobs(
	store: WorkspaceStore,
	unused: readonly UnusedBlob[],
	{ signal }: CleaningOptions = {},
): Promise<UnusedBlob[]> {
	const { files } = store;
	const aside: UnusedBlob[] = [];
	const gone: UnusedBlob[] = [];
	try {
		for (const blob of unused) {
			signal?.throwIfAborted();
			aside.push(blob);
			for (const file of blob.files) {
				await files.rename(file.path, asideOf(file.path)).catch(ignoreMissing);
			}
		}
		const mentions = new Mentions(store);
		await mentions.read(await journalsOf(store), signal);
		for (const blob of aside) {
			if (!mentions.has(blob.hash) && (await isUntouched(files, blob))) {
				for (const file of blob.files) {
					await files.unlink(asideOf(file.path)).catch(ignoreMissing);
				}
				gone.push(blob);
			}
		}
	} finally {
		for (const blob of aside.filter((each) => !gone.includes(each))) {
			for (const file of blob.files) {
				await putBack(files, file.path);
			}
		}
	}
	return gone;
}

/** Whoever stores the same bytes again sets the file's time before anything mentions it. See {@link Blobs.put}. */
async function isUntouched(files: Files, blob: UnusedBlob): Promise<boolean> {
	for (const file of blob.files) {
		const found = await lstatOf(files, asideOf(file.path));
		if (found && found.mtimeMs !== file.mtimeMs) {
			return false;
		}
	}
	return true;
}

/** The names of blobs that a store's journals mention, and those that the blobs mentioned do. */
class Mentions {
	private readonly store: WorkspaceStore;
	readonly hashes = new Set<string>();

	constructor(store: WorkspaceStore) {
		this.store = store;
	}

	has(hash: string): boolean {
		return this.hashes.has(hash);
	}

	async read(
		journals: readonly string[],
		signal?: AbortSignal,
		onProgress?: (done: number, total: number) => void,
	): Promise<void> {
		for (const [done, file] of journals.entries()) {
			onProgress?.(done, journals.length);
			await this.readFile(file, signal);
		}
		// What was too large for a journal's line is a blob that may name others. A set goes on with what it is given.
		const folders = await blobFolders(this.store);
		for (const hash of this.hashes) {
			for (const folder of folders) {
				await this.readFile(path.join(folder, Blobs.relativePath(hash) ?? ""), signal, isJson);
			}
		}
	}

	private async readFile(
		file: string,
		signal: AbortSignal | undefined,
		isWanted: (beginning: Buffer) => boolean = () => true,
	): Promise<void> {
		try {
			const { files } = this.store;
			if (!(await lstatOf(files, file))?.isFile()) {
				return;
			}
			const handle = await files.open(file, "r");
			try {
				let rest = "";
				for (let from = 0; ; from += chunkBytes) {
					signal?.throwIfAborted();
					const bytes = await readRange(handle, from, from + chunkBytes);
					if (bytes.length === 0 || (from === 0 && !isWanted(bytes))) {
						return;
					}
					const text = rest + bytes.toString("latin1");
					for (const [hash] of text.matchAll(mention)) {
						this.hashes.add(hash);
					}
					rest = text.slice(1 - mentionLength);
				}
			} finally {
				await handle.close();
			}
		} catch (error) {
			if (systemErrorCode(error) === undefined) {
				throw error;
			}
			if (systemErrorCode(error) !== "ENOENT") {
				throw new HumanError(
					"unreadable-journal",
					`${file} could not be read, so nobody can tell what it needs: ${causeInWords(error)}. Nothing was removed.`,
					{ cause: error },
				);
			}
		}
	}
}

/** The first sign of an object or a list: `spill` writes no space before it. */
function isJson(beginning: Buffer): boolean {
	return beginning[0] === 0x7b || beginning[0] === 0x5b;
}

/** Whatever stands where journals do, under any name. */
async function journalsOf(store: WorkspaceStore): Promise<string[]> {
	const { layout, files } = store;
	const keep = await store.keep();
	const folders = [layout.sessions, ...(keep ? [path.join(keep.folder, "sessions")] : [])];
	const found = (await readNames(files, layout.root))
		.filter((name) => name.endsWith(".jsonl"))
		.map((name) => path.join(layout.root, name));
	for (const folder of folders) {
		found.push(...(await readNames(files, folder)).map((name) => path.join(folder, name)));
	}
	return found;
}

async function blobFolders(store: WorkspaceStore): Promise<string[]> {
	const keep = await store.keep();
	return [store.layout.blobs, ...(keep ? [keep.blobFolder] : [])];
}

/** Files of a blob folder that have a blob's name, or had one with `suffix` behind it. */
async function blobsIn(
	files: Files,
	folder: string,
	suffix = "",
): Promise<{ hash: string; file: string }[]> {
	const found: { hash: string; file: string }[] = [];
	for (const shard of await readNames(files, folder)) {
		// A link in place of a folder leads to somebody else's files.
		const place = path.join(folder, shard);
		if (!(await lstatOf(files, place))?.isDirectory()) {
			continue;
		}
		for (const name of await readNames(files, place)) {
			const hash = `sha256:${name.slice(0, name.length - suffix.length)}`;
			const file = path.join(folder, Blobs.relativePath(hash) ?? "");
			if (name.endsWith(suffix) && file === path.join(place, name.slice(0, 64))) {
				found.push({ hash, file });
			}
		}
	}
	return found;
}

function asideOf(file: string): string {
	return `${file}${Blobs.asideSuffix}`;
}

/** What a removal that died has left aside. One that runs in another window at this moment puts back what it needs. */
async function takeBack(store: WorkspaceStore): Promise<void> {
	for (const folder of await blobFolders(store)) {
		for (const { file } of await blobsIn(store.files, folder, Blobs.asideSuffix)) {
			await putBack(store.files, file);
		}
	}
}

async function putBack(files: Files, file: string): Promise<void> {
	const aside = asideOf(file);
	try {
		if (await lstatOf(files, file)) {
			// It was stored again meanwhile: the same bytes under the same name.
			await files.unlink(aside);
		} else {
			await files.rename(aside, file);
		}
	} catch (error) {
		ignoreMissing(error);
	}
}

async function lstatOf(files: Files, file: string) {
	try {
		return await files.lstat(file);
	} catch (error) {
		ignoreMissing(error);
		return undefined;
	}
}

function ignoreMissing(error: unknown): void {
	const code = systemErrorCode(error);
	if (code !== "ENOENT" && code !== "ENOTDIR") {
		throw error;
	}
}
