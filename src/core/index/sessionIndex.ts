import { TaskQueue } from "../../base/async.ts";
import { errorSentence, HumanError } from "../../base/errors.ts";
import { SourceKeep } from "../catalogue/sourceKeep.ts";
import { nodeFiles } from "../files.ts";
import type { Locations } from "../locations.ts";
import type { Difference } from "../model/difference.ts";
import { type SessionSummary, standsFor } from "../model/summary.ts";
import type { Source } from "../sources/source.ts";
import type { WorkspaceStore } from "../store/workspaceStore.ts";
import type { IndexDatabase } from "./database.ts";
import type { ItemEntry } from "./indexedItem.ts";
import { IndexFiles } from "./indexFiles.ts";
import { journalTexts } from "./itemTexts.ts";
import { MatchFinder } from "./matches.ts";
import type { Outlines } from "./outlines.ts";
import type { UpdateOptions, UpdateResult } from "./progress.ts";
import type { Projection } from "./projection.ts";
import { comparePart, type Replay, unreadable } from "./replay.ts";
import { type SearchOptions, type SearchPart, type SearchResult, search } from "./search.ts";
import { SourceIndex, type SourceUpdate } from "./sourceIndex.ts";
import { isDamage, sqliteTrouble } from "./sqlite.ts";
import { type IndexStats, statsOf } from "./stats.ts";
import { ReplacedIndex, SteadyWrites } from "./steadyWrites.ts";
import { StoreIndex, type StoreUpdate, storeSource } from "./storeIndex.ts";
import { type ChangedSession, sessionsTouching } from "./touchedSessions.ts";
import { WriterLock } from "./writerLock.ts";

/** An update begins anew so often when somebody takes its file away. */
const updateTries = 5;

export interface SessionIndexOptions {
	readonly stores: readonly WorkspaceStore[];
	readonly sources: readonly Source[];
	readonly locations: Locations;
	/** Open only indexes that are there, and make none: for the doctor. */
	readonly onlyExisting?: boolean;
}

/** What the index knows of the transcripts of one folder. */
export interface StoreOutlines {
	readonly store: WorkspaceStore;
	readonly outlines: Outlines;
	readonly rows: Pick<Projection, "summary">;
}

/** One database, what keeps it current, and what reads it. */
interface Part extends SearchPart {
	readonly db: IndexDatabase;
	readonly stores: readonly StoreIndex[];
	readonly sources: readonly SourceIndex[];
}

/**
 * The index of all sessions of some folders and of all sources: lists, searches and looks things up, and says what it had
 * to repair. Used as it is by the CLI and inside the catalogue's worker; everything in it blocks its thread for moments.
 *
 * Guarantees: deleting its files loses nothing; whatever is wrong with them is repaired by reading the sessions again,
 * and told in {@link notices}; where no file can be kept it works in memory. One process at a time updates, others read.
 */
export class SessionIndex {
	/** Sentences for the log. */
	readonly notices: string[] = [];
	private readonly options: SessionIndexOptions;
	private readonly files: IndexFiles;
	private readonly parts = new Map<string, Part>();
	private readonly updates = new TaskQueue();
	/** The databases as they were after the last update. */
	private updated = "";

	private constructor(options: SessionIndexOptions) {
		this.options = options;
		this.files = new IndexFiles(options.locations, options.onlyExisting ?? false);
	}

	/** Opens what is there; reads no session. Throws a HumanError (`no-sqlite`) where Node.js has no SQLite. */
	static async open(options: SessionIndexOptions): Promise<SessionIndex> {
		const index = new SessionIndex(options);
		await index.openParts();
		return index;
	}

	/** Whether a database is not the one that was brought up to date last: it was deleted, set aside, or has just come. */
	async isNew(): Promise<boolean> {
		return opensOf(await this.openParts()) !== this.updated;
	}

	/** Brings the index up to date with the disk. Throws the signal's reason when that ends it; what was read stays. */
	update(options: UpdateOptions = {}): Promise<UpdateResult> {
		return this.updates.run(() => this.updateNow(options));
	}

