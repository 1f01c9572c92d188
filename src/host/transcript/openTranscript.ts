import type * as vscode from "vscode";
import type { Transcript } from "../../core/transcript/transcript.ts";
import type { SessionAction, TranscriptCapabilities } from "../../protocol/webview.ts";
import type { FirstRows } from "./sentRows.ts";

/** A transcript behind an editor: a session of the list, or a journal file that stands alone. */
export interface OpenTranscript {
	readonly transcript: Transcript;
	/** The session, where it can be looked up: commands act on it. Undefined for a file that stands alone. */
	readonly session: { readonly id: string; readonly folder: string | null } | undefined;
	readonly agentLabel: string;
	readonly parentTitle: string | undefined;
	capabilities(): TranscriptCapabilities;
	/** What an empty transcript offers, best first. */
	actions(): readonly SessionAction[];
	/** The same session as it is now. */
	again(): Promise<OpenTranscript>;
}

/** Where an editor's transcript comes from. */
export interface TranscriptSource {
	/** The rows around one of them, or the last ones; undefined where all of it has to be read for that. Never rejects. */
	first(uri: vscode.Uri, around?: string): Promise<FirstLook | undefined>;
	open(uri: vscode.Uri): Promise<OpenTranscript>;
}

/** The part of a transcript that is shown before all of it is known. */
export interface FirstLook extends FirstRows {
	/** Gives items by their index in the whole. */
	readonly open: OpenTranscript;
	whole(): Promise<OpenTranscript>;
}
