import type { SessionSummary } from "../model/summary.ts";
import type { Transcript } from "../transcript/transcript.ts";
import type { CodexThreadMetadata } from "./codex/threadMetadata.ts";

/** One file of a source on disk, as a directory scan finds it. */
export interface SourceFile {
	readonly path: string;
	/** Size in bytes and modification time in ms: a file is parsed again only when one of them differs. */
	readonly size: number;
	readonly mtimeMs: number;
}

/**
 * What one file of a source says, as plain JSON that the catalogue caches by path, size and mtime. A session may need
 * several files (replaced rollouts, names kept in an index file): {@link Source.summarize} joins them.
 */
export interface SourceFileFacts {
	readonly path: string;
	/** The source's own JSON: opaque to the catalogue. */
	readonly facts: unknown;
}

/** Another tool's session store. We read it; only names and archive marks of Codex's sessions are changed there, on request. */
export interface Source {
	/** `codex`, `claude`, ...: the `source` of its sessions and the prefix of their ids. */
	readonly name: string;
	/** The agent's name as its makers write it. */
	readonly label: string;
	/** Folders to watch; they need not exist. */
	readonly roots: readonly string[];
	/** Files outside of the roots whose changes matter to the list (an index of names); they need not exist. */
	readonly sideFiles: readonly string[];
	/** Where names and archive marks of its sessions can be changed; in a trusted workspace only. */
	readonly metadata?: CodexThreadMetadata;
	/** Files that may hold sessions. Unreadable folders are reported through `report`, and the rest goes on. */
	discover(report: (path: string, reason: string) => void): Promise<SourceFile[]>;
	/** Parses one file as far as a list of sessions needs. A bad file gives facts with warnings, never a throw for content. */
	readFacts(file: SourceFile): Promise<unknown>;
	/** The sessions that all facts together amount to: one summary a session. Also reads small side files (names). */
	summarize(files: readonly SourceFileFacts[]): Promise<SessionSummary[]>;
	/** Opens a session that `summarize` listed. */
	open(summary: SessionSummary): Promise<Transcript>;
	/** True when `path` looks like a session file of this source, wherever it lies. */
	claims(path: string, head: Uint8Array): boolean;
	/** Opens one session file by path, wherever it lies. */
	openFile(path: string): Promise<Transcript>;
	/** The raw bytes that adoption stores, one entry a file the session is made of, oldest ancestor first. */
	rawFiles(summary: SessionSummary): Promise<readonly RawSourceFile[]>;
	/** A session file's own conversation in the form adoption journals. */
	adoptable(summary: SessionSummary): Promise<AdoptableSession>;
}

export interface RawSourceFile {
	/** Name that identifies the file at the source and does not change as it grows. */
	readonly name: string;
	readonly path: string;
	/** Bytes of the (decompressed) file. */
	readonly size: number;
	/** Reads `[from, to)` of the decompressed file. */
	read(from: number, to: number): Promise<Uint8Array>;
}

/** A stretch of a raw file that an item was made from. */
export interface RawSpan {
	readonly file: string;
	readonly offset: number;
	readonly length: number;
}

export interface AdoptableItem {
	/** Stable identity at the source: adopting again finds it. */
	readonly sourceId: string;
	readonly ts: string;
	/** With `status`; strings inline, images as data URIs in `ImageRef.url`. */
	readonly content: import("../model/item.ts").ItemContent;
	readonly spans: readonly RawSpan[];
}

export interface AdoptableTurn {
	readonly sourceId: string;
	/** The agent's own name of the turn, by which it can be asked to go back to it. */
	readonly agentTurn?: string;
	readonly ts: string;
	/** `sourceId` of the item it continues; null for the first. */
	readonly after: string | null;
	readonly model?: string;
	readonly branch?: string;
	readonly commit?: string;
	readonly items: readonly AdoptableItem[];
	/** Undefined while the turn goes on. */
	readonly end?: {
		readonly ts: string;
		readonly status: import("../model/record.ts").TurnStatus;
		readonly usage?: import("../model/record.ts").TokenUsage;
		readonly error?: string;
	};
}

/** A whole conversation, branches included, ready to be journaled. */
export interface AdoptableSession {
	readonly summary: SessionSummary;
	/** Ancestors before descendants. */
	readonly turns: readonly AdoptableTurn[];
	/** `sourceId` of the item the transcript ends with; null when there is none. */
	readonly head: string | null;
}