	/** Forgets everything and reads all sessions again. */
	rebuild(options: UpdateOptions = {}): Promise<UpdateResult> {
		return this.updates.run(async () => {
			for (const part of await this.openParts()) {
				const release = await this.lock(part, options);
				try {
					part.db.erase();
				} finally {
					release();
				}
			}
			return this.updateNow(options);
		});
	}

	/** All rows, newest first; a source's session that one of ours stands for is there once, as ours. */
	async rows(): Promise<SessionSummary[]> {
		const parts = await this.openParts();
		const rows = parts.flatMap((part) =>
			part.db.guarded(() => [
				...part.stores.flatMap((store) => store.projection.summaries(storeSource)),
				...part.sources.flatMap((index) => index.projection.summaries(index.source.name)),
			]),
		);
		const ours = new Set(rows.flatMap(standsFor));
		return rows
			.filter((row) => !ours.has(row.id))
			.sort((a, b) => order(b.updatedAt, a.updatedAt) || order(b.id, a.id));
	}

	/** Throws a QueryError for a query that cannot be understood. */
	async search(query: string, options: SearchOptions = {}): Promise<SearchResult> {
		const parts = await this.openParts();
		const opens = opensOf(parts);
		try {
			return await search(parts, query, options);
		} catch (error) {
			if (!isDamage(error)) {
				throw error;
			}
			await this.repair(errorSentence(error), opens, options);
			return await search(await this.openParts(), query, options);
		}
	}

	/** Items of a session's own files in the order they stand there, and where their bytes are. Empty when it is unknown. */
	async items(session: string, from: number, to: number): Promise<IndexedPlace[]> {
		for (const part of await this.openParts()) {
			const files = part.db
				.statement("SELECT id, source, path, prefix FROM files WHERE session = ? ORDER BY path")
				.all(session) as { id: number; source: string; path: string; prefix: string }[];
			const places: IndexedPlace[] = [];
			let passed = 0;
			for (const file of files) {
				const [reader] = [...part.stores, ...part.sources];
				const { n } = part.db
					.statement("SELECT count(*) AS n FROM items WHERE file = ?")
					.get(file.id) as { n: number };
				const start = Math.max(0, from - passed);
				const end = Math.min(n, to - passed);
				for (const item of reader && start < end
					? reader.projection.items(file.id, start, end)
					: []) {
					places.push({ ...item, id: file.prefix + item.id, file: this.pathOf(part, file) });
				}
				passed += n;
			}
			if (files.length > 0) {
				return places;
			}
		}
		return [];
	}

	/** What transcripts of a folder's sessions open from; undefined when the folder has no index. Reads no session. */
	async outlinesOf(folder: string): Promise<StoreOutlines | undefined> {
		const store = (await this.openParts())
			.flatMap(({ stores }) => stores)
			.find((each) => each.store.folder === folder);
		return store && { store: store.store, outlines: store.outlines, rows: store.projection };
	}

	/** Brings one session of a folder, and those it was forked from, up to date with the disk. */
	updateSession(folder: string, id: string): Promise<void> {
		return this.updates.run(async () => {
			for (const part of await this.openParts()) {
				const store = part.stores.find((each) => each.store.folder === folder);
				if (store) {
					const only = await store.family(id);
					await this.updatePart(part, {}, () => store.update([], { depth: 1, only }));
				}
			}
		});
	}

	/** Sessions with a change of `file` (an absolute path), the latest change first. */
	async sessionsThatChanged(file: string): Promise<ChangedSession[]> {
		const found: ChangedSession[] = [];
		const ours = new Set<string>();
		for (const { db, stores, finder } of await this.openParts()) {
			const [store] = stores;
			found.push(...db.guarded(() => sessionsTouching(db, store?.store.folder, file)));
			finder.table.refresh();
			for (const id of finder.table.origins) {
				ours.add(id);
			}
		}
		return found.filter(({ session }) => !ours.has(session)).sort((a, b) => b.time - a.time);
	}

