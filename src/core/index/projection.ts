import { crc32 } from "node:zlib";
import { aheadLimit } from "../journal/ids.ts";
import { type SessionSummary, standsFor } from "../model/summary.ts";
import type { IndexDatabase } from "./database.ts";
import {
	entryOf,
	type IndexedItem,
	type IndexedTurn,
	type ItemEntry,
	type ItemRow,
	type KnownItem,
	markOf,
	type PlainTurn,
	plainTurn,
	statuses,
	textCheck,
} from "./indexedItem.ts";
import { firstKey, laterKey, typeOfKey } from "./itemKeys.ts";
import { DamagedIndex } from "./sqlite.ts";
import type { FileStamp } from "./stamp.ts";
import type { LastRecord } from "./tailProbe.ts";
import { Tiers } from "./tiers.ts";
import { indexable } from "./words.ts";

/** What the index knows of one session file. */
export interface FileRecord extends FileStamp {
	readonly source: string;
	/** Relative to the sessions folder for ours, else absolute. */
	readonly path: string;
	/** 0: only what a list needs was read; 1: the items, too. */
	readonly depth: 0 | 1;
	/** Look again, although the file has not changed: its chain was not complete, or its last line not whole. */
	readonly open: boolean;
	/** The last whole record. */
	readonly last: LastRecord | undefined;
	readonly session: string;
	/** What the ids of its items and turns begin with. */
	readonly prefix: string;
	readonly cwd: string | null;
	/** What a list needs to know of it: plain JSON. */
	readonly facts: unknown;
}

export interface KnownFile extends FileStamp {
	readonly id: number;
	readonly depth: 0 | 1;
	readonly open: boolean;
}

/** Changes to the items of one file, to be stored together with others'. */
export interface ItemChange {
	readonly file: number;
	/** The file's items as they are in the index, kept up to date by storing; undefined when it has none there. */
	readonly known: Map<string, KnownItem> | undefined;
	readonly put: readonly IndexedItem[];
	/** When the file was written last, ms since the epoch: its items are not from much later. */
	readonly written: number;
	/** Ids without prefix. */
	readonly remove: readonly string[];
}

interface NewItem extends KnownItem {
	/** The key it wants, then the one it got. */
	key: number;
	readonly file: number;
	readonly known: Map<string, KnownItem> | undefined;
	readonly item: IndexedItem;
}

function byKey(a: NewItem, b: NewItem): number {
	return a.key - b.key;
}

/** The write side of an index, and the plain reads that writing needs. All inside the caller's transaction. */
export class Projection {
	readonly tiers: Tiers;
	private readonly db: IndexDatabase;

	constructor(db: IndexDatabase) {
		this.db = db;
		this.tiers = new Tiers(db);
	}

	/** What is known of a source's files, by path. */
	files(source: string): Map<string, KnownFile> {
		const rows = this.db
			.statement(
				"SELECT id, path, size, mtime, ctime, inode, depth, open FROM files WHERE source = ?",
			)
			.all(source) as unknown as (Omit<KnownFile, "open"> & { path: string; open: number })[];
		return new Map(rows.map((row) => [row.path, { ...row, open: row.open === 1 }]));
	}

	/** The facts of a source's files, by path. Throws a DamagedIndex when they are not what was stored. */
	facts(source: string): Map<string, unknown> {
		const rows = this.db
			.statement("SELECT path, facts, facts_check FROM files WHERE source = ?")
			.all(source) as { path: string; facts: string; facts_check: number }[];
		return new Map(rows.map((row) => [row.path, checkedJson(row.facts, row.facts_check)]));
	}

