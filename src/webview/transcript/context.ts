import type { FromTranscript } from "../../protocol/webview.ts";
import type { Approvals, OpenApproval } from "./approvals.ts";
import type { LiveTexts } from "./live/liveTexts.ts";
import type { TranscriptModel } from "./model.ts";
import type { WholeTexts } from "./texts.ts";
import type { Words } from "./words.ts";

/** What the templates of the items need. Handed down by hand; the templates themselves hold no state. */
export interface ItemContext {
	readonly model: TranscriptModel;
	readonly words: Words;
	readonly texts: WholeTexts;
	readonly live: LiveTexts;
	readonly approvals: Approvals;
	post(message: FromTranscript): void;
	/** Opens what is closed and closes what is open, and draws the row it belongs to again. */
	toggle(key: string, row: string): void;
	/** Draws one row again. */
	redraw(id: string): void;
	/** Draws the card of a question again, wherever it stands. */
	redrawApproval(approval: OpenApproval): void;
}