	/**
	 * Reads everything again beside the index and compares: for the doctor. Updates nothing; but an index that is damaged,
	 * or that says what the sessions do not, is set aside, so that the next update makes it again.
	 */
	compareWithReplay(options: UpdateOptions = {}): Promise<Replay> {
		return this.updates.run(async () => {
			const differences: Difference[] = [];
			let behind = 0;
			for (const part of await this.openParts()) {
				const found = await this.comparePart(part, options);
				differences.push(...found.differences);
				behind += found.behind;
			}
			return { equal: differences.length === 0, differences, behind };
		});
	}

	async stats(): Promise<IndexStats> {
		return statsOf((await this.openParts()).map(({ db }) => db));
	}

	close(): void {
		for (const { db } of this.parts.values()) {
			db.close();
		}
		this.parts.clear();
	}

	private async updateNow(options: UpdateOptions): Promise<UpdateResult> {
		const started = performance.now();
		const problems: string[] = [];
		const sum = { read: 0, removed: 0, changed: 0 };
		const parts = await this.openParts();
		const count = { sessions: 0, items: 0, bytes: 0 };
		for (const part of parts) {
			const done = await this.updatePart(part, options, () => updateAll(part, options));
			sum.read += done.read;
			sum.removed += done.removed;
			sum.changed += done.changed;
			problems.push(...done.problems);
			const { sessions, items, bytes } = countsOf(part.db);
			count.sessions += sessions;
			count.items += items;
			count.bytes += bytes;
		}
		this.updated = opensOf(parts);
		return { ...count, ...sum, problems, ms: performance.now() - started };
	}

	/** Runs `update` with the lock; once more when it finds damage, and when another file comes in the index's place. */
	private async updatePart<T>(
		part: Part,
		options: UpdateOptions,
		update: () => Promise<T>,
	): Promise<T> {
		const release = await this.lock(part, options);
		try {
			let isMended = false;
			for (let tries = 0; tries < updateTries; tries++) {
				try {
					const writes = new SteadyWrites(part.db);
					const done = await update();
					writes.check();
					return done;
				} catch (error) {
					if (isDamage(error) && !isMended) {
						isMended = true;
						this.setAside(part, `is damaged (${errorSentence(error)})`);
					} else if (!(error instanceof ReplacedIndex)) {
						throw error;
					}
				}
			}
		} finally {
			release();
		}
		throw new HumanError(
			"index-busy",
			`The index ${part.db.file} was deleted or replaced each time it was about to be complete. Try again in a moment.`,
		);
	}

	private async comparePart(
		part: Part,
		options: UpdateOptions,
	): Promise<Pick<Replay, "differences" | "behind">> {
		const { db } = part;
		db.current();
		const { opens } = db;
		try {
			const found = await comparePart(part, options);
			const count = found.differences.length;
			if (count > 0) {
				const because = `does not say what the sessions say (differences: ${count})`;
				await this.replace(part, opens, because, options);
			}
			return found;
		} catch (error) {
			if (!isDamage(error) && sqliteTrouble(error) === undefined) {
				throw error;
			}
			if (isDamage(error)) {
				await this.replace(part, opens, `is damaged (${errorSentence(error)})`, options);
			}
			return { differences: [unreadable(db.file, errorSentence(error))], behind: 0 };
		}
	}

	/** Sets a file aside that nobody is writing, unless another one has taken its place since it was opened. */
	private async replace(
		part: Part,
		opens: number,
		because: string,
		options: UpdateOptions,
	): Promise<void> {
		const release = await this.lock(part, options);
		try {
			if (part.db.opens === opens) {
				this.setAside(part, because);
			}
		} finally {
			release();
		}
	}

	private setAside(part: Part, because: string): void {
		part.db.setAside(`The index ${part.db.file} ${because}.`);
		this.takeNotices(part);
	}

	private async lock(part: Part, options: UpdateOptions): Promise<() => void> {
		return part.db.inMemory
			? () => undefined
			: await new WriterLock(`${part.db.file}.lock`).acquire(options.signal);
	}

