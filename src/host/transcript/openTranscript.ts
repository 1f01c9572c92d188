import type { Transcript } from "../../core/transcript/transcript.ts";
import type { SessionAction, TranscriptCapabilities } from "../../protocol/webview.ts";

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
