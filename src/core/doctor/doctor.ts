import * as path from "node:path";
import { mapLimit } from "../../base/async.ts";
import { causeInWords, errorSentence, HumanError, systemErrorCode } from "../../base/errors.ts";
import type { UpdateOptions } from "../index/progress.ts";
import { type Replay, unreadable } from "../index/replay.ts";
import { SessionIndex } from "../index/sessionIndex.ts";
import { isUlid } from "../journal/ids.ts";
import { Journal } from "../journal/journal.ts";
import type { Diagnostic, Severity } from "../model/diagnostic.ts";
import type { Difference } from "../model/difference.ts";
import type { Source } from "../sources/source.ts";
import { sessionIds } from "../store/header.ts";
import { isUnmade } from "../store/recover.ts";
import type { WorkspaceStore } from "../store/workspaceStore.ts";
import { resolveLineage } from "../transcript/lineage.ts";
import { summarizeSession } from "../transcript/summarize.ts";
import { BlobCheck } from "./blobs.ts";
import { checkFold } from "./fold.ts";
import { CachedRows } from "./rows.ts";

/** Something wrong with a store, and where. */
export interface Damage {
	/** Null when it is about no session. */
	readonly session: string | null;
	readonly file: string;
	/** Byte offset and line; 0 when it is about the whole file. */
	readonly offset: number;
	readonly line: number;
	readonly severity: Severity;
	readonly reason: string;
}

export interface Examination {
	/** No warning and no difference. */
	readonly ok: boolean;
	readonly sessions: number;
	readonly damage: readonly Damage[];
	readonly projection: { readonly equal: boolean; readonly differences: readonly Difference[] };
	/** Session files that have changed since the index was brought up to date: the next search reads them. */
	readonly behind: number;
}

export interface ExamineOptions extends UpdateOptions {
	/** Whose sessions are looked at, too, as far as the index has them. */
	readonly sources?: readonly Source[];
}

/**
 * Checks a store: every journal from its first byte, the chains, the blobs that records name, the kept copies, and what
 * was derived (the list's rows, the state, the index) against a full replay (design: section 6, state replay). Changes no
 * session and makes no index, but sets aside one that is wrong. Throws nothing for what is on disk.
 */
export async function examineStore(
	store: WorkspaceStore,
	options: ExamineOptions = {},
): Promise<Examination> {
	const { damage, sessions, projection } = await examineJournals(store);
	const index = await examineIndex(store, options);
	const differences = [...projection.differences, ...index.differences];
	return examination(sessions, damage, differences, index.behind);
}

/** What {@link examineStore} finds, the index aside. */
export async function examineJournals(store: WorkspaceStore): Promise<Examination> {
	const damage: Damage[] = [];
	const differences: Difference[] = [];
	damage.push(...(await checkStoreFile(store)));
	const ids = (await listSessions(store, damage)).sort();
	damage.push(...(await checkBeside(store)));
	const blobs = new BlobCheck(store);
	const rows = CachedRows.open(store);
	const parts = await mapLimit(ids, 2, (id) => examineSession(store, id, blobs, rows));
	for (const part of parts) {
		damage.push(...part.damage);
		differences.push(...part.differences);
	}
	damage.push(...(await blobs.check()), ...(await checkKept(store, ids)));
	return examination(ids.length, damage, differences, 0);
}

function examination(
	sessions: number,
	damage: readonly Damage[],
	differences: readonly Difference[],
	behind: number,
): Examination {
	const equal = differences.length === 0;
	const ok = equal && damage.every(({ severity }) => severity === "info");
	return { ok, sessions, damage, projection: { equal, differences }, behind };
}

/** The index of the store and that of the sources, if there are any. What cannot be opened or read is a difference. */
async function examineIndex(
	store: WorkspaceStore,
	{ sources = [], ...options }: ExamineOptions,
): Promise<Pick<Replay, "differences" | "behind">> {
	const { locations } = store;
	let index: SessionIndex | undefined;
	try {
		index = await SessionIndex.open({ stores: [store], sources, locations, onlyExisting: true });
		const opened = index.notices.splice(0).map((notice) => unreadable(locations.cache, notice));
		const { differences, behind } = await index.compareWithReplay(options);
		return { differences: [...opened, ...differences], behind };
	} catch (error) {
		if (!(error instanceof HumanError)) {
			throw error;
		}
		return { differences: [unreadable(locations.cache, error.message)], behind: 0 };
	} finally {
		index?.close();
	}
}

interface Part {
	readonly damage: Damage[];
	readonly differences: Difference[];
}

async function examineSession(
	store: WorkspaceStore,
	id: string,
	blobs: BlobCheck,
	rows: CachedRows,
): Promise<Part> {
	const file = store.layout.journal(id);
	const part: Part = { damage: [], differences: [] };
	const report = (severity: Severity, reason: string) =>
		part.damage.push({ session: id, file, offset: 0, line: 0, severity, reason });
	try {
		const load = async (other: string) =>
			Journal.open(await store.journalPath(other), store.files, store.clock);
		const journal = await load(id);
		part.damage.push(...journal.diagnostics.map((found) => damageOf(id, file, found)));
		const lineage = await resolveLineage(journal, (parent) => loadChecked(parent, load));
		if (lineage.gap !== undefined) {
			report("warning", lineage.gap);
		}
		const named = journal.state.header?.session.id;
		if (named !== undefined && named !== id) {
			report(
				"warning",
				`This journal says that it is session ${named}; its file has another name.`,
			);
		}
		await blobs.collect(id, file);
		const row = summarizeSession(journal, lineage, store.folder);
		const ancestors = lineage.segments
			.map((segment) => segment.journal)
			.filter((each) => each !== journal);
		part.differences.push(...rows.compare(row, journal, ancestors));
		part.differences.push(...(await checkFold(store, journal)));
	} catch (error) {
		if (!(error instanceof HumanError)) {
			throw error;
		}
		report("warning", errorSentence(error));
	}
	return part;
}

