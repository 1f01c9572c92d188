import { isDeepStrictEqual } from "node:util";
import { brief, type Difference } from "../model/difference.ts";
import type { IndexDatabase } from "./database.ts";
import { type IndexedItem, type IndexedTurn, markOf, plainTurn, textCheck } from "./indexedItem.ts";
import { listJournals } from "./journalFiles.ts";
import type { UpdateOptions } from "./progress.ts";
import { breathe } from "./progress.ts";
import type { Projection } from "./projection.ts";
import type { SourceIndex } from "./sourceIndex.ts";
import { type StoreIndex, storeSource } from "./storeIndex.ts";
import { WordSum } from "./wordSum.ts";

/** Whether an index says what a full reading says, and what is different if not. */
export interface Replay {
	readonly equal: boolean;
	readonly differences: readonly Difference[];
	/** Session files that have changed since the index was brought up to date; the next update reads them. */
	readonly behind: number;
}

/** A value that is not JSON as JSON would bring it back: that is how rows are stored. */
function plain<T>(value: T): T {
	return JSON.parse(JSON.stringify(value)) as T;
}

/**
 * Compares a database with a full reading of everything that it is made from. Writes nothing; to be used inside
 * `IndexDatabase.snapshot`, so that other processes may go on writing. What the next update would read anyway is no difference, and
 * is counted as behind.
 */
export class Comparison {
	readonly differences: Difference[] = [];
	behind = 0;
	private readonly db: IndexDatabase;
	private readonly options: UpdateOptions;
	/** Files that are as they should be, and the words of their items. */
	private readonly sound: number[] = [];
	private readonly words = new WordSum();

	constructor(db: IndexDatabase, options: UpdateOptions) {
		this.db = db;
		this.options = options;
	}

	async store(index: StoreIndex): Promise<void> {
		const files = await listJournals(index.store, []);
		const pending = await index.pending(files);
		const known = index.projection.files(storeSource);
		const suspects: { id: string; found: Difference[] }[] = [];
		for (const [at, file] of files.entries()) {
			this.step(at, files.length);
			const { id } = file;
			const own = known.get(id);
			if (!own || pending.get(id) === "changed") {
				continue;
			}
			const replayed = await index.replay(file);
			const found = new Findings(id);
			const row = index.projection.summary(id);
			found.fields(row ?? {}, plain(replayed.row));
			found.value("about", index.projection.about(id), replayed.about);
			const words = await compareFile(found, index.projection, own.id, replayed);
			if (found.all.length > 0) {
				suspects.push({ id, found: found.all });
			} else {
				this.sound.push(own.id);
				this.words.add(words);
			}
			await breathe();
		}
		for (const id of index.projection.summaryMarks(storeSource).keys()) {
			if (!known.has(id)) {
				this.differ(id, "file", null, index.store.layout.journal(id));
			}
		}
		// Whether somebody was writing meanwhile is known only now.
		const now = await listJournals(index.store, []);
		const late = suspects.length > 0 ? await index.pending(now) : pending;
		for (const { id, found } of suspects) {
			if (late.has(id)) {
				late.set(id, "changed");
			} else {
				this.differences.push(...found);
			}
		}
		this.behind += [...late.values()].filter((state) => state === "changed").length;
	}

	async source(index: SourceIndex): Promise<void> {
		const { projection, source } = index;
		const files = await index.list([]);
		const pending = await index.pending(files);
		const known = projection.files(source.name);
		const stored = projection.facts(source.name);
		const facts: { path: string; facts: unknown }[] = [];
		const suspects: { path: string; found: Difference[] }[] = [];
		for (const [at, file] of files.entries()) {
			this.step(at, files.length);
			const { path } = file;
			const own = known.get(path);
			if (!own || pending.has(path)) {
				continue;
			}
			const reading = await index.replay(file);
			facts.push({ path, facts: reading.facts });
			const found = new Findings("session" in reading ? reading.session : path);
			found.value("facts", stored.get(path), plain(reading.facts ?? null));
			const words =
				"pages" in reading ? await compareFile(found, projection, own.id, reading) : new WordSum();
			if (found.all.length > 0) {
				suspects.push({ path, found: found.all });
			} else {
				this.sound.push(own.id);
				this.words.add(words);
			}
			await breathe();
		}
		const late = suspects.length > 0 ? await index.pending(await index.list([])) : pending;
		this.differences.push(...suspects.flatMap(({ path, found }) => (late.has(path) ? [] : found)));
		this.behind += late.size;
		if (late.size === 0) {
			await this.sourceRows(index, facts);
		}
	}

