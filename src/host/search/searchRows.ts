import * as vscode from "vscode";
import type { SearchHit } from "../../core/index/search.ts";
import type { ItemType } from "../../core/model/item.ts";
import type { IndexAnswers } from "../../protocol/indexQuestions.ts";
import type { BadQuery } from "../catalogueClient.ts";
import { agentLabel } from "../sessions/agentLabels.ts";
import type { RelativeTime } from "../sessions/relativeTime.ts";
import type { SessionList } from "../sessions/sessionList.ts";
import { ownSource } from "../sessions/sessionList.ts";
import { titleOf } from "../sessions/sessionTitle.ts";
import { markedQuery, plainText, snippetText } from "./snippetText.ts";

/** What choosing a row does: opens a hit, loads more, or goes on with another query; undefined does nothing. */
export interface SearchRow extends vscode.QuickPickItem {
	readonly hit?: SearchHit;
	readonly more?: true;
	readonly query?: string;
}

const icons: Readonly<Record<ItemType, string>> = {
	userMessage: "account",
	agentMessage: "comment",
	reasoning: "lightbulb",
	plan: "checklist",
	commandExecution: "terminal",
	fileChange: "diff",
	toolCall: "tools",
	webSearch: "globe",
	image: "file-media",
	compaction: "fold",
	error: "error",
	note: "note",
	raw: "json",
};

function typeWords(type: ItemType): string {
	const { t } = vscode.l10n;
	const words: Record<ItemType, string> = {
		userMessage: t("You"),
		agentMessage: t("Answer"),
		reasoning: t("Reasoning"),
		plan: t("Plan"),
		commandExecution: t("Command"),
		fileChange: t("File change"),
		toolCall: t("Tool"),
		webSearch: t("Web search"),
		image: t("Image"),
		compaction: t("Summary"),
		error: t("Error"),
		note: t("Note"),
		raw: t("Other"),
	};
	return words[type];
}

/** Everything is shown: the index has searched already, and not by the letters that were typed. */
const shown = { alwaysShow: true } as const;

export function hitRow(
	hit: SearchHit,
	typed: string,
	list: SessionList,
	times: RelativeTime,
	now: number,
): SearchRow {
	const summary = list.get(hit.session)?.summary;
	const agent = agentLabel(summary?.agent ?? (hit.source === ownSource ? null : hit.source));
	const kind = hit.type === null ? vscode.l10n.t("Title, tags or notes") : typeWords(hit.type);
	const time = Number.isNaN(hit.time) ? "" : times.format(new Date(hit.time).toISOString(), now);
	return {
		...shown,
		label: plainText(titleOf(hit)),
		description: [kind, agent, time].filter(Boolean).join(" · "),
		detail: snippetText(hit.snippet, typed),
		iconPath: new vscode.ThemeIcon(hit.type === null ? "comment-discussion" : icons[hit.type]),
		hit,
	};
}

export function moreRow(more: number, atLeast: boolean): SearchRow {
	const { t } = vscode.l10n;
	return {
		...shown,
		label: atLeast ? t("Show more of over {0}", more) : t("Show more ({0})", more),
		iconPath: new vscode.ThemeIcon("ellipsis"),
		more: true,
	};
}

/** Rows for a search that found nothing: what is kept back by default is offered. */
export function emptyRows(
	query: string,
	{ hidden, indexing }: IndexAnswers["search"],
): SearchRow[] {
	const { t } = vscode.l10n;
	const offer = (label: string, more: string): SearchRow => ({
		...shown,
		label,
		description: more,
		iconPath: new vscode.ThemeIcon("search"),
		query: `${query.trim()} ${more}`,
	});
	return [
		{
			...shown,
			label: indexing ? t("Nothing found so far") : t("Nothing found"),
			detail: t(
				"All words must be in one message or step. Try fewer words, or the beginning of one: word*",
			),
			iconPath: new vscode.ThemeIcon("info"),
		},
		...(hidden.archived > 0
			? [offer(t("Search archived sessions: {0}", hidden.archived), "in:archived")]
			: []),
		...(hidden.trashed > 0 ? [offer(t("Search the trash: {0}", hidden.trashed), "in:trash")] : []),
		...(hidden.context > 0
			? [offer(t("Search what agents write for themselves: {0}", hidden.context), "role:other")]
			: []),
	];
}

export function badQueryRow(query: string, error: BadQuery): SearchRow {
	const { position, length, problem } = error.place;
	return {
		...shown,
		label: plainText(problem),
		description: vscode.l10n.t("at character {0}", position + 1),
		detail: markedQuery(query, position, length),
		iconPath: new vscode.ThemeIcon("error"),
	};
}

export function failedRow(sentence: string): SearchRow {
	return {
		...shown,
		label: vscode.l10n.t("The search failed"),
		detail: plainText(sentence),
		iconPath: new vscode.ThemeIcon("error"),
	};
}

/** What a search can say, each an example that choosing appends to the query. */
export function helpRows(query: string): SearchRow[] {
	const { t } = vscode.l10n;
	const example = (words: string, meaning: string): SearchRow => ({
		...shown,
		label: words,
		description: meaning,
		query: query.trim() === "" ? words : `${query.trim()} ${words}`,
	});
	return [
		{ label: t("Words"), kind: vscode.QuickPickItemKind.Separator },
		example('"exact words"', t("words next to each other")),
		example("begin*", t("the beginning of a word")),
		example("this OR that", t("either of them")),
		example("-without", t("what must not be there")),
		example("/reg(ex|ular)/i", t("a regular expression; slower")),
		{ label: t("Filters"), kind: vscode.QuickPickItemKind.Separator },
		example(
			"role:user",
			t("what you wrote; also agent, reasoning, tool, command, change, error, note"),
		),
		example("agent:codex", t("sessions of an agent; also model:, source:, tag:")),
		example("file:main.ts", t("sessions that changed a file")),
		example("after:7d", t("since a time ago, or a date such as 2026-11-20")),
		example("before:2026-11", t("until a date")),
		example("in:archived", t("archived sessions; also trash, all")),
	];
}