	/**
	 * Sets aside what is damaged (all of it, when SQLite itself finds nothing), and reads everything again.
	 * @param opens the databases in which the damage was met: others have been mended since.
	 */
	private repair(reason: string, opens: string, options: { signal?: AbortSignal }): Promise<void> {
		return this.updates.run(async () => {
			const parts = await this.openParts();
			if (opensOf(parts) === opens) {
				const sound = parts.filter((part) => isSound(part.db));
				for (const part of parts) {
					if (sound.length === parts.length || !sound.includes(part)) {
						await this.replace(part, part.db.opens, `is damaged (${reason})`, options);
					}
				}
			}
			await this.updateNow(options);
		});
	}

	/** The databases that are to be used now: a store may have come since the last time. */
	private async openParts(): Promise<Part[]> {
		for (const store of this.options.stores) {
			if (!this.parts.has(store.folder)) {
				const db = await this.files.store(store);
				if (db) {
					const index = new StoreIndex(store, db);
					const texts = (file: { path: string }, items: readonly ItemEntry[]) =>
						journalTexts(store, file.path, items);
					this.parts.set(store.folder, { ...partOf(db, texts), stores: [index], sources: [] });
				}
			}
		}
		const wanted = this.options.sources.length > 0 && !this.parts.has("");
		const db = wanted ? this.files.sources() : undefined;
		if (db) {
			const { data } = this.options.locations;
			const sources = this.options.sources.map(
				(source) => new SourceIndex(source, db, new SourceKeep(nodeFiles, data, source)),
			);
			const texts: SearchPart["texts"] = async (file, items) => {
				const reader = sources.find(({ source }) => source.name === file.source)?.reader;
				return (await reader?.texts(file.path, file.cwd, items)) ?? items.map(() => "");
			};
			this.parts.set("", { ...partOf(db, texts), stores: [], sources });
		}
		this.notices.push(...this.files.notices.splice(0));
		for (const part of this.parts.values()) {
			part.db.current();
			this.takeNotices(part);
		}
		return [...this.parts.values()];
	}

	private pathOf(part: Part, file: { source: string; path: string }): string {
		const [store] = part.stores;
		return store ? store.store.layout.journal(file.path) : file.path;
	}

	private takeNotices(part: Part): void {
		this.notices.push(...part.db.notices.splice(0));
	}
}

/** An item of a session, and the file that its spans are in. */
export interface IndexedPlace extends ItemEntry {
	readonly file: string;
}

function partOf(db: IndexDatabase, texts: SearchPart["texts"]): SearchPart & { db: IndexDatabase } {
	return {
		db,
		finder: new MatchFinder(db),
		texts,
		about: (n) => {
			const row = db.statement("SELECT about FROM sessions WHERE n = ?").get(n);
			return (row?.["about"] as string | undefined) ?? "";
		},
	};
}

function opensOf(parts: readonly Part[]): string {
	return parts.map(({ db }) => `${db.file} ${db.opens}`).join();
}

function isSound(db: IndexDatabase): boolean {
	try {
		db.check();
		return true;
	} catch (error) {
		if (isDamage(error)) {
			return false;
		}
		throw error;
	}
}

function countsOf(db: IndexDatabase): { sessions: number; items: number; bytes: number } {
	const row = db
		.statement(
			`SELECT (SELECT count(*) FROM sessions) AS sessions, (SELECT count(*) FROM items) AS items,
				(SELECT coalesce(sum(size), 0) FROM files) AS bytes`,
		)
		.get();
	return row as { sessions: number; items: number; bytes: number };
}

async function updateAll(
	{ stores, sources }: Part,
	options: UpdateOptions,
): Promise<{ read: number; removed: number; changed: number; problems: string[] }> {
	const sum = { read: 0, removed: 0, changed: 0, problems: [] as string[] };
	const add = (done: StoreUpdate | SourceUpdate) => {
		sum.read += done.read;
		sum.removed += done.removed;
		sum.changed += done.changed;
	};
	for (const store of stores) {
		add(await store.update(sum.problems, { ...options, depth: 1 }));
	}
	for (const source of sources) {
		add(await source.update(sum.problems, options));
	}
	return sum;
}

function order(a: string, b: string): number {
	return a < b ? -1 : a > b ? 1 : 0;
}
