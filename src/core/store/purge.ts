import { mapLimit } from "../../base/async.ts";
import { HumanError, systemErrorCode } from "../../base/errors.ts";
import { syncFolder } from "../files.ts";
import { isUlid } from "../journal/ids.ts";
import { readHeader, sessionIds } from "./header.ts";
import type { WorkspaceStore } from "./workspaceStore.ts";

/** A `.purging` file older than this was left by a process that died: it is put back. ms. */
const abandonedAfter = 60_000;

interface Fork {
	readonly id: string;
	readonly parent: string;
	readonly title: string;
}

/**
 * Removes a session for good, with all its forks when `withForks` is set (design: section 5). The journal is first set
 * aside under another name, then all headers are read once more: a fork made meanwhile brings it back. Returns the ids
 * of what is gone.
 */
export async function purgeSession(
	store: WorkspaceStore,
	id: string,
	withForks: boolean,
): Promise<string[]> {
	const session = await store.open(id);
	if (!session.state.trashed) {
		throw new HumanError(
			"not-in-trash",
			"Only a session in the trash can be purged. Delete it first; nothing was removed.",
		);
	}
	const forks = await findForks(store);
	const doomed = withForks ? withDescendants(id, forks) : [id];
	requireUnneeded(doomed, forks);
	const set: string[] = [];
	try {
		for (const gone of doomed) {
			await store.files.rename(store.layout.journal(gone), store.layout.purging(gone));
			set.push(gone);
		}
		requireUnneeded(doomed, await findForks(store));
	} catch (error) {
		for (const back of set) {
			await store.files.rename(store.layout.purging(back), store.layout.journal(back));
		}
		throw error;
	}
	await writeTombstones(store, doomed);
	const keep = await store.keep();
	const purged: string[] = [];
	for (const gone of doomed) {
		if (await unlinkPurging(store, gone)) {
			await keep?.forget(gone);
			purged.push(gone);
		}
	}
	await syncFolder(store.files, store.layout.sessions);
	return purged;
}

/** Puts back what a purge that died in the middle had set aside. */
export async function recoverPurging(store: WorkspaceStore): Promise<void> {
	const names = await store.files.readdir(store.layout.sessions);
	for (const name of names.filter((candidate) => candidate.endsWith(".purging"))) {
		const id = name.slice(0, -".purging".length);
		if (!isUlid(id)) {
			continue;
		}
		const { ctimeMs } = await store.files.stat(store.layout.purging(id));
		if (store.clock() - ctimeMs > abandonedAfter) {
			await store.files.rename(store.layout.purging(id), store.layout.journal(id));
		}
	}
}

/** The sessions of a store that continue another one. Throws a HumanError when a journal's header cannot be read. */
export async function findForks(store: WorkspaceStore): Promise<Fork[]> {
	const ids = await sessionIds(store.files, store.layout);
	const forks = await mapLimit(ids, 16, async (id): Promise<Fork | undefined> => {
		const header = await readHeader(store.files, store.layout.journal(id));
		if (!header) {
			throw new HumanError(
				"unreadable-journal",
				`The beginning of session ${id} is damaged, so nobody can tell whether it needs the session to be purged. Nothing was removed.`,
			);
		}
		return header.parent && { id, parent: header.parent.session, title: header.title };
	});
	return forks.filter((fork) => fork !== undefined);
}

/** Forks before what they were forked from, so that a purge that stops in the middle leaves no fork without a parent. */
function withDescendants(id: string, forks: readonly Fork[]): string[] {
	const found = [id];
	for (const parent of found) {
		for (const fork of forks) {
			if (fork.parent === parent && !found.includes(fork.id)) {
				found.push(fork.id);
			}
		}
	}
	return found.reverse();
}

function requireUnneeded(doomed: readonly string[], forks: readonly Fork[]): void {
	const needing = forks.filter((fork) => doomed.includes(fork.parent) && !doomed.includes(fork.id));
	if (needing.length > 0) {
		const names = needing.map((fork) => `"${fork.title || fork.id}"`).join(", ");
		throw new HumanError(
			"needed-by-forks",
			`This session is continued by ${names}. Nothing was removed; purge the forks first, or purge it together with them.`,
		);
	}
}

async function writeTombstones(store: WorkspaceStore, ids: readonly string[]): Promise<void> {
	const ts = new Date(store.clock()).toISOString();
	const handle = await store.files.open(store.layout.tombstones, "a", 0o600);
	try {
		await handle.write(ids.map((id) => `${JSON.stringify({ id, ts })}\n`).join(""));
		await handle.datasync();
	} finally {
		await handle.close();
	}
}

/** False when a fork made at the same moment has taken the journal back. */
async function unlinkPurging(store: WorkspaceStore, id: string): Promise<boolean> {
	try {
		await store.files.unlink(store.layout.purging(id));
		return true;
	} catch (error) {
		if (systemErrorCode(error) === "ENOENT") {
			return false;
		}
		throw error;
	}
}
