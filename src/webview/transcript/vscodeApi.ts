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

export function keepState(state: TranscriptViewState): void {
	api.setState(state);
}