	putFile(file: FileRecord): number {
		const facts = JSON.stringify(file.facts ?? null);
		const { last } = file;
		const row = this.db
			.statement(
				`INSERT INTO files (source, path, size, mtime, ctime, inode, depth, open, last_offset, last_length,
					last_check, session, prefix, cwd, facts, facts_check)
				VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
				ON CONFLICT (source, path) DO UPDATE SET size = excluded.size, mtime = excluded.mtime,
					ctime = excluded.ctime, inode = excluded.inode, depth = excluded.depth, open = excluded.open,
					last_offset = excluded.last_offset, last_length = excluded.last_length,
					last_check = excluded.last_check, session = excluded.session, prefix = excluded.prefix,
					cwd = excluded.cwd, facts = excluded.facts, facts_check = excluded.facts_check
				RETURNING id`,
			)
			.get(
				file.source,
				file.path,
				file.size,
				file.mtime,
				file.ctime,
				file.inode,
				file.depth,
				file.open ? 1 : 0,
				last?.offset ?? null,
				last?.length ?? null,
				last?.check ?? null,
				file.session,
				file.prefix,
				file.cwd,
				facts,
				crc32(facts),
			) as { id: number };
		return row.id;
	}

	/** The file was touched, but its bytes are those that were read. */
	setStamp(file: number, stamp: FileStamp): void {
		const { size, mtime, ctime, inode } = stamp;
		this.db.run(
			"UPDATE files SET size = ?, mtime = ?, ctime = ?, inode = ? WHERE id = ?",
			size,
			mtime,
			ctime,
			inode,
			file,
		);
	}

	/** The last whole record of a file when it was read. */
	lastRecord(file: number): LastRecord | undefined {
		const row = this.db
			.statement("SELECT last_offset, last_length, last_check FROM files WHERE id = ?")
			.get(file) as Record<string, number | null> | undefined;
		const { last_offset: offset, last_length: length, last_check: check } = row ?? {};
		return typeof offset === "number" && typeof length === "number" && typeof check === "number"
			? { offset, length, check }
			: undefined;
	}

	/** Sessions that were forked from `id`. */
	childrenOf(id: string): string[] {
		const rows = this.db.statement("SELECT id FROM sessions WHERE parent = ?").all(id);
		return rows.map((row) => row["id"] as string);
	}

	/** Takes a file and all that is in it out of the index. Between `tiers.prepare` and `tiers.finish`. */
	removeFile(file: number): void {
		for (const { key, check } of this.knownItems(file).values()) {
			this.removeItem(key, file, check);
		}
		this.db.run("DELETE FROM turns WHERE file = ?", file);
		this.db.run("DELETE FROM files WHERE id = ?", file);
	}

	/** The items of a file as they are in the index, by id. */
	knownItems(file: number): Map<string, KnownItem> {
		const rows = this.db
			.statement(
				"SELECT key, id, turn, status, time, offset, length, spans, text_check FROM items WHERE file = ?",
			)
			.all(file) as unknown as ItemRow[];
		const touched = this.touchedBy(file);
		return new Map(
			rows.map((row) => [
				row.id,
				{
					key: row.key,
					mark: markOf(entryOf(row), touched.get(row.key) ?? []),
					check: row.text_check,
				},
			]),
		);
	}

	/** Stores changes of items, the oldest first: full-text search is fastest to build so. */
	putItems(changes: readonly ItemChange[]): number {
		const removed: (KnownItem & { file: number })[] = [];
		const added: NewItem[] = [];
		const now = Date.now();
		for (const { file, known, put, remove, written } of changes) {
			// One date in a far future would keep all that comes after it from full-text tables of its own.
			const latest = Math.min(written, now);
			for (const item of put) {
				const check = textCheck(item.text);
				const key = firstKey(item.time > latest + aheadLimit ? latest : item.time, item.type);
				if (!known) {
					added.push({ file, known, item, key, mark: "", check });
					continue;
				}
				const before = known.get(item.id);
				const mark = markOf(item, item.touched);
				if (before?.check === check && before.mark === mark) {
					continue;
				}
				if (before) {
					removed.push({ ...before, file });
				}
				added.push({ file, known, item, key, mark, check });
			}
			for (const id of remove) {
				const before = known?.get(id);
				if (before) {
					removed.push({ ...before, file });
					known?.delete(id);
				}
			}
		}
		for (const { key, file, check } of removed.sort((a, b) => a.key - b.key)) {
			this.removeItem(key, file, check);
		}
		let last = { wanted: -1, key: -1 };
		for (const entry of added.sort(byKey)) {
			const wanted = entry.key;
			// Many items of one second: the search for a free key goes on where it ended.
			entry.key = this.addItem(entry, wanted === last.wanted ? laterKey(last.key, 1) : wanted);
			last = { wanted, key: entry.key };
		}
		for (const { known, item, key, mark, check } of added.sort(byKey)) {
			if (check !== 0) {
				this.tiers.add(key, indexable(item.text));
			}
			known?.set(item.id, { key, mark, check });
		}
		return added.length + removed.length;
	}

