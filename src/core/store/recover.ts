import * as path from "node:path";
import { systemErrorCode } from "../../base/errors.ts";
import { readRange } from "../files.ts";
import { isUlid } from "../journal/ids.ts";
import { purgedIds } from "./kept.ts";
import { isSameFile, liftTombstones, putBack } from "./purge.ts";
import type { WorkspaceStore } from "./workspaceStore.ts";

/** A file of work in progress that is older than this was left by a process that died. ms. */
const abandonedAfter = 60_000;
/** More than the first record of a journal takes. Bytes. */
const recordLimit = 256 * 1024;

/**
 * Deals with what processes that died in the middle have left: a purge is taken back, whole, and what was to become a
 * session is removed. Nothing that anybody was told is stored is touched.
 */
export async function recover(store: WorkspaceStore): Promise<void> {
	await takeBackPurges(store);
	await removeUnmade(store);
}

async function takeBackPurges(store: WorkspaceStore): Promise<void> {
	for (const id of await idsIn(store, store.layout.sessions, ".purging")) {
		if (await isAbandoned(store, store.layout.purging(id))) {
			// First: a process that dies here, too, leaves a purge that is taken back by the next one.
			await liftTombstones(store, [id]);
			await putBack(store, id);
		}
	}
}

/** What stands beside the sessions has no name among them: whoever made it was not told that it is stored. */
async function removeUnmade(store: WorkspaceStore): Promise<void> {
	for (const id of await idsIn(store, store.layout.root, ".jsonl")) {
		const file = store.layout.making(id);
		if ((await isAbandoned(store, file)) && (await isUnmade(store, id))) {
			// Where it cannot be removed it does no harm.
			await store.files.unlink(file).catch(() => undefined);
		}
	}
}

/**
 * Whether a file beside the sessions is only what a making has left: another name of a journal, also of one that was
 * purged, or a first record that became none. Anything else may be a journal that a person has moved.
 */
export async function isUnmade(store: WorkspaceStore, id: string): Promise<boolean> {
	const file = store.layout.making(id);
	try {
		if (await store.has(id)) {
			return await isSameFile(store, file, store.layout.journal(id));
		}
		if ((await purgedIds(store)).has(id)) {
			return true;
		}
		const handle = await store.files.open(file, "r");
		try {
			const bytes = await readRange(handle, 0, recordLimit + 1);
			const end = bytes.indexOf(10);
			return bytes.length <= recordLimit && (end === -1 || end === bytes.length - 1);
		} finally {
			await handle.close();
		}
	} catch {
		// What cannot be looked at is left alone.
		return false;
	}
}

async function idsIn(store: WorkspaceStore, folder: string, extension: string): Promise<string[]> {
	const names = await store.files.readdir(folder);
	return names
		.filter((name) => name.endsWith(extension))
		.map((name) => path.basename(name, extension))
		.filter(isUlid);
}

/** False also for a file that somebody has dealt with meanwhile. */
async function isAbandoned(store: WorkspaceStore, file: string): Promise<boolean> {
	try {
		const stat = await store.files.lstat(file);
		return stat.isFile() && store.clock() - stat.ctimeMs > abandonedAfter;
	} catch (error) {
		if (systemErrorCode(error) === "ENOENT") {
			return false;
		}
		throw error;
	}
}
