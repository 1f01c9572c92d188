import { mapLimit } from "../../base/async.ts";
import { systemErrorCode } from "../../base/errors.ts";
import { Journal } from "../journal/journal.ts";
import { resolveLineage } from "../transcript/lineage.ts";
import { summarizeSession } from "../transcript/summarize.ts";
import { sessionIds } from "./header.ts";
import { Keep, keptStoresOf } from "./keep.ts";
import type { KeptSession } from "./status.ts";
import { checkId, type WorkspaceStore } from "./workspaceStore.ts";

/** Sessions that were in this folder, are gone from it, and of which copies are kept. Writes nothing. */
export async function findKept(store: WorkspaceStore): Promise<KeptSession[]> {
	const missing = await missingSessions(store);
	return mapLimit([...missing], 8, async ([id, keep]) => {
		const journal = await Journal.open(keep.journalPath(id), store.files, store.clock);
		const lineage = await resolveLineage(journal, async (parent) => {
			// A header is not to be trusted: what it names becomes a path only when it is an id.
			checkId(parent);
			return Journal.open(keep.journalPath(parent), store.files, store.clock);
		});
		const { title, items, updatedAt } = summarizeSession(journal, lineage, store.folder);
		return { id, title, items, updatedAt };
	});
}

/** Puts kept sessions and their blobs back. Returns the ids of those that are back. */
export async function restoreKept(
	store: WorkspaceStore,
	ids: readonly string[] | undefined,
): Promise<string[]> {
	const missing = await missingSessions(store);
	const wanted = [...missing].filter(([id]) => ids === undefined || ids.includes(id));
	const keeps = [...new Set(wanted.map(([, keep]) => keep))];
	// A folder that lost its whole store gets back the identity it had.
	await store.ensure(keeps.length === 1 ? keeps[0]?.storeId : undefined);
	for (const keep of keeps) {
		await keep.restoreBlobs(store.layout.blobs);
	}
	for (const [id, keep] of wanted) {
		await keep.restoreJournal(id, store.layout.journal(id));
		await store.keepJournal(id);
	}
	return wanted.map(([id]) => id);
}

async function missingSessions(store: WorkspaceStore): Promise<Map<string, Keep>> {
	const folder = await realFolder(store);
	if (folder === undefined) {
		return new Map();
	}
	const status = await store.status();
	const stores = new Set(await keptStoresOf(store.files, store.locations.data, folder));
	if (status.kind === "ready") {
		stores.add(status.storeId);
	}
	const present = new Set(await sessionIds(store.files, store.layout));
	const purged = await purgedIds(store);
	const missing = new Map<string, Keep>();
	for (const storeId of stores) {
		const keep = new Keep(store.files, store.locations.data, storeId);
		for (const id of await keep.sessionIds()) {
			if (!present.has(id) && !purged.has(id)) {
				missing.set(id, keep);
			}
		}
	}
	return missing;
}

/** Ids that were purged from this folder, whatever copies another machine or an old backup brings. */
export async function purgedIds(store: WorkspaceStore): Promise<Set<string>> {
	let text: string;
	try {
		text = await store.files.readFile(store.layout.tombstones, "utf8");
	} catch (error) {
		if (systemErrorCode(error) !== undefined) {
			return new Set();
		}
		throw error;
	}
	const purged = new Set<string>();
	for (const [line, id = ""] of text.matchAll(/\{"id":"([0-9A-Z]{26})"[^{}]*\}/g)) {
		if (line.includes('"lifted":true')) {
			purged.delete(id);
		} else {
			purged.add(id);
		}
	}
	return purged;
}

async function realFolder(store: WorkspaceStore): Promise<string | undefined> {
	try {
		return await store.files.realpath(store.folder);
	} catch (error) {
		if (systemErrorCode(error) !== undefined) {
			return undefined;
		}
		throw error;
	}
}
