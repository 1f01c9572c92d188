import { constants } from "node:fs";
import { mapLimit } from "../../base/async.ts";
import { causeInWords, HumanError, systemErrorCode } from "../../base/errors.ts";
import { sameFile, syncFolder } from "../files.ts";
import { Journal } from "../journal/journal.ts";
import { readHeader, sessionIds } from "./header.ts";
import { purgedIds } from "./kept.ts";
import { findUnusedBlobs, mentionedBlobs, removeUnusedBlobs } from "./unusedBlobs.ts";
import type { WorkspaceStore } from "./workspaceStore.ts";

interface Fork {
	readonly id: string;
	readonly parent: string;
	readonly title: string;
}

/**
 * Removes a session for good, with all its forks when `withForks` is set (design: section 5). The journal is first set
 * aside under another name, then all headers are read once more: a fork made meanwhile brings it back. Returns the ids
 * of what is gone. Throws a HumanError (`not-in-trash`, `needed-by-forks`, `busy` while a run writes one of them, ...).
 */
export async function purgeSession(
	store: WorkspaceStore,
	id: string,
	withForks: boolean,
): Promise<string[]> {
	const session = await store.open(id);
	requireTrashed(session.state.trashed);
	const forks = await findForks(store, [id]);
	const doomed = withForks ? withDescendants(id, forks) : [id];
	requireUnneeded(doomed, forks);
	for (const gone of doomed) {
		// What a run goes on to write would be lost with the journal's name.
		await store.checkNoRun(await store.open(gone));
	}
	const set: string[] = [];
	try {
		for (const gone of doomed) {
			await store.files.rename(store.layout.journal(gone), store.layout.purging(gone));
			set.push(gone);
		}
		requireUnneeded(doomed, await findForks(store, doomed));
		// Another window may have restored it between the first look and the renaming; its record is in what was set aside.
		const aside = await Journal.open(store.layout.purging(id), store.files, store.clock);
		requireTrashed(aside.state.trashed);
		await writeTombstones(store, doomed, true);
	} catch (error) {
		// It may have been noted and not synced; where not even that can be told, the journals come back all the same.
		await liftTombstones(store, set).catch(() => undefined);
		for (const back of set) {
			await putBack(store, back);
		}
		throw error instanceof HumanError ? error : notPurged(error);
	}
	const keep = await store.keep();
	const payloads = await payloadsOf(store, doomed);
	const purged: string[] = [];
	for (const gone of doomed) {
		if (await unlinkPurging(store, gone)) {
			// Its making may have left another name of it.
			await store.files.unlink(store.layout.making(gone)).catch(() => undefined);
			await keep?.forget(gone);
			purged.push(gone);
		}
	}
	await syncFolder(store.files, store.layout.sessions);
	await removePayloads(store, payloads);
	const rescued = doomed.filter((each) => !purged.includes(each));
	if (rescued.length > 0) {
		await writeTombstones(store, rescued, false);
	}
	if (rescued.includes(id)) {
		throw new HumanError(
			"needed-by-forks",
			"A fork of this session was made at the same moment, so it was not purged.",
		);
	}
	return purged;
}

/** A blob stored a moment ago may be on its way into another session. ms. */
const onItsWay = 60_000;

async function payloadsOf(
	store: WorkspaceStore,
	doomed: readonly string[],
): Promise<ReadonlySet<string>> {
	try {
		return await mentionedBlobs(
			store,
			doomed.map((id) => store.layout.purging(id)),
		);
	} catch (error) {
		requireExpected(error);
		return new Set();
	}
}

/** Removes what only purged sessions needed, kept copies included. The sessions are gone even when that fails. */
async function removePayloads(store: WorkspaceStore, payloads: ReadonlySet<string>): Promise<void> {
	try {
		if (payloads.size > 0) {
			const unused = await findUnusedBlobs(store, { among: payloads, olderThan: onItsWay });
			await removeUnusedBlobs(store, unused);
		}
	} catch (error) {
		requireExpected(error);
	}
}