function loadChecked(id: string, load: (id: string) => Promise<Journal>): Promise<Journal> {
	if (!isUlid(id)) {
		throw new HumanError("bad-id", `"${id}" is not the id of a session.`);
	}
	return load(id);
}

function damageOf(session: string, file: string, found: Diagnostic): Damage {
	const { offset, line, severity, reason } = found;
	return { session, file, offset, line, severity, reason };
}

async function checkStoreFile(store: WorkspaceStore): Promise<Damage[]> {
	const status = await store.status();
	const about = (severity: Severity, reason: string): Damage[] => [
		{ session: null, file: store.layout.storeFile, offset: 0, line: 0, severity, reason },
	];
	switch (status.kind) {
		case "ready":
			return [];
		case "newer":
			return about("info", `The store was written by a newer Skein (format ${status.version}).`);
		case "unreadable":
			return about("warning", status.reason);
		case "none":
			return (await sessionIds(store.files, store.layout)).length === 0
				? []
				: about("info", "The file is missing; it is made again when a session is changed.");
	}
}

/** The sessions, and everything else in their folder as damage. */
async function listSessions(store: WorkspaceStore, damage: Damage[]): Promise<string[]> {
	const folder = store.layout.sessions;
	const names = await namesIn(store, folder, damage);
	const ids: string[] = [];
	for (const name of names) {
		const extension = path.extname(name);
		const id = name.slice(0, name.length - extension.length);
		if (extension === ".jsonl" && isUlid(id)) {
			ids.push(id);
			continue;
		}
		const { severity, reason } = foreignFile(extension, id);
		damage.push({
			session: null,
			file: path.join(folder, name),
			offset: 0,
			line: 0,
			severity,
			reason,
		});
	}
	return ids;
}

function foreignFile(extension: string, id: string): { severity: Severity; reason: string } {
	if (extension === ".purging" && isUlid(id)) {
		return {
			severity: "info",
			reason: "A purge of this session did not end; the session comes back with the next change.",
		};
	}
	if (extension === ".tmp") {
		return {
			severity: "info",
			reason: "A write that never ended left this file; it is not needed.",
		};
	}
	return extension === ".jsonl"
		? {
				severity: "warning",
				reason: "This file's name is not the id of a session, so it is not shown as one.",
			}
		: { severity: "info", reason: "This file is not a journal; it was passed over." };
}

/** Journals that stand beside the sessions: left by a process that died while it made one, or moved there. */
async function checkBeside(store: WorkspaceStore): Promise<Damage[]> {
	const found: Damage[] = [];
	const names = await namesIn(store, store.root, found);
	for (const name of names.filter((each) => path.extname(each) === ".jsonl")) {
		const id = path.basename(name, ".jsonl");
		if (isUlid(id)) {
			const unmade = await isUnmade(store, id);
			found.push({
				session: null,
				file: path.join(store.root, name),
				offset: 0,
				line: 0,
				severity: unmade ? "info" : "warning",
				reason: unmade
					? "A session that was not made to its end left this file; the next change removes it."
					: "This journal stands beside the folder of sessions, so it is not shown; move it there to see it.",
			});
		}
	}
	return found;
}

async function namesIn(store: WorkspaceStore, folder: string, damage: Damage[]): Promise<string[]> {
	try {
		return await store.files.readdir(folder);
	} catch (error) {
		const code = systemErrorCode(error);
		if (code === undefined) {
			throw error;
		}
		if (code !== "ENOENT") {
			const reason = `The sessions could not be listed: ${causeInWords(error)}.`;
			damage.push({ session: null, file: folder, offset: 0, line: 0, severity: "warning", reason });
		}
		return [];
	}
}

function firstOf(ids: readonly string[]): string {
	return `${ids.slice(0, 5).join(", ")}${ids.length > 5 ? ", ..." : ""}`;
}

/** Copies that are not kept, and sessions of which only a kept copy is left. */
async function checkKept(store: WorkspaceStore, ids: readonly string[]): Promise<Damage[]> {
	const keep = await store.keep();
	const about = (session: string | null, reason: string): Damage => ({
		session,
		file: keep?.folder ?? store.root,
		offset: 0,
		line: 0,
		severity: "info",
		reason,
	});
	const found: Damage[] = [];
	try {
		const kept = new Set(await keep?.sessionIds());
		const missing = keep ? ids.filter((id) => !kept.has(id)) : [];
		if (missing.length > 0) {
			found.push(
				about(
					null,
					`No copy is kept of ${missing.length} of ${ids.length} sessions: ${firstOf(missing)}.`,
				),
			);
		}
		const behind = (await keep?.behind(ids, store.layout)) ?? [];
		if (behind.length > 0) {
			found.push(
				about(
					null,
					`The kept copies of ${behind.length} of ${ids.length} sessions lack what was written last: ${firstOf(behind)}. The end of a turn, and the list of the window, bring them up to date.`,
				),
			);
		}
		for (const { id, title } of await store.kept()) {
			found.push(
				about(
					id,
					`The session "${title}" was removed from the folder; its kept copy can be restored.`,
				),
			);
		}
	} catch (error) {
		if (!(error instanceof HumanError) && systemErrorCode(error) === undefined) {
			throw error;
		}
		found.push(about(null, `The kept copies could not be checked: ${causeInWords(error)}.`));
	}
	return found;
}
