import type { Item } from "../../core/model/item.ts";
import type { Branch, SessionNote, TranscriptRow } from "../../core/transcript/transcript.ts";
import { fromColumns } from "../../protocol/rowColumns.ts";
import { pageSize, type ToTranscript, type TranscriptHeader } from "../../protocol/webview.ts";
import { ItemPages } from "./pure/itemPages.ts";
import { turnNumbers } from "./pure/replayClock.ts";
import { type Block, blocksOf, regroup } from "./pure/runs.ts";

type Load = Extract<ToTranscript, { type: "load" }>;
type Update = Extract<ToTranscript, { type: "update" }>;
type Rest = Extract<ToTranscript, { type: "rows" }>;

/** One thing in the feed: a row, or the line of a fold. */
export type Entry =
	| {
			readonly kind: "row";
			readonly key: string;
			readonly index: number;
			/** Stands inside an opened fold. */
			readonly step: boolean;
			/** Says above it what day or time it is; the first row of a fold leaves that to the fold's line. */
			readonly marked: boolean;
	  }
	| { readonly kind: "fold"; readonly key: string; readonly block: Block; readonly open: boolean };

function stopsOf(header: TranscriptHeader): Set<string> {
	const stops = new Set<string>();
	for (const branch of header.branches) {
		if (branch.after !== null) {
			stops.add(branch.after);
		}
	}
	for (const note of header.notes) {
		if (note.item !== null) {
			stops.add(note.item);
		}
	}
	return stops;
}

function sameStops(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
	return a.size === b.size && [...a].every((id) => b.has(id));
}

/** What the page knows of the transcript it shows. No DOM in here. */
export class TranscriptModel {
	readonly uri: string;
	header: TranscriptHeader;
	rows: readonly TranscriptRow[];
	/** The other rows are still to come. */
	isPartial: boolean;
	blocks: readonly Block[];
	/** Rows shown: all of them, or those up to the position of a replay. */
	shown: number;
	/** True while replaying: the run at the position stands open, so that each step is seen. */
	replaying = false;
	/** Keys of what the reader opened, or closed where it stands open by itself. */
	readonly toggled: Set<string>;
	private readonly pages = new ItemPages(pageSize);
	private stops: Set<string>;
	private indexes: Map<string, number> | undefined;
	private turns: Uint32Array | undefined;

	constructor(load: Load, toggled: readonly string[]) {
		this.uri = load.uri;
		this.header = load.header;
		this.rows = load.rows;
		this.isPartial = load.isPartial;
		for (const { page, items } of load.pages) {
			this.pages.receive(page, items);
		}
		this.stops = stopsOf(load.header);
		this.blocks = blocksOf(load.rows, this.stops);
		this.shown = load.rows.length;
		this.toggled = new Set(toggled);
	}

	/** Takes the change in; returns the index of the first block that may look different (rows in `changed` aside). */
	update(update: Update): number {
		const from = Math.min(update.from, this.rows.length);
		this.rows = this.rows.slice(0, from).concat(update.rows);
		this.header = update.header;
		this.indexes = undefined;
		this.turns = undefined;
		this.pages.invalidate(from, update.changed);
		const stops = stopsOf(update.header);
		const regrouped = regroup(
			this.blocks,
			this.rows,
			stops,
			sameStops(stops, this.stops) ? from : 0,
		);
		this.stops = stops;
		this.blocks = regrouped.blocks;
		this.shown = this.replaying ? Math.min(this.shown, this.rows.length) : this.rows.length;
		return regrouped.changedFrom;
	}

	/** Takes in the rows that stand before and after those it has. */
	extend({ header, before, after }: Rest): void {
		const first = fromColumns(before);
		this.pages.shift(Math.floor(first.length / pageSize));
		this.rows = [...first, ...this.rows, ...fromColumns(after)];
		this.header = header;
		this.indexes = undefined;
		this.turns = undefined;
		this.stops = stopsOf(header);
		this.blocks = blocksOf(this.rows, this.stops);
		this.shown = this.rows.length;
		this.isPartial = false;
	}

	item(id: string): Item | undefined {
		return this.pages.item(id);
	}

	receive(page: number, items: readonly Item[]): void {
		this.pages.receive(page, items);
	}

	wantPages(rows: Iterable<number>): number[] {
		return this.pages.want(rows);
	}

	/** Index of a row by its id; undefined when it is not on the chain shown. */
	indexOf(id: string): number | undefined {
		if (!this.indexes) {
			this.indexes = new Map(this.rows.map((row, index) => [row.id, index]));
		}
		return this.indexes.get(id);
	}

	turnNumber(index: number): number {
		this.turns ??= turnNumbers(this.rows);
		return this.turns[index] ?? 0;
	}

	notesOf(id: string): readonly SessionNote[] {
		return this.stops.has(id) ? this.header.notes.filter((note) => note.item === id) : [];
	}

	branchesAfter(id: string | null): readonly Branch[] {
		return id === null || this.stops.has(id)
			? this.header.branches.filter((branch) => branch.after === id)
			: [];
	}

	/** True at the first row of the session's own, when the ones before are inherited. */
	startsOwnPart(index: number): boolean {
		return inherited(this.rows[index - 1]) && !inherited(this.rows[index]);
	}

	foldKey(block: Block): string {
		return `fold:${this.rows[block.from]?.id ?? ""}`;
	}

	/** What stands on the page for the blocks `from` (inclusive) to `to` (exclusive). */
	entries(from: number, to: number): Entry[] {
		const entries: Entry[] = [];
		for (let i = from; i < to; i++) {
			const block = this.blocks[i];
			if (!block || block.from >= this.shown) {
				break;
			}
			const end = Math.min(block.to, this.shown);
			const watched = this.replaying && block.to >= this.shown;
			let step = false;
			if (block.fold && !watched) {
				const key = this.foldKey(block);
				const open = this.toggled.has(key);
				entries.push({ kind: "fold", key, block, open });
				if (!open) {
					continue;
				}
				step = true;
			}
			for (let index = block.from; index < end; index++) {
				const row = this.rows[index] as TranscriptRow;
				entries.push({
					kind: "row",
					key: row.id,
					index,
					step,
					marked: !step || index > block.from,
				});
			}
		}
		return entries;
	}
}

function inherited(row: TranscriptRow | undefined): boolean {
	return row?.kind === "item" && row.inheritedFrom !== undefined;
}
