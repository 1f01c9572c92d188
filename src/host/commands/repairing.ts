import * as vscode from "vscode";
import { HumanError } from "../../base/errors.ts";
import { plainText } from "../search/snippetText.ts";
import { titleOf } from "../sessions/sessionTitle.ts";
import { requireTrust } from "../stores.ts";
import { diskFolders } from "../workspace.ts";
import { forEachSession } from "./bulk.ts";
import { showChange } from "./changes.ts";
import type { CommandContext, Handlers } from "./context.ts";
import { openForWriting } from "./lifecycle.ts";
import { ownOnly } from "./targets.ts";

/** Coming to terms with what happened to files: damage that has been seen, sessions that were removed. */
export function repairCommands(
	context: CommandContext,
): Handlers<"acknowledgeDamage" | "restoreKept"> {
	const { l10n } = vscode;
	return {
		async acknowledgeDamage(...args) {
			requireTrust();
			const title = l10n.t("Acknowledge Damage");
			const able = ownOnly(
				(summary) => summary.diagnostics > 0,
				l10n.t("This session has no warnings."),
			);
			const rows = await context.targets.many(args, title, able);
			await forEachSession(context, rows, title, async (row) => {
				const session = await openForWriting(context, row);
				await session.acknowledgeDamage();
			});
		},

		async restoreKept(...args) {
			requireTrust();
			const [node] = args;
			const row = isKeptRow(node);
			const kept = await keptIn(context, row ? [row.folder] : diskFolders());
			if (kept.length === 0) {
				throw new HumanError(
					"nothing-kept",
					l10n.t("No session was removed from the open folders: there is nothing to restore."),
				);
			}
			const chosen = row
				? kept
				: await context.prompts.pickMany(
						kept.map((each) => ({
							label: plainText(titleOf(each)),
							description: each.folder,
							picked: true,
							value: each,
						})),
						{
							title: l10n.t("Restore Removed Sessions"),
							placeholder: l10n.t("Their files are gone; Skein has kept copies"),
						},
					);
			if (!chosen || chosen.length === 0) {
				return undefined;
			}
			const back: string[] = [];
			for (const folder of new Set(chosen.map((each) => each.folder))) {
				const ids = chosen.filter((each) => each.folder === folder).map((each) => each.id);
				for (const id of await context.stores.writing(folder).restoreKept(ids)) {
					back.push(id);
					await showChange(context, id, folder);
				}
			}
			// What is left to restore is the catalogue's to say.
			if (context.catalogue.started) {
				await context.catalogue.refresh();
			}
			context.prompts.tell(
				back.length === 1
					? l10n.t("Restored 1 session")
					: l10n.t("Restored {0} sessions", back.length),
			);
			return back;
		},
	};
}

interface Kept {
	readonly id: string;
	readonly title: string;
	readonly folder: string;
}

async function keptIn(context: CommandContext, folders: readonly string[]): Promise<Kept[]> {
	const found: Kept[] = [];
	for (const folder of folders) {
		for (const { id, title } of await context.stores.reading(folder).kept()) {
			found.push({ id, title, folder });
		}
	}
	return found;
}

function isKeptRow(value: unknown): { readonly folder: string } | undefined {
	return typeof value === "object" &&
		value !== null &&
		"kind" in value &&
		value.kind === "kept" &&
		"folder" in value &&
		typeof value.folder === "string"
		? { folder: value.folder }
		: undefined;
}
