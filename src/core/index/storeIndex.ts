import * as path from "node:path";
import { errorSentence, HumanError, systemErrorCode } from "../../base/errors.ts";
import type { Journal } from "../journal/journal.ts";
import type { SessionSummary } from "../model/summary.ts";
import { unreadableRow } from "../store/unreadableRow.ts";
import type { WorkspaceStore } from "../store/workspaceStore.ts";
import { outlineOf } from "../transcript/outline.ts";
import type { IndexDatabase } from "./database.ts";
import type { IndexedItem, IndexedTurn, KnownItem } from "./indexedItem.ts";
import { ItemBatch, type StoredOutline } from "./itemBatch.ts";
import { type JournalFile, listJournals, lookAtJournal } from "./journalFiles.ts";
import { JournalReader, type JournalRow, pageSize, turnsOf } from "./journalReader.ts";
import { Outlines } from "./outlines.ts";
import { breathe, Turns, type UpdateOptions } from "./progress.ts";
import { type FileRecord, type KnownFile, Projection } from "./projection.ts";
import { isFresh, lastSpanOf, markOfTurn, Residents } from "./residents.ts";
import { compareStamps } from "./stamp.ts";
import { SteadyWrites } from "./steadyWrites.ts";
import { type LastRecord, probeTail, stillThere } from "./tailProbe.ts";

/** The `source` of our own sessions. */
export const storeSource = "skein";
/** A last line without its newline may still be written to for so long (design: J6). ms. */
const settleTime = 2000;
export interface StoreUpdateOptions extends UpdateOptions {
	/** Only these sessions; all without it. */
	readonly only?: ReadonlySet<string>;
	/** 0: bring the rows up to date, and leave the items for later. */
	readonly depth: 0 | 1;
}

export interface StoreUpdate {
	readonly read: number;
	readonly removed: number;
	readonly changed: number;
}

/** A session as a full reading gives it. */
export interface ReplayedSession {
	readonly row: SessionSummary;
	/** What the session itself is found by. */
	readonly about: string;
	readonly turns: readonly IndexedTurn[];
	readonly pages: AsyncIterable<readonly IndexedItem[]>;
}

/**
 * The projection of one store's sessions. {@link update} brings it up to date with the disk.
 * Guarantees: what it holds after an update of depth 1 is what a new index would hold; of a journal that only grew while
 * this object lived, only the new bytes are read; one that cannot be read keeps its place, with the reason.
 */
export class StoreIndex {
	readonly store: WorkspaceStore;
	readonly projection: Projection;
	readonly outlines: Outlines;
	private readonly db: IndexDatabase;
	private readonly reader: JournalReader;
	private readonly residents: Residents;
	/** Of the update under way, or of the last one. */
	private writes: SteadyWrites;

	constructor(store: WorkspaceStore, db: IndexDatabase) {
		this.store = store;
		this.db = db;
		this.writes = new SteadyWrites(db);
		this.projection = new Projection(db);
		this.outlines = new Outlines(db, this.projection);
		this.reader = new JournalReader(store);
		this.residents = new Residents(db, this.reader);
	}

	/** Throws a ReplacedIndex when another file has come in the index's place meanwhile: it has to begin anew. */
	async update(problems: string[], options: StoreUpdateOptions): Promise<StoreUpdate> {
		try {
			return await this.updateNow(problems, options);
		} catch (error) {
			// What was not stored must not count as known.
			this.residents.clear();
			throw error;
		}
	}

