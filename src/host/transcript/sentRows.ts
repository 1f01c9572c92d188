import type { TranscriptRow } from "../../core/transcript/transcript.ts";
import { pageSize } from "../../protocol/webview.ts";
import { type RowDelta, rowDelta } from "./rowDelta.ts";

/** A transcript with fewer rows is sent whole: the page takes it in within a frame or two. */
const sentWhole = 1000;
/** Pages of rows that a larger one is shown with first: more than fit on any screen. */
const firstPages = 3;

/** Rows that are shown first, of those of a whole transcript. */
export interface FirstRows {
	readonly rows: readonly TranscriptRow[];
	/** Index of the first of them: a whole number of pages. */
	readonly from: number;
	/** Number of all rows. */
	readonly count: number;
}

/** The rows around one of them, or the last ones; all where they are not many. */
export function firstRowsOf(rows: readonly TranscriptRow[], around: string | undefined): FirstRows {
	const count = rows.length;
	if (count <= sentWhole) {
		return { rows, from: 0, count };
	}
	const at = around === undefined ? -1 : rows.findIndex((row) => row.id === around);
	const last = Math.ceil(count / pageSize) - firstPages;
	const page = at < 0 ? last : Math.max(0, Math.min(last, Math.floor(at / pageSize) - 1));
	const from = page * pageSize;
	return { rows: rows.slice(from, from + firstPages * pageSize), from, count };
}

/** What the page has of a transcript's rows. */
export class SentRows {
	private rows: readonly TranscriptRow[] = [];
	private first = 0;
	/** The page has only the rows that are shown first. */
	isPartial = false;

	begin({ rows, from, count }: FirstRows): void {
		this.rows = rows;
		this.first = from;
		this.isPartial = rows.length < count;
	}

	/** The page's number for a page of the whole, and the other way round. */
	get firstPage(): number {
		return this.first / pageSize;
	}

	/** What stands before and after the rows that were sent; undefined when those are others now. */
	rest(
		all: readonly TranscriptRow[],
	): { before: readonly TranscriptRow[]; after: readonly TranscriptRow[] } | undefined {
		const end = this.first + this.rows.length;
		const delta = rowDelta(this.rows, all.slice(this.first, end));
		return delta && delta.from < this.rows.length
			? undefined
			: { before: all.slice(0, this.first), after: all.slice(end) };
	}

	/** All rows were sent; what the page must be told beyond that. */
	become(all: readonly TranscriptRow[], streams?: (id: string) => boolean): RowDelta | undefined {
		const before = this.isPartial ? all : this.rows;
		const delta = rowDelta(before, all, streams);
		this.rows = all;
		this.first = 0;
		this.isPartial = false;
		return delta;
	}
}
