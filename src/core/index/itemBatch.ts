import type { SessionSummary } from "../model/summary.ts";
import type { Outline } from "../transcript/outline.ts";
import type { IndexDatabase } from "./database.ts";
import type { IndexedItem, IndexedTurn, KnownItem } from "./indexedItem.ts";
import { Outlines } from "./outlines.ts";
import type { FileRecord, ItemChange, Projection } from "./projection.ts";
import type { SteadyWrites } from "./steadyWrites.ts";

/** Text that is gathered before it is stored. UTF-16 units. */
const textLimit = 16 * 1024 * 1024;
const entryLimit = 2000;

/** What a session opens from; undefined when it has to be folded. */
export interface StoredOutline {
	readonly session: string;
	readonly outline: Outline | undefined;
}

/** What one reading of a session file brings. Parts that are absent stay as they are in the index. */
export interface BatchEntry {
	readonly file?: FileRecord;
	/** The file's items as they are in the index, kept up to date by storing; absent when it has none there. */
	readonly known?: Map<string, KnownItem> | undefined;
	/** Items that may be new or different. */
	readonly put?: readonly IndexedItem[];
	/** Ids of all items the file has: others leave the index. */
	readonly seen?: () => ReadonlySet<string>;
	/** All turns the file has. */
	readonly turns?: readonly IndexedTurn[];
	/** Turns that are new or different. */
	readonly changedTurns?: readonly IndexedTurn[];
	readonly outline?: StoredOutline;
	readonly row?: { readonly summary: SessionSummary; readonly about: string | undefined };
}

/**
 * Gathers what was read of several files and stores it in one transaction: the items of all of them in the order of
 * time, which full-text search is fastest to build in.
 */
export class ItemBatch {
	/** Items stored so far that were not in the index as they are now. */
	changed = 0;
	private readonly writes: SteadyWrites;
	private readonly projection: Projection;
	private readonly outlines: Outlines;
	private entries: BatchEntry[] = [];
	private text = 0;

	constructor(db: IndexDatabase, writes: SteadyWrites, projection: Projection) {
		this.writes = writes;
		this.projection = projection;
		this.outlines = new Outlines(db, projection);
	}

	get full(): boolean {
		return this.text >= textLimit || this.entries.length >= entryLimit;
	}

	add(entry: BatchEntry): void {
		this.entries.push(entry);
		for (const item of entry.put ?? []) {
			this.text += item.text.length + 64;
		}
	}

	/** Stores all that was gathered. Throws SQLite's errors and a ReplacedIndex; then nothing of it is stored. */
	store(): void {
		const { entries } = this;
		this.entries = [];
		this.text = 0;
		if (entries.length > 0) {
			this.writes.write(() => this.storeEntries(entries));
		}
	}

	private storeEntries(entries: readonly BatchEntry[]): void {
		const { projection } = this;
		const changes: ItemChange[] = [];
		projection.tiers.prepare();
		for (const { file, known, put, seen, turns, changedTurns, row, outline } of entries) {
			const id = file && projection.putFile(file);
			if (file && id !== undefined && (put || seen)) {
				const remove = vanished(known, seen);
				// What was unpacked from an archive is dated as its maker liked.
				const written = Math.max(file.mtime, file.ctime);
				changes.push({ file: id, known, put: put ?? [], remove, written });
			}
			if (id !== undefined && turns) {
				projection.putTurns(id, turns, known === undefined);
			}
			if (id !== undefined && changedTurns) {
				projection.addTurns(id, changedTurns);
			}
			if (row) {
				projection.putSession(row.summary, row.about);
			}
			if (outline) {
				this.outlines.put(outline.session, outline.outline);
			}
		}
		this.changed += projection.putItems(changes);
		projection.tiers.finish();
	}
}

/** Ids of items in the index that the file no longer has. */
function vanished(
	known: ReadonlyMap<string, KnownItem> | undefined,
	seen: (() => ReadonlySet<string>) | undefined,
): string[] {
	if (!known || known.size === 0 || !seen) {
		return [];
	}
	const ids = seen();
	return [...known.keys()].filter((id) => !ids.has(id));
}