	private async updateNow(problems: string[], options: StoreUpdateOptions): Promise<StoreUpdate> {
		const { only, depth, signal, progress } = options;
		const files = only ? await this.lookAt(only) : await listJournals(this.store, problems);
		this.writes = new SteadyWrites(this.db);
		this.residents.check();
		const known = this.projection.files(storeSource);
		const outlined = this.outlines.known();
		const stale: JournalFile[] = [];
		for (const file of files) {
			const isStale = await this.isStale(file, known.get(file.id), depth);
			if (isStale || (depth === 1 && !outlined.has(file.id))) {
				stale.push(file);
			}
		}
		const present = new Set(files.map(({ id }) => id));
		const gone = [...(only ?? known.keys())].filter((id) => known.has(id) && !present.has(id));
		const forks = this.forksOf([...gone, ...stale.map(({ id }) => id)]);
		const moving = [...gone, ...stale.map(({ id }) => id), ...forks];
		this.removeOutlines(moving.filter((id) => outlined.has(id)));
		this.remove(gone, known);
		progress?.(0, stale.length);
		const batch = new ItemBatch(this.db, this.writes, this.projection);
		// Ids are in the order of time: so are the items then, which is what full-text search wants.
		stale.sort((a, b) => (a.id < b.id ? -1 : 1));
		const turns = new Turns();
		for (const [index, file] of stale.entries()) {
			await turns.next();
			if (signal?.aborted) {
				batch.store();
				throw signal.reason;
			}
			await this.read(file, known.get(file.id), depth, batch);
			progress?.(index + 1, stale.length);
		}
		for (const id of forks) {
			await this.readFork(id, batch);
		}
		batch.store();
		this.writes.check();
		this.residents.stored();
		return { read: stale.length, removed: gone.length, changed: batch.changed };
	}

	/** One session as a full reading gives it, from journals opened anew. */
	async replay(file: JournalFile): Promise<ReplayedSession> {
		const reader = new JournalReader(this.store);
		const { row, journal } = await reader.row(file);
		return {
			row,
			about: journal ? await this.aboutOf(journal, row) : "",
			turns: journal ? turnsOf(journal) : [],
			pages: journal ? pagesOf(reader, journal) : noPages(),
		};
	}

	/**
	 * Sessions that the next update would read again, whatever the index says of them: `changed` when index and disk differ
	 * by their stamps or the journal is gone, `open` when the session is looked at each time, or its parent has changed.
	 */
	async pending(files: readonly JournalFile[]): Promise<Map<string, "changed" | "open">> {
		const known = this.projection.files(storeSource);
		const found = new Map<string, "changed" | "open">();
		for (const file of files) {
			const state = await this.stateOf(file, known.get(file.id), 1);
			known.delete(file.id);
			if (state === "changed" || state === "open") {
				found.set(file.id, state);
			}
		}
		for (const gone of known.keys()) {
			found.set(gone, "changed");
		}
		const changed = [...found].flatMap(([id, state]) => (state === "changed" ? id : []));
		for (const fork of this.forksOf(changed)) {
			found.set(fork, "open");
		}
		return found;
	}

	private async lookAt(ids: ReadonlySet<string>): Promise<JournalFile[]> {
		const files = await Promise.all([...ids].map((id) => lookAtJournal(this.store, id)));
		return files.filter((file) => file !== undefined);
	}

	private async isStale(
		file: JournalFile,
		known: KnownFile | undefined,
		depth: 0 | 1,
	): Promise<boolean> {
		const state = await this.stateOf(file, known, depth);
		if (state === "touched" && known) {
			this.writes.write(() => this.projection.setStamp(known.id, file.stamp));
		}
		if (state === "changed" && this.residents.has(file.id)) {
			// Appending makes a file longer, and leaves it as it was; after anything else, what is remembered counts no more.
			const grown = known !== undefined && file.stamp.size > known.size;
			if (!(grown && (await this.residents.continues(file.id)))) {
				this.forget(file.id);
			}
		}
		return state === "changed" || state === "open";
	}

	/** `touched`: only the stamp is another. */
	private async stateOf(
		file: JournalFile,
		known: KnownFile | undefined,
		depth: 0 | 1,
	): Promise<"current" | "touched" | "open" | "changed"> {
		if (!known || known.depth < depth) {
			return "changed";
		}
		const change = compareStamps(known, file.stamp);
		const unchanged = known.open ? "open" : change === "same" ? "current" : "touched";
		if (change === "same") {
			return unchanged;
		}
		const last = this.projection.lastRecord(known.id);
		const journal = this.store.layout.journal(file.id);
		return change === "maybe" && last && (await stillThere(this.store.files, journal, last))
			? unchanged
			: "changed";
	}