	/** Stores all turns of a file; those that are the same are left alone. `isNew`: it has none in the index. */
	putTurns(file: number, turns: readonly IndexedTurn[], isNew: boolean): void {
		const known = new Map(
			(isNew ? [] : this.turns(file)).map((turn) => [turn.id, JSON.stringify(turn)]),
		);
		this.addTurns(
			file,
			turns.filter((turn) => known.get(turn.id) !== JSON.stringify(plainTurn(turn))),
		);
		for (const turn of turns) {
			known.delete(turn.id);
		}
		for (const id of known.keys()) {
			this.db.run("DELETE FROM turns WHERE file = ? AND id = ?", file, id);
		}
	}

	/** Stores turns of a file beside those it has, or in their place. */
	addTurns(file: number, turns: readonly IndexedTurn[]): void {
		for (const turn of turns) {
			this.db.run(
				"INSERT OR REPLACE INTO turns VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
				file,
				...Object.values(plainTurn(turn)),
			);
		}
	}

	/** The turns of a file, in order of id, as plain values. */
	turns(file: number): PlainTurn[] {
		return this.db
			.statement(
				`SELECT id, after, time, status, model, branch, input, cached, output, reasoning, total
				FROM turns WHERE file = ? ORDER BY id`,
			)
			.all(file) as unknown as PlainTurn[];
	}

	/**
	 * Stores a session's row. `found` is what the session itself is found by; without it that stays as it is, for a new
	 * session its title.
	 */
	putSession(summary: SessionSummary, found?: string): void {
		const json = JSON.stringify(summary);
		const check = crc32(json);
		const known = this.db
			.statement("SELECT n, about, summary_check FROM sessions WHERE id = ?")
			.get(summary.id) as { n: number; about: string; summary_check: number } | undefined;
		const about = found ?? known?.about ?? (summary.untitled ? "" : summary.title);
		if (known?.about === about && known.summary_check === check) {
			return;
		}
		const { n } = this.db
			.statement(
				`INSERT INTO sessions (id, source, title, about, agent, model, updated, archived, trashed, tags,
					parent, origin, summary, summary_check)
				VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
				ON CONFLICT (id) DO UPDATE SET source = excluded.source, title = excluded.title,
					about = excluded.about, agent = excluded.agent, model = excluded.model, updated = excluded.updated,
					archived = excluded.archived, trashed = excluded.trashed, tags = excluded.tags,
					parent = excluded.parent, origin = excluded.origin, summary = excluded.summary,
					summary_check = excluded.summary_check
				RETURNING n`,
			)
			.get(
				summary.id,
				summary.source,
				summary.title,
				about,
				summary.agent,
				summary.model,
				summary.updatedAt,
				summary.archived ? 1 : 0,
				summary.trashed ? 1 : 0,
				JSON.stringify(summary.tags),
				summary.parent?.session ?? null,
				standsFor(summary).join("\n") || null,
				json,
				check,
			) as { n: number };
		if (known?.about !== about) {
			if (known && known.about !== "") {
				this.db.run("DELETE FROM about WHERE rowid = ?", n);
			}
			if (about !== "") {
				this.db.run("INSERT INTO about (rowid, body) VALUES (?, ?)", n, indexable(about));
			}
		}
	}

	/** What a session itself is found by. */
	about(id: string): string | undefined {
		const row = this.db.statement("SELECT about FROM sessions WHERE id = ?").get(id);
		return row?.["about"] as string | undefined;
	}

