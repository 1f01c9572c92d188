import * as vscode from "vscode";
import { plainText } from "../search/snippetText.ts";
import { requireTrust } from "../stores.ts";
import { forEachSession } from "./bulk.ts";
import { showChange } from "./changes.ts";
import type { CommandContext, Handlers } from "./context.ts";
import { openForWriting } from "./lifecycle.ts";
import { ownOnly } from "./targets.ts";

/** Tags and notes: what a person writes on sessions. */
export function labelCommands(
	context: CommandContext,
): Handlers<"addTag" | "removeTag" | "addNote" | "addNoteHere"> {
	const { l10n } = vscode;
	const note = async (args: readonly unknown[], item: string | undefined) => {
		requireTrust();
		const title = item ? l10n.t("Add Note to Item") : l10n.t("Add Note to Session");
		const row = await context.targets.one(args, title, ownOnly());
		const text = await context.prompts.input({
			title,
			placeholder: l10n.t("Note"),
			check: (value) => (value.trim() ? undefined : l10n.t("A note cannot be empty.")),
		});
		if (text === undefined) {
			return;
		}
		const session = await openForWriting(context, row);
		await session.addNote(text, item);
		await showChange(context, row.summary.id, row.folder);
	};

	return {
		async addTag(...args) {
			requireTrust();
			const title = l10n.t("Add Tag");
			const rows = await context.targets.many(args, title, ownOnly());
			const text = await context.prompts.input({
				title,
				prompt: l10n.t("One tag, or several separated by commas"),
				check: (value) => (tagsIn(value).length > 0 ? undefined : l10n.t("A tag cannot be empty.")),
			});
			if (text === undefined) {
				return;
			}
			await forEachSession(context, rows, title, async (row) => {
				const session = await openForWriting(context, row);
				await session.tag(tagsIn(text));
			});
		},

		async removeTag(...args) {
			requireTrust();
			const title = l10n.t("Remove Tag");
			const able = ownOnly(
				(summary) => summary.tags.length > 0,
				l10n.t("This session has no tags."),
			);
			const rows = await context.targets.many(args, title, able);
			const known = [...new Set(rows.flatMap((row) => row.summary.tags))].sort();
			const chosen = await context.prompts.pickMany(
				known.map((tag) => ({ label: plainText(tag), value: tag })),
				{ title, placeholder: l10n.t("Choose the tags to remove") },
			);
			if (!chosen || chosen.length === 0) {
				return;
			}
			await forEachSession(context, rows, title, async (row) => {
				const session = await openForWriting(context, row);
				await session.untag([...chosen]);
			});
		},

		async addNote(...args) {
			await note(args, undefined);
		},

		async addNoteHere(...args) {
			await note(args, context.targets.item(args));
		},
	};
}

function tagsIn(text: string): string[] {
	return text
		.split(",")
		.map((tag) => tag.trim())
		.filter(Boolean);
}