	private forget(id: string): void {
		this.residents.forget(id);
		this.reader.forget(id);
	}

	/** Sessions whose rows may change because these have: forks, and forks of forks, that are not among them. */
	private forksOf(ids: readonly string[]): string[] {
		const seen = new Set(ids);
		const forks: string[] = [];
		for (const id of [...ids]) {
			forks.push(...this.projection.childrenOf(id));
		}
		for (let at = 0; at < forks.length; at++) {
			const fork = forks[at] as string;
			if (!seen.has(fork)) {
				seen.add(fork);
				forks.push(...this.projection.childrenOf(fork));
			}
		}
		return [...new Set(forks)].filter((fork) => !ids.includes(fork));
	}

	private removeOutlines(ids: readonly string[]): void {
		if (ids.length > 0) {
			this.writes.write(() => this.outlines.remove(ids));
		}
	}

	private remove(ids: readonly string[], known: ReadonlyMap<string, KnownFile>): void {
		if (ids.length === 0) {
			return;
		}
		this.writes.write(() => {
			this.projection.tiers.prepare();
			for (const id of ids) {
				const file = known.get(id);
				if (file) {
					this.projection.removeFile(file.id);
				}
				this.projection.removeSession(id);
			}
			this.projection.tiers.finish();
		});
		for (const id of ids) {
			this.forget(id);
		}
	}

	/** A journal that goes or changes while it is read, or fails, does not keep the others from being read. */
	private async read(
		file: JournalFile,
		known: KnownFile | undefined,
		depth: 0 | 1,
		batch: ItemBatch,
	): Promise<void> {
		try {
			await (depth === 0 ? this.readRow(file, known, batch) : this.readWhole(file, known, batch));
		} catch (error) {
			if (!(error instanceof HumanError || isSystemError(error))) {
				throw error;
			}
			this.forget(file.id);
			batch.store();
			if (await lookAtJournal(this.store, file.id)) {
				const row = unreadableRow(this.store, file.id, file.stamp.size, errorSentence(error));
				batch.add({
					file: fileRecord(file, row, { depth: 0, open: true }),
					row: { summary: row, about: undefined },
				});
			} else {
				this.remove([file.id], this.projection.files(storeSource));
			}
		}
		await storeIfFull(batch);
	}

	/** Only what a list needs. */
	private async readRow(
		file: JournalFile,
		known: KnownFile | undefined,
		batch: ItemBatch,
	): Promise<void> {
		const { row, journal, open } = await this.reader.row(file);
		if (!journal) {
			await this.requireFile(file.id);
		}
		const same = known?.depth === 1 && compareStamps(known, file.stamp) === "same";
		if (same && known) {
			batch.add({ row: { summary: row, about: undefined } });
			return;
		}
		batch.add({
			file: fileRecord(file, row, { depth: 0, open }),
			row: { summary: row, about: undefined },
		});
	}

	private async readFork(id: string, batch: ItemBatch): Promise<void> {
		const file = await lookAtJournal(this.store, id);
		if (file) {
			const read = await this.reader.row(file);
			const outline = await this.outlineOf(id, read);
			batch.add({ row: { summary: read.row, about: undefined }, outline });
		}
	}

	private async outlineOf(id: string, { journal, lineage }: JournalRow): Promise<StoredOutline> {
		const { blobs } = this.store.context;
		return {
			session: id,
			outline: journal && lineage && (await outlineOf(journal, lineage, blobs)),
		};
	}

	/** A session and those it was forked from. */
	async family(id: string): Promise<Set<string>> {
		const file = await lookAtJournal(this.store, id);
		const segments = file ? (await this.reader.row(file)).lineage?.segments : undefined;
		const ids = segments?.map(({ journal }) => path.basename(journal.path, ".jsonl")) ?? [];
		return new Set([id, ...ids]);
	}