	removeSession(id: string): void {
		const known = this.db
			.statement("DELETE FROM sessions WHERE id = ? RETURNING n, about")
			.get(id) as { n: number; about: string } | undefined;
		if (known && known.about !== "") {
			this.db.run("DELETE FROM about WHERE rowid = ?", known.n);
		}
	}

	/** A mark of each row of a source, which differs when the row does. */
	summaryMarks(source: string): Map<string, number> {
		const rows = this.db
			.statement("SELECT id, summary_check FROM sessions WHERE source = ?")
			.all(source) as { id: string; summary_check: number }[];
		return new Map(rows.map((row) => [row.id, row.summary_check]));
	}

	/** One row. Throws a DamagedIndex when it is not what was stored. */
	summary(id: string): SessionSummary | undefined {
		const row = this.db
			.statement("SELECT summary, summary_check FROM sessions WHERE id = ?")
			.get(id) as { summary: string; summary_check: number } | undefined;
		return row && (checkedJson(row.summary, row.summary_check) as SessionSummary);
	}

	/** All rows of a source. Throws a DamagedIndex when one is not what was stored. */
	summaries(source: string): SessionSummary[] {
		const rows = this.db
			.statement("SELECT summary, summary_check FROM sessions WHERE source = ?")
			.all(source) as { summary: string; summary_check: number }[];
		for (const row of rows) {
			if (crc32(row.summary) !== row.summary_check) {
				throw new DamagedIndex("a session's row is not what was stored");
			}
		}
		// Parsed in one go: a third of the time of one by one.
		return JSON.parse(`[${rows.map((row) => row.summary).join()}]`) as SessionSummary[];
	}

	/** Items of a file in order of their place in it. */
	items(file: number, from: number, to: number): ItemEntry[] {
		const rows = this.db
			.statement(
				`SELECT key, id, turn, status, time, offset, length, spans, text_check FROM items WHERE file = ?
				ORDER BY offset, id LIMIT ? OFFSET ?`,
			)
			.all(file, Math.max(0, to - from), from) as unknown as ItemRow[];
		return rows.map(entryOf);
	}

	private touchedBy(file: number): Map<number, string[]> {
		const touched = new Map<number, string[]>();
		const rows = this.db
			.statement("SELECT key, path FROM touched WHERE file = ? ORDER BY path")
			.all(file) as { key: number; path: string }[];
		for (const { key, path } of rows) {
			const known = touched.get(key);
			if (known) {
				known.push(path);
			} else {
				touched.set(key, [path]);
			}
		}
		return touched;
	}

	/** Stores an item under the first free key from `wanted` on. Returns the key. */
	private addItem({ file, item, check }: NewItem, wanted: number): number {
		const [offset = 0, length = 0] = item.spans;
		const status = statuses.indexOf(item.status);
		const time = Number.isNaN(item.time) ? null : item.time;
		const spans = item.spans.length > 2 ? item.spans.join() : null;
		const insert = this.db.statement(
			"INSERT OR IGNORE INTO items VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		);
		let key = wanted;
		for (
			let step = 1;
			insert.run(key, file, item.id, item.turn, status, time, offset, length, spans, check)
				.changes === 0;
			step *= 2
		) {
			key = laterKey(key, step);
		}
		for (const path of item.touched) {
			this.db.run("INSERT OR IGNORE INTO touched VALUES (?, ?, ?)", path, key, file);
		}
		return key;
	}

	private removeItem(key: number, file: number, check: number): void {
		this.db.run("DELETE FROM items WHERE key = ?", key);
		if (typeOfKey(key) === "fileChange") {
			this.db.run("DELETE FROM touched WHERE file = ? AND key = ?", file, key);
		}
		if (check !== 0) {
			this.tiers.remove(key);
		}
	}
}

/** What differs when a row does. */
export function summaryCheck(summary: SessionSummary): number {
	return crc32(JSON.stringify(summary));
}

function checkedJson(json: string, check: number): unknown {
	if (crc32(json) !== check) {
		throw new DamagedIndex("what a file says is not what was stored");
	}
	return JSON.parse(json) as unknown;
}
