import type { Item } from "../core/model/item.ts";
import type { SessionSummary } from "../core/model/summary.ts";
import type { Branch, SessionNote, TranscriptRow } from "../core/transcript/transcript.ts";
import type { FromLivePage, KeptPrompts, ToLivePage } from "./live.ts";
import type { RowColumns } from "./rowColumns.ts";

/** Rows a page holds. The page is the unit of loading and of rendering. */
export const pageSize = 100;

/** How far a transcript can be changed from the page. */
export interface TranscriptCapabilities {
	/** Our own session in a trusted folder: revert, notes, rename. */
	readonly write: boolean;
	/** Fork is possible (ours, or a source's that is adopted first). */
	readonly fork: boolean;
}

/** Everything the page shows that is not an item. */
export interface TranscriptHeader {
	readonly summary: SessionSummary;
	/** Agent and model as they are shown. */
	readonly agentLabel: string;
	/** Title of the session this one continues, when it is known. */
	readonly parentTitle?: string;
	readonly branches: readonly Branch[];
	readonly notes: readonly SessionNote[];
	/** Sentences of the warnings, for the banner. */
	readonly warnings: readonly string[];
	readonly capabilities: TranscriptCapabilities;
	/** What works for this session now, best first: an empty page offers it, and nothing that the host does not name. */
	readonly actions?: readonly SessionAction[];
}

/** What can be done with a whole session from its page; the host owns the doing. */
export type SessionAction = "resumeInTerminal" | "addNote" | "importSession";

/** What the page keeps across reloads (`setState`): enough to be where the reader was. */
export interface TranscriptViewState extends KeptPrompts {
	readonly uri: string;
	/** Id of the first row in view and its offset in px from the top. */
	readonly anchor?: { readonly id: string; readonly offset: number };
	/** True when the reader was at the end and new rows are followed. */
	readonly following: boolean;
	/** Ids of the rows opened by hand. */
	readonly open: readonly string[];
	/** Index of the last row shown while replaying; absent when not replaying. */
	readonly replay?: { readonly position: number; readonly speed: number };
}

/** Host to page. */
export type ToTranscript =
	| ToLivePage
	| {
			readonly type: "load";
			readonly uri: string;
			readonly header: TranscriptHeader;
			/** Rows, without content: all of them, or those that are shown first. */
			readonly rows: readonly TranscriptRow[];
			/** True when the other rows follow by `rows`, once these are painted. */
			readonly isPartial: boolean;
			/** Contents of the rows that will be in view, like `page`. */
			readonly pages: readonly { readonly page: number; readonly items: readonly Item[] }[];
			/** Localised words, by key (see `strings.ts`). */
			readonly strings: Readonly<Record<string, string>>;
			/** Locale for dates and numbers. */
			readonly locale: string;
			/** Row to show first (a link, a search hit); wins over a kept anchor. */
			readonly reveal?: string;
			/** Start replaying at once (*Replay Session*). */
			readonly replay: boolean;
	  }
	| {
			readonly type: "page";
			readonly page: number;
			readonly items: readonly Item[];
	  }
	| {
			/** The rows that stand before and after those of a `load` that had not all. */
			readonly type: "rows";
			readonly header: TranscriptHeader;
			/** A whole number of pages. */
			readonly before: RowColumns;
			readonly after: RowColumns;
	  }
	| {
			/**
			 * The session changed: rows from `from` on are replaced, and the rows in `changed` have new content.
			 * A row whose status changed is among the replaced ones.
			 */
			readonly type: "update";
			readonly header: TranscriptHeader;
			readonly from: number;
			readonly rows: readonly TranscriptRow[];
			readonly changed: readonly number[];
	  }
	| { readonly type: "reveal"; readonly id: string }
	| { readonly type: "replay"; readonly action: ReplayAction }
	/** *Copy* of the context menu: the page answers with `selection`. */
	| { readonly type: "getSelection" }
	| {
			/** Answer to `blob`; `bytes` is absent when it is not there or of a type that is not shown. */
			readonly type: "blob";
			readonly hash: string;
			readonly mime?: string;
			readonly bytes?: Uint8Array;
	  }
	/** Whole text of a field that was cut for the page: `field` as it stood in `getText`. */
	| { readonly type: "text"; readonly item: string; readonly field: string; readonly text: string }
	/** The session cannot be shown: a sentence, shown instead of the transcript. */
	| { readonly type: "failed"; readonly message: string };

export type ReplayAction =
	| "start"
	| "stop"
	| "toggle"
	| "nextItem"
	| "previousItem"
	| "nextTurn"
	| "previousTurn"
	| "faster"
	| "slower"
	| "toStart"
	| "toEnd";

/** What can be done with one item from the page; the host owns the doing. */
export type ItemAction = "fork" | "revert" | "copy" | "copyLink" | "addNote";

/** Page to host. */
export type FromTranscript =
	| FromLivePage
	/** The page is there and listens, with a prompt that was not sent or not, and was at a row; the host answers with `load` (or `failed`). */
	| { readonly type: "ready"; readonly draft: boolean; readonly at?: string | undefined }
	| { readonly type: "getPage"; readonly page: number }
	| { readonly type: "getBlob"; readonly hash: string; readonly mime: string }
	/** `field` is the way to a cut text inside the item's content: `text`, `output`, `changes.2.diff`. */
	| { readonly type: "getText"; readonly item: string; readonly field: string }
	| { readonly type: "itemAction"; readonly action: ItemAction; readonly item: string }
	/** One of the actions that the header named. */
	| { readonly type: "sessionAction"; readonly action: SessionAction }
	/** A link in a transcript; the host asks VS Code to open it, which asks the person. */
	| { readonly type: "openLink"; readonly href: string }
	/** A file that an item names, with the item's change shown as a diff where there is one. */
	| { readonly type: "openFile"; readonly item: string; readonly path: string }
	| { readonly type: "switchBranch" }
	| { readonly type: "openSession"; readonly id: string }
	| { readonly type: "removeNote"; readonly note: string }
	| { readonly type: "acknowledgeDamage" }
	/** The text that is selected, when the host has asked for it. */
	| { readonly type: "selection"; readonly text: string }
	/** Which row has the focus, for commands run from the palette or by keyboard. */
	| { readonly type: "focus"; readonly item: string | null }
	| {
			/** Where replay stands; also the context key that enables its keys. */
			readonly type: "replayState";
			readonly active: boolean;
			readonly playing: boolean;
			/** Row index of the last row shown. */
			readonly position: number;
			readonly item: string | null;
	  }
	/** Painted: first items are on screen. Tests and benchmarks wait for it. */
	| { readonly type: "painted"; readonly rows: number }
	/** Something threw in the page; the host logs it. */
	| { readonly type: "error"; readonly message: string };

/** Longest text of one field sent with a page, in characters; the rest is fetched with `getText`. */
export const textLimit = 16_384;

/**
 * How a cut field stands in an item that was sent with a page: the beginning in place of a long string or of a text in a
 * blob. A long value that is no string (a tool's input) is cut as its indented JSON text.
 */
export interface CutText {
	readonly cut: string;
	/** Length of the whole text in characters. */
	readonly length: number;
}
