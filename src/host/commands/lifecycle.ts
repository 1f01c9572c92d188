import * as vscode from "vscode";
import type { Session } from "../../core/store/session.ts";
import { showError } from "../failures.ts";
import { ownSource, type SessionRow } from "../sessions/sessionList.ts";
import { titleOf } from "../sessions/sessionTitle.ts";
import { readSetting } from "../settings.ts";
import { requireTrust } from "../stores.ts";
import { isUnwritten } from "../transcript/untitledSessions.ts";
import { forEachSession, inWords, offerUndo } from "./bulk.ts";
import { showSaid } from "./changes.ts";
import { changeAtCodex } from "./codexThreads.ts";
import type { CommandContext, Handlers } from "./context.ts";
import { chooseFolder } from "./folders.ts";
import { nameableOnly, ownOnly } from "./targets.ts";

/** Opens one of our own sessions for writing, a new one included that has no journal yet; refused in restricted mode. */
export async function openForWriting(context: CommandContext, row: SessionRow): Promise<Session> {
	await context.untitled.begin(row.summary.id);
	return context.stores.writing(row.folder ?? "").open(row.summary.id);
}

/** Commands that make sessions, name them, and move them between the shelves. */
export function lifecycleCommands(
	context: CommandContext,
): Handlers<
	| "newSession"
	| "renameSession"
	| "archiveSession"
	| "unarchiveSession"
	| "deleteSession"
	| "restoreSession"
	| "pinSession"
	| "unpinSession"
> {
	const { l10n } = vscode;
	const onError = (error: unknown) => showError(error, context.log, context.prompts);
	const each = (
		rows: readonly SessionRow[],
		title: string,
		work: (session: Session) => Promise<void>,
	) =>
		forEachSession(context, rows, title, async (row) => work(await openForWriting(context, row)));
	/** Into the archive or out of it: ours by a record, Codex's by Codex. */
	const shelve = (rows: readonly SessionRow[], title: string, archived: boolean) =>
		forEachSession(context, rows, title, async (row) => {
			if (row.summary.source !== ownSource) {
				const now = context.list.sourceRow(row.summary.source, row.summary.id) ?? row.summary;
				await changeAtCodex(context, { ...row, summary: now }, { archived });
				return;
			}
			const session = await openForWriting(context, row);
			await (archived ? session.archive() : session.unarchive());
		});

	return {
		async newSession() {
			requireTrust();
			const title = l10n.t("New Session");
			const folder = await chooseFolder(context, title);
			const { id, uri } = context.untitled.make(folder);
			await context.editors.showNew(uri);
			return id;
		},

		async renameSession(...args) {
			requireTrust();
			const row = await context.targets.one(args, l10n.t("Rename Session"), nameableOnly());
			const title = await context.prompts.input({
				title: l10n.t("Rename Session"),
				value: isUnwritten(row.summary) ? "" : row.summary.title,
				check: (text) => (text.trim() ? undefined : l10n.t("A session needs a name.")),
			});
			if (title === undefined || title.trim() === row.summary.title) {
				return;
			}
			if (row.summary.source !== ownSource) {
				await changeAtCodex(context, row, { name: title.trim() });
				return;
			}
			const session = await openForWriting(context, row);
			await session.rename(title);
			const isNew = isUnwritten(row.summary);
			await showSaid(context, { id: row.summary.id, folder: row.folder ?? "", isNew });
		},

		async archiveSession(...args) {
			requireTrust();
			const title = l10n.t("Archive Session");
			const able = nameableOnly(
				(summary) => !summary.archived && !summary.trashed,
				l10n.t("Only a session that is neither archived nor in the trash can be archived."),
			);
			const rows = await context.targets.many(args, title, able);
			if (!(await confirmArchive(context, rows))) {
				return;
			}
			const done = await shelve(rows, title, true);
			if (done.length === 0) {
				return;
			}
			offerUndo(
				context,
				l10n.t("Archived {0}.", inWords(done)),
				() => shelve(done, l10n.t("Undo"), false),
				onError,
			);
		},

		async unarchiveSession(...args) {
			requireTrust();
			const title = l10n.t("Unarchive Session");
			const able = nameableOnly(
				(summary) => summary.archived && !summary.trashed,
				l10n.t("Only an archived session can be unarchived."),
			);
			const rows = await context.targets.many(args, title, able);
			await shelve(rows, title, false);
		},

		async deleteSession(...args) {
			requireTrust();
			const title = l10n.t("Delete Session");
			const able = ownOnly(
				(summary) => !summary.trashed,
				l10n.t("This session is in the trash already. Purge it to remove it for good."),
			);
			const rows = await context.targets.many(args, title, able);
			if (!(await confirmDelete(context, rows))) {
				return;
			}
			const done = await each(rows, title, (session) => session.trash());
			if (done.length === 0) {
				return;
			}
			offerUndo(
				context,
				l10n.t("Moved {0} to the trash.", inWords(done)),
				() => each(done, l10n.t("Undo"), (session) => session.restore()),
				onError,
			);
		},

		async restoreSession(...args) {
			requireTrust();
			const title = l10n.t("Restore Session");
			const able = ownOnly(
				(summary) => summary.trashed,
				l10n.t("Only a session in the trash can be restored."),
			);
			const rows = await context.targets.many(args, title, able);
			await each(rows, title, (session) => session.restore());
		},

		async pinSession(...args) {
			requireTrust();
			const title = l10n.t("Pin Session");
			const rows = await context.targets.many(args, title, ownOnly());
			await each(rows, title, (session) => session.pin());
		},

		async unpinSession(...args) {
			requireTrust();
			const title = l10n.t("Unpin Session");
			const rows = await context.targets.many(args, title, ownOnly());
			await each(rows, title, (session) => session.unpin());
		},
	};
}

