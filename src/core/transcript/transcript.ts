import type { ApprovalState } from "../model/agentState.ts";
import type { Diagnostic } from "../model/diagnostic.ts";
import type { Item, ItemStatus, ItemType } from "../model/item.ts";
import type { SessionSummary } from "../model/summary.ts";

/** One row of a transcript: an item of the chain, known without its content. */
export interface ItemRow {
	readonly kind: "item";
	readonly id: string;
	readonly turn: string;
	readonly type: ItemType;
	readonly status: ItemStatus;
	/** ms since the epoch; 0 when unknown. */
	readonly time: number;
	/** The session whose file holds the item, when it is inherited from an ancestor. */
	readonly inheritedFrom?: string;
}

/** A row that says what is missing: an ancestor that cannot be read, a cycle, an item a merge has not brought yet. */
export interface GapRow {
	readonly kind: "gap";
	readonly id: string;
	readonly reason: string;
}

export type TranscriptRow = ItemRow | GapRow;

/** Another way a session went on: the turns that follow `after` and are not on the chain shown. */
export interface Branch {
	/** The last item of the branch: where *Switch Branch* moves the head. */
	readonly head: string;
	/** The item at which it leaves the chain; null for the very beginning. */
	readonly after: string | null;
	/** First words of its first prompt. */
	readonly label: string;
	readonly items: number;
	/** ms since the epoch of its last item. */
	readonly time: number;
}

export interface SessionNote {
	readonly id: string;
	/** Null when it is on the session. */
	readonly item: string | null;
	readonly text: string;
	readonly ts: string;
}

/** What changed since the last look: nothing, rows at the end (and `changed` earlier ones), or anything. */
export type TranscriptChange =
	| { readonly kind: "unchanged" }
	| { readonly kind: "grown"; readonly from: number; readonly changed: readonly number[] }
	| { readonly kind: "reloaded" };

/**
 * One session opened for reading, ours or a source's. Rows are known at once; contents are read page by page.
 * Implementations: our journals (`journalTranscript.ts`), one per source, and a single file opened by its path.
 */
export interface Transcript {
	readonly summary: SessionSummary;
	/** The chain, from the root to the head. */
	readonly rows: readonly TranscriptRow[];
	readonly branches: readonly Branch[];
	readonly notes: readonly SessionNote[];
	/** Questions of the agent's, oldest first; only our own sessions keep them. */
	readonly approvals?: readonly ApprovalState[];
	readonly diagnostics: readonly Diagnostic[];
	/** Items `from` (inclusive) to `to` (exclusive) with their content; gap rows are left out. */
	items(from: number, to: number): Promise<Item[]>;
	/** Bytes of a blob or of an image that an item names; undefined when they are not there. */
	blob(hash: string): Promise<Uint8Array | undefined>;
	/** Looks for changes on disk and brings the fields above up to date. Reads only what is new where it can. */
	refresh(): Promise<TranscriptChange>;
	/** Paths to watch for changes. */
	readonly files: readonly string[];
}