	private async readWhole(
		file: JournalFile,
		known: KnownFile | undefined,
		batch: ItemBatch,
	): Promise<void> {
		const read = await this.reader.row(file);
		const { row, journal, open } = read;
		if (!journal) {
			await this.requireFile(file.id);
			this.residents.forget(file.id);
			batch.add({
				outline: { session: file.id, outline: undefined },
				file: fileRecord(file, row, { depth: 1, open }),
				known: this.knownItems(known),
				row: { summary: row, about: "" },
				turns: [],
				seen: () => new Set(),
			});
			return;
		}
		const resident = this.residents.get(file.id, journal, known);
		const items = resident?.items ?? this.knownItems(known);
		const all = [...journal.state.items.values()];
		const fresh = resident ? all.filter((item) => isFresh(item, resident.end)) : all;
		let put: IndexedItem[] = [];
		for (let at = 0; at < fresh.length; at += pageSize) {
			if (at > 0) {
				// Until its last page is stored, the file counts as not read.
				batch.add({ file: fileRecord(file, row, { depth: 0, open }), known: items, put });
				await storeIfFull(batch);
			}
			put = await this.reader.items(journal, fresh.slice(at, at + pageSize));
		}
		const turns = turnsOf(journal);
		const { last, terminated } = await this.tail(journal);
		const settled = this.store.clock() - file.stamp.mtime >= settleTime;
		batch.add({
			file: fileRecord(file, row, { depth: 1, open: open || !(terminated || settled), last }),
			known: items,
			put,
			row: { summary: row, about: await this.aboutOf(journal, row) },
			outline: await this.outlineOf(file.id, read),
			...(resident
				? { changedTurns: turns.filter((turn) => resident.turns.get(turn.id) !== markOfTurn(turn)) }
				: { turns, seen: () => new Set(journal.state.items.keys()) }),
		});
		await storeIfFull(batch);
		await this.residents.keep(file.id, journal, items, turns, known !== undefined);
	}

	/** Throws a HumanError when the journal is gone, which is another thing than one that cannot be read. */
	private async requireFile(id: string): Promise<void> {
		if (!(await lookAtJournal(this.store, id))) {
			throw new HumanError("missing-journal", `The journal of session ${id} is gone.`);
		}
	}

	private knownItems(file: KnownFile | undefined): Map<string, KnownItem> {
		return file ? this.projection.knownItems(file.id) : new Map();
	}

	private tail(journal: Journal): ReturnType<typeof probeTail> {
		const lastSpan = lastSpanOf(journal);
		return probeTail(this.store.files, journal.path, journal.size, lastSpan);
	}

	/** What the session itself is found by: a title that somebody gave, its tags, the notes on it and on its items. */
	private async aboutOf(journal: Journal, row: SessionSummary): Promise<string> {
		const notes = await Promise.all(
			journal.state.notes.map(({ text }) =>
				typeof text === "string" ? text : this.store.context.blobs.text(text.blob),
			),
		);
		return [row.untitled ? "" : row.title, ...row.tags, ...notes].filter((text) => text).join("\n");
	}
}

/** What the operating system refused; not an error of SQLite's, which has a code, too. */
function isSystemError(thrown: unknown): boolean {
	return /^E[A-Z0-9]+$/.test(systemErrorCode(thrown) ?? "");
}

async function* pagesOf(
	reader: JournalReader,
	journal: Journal,
): AsyncGenerator<readonly IndexedItem[]> {
	const items = [...journal.state.items.values()];
	for (let at = 0; at < items.length; at += pageSize) {
		yield await reader.items(journal, items.slice(at, at + pageSize));
	}
}

async function* noPages(): AsyncGenerator<readonly IndexedItem[]> {
	yield [];
}

function fileRecord(
	{ id, stamp }: JournalFile,
	row: SessionSummary,
	found: { depth: 0 | 1; open: boolean; last?: LastRecord | undefined },
): FileRecord {
	return {
		...stamp,
		source: storeSource,
		path: id,
		depth: found.depth,
		open: found.open,
		last: found.last,
		session: id,
		prefix: "",
		cwd: row.cwd,
		facts: null,
	};
}

async function storeIfFull(batch: ItemBatch): Promise<void> {
	if (batch.full) {
		batch.store();
		await breathe();
	}
}
