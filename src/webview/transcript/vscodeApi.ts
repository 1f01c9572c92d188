import type { FromTranscript, TranscriptViewState } from "../../protocol/webview.ts";

interface VsCodeApi {
	postMessage(message: FromTranscript): void;
	getState(): unknown;
	setState(state: TranscriptViewState): void;
}

declare function acquireVsCodeApi(): VsCodeApi;

// VS Code gives it out once; it stays in this module, out of reach of anything a transcript could smuggle in.
const api = acquireVsCodeApi();

export function post(message: FromTranscript): void {
	api.postMessage(message);
}

/** What was kept for this transcript; undefined when there is nothing, or it is of another transcript. */
export function keptState(uri: string): TranscriptViewState | undefined {
	const state = api.getState();
	if (typeof state !== "object" || state === null || !("uri" in state) || state.uri !== uri) {
		return undefined;
	}
	return state as TranscriptViewState;
}

/** The row at which the reader was when the page was last here; undefined at the end of the transcript. */
export function keptPlace(): string | undefined {
	const state = api.getState() as Partial<TranscriptViewState> | undefined;
	return state?.following === false ? state.anchor?.id : undefined;
}

/** True when something was typed here that is not known to be sent. */
export function hasKeptDraft(): boolean {
	const state = api.getState() as Partial<TranscriptViewState> | undefined;
	return state?.draft !== undefined || state?.underWay !== undefined;
}

export function keepState(state: TranscriptViewState): void {
	api.setState(state);
}
