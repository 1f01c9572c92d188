import { spansOf } from "../journal/items.ts";
import type { Journal } from "../journal/journal.ts";
import type { ItemState, Span } from "../model/state.ts";
import type { StoreLayout } from "../store/layout.ts";
import { Beginnings } from "./beginnings.ts";
import type { IndexDatabase } from "./database.ts";
import { type IndexedTurn, type KnownItem, plainTurn } from "./indexedItem.ts";
import type { JournalReader } from "./journalReader.ts";
import type { KnownFile } from "./projection.ts";

/** Journals of which the items in the index are remembered. */
const residentLimit = 16;

/** What is remembered of a journal between two updates, so that only its new items are read. */
export interface Resident {
	readonly journal: Journal;
	readonly reading: number;
	/** What the index holds of it; undefined when another process has written to the index since. */
	items: Map<string, KnownItem> | undefined;
	/** Its turns as they were stored. */
	readonly turns: ReadonlyMap<string, string>;
	/** All records of its items end before this. Bytes. */
	readonly end: number;
}

/** The journals of one store that were read last, as long as they only grow. */
export class Residents {
	private readonly db: IndexDatabase;
	private readonly layout: StoreLayout;
	private readonly reader: JournalReader;
	private readonly all = new Map<string, Resident>();
	private readonly beginnings: Beginnings;
	/** The state of the database that is remembered. */
	private version = "";

	constructor(db: IndexDatabase, reader: JournalReader) {
		this.db = db;
		this.layout = reader.store.layout;
		this.reader = reader;
		this.beginnings = new Beginnings(reader.store.files);
	}

	/** Before an update: forgets what the index held when another process has written to it since. */
	check(): void {
		if (this.db.foreignVersion() !== this.version) {
			for (const resident of this.all.values()) {
				resident.items = undefined;
			}
		}
	}

	/** After an update: all of it is stored. */
	stored(): void {
		this.version = this.db.foreignVersion();
	}

	has(id: string): boolean {
		return this.all.has(id);
	}

	/** Whether a journal that has become longer still begins as it did. */
	continues(id: string): Promise<boolean> {
		return this.beginnings.continues(this.layout.journal(id));
	}

	/** What is remembered of a journal, if it has only grown since, and the index holds all of it up to there. */
	get(id: string, journal: Journal, known: KnownFile | undefined): Resident | undefined {
		const resident = this.all.get(id);
		const grown =
			resident?.journal === journal &&
			resident.reading === this.reader.reading(journal) &&
			(resident.items !== undefined || (known?.depth === 1 && known.size >= resident.end));
		return grown ? resident : undefined;
	}

	/** `grows`: it was in the index before. What is read for the first time need not be compared so soon. */
	async keep(
		id: string,
		journal: Journal,
		items: Map<string, KnownItem>,
		turns: readonly IndexedTurn[],
		grows: boolean,
	): Promise<void> {
		if (grows) {
			await this.beginnings.remember(journal.path, journal.size);
		}
		const { offset, length } = lastSpanOf(journal) ?? { offset: 0, length: 0 };
		this.all.delete(id);
		this.all.set(id, {
			journal,
			reading: this.reader.reading(journal),
			items,
			turns: new Map(turns.map((turn) => [turn.id, markOfTurn(turn)])),
			end: offset + length,
		});
		const [oldest] = this.all.keys();
		if (oldest !== undefined && this.all.size > residentLimit) {
			this.forget(oldest);
		}
	}

	forget(id: string): void {
		this.all.delete(id);
		this.beginnings.forget(this.layout.journal(id));
	}

	clear(): void {
		this.all.clear();
	}
}

export function markOfTurn(turn: IndexedTurn): string {
	return JSON.stringify(plainTurn(turn));
}

/** Whether an item may differ from what was indexed when all records of items ended before `end`. */
export function isFresh(item: ItemState, end: number): boolean {
	return item.status === "running" || spansOf(item).some(({ offset }) => offset >= end);
}

/** The record of an item that ends last. */
export function lastSpanOf(journal: Journal): Span | undefined {
	let last: Span | undefined;
	for (const item of journal.state.items.values()) {
		for (const span of spansOf(item)) {
			if (!last || span.offset + span.length > last.offset + last.length) {
				last = span;
			}
		}
	}
	return last;
}
