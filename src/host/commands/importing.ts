import * as vscode from "vscode";
import { HumanError } from "../../base/errors.ts";
import type { Session } from "../../core/store/session.ts";
import { openTranscriptFile } from "../../core/transcript/openFile.ts";
import type { Choice } from "../prompts.ts";
import { plainText } from "../search/snippetText.ts";
import { RelativeTime } from "../sessions/relativeTime.ts";
import { rowDescription } from "../sessions/rowItem.ts";
import type { SessionRow } from "../sessions/sessionList.ts";
import { ownSource } from "../sessions/sessionList.ts";
import { titleOf } from "../sessions/sessionTitle.ts";
import { sorter } from "../sessions/sorting.ts";
import { forEach, inSlices, sorted } from "../slices.ts";
import { requireTrust } from "../stores.ts";
import { forEachSession, inWords } from "./bulk.ts";
import { showChange, showMade } from "./changes.ts";
import type { CommandContext, Handlers } from "./context.ts";
import { chooseFolder } from "./folders.ts";

/** Making sources' sessions ours: losslessly, and again at any time to bring in what they have grown by. */
export function importCommands(
	context: CommandContext,
): Handlers<"importSession" | "importSessions"> {
	const title = vscode.l10n.t("Import Session");
	return {
		async importSession(...args) {
			requireTrust();
			const [first] = args;
			if (first instanceof vscode.Uri && first.scheme === "file") {
				return importRows(context, await rowsOfFiles(context, [first]), title);
			}
			// Null: asked for without meaning the session in front.
			const isNamed = first === undefined ? isImportableInFront(context) : first !== null;
			const rows = isNamed
				? await growable(context, await context.targets.many(args, title))
				: await choose(context, title);
			return importRows(context, rows, title);
		},

		/** Takes no session: a view's menu gives its commands the row with the focus, which nobody meant. */
		async importSessions() {
			requireTrust();
			const several = vscode.l10n.t("Import Sessions");
			return importRows(context, await choose(context, several), several);
		},
	};
}

/** Whether the transcript in front is a source's session, or was one: there may be something to bring in. */
function isImportableInFront({ editors }: CommandContext): boolean {
	const { session, opened } = editors.active ?? {};
	const summary = session && opened?.transcript.summary;
	return summary !== undefined && (summary.source !== ownSource || summary.origin !== null);
}

/** Returns the ids of the sessions of ours that they are now. */
async function importRows(
	context: CommandContext,
	rows: readonly SessionRow[],
	title: string,
): Promise<readonly string[]> {
	const preferred = rows.length === 1 ? rows[0]?.folder : undefined;
	const folder = preferred ?? (await chooseFolder(context, title));
	const store = context.stores.writing(folder);
	const imported: Session[] = [];
	let items = 0;
	const done = await forEachSession(context, rows, title, async ({ summary }) => {
		const adopted = await store.adopt(context.reader.source(summary), summary);
		imported.push(adopted.session);
		await showChange(context, adopted.session.id, folder);
		items += adopted.items;
	});
	const [only, ...others] = imported;
	if (!only) {
		return [];
	}
	if (others.length === 0) {
		await showMade(context, only, folder);
	}
	context.prompts.tell(vscode.l10n.t("Imported {0}: {1} new items", inWords(done), items));
	return imported.map((session) => session.id);
}

/** Sources' rows as they are; for ours that were imported, the source's own row, to bring in its growth. */
async function growable(
	context: CommandContext,
	rows: readonly SessionRow[],
): Promise<readonly SessionRow[]> {
	const found: SessionRow[] = [];
	for (const row of rows) {
		const { origin, source } = row.summary;
		const summary =
			source !== ownSource
				? row.summary
				: origin && context.list.sourceRow(origin.source, origin.id);
		if (summary) {
			found.push({ summary, folder: row.folder });
		}
	}
	if (found.length === 0) {
		throw new HumanError(
			"nothing-to-import",
			vscode.l10n.t("This session is Skein's own: there is nothing to import."),
		);
	}
	return found;
}

const fromFiles = Symbol("from files");

async function choose(context: CommandContext, title: string): Promise<readonly SessionRow[]> {
	const { l10n } = vscode;
	context.catalogue.start();
	await context.catalogue.listed;
	const times = new RelativeTime(vscode.env.language);
	const now = Date.now();
	const foreign = context.list.rows.filter((row) => row.summary.source !== ownSource);
	const choices: Choice<SessionRow | typeof fromFiles>[] = [
		{ label: l10n.t("$(folder-opened) Choose Files…"), value: fromFiles },
	];
	await inSlices(
		forEach(await inSlices(sorted(foreign, sorter("updated"))), (row) => {
			const description = rowDescription(row.summary, { times, agents: true }, now);
			choices.push({ label: plainText(titleOf(row.summary)), description, value: row });
		}),
	);
	const chosen = await context.prompts.pickMany(choices, {
		title,
		placeholder: l10n.t("Choose sessions of your agents to keep in this folder"),
	});
	if (!chosen || chosen.length === 0) {
		throw new vscode.CancellationError();
	}
	const rows = chosen.filter((each) => each !== fromFiles);
	if (rows.length === chosen.length) {
		return rows;
	}
	const files = await context.prompts.openFiles({
		title,
		canSelectMany: true,
		openLabel: l10n.t("Import"),
		filters: { [l10n.t("Session files")]: ["jsonl", "json", "zst"] },
	});
	if (!files) {
		throw new vscode.CancellationError();
	}
	return [...rows, ...(await rowsOfFiles(context, files))];
}

async function rowsOfFiles(
	context: CommandContext,
	files: readonly vscode.Uri[],
): Promise<readonly SessionRow[]> {
	const rows: SessionRow[] = [];
	for (const { fsPath } of files) {
		const { summary } = await openTranscriptFile(fsPath, context.sources);
		if (summary.source === ownSource) {
			throw new HumanError(
				"own-journal",
				vscode.l10n.t("{0} is a journal of Skein's own. Nothing was imported.", fsPath),
			);
		}
		rows.push({ summary, folder: null });
	}
	return rows;
}
