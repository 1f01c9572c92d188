import * as fs from "node:fs";
import { crc32 } from "node:zlib";
import type { StoreLayout } from "../store/layout.ts";
import { countOf } from "../transcript/indexedTranscript.ts";
import type { IndexedOutline, Outline, OutlinedFile, OutlinedRows } from "../transcript/outline.ts";
import type { TranscriptRow } from "../transcript/transcript.ts";
import type { IndexDatabase } from "./database.ts";
import { entryOf, type ItemRow } from "./indexedItem.ts";
import type { Projection } from "./projection.ts";
import { DamagedIndex } from "./sqlite.ts";
import { compareStamps, type FileStamp, stampOf } from "./stamp.ts";

/** The outlines of one store's sessions in its index: what transcripts open from. */
export class Outlines {
	private readonly db: IndexDatabase;
	private readonly projection: Projection;

	constructor(db: IndexDatabase, projection: Projection) {
		this.db = db;
		this.projection = projection;
	}

	/** Inside the transaction that stores what it was made of. Undefined: the session has to be folded. */
	put(session: string, outline: Outline | undefined): void {
		const text = outline ? JSON.stringify(outline) : "";
		this.db.run("INSERT OR REPLACE INTO outlines VALUES (?, ?, ?)", session, text, crc32(text));
	}

	/**
	 * Inside a transaction, before anything of these sessions or of their ancestors changes. Without a row they are read
	 * again.
	 */
	remove(sessions: readonly string[]): void {
		for (const session of sessions) {
			this.db.run("DELETE FROM outlines WHERE session = ?", session);
		}
	}

	/** Sessions that have one, or are known to have none. */
	known(): Set<string> {
		const rows = this.db.statement("SELECT session FROM outlines").all();
		return new Set(rows.map((row) => row["session"] as string));
	}

	/**
	 * A session's outline, if the journals it was made of are still as they were indexed. Throws a DamagedIndex when it is
	 * not what was stored.
	 */
	get(layout: StoreLayout, session: string): IndexedOutline | undefined {
		const row = this.db
			.statement("SELECT outline, outline_check FROM outlines WHERE session = ?")
			.get(session) as { outline: string; outline_check: number } | undefined;
		if (!row || row.outline === "") {
			return undefined;
		}
		if (crc32(row.outline) !== row.outline_check) {
			throw new DamagedIndex("a session's outline is not what was stored");
		}
		const outline = JSON.parse(row.outline) as Outline;
		const files: OutlinedFile[] = [];
		for (const segment of outline.segments) {
			const file = this.current(layout, segment.session);
			if (!file) {
				return undefined;
			}
			files.push(file);
		}
		const count = outline.segments.reduce((sum, { runs }) => sum + countOf(runs), 0);
		const mark = `${row.outline_check} ${JSON.stringify(files.map(({ stamp }) => stamp))}`;
		return { ...outline, files, count, mark };
	}

	/** Rows `from` (inclusive) to `to` (exclusive). */
	rows({ segments }: Outline, from: number, to: number): OutlinedRows {
		const rows: TranscriptRow[] = [];
		const spans: number[] = [];
		const more = new Map<number, readonly number[]>();
		let passed = 0;
		for (const { session, inheritedFrom, runs } of segments) {
			const inherited = inheritedFrom === undefined ? {} : { inheritedFrom };
			for (let at = 0; at < runs.length; at += 2) {
				const [first = 0, end = 0] = runs.slice(at, at + 2);
				const start = first + Math.max(0, from - passed);
				const stop = Math.min(end, first + to - passed);
				passed += end - first;
				for (const item of start < stop ? this.items(session, start, stop) : []) {
					const { spans: own, time, ...rest } = entryOf(item);
					if (own.length > 2) {
						more.set(rows.length, own);
					}
					spans.push(own[0] ?? 0, own[1] ?? 0);
					rows.push({ kind: "item", ...rest, time: Number.isNaN(time) ? 0 : time, ...inherited });
				}
			}
		}
		return { from, rows, spans: Float64Array.from(spans), more };
	}

	/** Index of an item's row; undefined when it is not on the chain. */
	indexOf({ segments }: Outline, id: string): number | undefined {
		let passed = 0;
		for (const { session, runs } of segments) {
			const row = this.db
				.statement(
					`SELECT offset FROM items JOIN files ON files.id = items.file
					WHERE files.session = ? AND items.id = ?`,
				)
				.get(session, id);
			if (row) {
				const { place } = this.db
					.statement(
						`SELECT count(*) AS place FROM items JOIN files ON files.id = items.file
						WHERE files.session = ? AND (offset, items.id) < (?, ?)`,
					)
					.get(session, row["offset"] as number, id) as { place: number };
				for (let at = 0, before = passed; at < runs.length; at += 2) {
					const [first = 0, end = 0] = runs.slice(at, at + 2);
					if (place >= first && place < end) {
						return before + place - first;
					}
					before += end - first;
				}
			}
			passed += countOf(runs);
		}
		return undefined;
	}

	private items(session: string, from: number, to: number): ItemRow[] {
		// Where they begin is in the index alone; no two items begin at one place.
		const first = this.db
			.statement(
				`SELECT file, offset FROM items WHERE file = (SELECT id FROM files WHERE session = ?)
				ORDER BY offset LIMIT 1 OFFSET ?`,
			)
			.get(session, from) as { file: number; offset: number } | undefined;
		return first
			? (this.db
					.statement(
						`SELECT key, id, turn, status, time, offset, length, spans, text_check FROM items
						WHERE file = ? AND offset >= ? ORDER BY offset LIMIT ?`,
					)
					.all(first.file, first.offset, to - from) as unknown as ItemRow[])
			: [];
	}

	/** A journal that is on disk as it was indexed. */
	private current(layout: StoreLayout, session: string): OutlinedFile | undefined {
		const known = this.db
			.statement(
				"SELECT id, size, mtime, ctime, inode, depth, open FROM files WHERE session = ? AND source = 'skein'",
			)
			.get(session) as (FileStamp & { id: number; depth: number; open: number }) | undefined;
		if (known?.depth !== 1 || known.open === 1) {
			return undefined;
		}
		const path = layout.journal(session);
		const stat = fs.lstatSync(path, { throwIfNoEntry: false });
		if (!stat?.isFile()) {
			return undefined;
		}
		const { size, mtime, ctime, inode } = known;
		const change = compareStamps(known, stampOf(stat));
		if (change === "changed" || (change === "maybe" && !this.stands(known.id, path))) {
			return undefined;
		}
		return { session, path, stamp: { size, mtime, ctime, inode } };
	}

	/** Something was done to the file that left its size and time: its last record tells whether that was all. */
	private stands(file: number, path: string): boolean {
		const last = this.projection.lastRecord(file);
		if (!last) {
			return false;
		}
		const bytes = Buffer.alloc(last.length);
		const handle = fs.openSync(path, "r");
		try {
			return (
				fs.readSync(handle, bytes, 0, last.length, last.offset) === last.length &&
				crc32(bytes) === last.check
			);
		} finally {
			fs.closeSync(handle);
		}
	}
}
