import * as vscode from "vscode";
import type { Indexing, IndexQuestion } from "../../protocol/indexQuestions.ts";
import type { CommandContext, Handlers } from "./context.ts";

/** Checking and renewing what is derived from sessions. Sessions themselves are never changed here. */
export function maintenanceCommands(
	context: CommandContext,
): Handlers<"stopIndexing" | "rebuildIndex" | "doctor"> {
	const { l10n } = vscode;
	const ask = <K extends "rebuild" | "doctor">(
		title: string,
		question: Extract<IndexQuestion, { ask: K }>,
	) =>
		vscode.window.withProgress(
			{ location: vscode.ProgressLocation.Notification, title, cancellable: true },
			(progress, token) => {
				let before = 0;
				return context.catalogue.ask<K>(question, token, ({ done, total }: Indexing) => {
					const percent = total > 0 ? (100 * done) / total : 100;
					const message = l10n.t("{0} of {1} files", done, total);
					progress.report({ message, increment: Math.max(0, percent - before) });
					before = Math.max(before, percent);
				});
			},
		);
	return {
		async stopIndexing() {
			context.catalogue.stopIndexing();
		},

		async rebuildIndex() {
			const done = await ask(l10n.t("Rebuilding the index"), { ask: "rebuild" });
			const seconds = (done.ms / 1000).toFixed(1);
			const words = l10n.t(
				"The index was made again: {0} sessions and {1} items, read in {2} s.",
				done.sessions,
				done.items,
				seconds,
			);
			void context.prompts.notify("info", words, []);
			return { sessions: done.sessions, items: done.items };
		},

		async doctor() {
			const found = await ask(l10n.t("Checking all sessions"), { ask: "doctor" });
			await context.doctor.show(found);
			return { ok: found.index.equal && found.folders.every(({ found: each }) => each.ok) };
		},
	};
}
