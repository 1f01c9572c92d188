import { createHash } from "node:crypto";
import { encodeTime } from "ulid";
import { writeWhole } from "../files.ts";
import { idTime, RecordIds } from "../journal/ids.ts";
import { JournalRecord, journalVersion } from "../model/record.ts";
import { SessionState } from "../model/state.ts";
import type { SessionSummary } from "../model/summary.ts";
import type { Source } from "../sources/source.ts";
import { storeSourceBytes } from "./adoptBytes.ts";
import { type NextId, planGrowth } from "./adoptPlan.ts";
import { encodeRecords } from "./encode.ts";
import { purgedIds } from "./kept.ts";
import type { Session } from "./session.ts";
import type { WorkspaceStore } from "./workspaceStore.ts";

export interface Adoption {
	readonly session: Session;
	/** False when the session had been adopted before; then only what is new was added. */
	readonly created: boolean;
	/** Items added now. */
	readonly items: number;
	/** Our ids of the source's items, by the source's. */
	readonly itemIds: ReadonlyMap<string, string>;
}

/**
 * Makes a source's session one of ours (design: section 5): its bytes as blobs, its turns and items as records that cite
 * them. Idempotent: the id of ours follows from the store's and the source's, so adopting again, or in two windows at
 * once, finds the same session and adds only what has grown, once. A new session appears whole or not at all. Throws a
 * HumanError (`not-writable`, `not-stored`, `busy` while a run writes it, or what the source says).
 */
export async function adoptSession(
	store: WorkspaceStore,
	source: Source,
	summary: SessionSummary,
): Promise<Adoption> {
	const storeId = await store.ensure();
	const id = await adoptedId(store, storeId, summary);
	const known = await store.has(id);
	if (!known && (await createAdopted(store, source, summary, id))) {
		await store.keepJournal(id);
		const session = await store.open(id);
		return {
			session,
			created: true,
			items: session.state.items.size,
			itemIds: idsBySource(session.state),
		};
	}
	const session = await store.open(id);
	return { session, created: false, ...(await grow(store, session, source, summary)) };
}

/** False when another process made the session at the same moment. */
async function createAdopted(
	store: WorkspaceStore,
	source: Source,
	summary: SessionSummary,
	id: string,
): Promise<boolean> {
	const ids = new RecordIds(store.clock);
	ids.see(id);
	const header = headerOf(source, summary, id, store);
	const bytes = await storeSourceBytes(store, [], await source.rawFiles(summary));
	const adoptable = await source.adoptable(summary);
	const records = [header, ...planGrowth(new SessionState(), adoptable, bytes, () => ids.next())];
	const { lines } = await encodeRecords(store.context, records);
	return writeWhole(store.files, store.layout.journal(id), lines, { replace: false });
}

async function grow(
	store: WorkspaceStore,
	session: Session,
	source: Source,
	summary: SessionSummary,
): Promise<{ items: number; itemIds: ReadonlyMap<string, string> }> {
	await session.refresh();
	const before = session.state.items.size;
	const bytes = await storeSourceBytes(
		store,
		session.state.imported,
		await source.rawFiles(summary),
	);
	const adoptable = await source.adoptable(summary);
	await session.refresh();
	const ids = growthIds(session.id, session.journal.greatestId, store.clock());
	const records = planGrowth(session.state, adoptable, bytes, ids);
	if (records.length > 0) {
		await store.checkNoRun(session);
		await session.append(records);
	}
	return { items: session.state.items.size - before, itemIds: idsBySource(session.state) };
}

function headerOf(
	source: Source,
	summary: SessionSummary,
	id: string,
	store: WorkspaceStore,
): JournalRecord {
	return JournalRecord.parse({
		v: journalVersion,
		id,
		ts: new Date(Date.parse(summary.createdAt) || store.clock()).toISOString(),
		type: "session.created",
		format: "skein-journal",
		session: {
			id,
			title: summary.title,
			...(summary.untitled ? { untitled: true } : {}),
			agent: summary.agent ?? source.name,
			model: summary.model,
			cwd: summary.cwd === null ? null : store.relativeCwd(summary.cwd),
			origin: {
				source: source.name,
				id: summary.id.slice(source.name.length + 1),
				...(summary.parent ? { parent: summary.parent.session } : {}),
			},
		},
	});
}

/** An id that is the same for each adoption of this session into this store, and another one after a purge. */
async function adoptedId(
	store: WorkspaceStore,
	storeId: string,
	summary: SessionSummary,
): Promise<string> {
	const created = Date.parse(summary.createdAt);
	const time = encodeTime(created > 0 ? Math.min(created, store.clock()) : 0);
	const purged = await purgedIds(store);
	for (let salt = 0; ; salt++) {
		const id = time + hashTail(`${storeId} ${summary.id} ${salt}`);
		if (!purged.has(id)) {
			return id;
		}
	}
}

/**
 * The ids of what has grown: after all that the journal holds, and the same for each window that brings in the same
 * growth, so that what both write is one line twice, which counts once (design: J3).
 */
function growthIds(session: string, greatest: string, now: number): NextId {
	let last = idTime(greatest) || 0;
	return (about, time) => {
		// What the source says of the future is not believed.
		last = time <= now ? Math.max(time, last + 1) : last + 1;
		return encodeTime(last) + hashTail(`${session} ${about}`);
	};
}

/** 16 digits of Crockford's base 32, five bits of a hash each: the second part of an id. */
function hashTail(text: string): string {
	const hash = createHash("sha256").update(text).digest();
	return Array.from(hash.subarray(0, 16), (byte) => encodeTime(byte & 31, 1)).join("");
}

function idsBySource(state: SessionState): Map<string, string> {
	const ids = new Map<string, string>();
	for (const item of state.items.values()) {
		if (item.sourceId !== undefined) {
			ids.set(item.sourceId, item.id);
		}
	}
	return ids;
}
