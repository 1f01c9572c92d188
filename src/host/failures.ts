import * as vscode from "vscode";
import { errorSentence, HumanError } from "../base/errors.ts";
import type { Prompts } from "./prompts.ts";

/** The person changed their mind: nothing is shown. */
export function isCancellation(thrown: unknown): boolean {
	return (
		thrown instanceof vscode.CancellationError ||
		(thrown instanceof Error && thrown.name === "AbortError")
	);
}

/** Shows what went wrong in a sentence, logs the whole of it, and offers the log. Cancellation is silent. */
export function showError(thrown: unknown, log: vscode.LogOutputChannel, prompts: Prompts): void {
	if (isCancellation(thrown)) {
		return;
	}
	const expected = thrown instanceof HumanError;
	if (expected) {
		log.warn(`${thrown.reason}: ${thrown.message}`);
	} else {
		log.error(thrown instanceof Error ? thrown : String(thrown));
	}
	const sentence = expected
		? thrown.message
		: vscode.l10n.t("Something unexpected went wrong: {0}", errorSentence(thrown));
	const showLog = vscode.l10n.t("Show Log");
	// Not awaited: a command is over when its work is, not when its notification is closed.
	void prompts.notify("error", sentence, [showLog]).then((answer) => {
		if (answer === showLog) {
			log.show();
		}
	});
}