/** What stays of payloads now, *Clean Up* finds later. */
function requireExpected(error: unknown): void {
	if (!(error instanceof HumanError) && systemErrorCode(error) === undefined) {
		throw error;
	}
}

function requireTrashed(trashed: boolean): void {
	if (!trashed) {
		throw new HumanError(
			"not-in-trash",
			"Only a session in the trash can be purged. Delete it first; nothing was removed.",
		);
	}
}

function notPurged(error: unknown): HumanError {
	return new HumanError(
		"not-purged",
		`The session could not be purged: ${causeInWords(error)}. Nothing was removed.`,
		{ cause: error },
	);
}

/** Gives a journal that was set aside its name back, unless there is a journal of that name: that one stays. */
export async function putBack(store: WorkspaceStore, id: string): Promise<void> {
	const [aside, file] = [store.layout.purging(id), store.layout.journal(id)];
	try {
		await store.files.link(aside, file);
	} catch (error) {
		const code = systemErrorCode(error);
		// A fork or another process has put it back; or two files claim the name, and neither may go.
		if (code === "ENOENT" || (code === "EEXIST" && !(await isSameFile(store, aside, file)))) {
			return;
		}
		if (code !== "EEXIST") {
			// A file system without hard links.
			await store.files.rename(aside, file);
			return;
		}
	}
	await unlinkPurging(store, id);
}

export async function isSameFile(
	store: WorkspaceStore,
	one: string,
	other: string,
): Promise<boolean> {
	const [a, b] = await Promise.all(
		[one, other].map((file) => store.files.lstat(file, { bigint: true })),
	);
	return a !== undefined && b !== undefined && sameFile(a, b);
}

/**
 * The sessions of a store that continue another one, those included that somebody is purging (they may come back) and
 * those of `except` left out. Throws a HumanError when a journal's header cannot be read.
 */
export async function findForks(
	store: WorkspaceStore,
	except: readonly string[] = [],
): Promise<Fork[]> {
	const present = await sessionIds(store.files, store.layout);
	const aside = await sessionIds(store.files, store.layout, ".purging");
	const places = new Map([
		...aside.map((id) => [id, store.layout.purging(id)] as const),
		...present.map((id) => [id, store.layout.journal(id)] as const),
	]);
	for (const id of except) {
		places.delete(id);
	}
	const forks = await mapLimit([...places], 16, async ([id, file]): Promise<Fork | undefined> => {
		const header = await readHeader(store.files, file);
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

/** Takes back that sessions were purged, where that was noted: else no kept copy of them would ever be offered again. */
export async function liftTombstones(store: WorkspaceStore, ids: readonly string[]): Promise<void> {
	const purged = ids.length > 0 ? await purgedIds(store) : new Set();
	const noted = ids.filter((id) => purged.has(id));
	if (noted.length > 0) {
		await writeTombstones(store, noted, false);
	}
}

/** Notes that sessions were purged, or (`purged` false) that those noted before were not after all. */
async function writeTombstones(
	store: WorkspaceStore,
	ids: readonly string[],
	purged: boolean,
): Promise<void> {
	const ts = new Date(store.clock()).toISOString();
	const lines = ids.map(
		(id) => `${JSON.stringify(purged ? { id, ts } : { id, ts, lifted: true })}\n`,
	);
	const bytes = Buffer.from(lines.join(""));
	const handle = await store.files.open(store.layout.tombstones, tombstoneFlags, 0o600);
	try {
		const { bytesWritten } = await handle.write(bytes, 0, bytes.length);
		if (bytesWritten !== bytes.length) {
			throw new HumanError("not-purged", "The disk is full. Nothing was removed.");
		}
		await handle.datasync();
	} finally {
		await handle.close();
	}
}

/** Appends, and follows no link out of the store. */
const tombstoneFlags =
	constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0);

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