	/** Whether the words that searches find are those of the texts. After everything else: only of what is sound otherwise. */
	fullText(): void {
		const found = new WordSum();
		const others = "SELECT key FROM items WHERE file NOT IN (SELECT value FROM json_each(?))";
		const tiers = this.db.statement("SELECT id FROM tiers").all() as { id: number }[];
		for (const { id } of tiers) {
			found.addTable(this.db, `text_${id}`, others, JSON.stringify(this.sound));
		}
		if (!found.equals(this.words)) {
			this.differ(null, "words of items", found.words, this.words.words);
		}
		const abouts = new WordSum();
		const wanted = new WordSum();
		abouts.addTable(this.db, "about", "SELECT value FROM json_each(?)", "[]");
		const rows = this.db.statement("SELECT n, about FROM sessions").all();
		for (const { n, about } of rows as { n: number; about: string }[]) {
			wanted.addText(n, about);
		}
		if (!abouts.equals(wanted)) {
			this.differ(null, "words of sessions", abouts.words, wanted.words);
		}
	}

	/** Titles come from files beside the sessions, which have no stamp here: rows that differ are brought up to date. */
	private async sourceRows(
		index: SourceIndex,
		facts: readonly { path: string; facts: unknown }[],
	): Promise<void> {
		const stored = index.projection.summaries(index.source.name);
		const rows = new Map(stored.map((row) => [row.id, row]));
		for (const row of await index.rowsOf(facts)) {
			const indexed = rows.get(row.id);
			rows.delete(row.id);
			this.behind += isDeepStrictEqual(indexed, plain(row)) ? 0 : 1;
		}
		this.behind += rows.size;
	}

	private differ(session: string | null, field: string, found: unknown, expected: unknown): void {
		this.differences.push({ session, projection: "index", field, found, expected });
	}

	private step(done: number, total: number): void {
		this.options.signal?.throwIfAborted();
		this.options.progress?.(done, total);
	}
}

/** Compares one database with all that it is made from, as both are at one moment. Throws SQLite's errors. */
export async function comparePart(
	part: {
		readonly db: IndexDatabase;
		readonly stores: readonly StoreIndex[];
		readonly sources: readonly SourceIndex[];
	},
	options: UpdateOptions,
): Promise<Comparison> {
	const { db, stores, sources } = part;
	const found = new Comparison(db, options);
	await db.snapshot(async () => {
		db.check();
		for (const store of stores) {
			await found.store(store);
		}
		for (const source of sources) {
			await found.source(source);
		}
		found.fullText();
	});
	return found;
}

/** An index that could not be compared, and why. */
export function unreadable(file: string, sentence: string): Difference {
	const expected = "an index that can be read";
	return { session: null, projection: "index", field: file, found: sentence, expected };
}

/** What is different in one session. */
class Findings {
	readonly all: Difference[] = [];
	private readonly session: string;

	constructor(session: string) {
		this.session = session;
	}

	value(field: string, found: unknown, expected: unknown): void {
		if (!isDeepStrictEqual(found, expected)) {
			this.add(field, brief(found), brief(expected));
		}
	}

	fields(found: object, expected: object): void {
		for (const [field, value] of Object.entries(expected)) {
			this.value(field, Reflect.get(found, field), value);
		}
	}

	add(field: string, found: unknown, expected: unknown): void {
		this.all.push({ session: this.session, projection: "index", field, found, expected });
	}
}

/** Compares the items and turns of one file; returns the words of its texts. */
async function compareFile(
	findings: Findings,
	projection: Projection,
	file: number,
	replayed: {
		readonly pages: AsyncIterable<readonly IndexedItem[]>;
		readonly turns: readonly IndexedTurn[];
	},
): Promise<WordSum> {
	const known = projection.knownItems(file);
	const words = new WordSum();
	for await (const page of replayed.pages) {
		for (const item of page) {
			const indexed = known.get(item.id);
			known.delete(item.id);
			const mark = markOf(item, item.touched);
			if (!indexed) {
				findings.add(`item ${item.id}`, null, mark);
				continue;
			}
			words.addText(indexed.key, item.text);
			if (indexed.check !== textCheck(item.text)) {
				findings.add(`text of item ${item.id}`, indexed.check, textCheck(item.text));
			}
			if (indexed.mark !== mark) {
				findings.add(`item ${item.id}`, indexed.mark, mark);
			}
		}
		await breathe();
	}
	for (const [id, { mark }] of known) {
		findings.add(`item ${id}`, mark, null);
	}
	const turns = replayed.turns.map(plainTurn).sort((a, b) => (a.id < b.id ? -1 : 1));
	findings.value("turns", plain(projection.turns(file)), plain(turns));
	return words;
}
