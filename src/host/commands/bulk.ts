import * as vscode from "vscode";
import { errorSentence, HumanError } from "../../base/errors.ts";
import { isCancellation, showError } from "../failures.ts";
import type { SessionRow } from "../sessions/sessionList.ts";
import { titleOf } from "../sessions/sessionTitle.ts";
import { showChange } from "./changes.ts";
import type { CommandContext } from "./context.ts";

/** From this many sessions on there is a progress notification that can be cancelled. */
const cancellableFrom = 20;

/**
 * Does `work` for each session, one after another; of several, a failure does not stop the rest and is shown at the end,
 * once. Returns those it was done for, none perhaps. Cancelling stops before the next one; what is done stays done.
 */
export async function forEachSession(
	context: CommandContext,
	rows: readonly SessionRow[],
	title: string,
	work: (row: SessionRow) => Promise<void>,
): Promise<readonly SessionRow[]> {
	const done: SessionRow[] = [];
	const failed: { row: SessionRow; reason: string }[] = [];
	const run = async (stopped: () => boolean, progress: () => void) => {
		for (const row of rows) {
			if (stopped()) {
				return;
			}
			try {
				await work(row);
				done.push(row);
				await showChange(context, row.summary.id, row.folder);
			} catch (error) {
				if (isCancellation(error)) {
					return;
				}
				if (rows.length === 1) {
					throw error;
				}
				context.log.warn(`${title}: ${row.summary.id}: ${errorSentence(error)}`);
				failed.push({ row, reason: errorSentence(error) });
			}
			progress();
		}
	};
	if (rows.length < cancellableFrom) {
		await run(
			() => false,
			() => undefined,
		);
	} else {
		await vscode.window.withProgress(
			{ location: vscode.ProgressLocation.Notification, title, cancellable: true },
			(progress, token) =>
				run(
					() => token.isCancellationRequested,
					() =>
						progress.report({
							increment: 100 / rows.length,
							message: vscode.l10n.t("{0} of {1}", done.length + failed.length, rows.length),
						}),
				),
		);
	}
	const [first] = failed;
	if (first) {
		const sentence = vscode.l10n.t(
			'{0} of {1} sessions could not be changed. The first was "{2}": {3}',
			failed.length,
			rows.length,
			titleOf(first.row.summary),
			first.reason,
		);
		showError(new HumanError("some-failed", sentence), context.log, context.prompts);
	}
	return done;
}

/** The sessions as words: the title of one, the number of several. */
export function inWords(rows: readonly SessionRow[]): string {
	const [first] = rows;
	return rows.length === 1 && first
		? vscode.l10n.t('"{0}"', titleOf(first.summary))
		: vscode.l10n.t("{0} sessions", rows.length);
}

/** Says what was done and offers to undo it. Not awaited by the command: it is over when its work is. */
export function offerUndo(
	context: CommandContext,
	message: string,
	undo: () => Promise<unknown>,
	onError: (error: unknown) => void,
): void {
	const label = vscode.l10n.t("Undo");
	void context.prompts.notify("info", message, [label]).then(async (answer) => {
		if (answer === label) {
			await undo().catch(onError);
		}
	});
}
