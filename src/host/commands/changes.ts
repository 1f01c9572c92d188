import { errorSentence, HumanError } from "../../base/errors.ts";
import { isUlid } from "../../core/journal/ids.ts";
import type { SessionSummary } from "../../core/model/summary.ts";
import type { Session } from "../../core/store/session.ts";
import type { BegunSession } from "../transcript/liveParts.ts";
import type { CommandContext } from "./context.ts";

/**
 * Shows at once what a command of ours did to one of our sessions: its row is read again and put into the list. The
 * catalogue's watch finds the same a moment later; waiting for it, or having it look at every session, would be felt.
 */
export async function showChange(
	context: CommandContext,
	id: string,
	folder: string | null,
): Promise<void> {
	if (folder === null || !isUlid(id)) {
		return;
	}
	const { catalogue, list, editors } = context;
	if (!catalogue.started) {
		editors.follow({ ids: new Set([id]) });
		return;
	}
	const summary = await summaryNow(context, id, folder);
	list.apply({
		type: "rows",
		scope: { kind: "folder", folder },
		reset: false,
		rows: summary ? [summary] : [],
		removed: summary ? [] : [id],
	});
	if (!list.stores.some((store) => store.folder === folder && store.status.kind === "ready")) {
		// The folder's first session has just made its store: the catalogue has to learn of it.
		void catalogue.refresh();
	}
}

/** Shows a session that a command has just made: its transcript in a tab to keep, its row selected. */
export async function showMade(
	context: CommandContext,
	session: Session,
	folder: string,
): Promise<void> {
	await showChange(context, session.id, folder);
	await context.editors.show(await session.summary(), { keep: true });
	await select(context, session.id, folder);
}

/** Shows a session in which something was said, by name or prompt; one that has just got its journal is selected. */
export async function showSaid(
	context: CommandContext,
	{ id, folder, isNew }: BegunSession,
): Promise<void> {
	await showChange(context, id, folder);
	if (isNew) {
		await select(context, id, folder);
	}
}

/** VS Code does not find a row while those around it change. What was done is done all the same. */
async function select(context: CommandContext, id: string, folder: string): Promise<void> {
	try {
		await context.views.select(id, folder);
	} catch (error) {
		context.log.warn(`The row of ${id} was not selected: ${errorSentence(error)}`);
	}
}

/** Undefined when the session is gone. */
async function summaryNow(
	context: CommandContext,
	id: string,
	folder: string,
): Promise<SessionSummary | undefined> {
	try {
		const session = await context.stores.reading(folder).open(id);
		return await session.summary();
	} catch (error) {
		if (error instanceof HumanError) {
			return undefined;
		}
		throw error;
	}
}
