import type { Examination } from "../core/doctor/doctor.ts";
import type { UpdateResult } from "../core/index/progress.ts";
import type { Replay } from "../core/index/replay.ts";
import type { SearchResult } from "../core/index/search.ts";
import type { ChangedSession } from "../core/index/touchedSessions.ts";
import type { SessionSummary } from "../core/model/summary.ts";
import type { IndexedOutline, OutlinedRows } from "../core/transcript/outline.ts";
import type { RowColumns } from "./rowColumns.ts";

/** How far the index is behind the disk: files read so far of those to read. */
export interface Indexing {
	readonly done: number;
	readonly total: number;
}

/** What the extension host asks of the index, which only the worker opens. */
export type IndexQuestion =
	/**
	 * Hits of a search, newest first. With `wait` the index is brought up to date first, however long that takes; without,
	 * somebody is typing: an index that is still being made answers with what it has, and a phrase may be open.
	 */
	| {
			readonly ask: "search";
			readonly query: string;
			readonly limit: number;
			readonly offset: number;
			readonly wait: boolean;
	  }
	/** Sessions with a change of a file (an absolute path), the latest first. */
	| { readonly ask: "changed"; readonly file: string }
	/**
	 * What a session of a folder opens from, with the rows around an item (or the last ones). Waits for nothing: without
	 * an answer (`undefined`) the session has to be folded.
	 */
	| {
			readonly ask: "outline";
			readonly folder: string;
			readonly session: string;
			readonly around: string | undefined;
	  }
	/** Rows of an outline; `undefined` when that is no longer what the index has. */
	| {
			readonly ask: "rows";
			readonly folder: string;
			readonly session: string;
			readonly mark: string;
			readonly from: number;
			readonly to: number;
	  }
	/** Bring the index up to date with one session that was folded, so that it opens from there the next time. */
	| { readonly ask: "indexSession"; readonly folder: string; readonly session: string }
	/** Compare the index with the disk, and bring it up to date. Answered also when that was stopped. */
	| { readonly ask: "update" }
	/** Forget the index, and read all sessions again. */
	| { readonly ask: "rebuild" }
	/** Check every journal, and the index against a full reading. Changes nothing but what the index lags behind. */
	| { readonly ask: "doctor" };

/** What a transcript is shown from first. */
export interface OpenedOutline {
	readonly outline: IndexedOutline;
	readonly summary: SessionSummary;
	readonly rows: RowsAnswer;
}

/** Rows of an outline: see `OutlinedRows`. */
export interface RowsAnswer extends Omit<OutlinedRows, "rows"> {
	readonly columns: RowColumns;
}

export interface IndexAnswers {
	/** `indexing` when the index is not up to date yet: there may be more to find. */
	readonly search: SearchResult & { readonly indexing: Indexing | undefined };
	readonly changed: readonly ChangedSession[];
	readonly outline: OpenedOutline | undefined;
	readonly rows: RowsAnswer | undefined;
	readonly indexSession: null;
	readonly update: null;
	readonly rebuild: UpdateResult;
	readonly doctor: {
		readonly folders: readonly { readonly folder: string; readonly found: Examination }[];
		/** What was brought up to date before the comparison. */
		readonly repaired: UpdateResult;
		readonly index: Replay;
	};
}
export type IndexAnswer = IndexAnswers[keyof IndexAnswers];

/** Why a question has no answer. */
export interface Refusal {
	/** `cancelled`, `bad-query`, or the reason of another expected error; `fault` for any other. */
	readonly reason: string;
	readonly message: string;
	/** Where a query is wrong, in UTF-16 units, and what is wrong there. */
	readonly place?: {
		readonly position: number;
		readonly length: number;
		readonly problem: string;
	};
}
