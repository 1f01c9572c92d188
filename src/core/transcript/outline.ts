import * as path from "node:path";
import type { FileStamp } from "../index/stamp.ts";
import { spansOf } from "../journal/items.ts";
import type { Journal } from "../journal/journal.ts";
import type { ApprovalState } from "../model/agentState.ts";
import type { Diagnostic } from "../model/diagnostic.ts";
import type { Blobs } from "../store/blobs.ts";
import { branchesOf, notesOf } from "./journalTranscript.ts";
import type { Lineage } from "./lineage.ts";
import type { Branch, SessionNote, TranscriptRow } from "./transcript.ts";

/** One journal's part of a transcript. */
export interface OutlineSegment {
	readonly session: string;
	/** What rows of it say they are inherited from; absent in the session's own part. */
	readonly inheritedFrom?: string;
	/** Pairs `[from, to)` of places among all items of that journal, in the order of their first bytes. */
	readonly runs: readonly number[];
}

/**
 * All of a transcript but its rows, and which items its rows are: what the index keeps of a session, so that it opens
 * without being folded. True as long as the journals are those that it was made of.
 */
export interface Outline {
	/** Oldest ancestor first; the session's own part last. */
	readonly segments: readonly OutlineSegment[];
	readonly branches: readonly Branch[];
	readonly notes: readonly SessionNote[];
	readonly approvals: readonly ApprovalState[];
	readonly diagnostics: readonly Diagnostic[];
}

/** A journal as it stood when it was indexed. */
export interface OutlinedFile {
	readonly session: string;
	readonly path: string;
	readonly stamp: FileStamp;
}

/** A session's transcript as the index knows it, without its rows. */
export interface IndexedOutline extends Outline {
	/** One a segment. */
	readonly files: readonly OutlinedFile[];
	/** Number of rows. */
	readonly count: number;
	/** Another one as soon as anything of it is another: rows that were asked for under it belong to it. */
	readonly mark: string;
}

/** Rows of a transcript, and where their bytes are. */
export interface OutlinedRows {
	/** Index of the first. */
	readonly from: number;
	readonly rows: readonly TranscriptRow[];
	/** Offset and length of each row's first record. */
	readonly spans: Float64Array;
	/** All records of the rows that have more than one, by their place in `rows`: offsets and lengths in pairs. */
	readonly more: ReadonlyMap<number, readonly number[]>;
}

/**
 * The outline of a session that was read; undefined where what is shown may change without its journals changing: with
 * something missing, a last line that may still be written, ids ahead of the clock, notes in blobs.
 */
export async function outlineOf(
	own: Journal,
	{ segments, gap }: Lineage,
	blobs: Blobs,
): Promise<Outline | undefined> {
	const journals = segments.map(({ journal }) => journal);
	const isSettled = journals.every((each) => !each.isTailOpen && !each.isAheadOfClock);
	const { notes } = own.state;
	if (gap !== undefined || !isSettled || !notes.every(({ text }) => typeof text === "string")) {
		return undefined;
	}
	const onChain = new Set(segments.flatMap(({ items }) => items));
	return {
		segments: segments.map(({ journal, items }) => ({
			session: path.basename(journal.path, ".jsonl"),
			...(journal === own ? {} : { inheritedFrom: journal.state.header?.session.id ?? "" }),
			runs: runsOf(journal, items),
		})),
		branches: await branchesOf(own, onChain, blobs),
		notes: await notesOf(own, blobs),
		approvals: own.state.agent.approvals,
		diagnostics: own.diagnostics,
	};
}

/** Where items of a journal stand among all of it, as pairs `[from, to)`. */
function runsOf(journal: Journal, items: readonly string[]): number[] {
	if (items.length === 0) {
		return [];
	}
	const first = (id: string) => {
		const item = journal.state.items.get(id);
		return (item && spansOf(item)[0]?.offset) ?? -1;
	};
	const order = [...journal.state.items.keys()].map((id) => ({ id, offset: first(id) }));
	order.sort((a, b) => a.offset - b.offset || (a.id < b.id ? -1 : 1));
	const places = new Map(order.map(({ id }, place) => [id, place]));
	const runs: number[] = [];
	for (const id of items) {
		const place = places.get(id) ?? -1;
		if (runs.at(-1) === place) {
			runs[runs.length - 1] = place + 1;
		} else {
			runs.push(place, place + 1);
		}
	}
	return runs;
}
