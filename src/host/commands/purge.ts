import * as vscode from "vscode";
import { HumanError } from "../../base/errors.ts";
import { forgetSessions } from "../../core/checkpoints/forgetting.ts";
import type { SessionRow } from "../sessions/sessionList.ts";
import { titleOf } from "../sessions/sessionTitle.ts";
import { requireTrust } from "../stores.ts";
import { forEachSession, inWords } from "./bulk.ts";
import { showChange } from "./changes.ts";
import type { CommandContext, Handlers } from "./context.ts";
import { ownOnly } from "./targets.ts";

/** Removing sessions for good: the one thing that cannot be undone, and the only one that is always asked about. */
export function purgeCommands(context: CommandContext): Handlers<"purgeSession"> {
	const { l10n } = vscode;
	return {
		async purgeSession(...args) {
			requireTrust();
			const title = l10n.t("Purge Session");
			const able = ownOnly(
				(summary) => summary.trashed,
				l10n.t("Only a session in the trash can be purged. Delete it first."),
			);
			const rows = await context.targets.many(args, title, able);
			const forks = await forksOf(context, rows);
			const purge = l10n.t("Purge");
			const withForks = l10n.t("Purge with Forks");
			const detail = [
				l10n.t("They are removed from disk, kept copies included. This cannot be undone."),
				...(forks.length > 0
					? [
							"",
							l10n.t("These forks continue from them and would be purged, too:"),
							...forks.map(titleOf),
						]
					: []),
			].join("\n");
			const answer = await context.prompts.confirm(l10n.t("Purge {0}?", inWords(rows)), detail, [
				forks.length > 0 ? withForks : purge,
			]);
			if (answer === undefined) {
				return;
			}
			const gone = new Set<string>();
			await forEachSession(context, rows, title, async ({ summary, folder }) => {
				// A fork that was purged with its parent is gone already.
				if (!gone.has(summary.id)) {
					const store = context.stores.writing(folder ?? "");
					const { purged } = await store.purge(summary.id, { withForks: answer === withForks });
					await forgetCheckpoints(context, store.folder, purged);
					for (const id of purged) {
						gone.add(id);
						await showChange(context, id, folder);
					}
				}
			});
		},
	};
}

/** A session that is gone for good needs no states of files. That they stay when git fails takes nothing away. */
async function forgetCheckpoints(
	context: CommandContext,
	folder: string,
	sessions: readonly string[],
): Promise<void> {
	try {
		await forgetSessions(context.checkpoints.of(folder), sessions);
	} catch (error) {
		if (!(error instanceof HumanError)) {
			throw error;
		}
		context.log.info(error.message);
	}
}

/** Forks that are not themselves among `rows`. One that cannot be looked for is found by the purge itself. */
async function forksOf(
	context: CommandContext,
	rows: readonly SessionRow[],
): Promise<readonly { readonly id: string; readonly title: string }[]> {
	const forks = new Map<string, { id: string; title: string }>();
	for (const { summary, folder } of rows) {
		try {
			for (const fork of await context.stores.reading(folder ?? "").forksOf(summary.id)) {
				forks.set(fork.id, fork);
			}
		} catch (error) {
			if (!(error instanceof HumanError)) {
				throw error;
			}
			context.log.warn(error.message);
		}
	}
	for (const { summary } of rows) {
		forks.delete(summary.id);
	}
	return [...forks.values()];
}