const titlesShown = 10;

/** What is said of sessions in which an agent is at work; empty when there is none. */
function liveWords(context: CommandContext, rows: readonly SessionRow[]): string {
	const { l10n } = vscode;
	const live = rows.filter(
		({ summary, folder }) => folder !== null && context.daemons.of(folder).runOf(summary.id),
	);
	if (live.length === 0) {
		return "";
	}
	return rows.length === 1
		? l10n.t("An agent is at work in this session. Its run goes on; Stop Run ends it.")
		: l10n.t("Agents are at work in {0}. Their runs go on; Stop Run ends them.", inWords(live));
}

/** Archiving can be undone, so it is asked about only while an agent is at work. */
async function confirmArchive(
	context: CommandContext,
	rows: readonly SessionRow[],
): Promise<boolean> {
	const { l10n } = vscode;
	const live = liveWords(context, rows);
	const archive = l10n.t("Archive");
	return (
		live === "" ||
		(await context.prompts.confirm(l10n.t("Archive {0}?", inWords(rows)), live, [archive])) ===
			archive
	);
}

/** The preview of what goes to the trash. */
async function confirmDelete(
	context: CommandContext,
	rows: readonly SessionRow[],
): Promise<boolean> {
	const { l10n } = vscode;
	const live = liveWords(context, rows);
	if (live === "" && !readSetting("skein.confirmDelete")) {
		return true;
	}
	const lines = live === "" ? [] : [live, ""];
	for (const { summary } of rows.slice(0, titlesShown)) {
		const { turns, items, changedFileCount } = summary;
		// The question names a single session already.
		lines.push(
			rows.length === 1
				? l10n.t("{0} turns, {1} items, {2} changed files", turns, items, changedFileCount)
				: l10n.t(
						"{0} ({1} turns, {2} items, {3} changed files)",
						titleOf(summary),
						turns,
						items,
						changedFileCount,
					),
		);
	}
	if (rows.length > titlesShown) {
		lines.push(l10n.t("and {0} more", rows.length - titlesShown));
	}
	lines.push(
		"",
		l10n.t("Nothing is removed from disk, and forks go on working. Restore brings them back."),
	);
	const move = l10n.t("Move to Trash");
	const answer = await context.prompts.confirm(
		l10n.t("Delete {0}?", inWords(rows)),
		lines.join("\n"),
		[move],
	);
	return answer === move;
}
