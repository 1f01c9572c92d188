import * as vscode from "vscode";
import { mapLimit } from "../../base/async.ts";
import { HumanError } from "../../base/errors.ts";
import type { Item } from "../../core/model/item.ts";
import type { Transcript } from "../../core/transcript/transcript.ts";
import { showError } from "../failures.ts";
import type { Choice } from "../prompts.ts";
import { plainText } from "../search/snippetText.ts";
import { RelativeTime } from "../sessions/relativeTime.ts";
import type { SessionRow } from "../sessions/sessionList.ts";
import { ownSource } from "../sessions/sessionList.ts";
import { titleOf } from "../sessions/sessionTitle.ts";
import { requireTrust } from "../stores.ts";
import { offerUndo } from "./bulk.ts";
import { showChange, showMade } from "./changes.ts";
import type { CommandContext, Handlers } from "./context.ts";
import { chooseFolder } from "./folders.ts";
import { firstWords } from "./itemWords.ts";
import { openForWriting } from "./lifecycle.ts";
import { ownOnly } from "./targets.ts";

/** Going another way from some point: forks, reverts, branches. */
export function branchCommands(
	context: CommandContext,
): Handlers<"forkSession" | "forkFromHere" | "revertToHere" | "undoRevert" | "switchBranch"> {
	const { l10n } = vscode;
	const onError = (error: unknown) => showError(error, context.log, context.prompts);

	const unrevert = async (row: SessionRow) => {
		const session = await openForWriting(context, row);
		await session.unrevert();
		await showChange(context, row.summary.id, row.folder);
	};

	return {
		async forkSession(...args) {
			requireTrust();
			const row = await context.targets.one(args, l10n.t("Fork Session"));
			const id = await fork(context, row, undefined);
			context.prompts.tell(l10n.t('Forked "{0}"', titleOf(row.summary)));
			return id;
		},

		async forkFromHere(...args) {
			requireTrust();
			const title = l10n.t("Fork from Here");
			const row = await context.targets.one(args, title);
			const item =
				context.targets.item(args) ??
				(await chooseItem(context, row, title, l10n.t("Fork up to and including…")));
			const words = firstWords(await itemOf(await context.reader.open(row), item));
			const id = await fork(context, row, item);
			context.prompts.tell(
				l10n.t('Forked "{0}" up to and including "{1}"', titleOf(row.summary), words),
			);
			return id;
		},

		async revertToHere(...args) {
			requireTrust();
			const title = l10n.t("Revert to Here");
			const row = await context.targets.one(args, title, ownOnly());
			const item =
				context.targets.item(args) ??
				(await chooseItem(context, row, title, l10n.t("Go back to…")));
			const words = firstWords(await itemOf(await context.reader.open(row), item));
			const session = await openForWriting(context, row);
			await session.revertTo(item);
			await showChange(context, row.summary.id, row.folder);
			offerUndo(
				context,
				l10n.t('Reverted "{0}" to "{1}". What came after is kept.', titleOf(row.summary), words),
				() => unrevert(row),
				onError,
			);
		},

		async undoRevert(...args) {
			requireTrust();
			const row = await context.targets.one(args, l10n.t("Undo Revert"), ownOnly());
			await unrevert(row);
		},

		async switchBranch(...args) {
			requireTrust();
			const title = l10n.t("Switch Branch");
			const row = await context.targets.one(args, title, ownOnly());
			const { branches } = await context.reader.open(row);
			if (branches.length === 0) {
				throw new HumanError(
					"no-branches",
					l10n.t('"{0}" has no other branch.', titleOf(row.summary)),
				);
			}
			const times = new RelativeTime(vscode.env.language);
			const head = await context.prompts.pick(
				[...branches]
					.sort((a, b) => b.time - a.time)
					.map((branch) => ({
						label: plainText(branch.label) || l10n.t("Branch without a prompt"),
						description: [
							l10n.t("{0} items", branch.items),
							times.format(new Date(branch.time).toISOString(), Date.now()),
						].join(" · "),
						value: branch.head,
					})),
				{ title, placeholder: l10n.t("Choose how the session goes on") },
			);
			if (head === undefined) {
				return;
			}
			const session = await openForWriting(context, row);
			await session.revertTo(head);
			await showChange(context, row.summary.id, row.folder);
		},
	};
}

/** Forks a session at an item (its head if none is given) and opens the fork; a source's session is adopted first. */
async function fork(
	context: CommandContext,
	row: SessionRow,
	item: string | undefined,
): Promise<string> {
	const { summary } = row;
	let parent = { folder: row.folder ?? "", id: summary.id, at: item };
	if (summary.source !== ownSource) {
		const folder = await chooseFolder(context, vscode.l10n.t("Fork Session"), row.folder);
		const store = context.stores.writing(folder);
		const adopted = await store.adopt(context.reader.source(summary), summary);
		const at = item === undefined ? undefined : adopted.itemIds.get(item);
		if (item !== undefined && at === undefined) {
			throw new HumanError(
				"no-such-item",
				vscode.l10n.t("This item cannot be forked from. The session was imported, but not forked."),
			);
		}
		parent = { folder, id: adopted.session.id, at };
	}
	const session = await context.stores.writing(parent.folder).fork(parent.id, parent.at);
	await showChange(context, parent.id, parent.folder);
	await showMade(context, session, parent.folder);
	return session.id;
}

async function itemOf(transcript: Transcript, id: string): Promise<Item | undefined> {
	const index = transcript.rows.findIndex((row) => row.id === id);
	return index < 0 ? undefined : (await transcript.items(index, index + 1))[0];
}

/** Prompts and answers offered at first; each *Show Earlier* adds as many. */
const offered = 300;
/** In place of an item's id. */
const earlier = "";

/** Lets the person choose among the prompts and answers of a session, the last one first. */
export async function chooseItem(
	context: CommandContext,
	row: SessionRow,
	title: string,
	placeholder: string,
): Promise<string> {
	const transcript = await context.reader.open(row);
	const said = transcript.rows.flatMap((each, index) =>
		each.kind === "item" && (each.type === "userMessage" || each.type === "agentMessage")
			? [index]
			: [],
	);
	if (said.length === 0) {
		throw new HumanError(
			"no-items",
			vscode.l10n.t('Nothing has been said in "{0}" yet.', titleOf(row.summary)),
		);
	}
	const choices: Choice<string>[] = [];
	for (let end = said.length; ; end -= offered) {
		const page = said.slice(Math.max(0, end - offered), end);
		choices.push(...(await wordsOf(transcript, page)).reverse());
		const more = { label: `$(history) ${vscode.l10n.t("Show Earlier")}`, value: earlier };
		const active = choices[said.length - end]?.value ?? earlier;
		const all = end > offered ? [...choices, more] : choices;
		const chosen = await context.prompts.pick(all, { title, placeholder, active });
		if (chosen === undefined) {
			throw new vscode.CancellationError();
		}
		if (chosen !== earlier) {
			return chosen;
		}
	}
}

/** Prompts and answers as choices. Contents are read one by one: what stands between them may be long. */
async function wordsOf(transcript: Transcript, rows: readonly number[]): Promise<Choice<string>[]> {
	const items = await mapLimit(rows, 16, (row) => transcript.items(row, row + 1));
	return items.flat().map((item) => {
		const icon = item.content.type === "userMessage" ? "account" : "comment";
		return { label: `$(${icon}) ${plainText(firstWords(item))}`, value: item.id };
	});
}
