import * as vscode from "vscode";
import type { SessionSummary } from "../../core/model/summary.ts";
import type { Activity } from "../daemon/sessionActivity.ts";
import { escapeMarkdown } from "../markdown.ts";
import { agentLabel } from "./agentLabels.ts";
import { isNameable } from "./codexThread.ts";
import { ownSource, type SessionRow } from "./sessionList.ts";
import { titleOf } from "./sessionTitle.ts";

const filesShown = 8;
const forksShown = 5;

/** The sessions that a session was forked from and into, as the list knows them. */
export interface Kin {
	readonly parent: SessionSummary | undefined;
	readonly forks: readonly SessionSummary[];
}

/** The kin of a session among all rows. */
export function kinOf(row: SessionSummary, rows: readonly SessionRow[]): Kin {
	const all = rows.map(({ summary }) => summary);
	return {
		parent: all.find(({ id }) => id === row.parent?.session),
		forks: all.filter(({ parent, trashed }) => parent?.session === row.id && !trashed),
	};
}

/** Everything about a session that its row has no room for. Made when the pointer rests on the row, not before. */
export function sessionTooltip(
	row: SessionSummary,
	locale: string,
	activity?: Activity,
	kin?: Kin,
): vscode.MarkdownString {
	const { t } = vscode.l10n;
	const text = new vscode.MarkdownString("", true);
	text.appendMarkdown(`**${escapeMarkdown(titleOf(row))}**\n\n`);
	if (row.warning) {
		text.appendMarkdown(`$(warning) ${escapeMarkdown(row.warning)}`);
		text.appendMarkdown(row.diagnostics > 1 ? ` (+${row.diagnostics - 1})\n\n` : "\n\n");
	}
	if (activity) {
		text.appendMarkdown(`${escapeMarkdown(activityWords(activity))}\n\n`);
	}
	const lines = [
		[t("Agent"), [agentLabel(row.agent), row.model].filter(Boolean).join(" · ")],
		[t("Size"), t("{0} turns, {1} items", row.turns, row.items)],
		[t("Tokens"), row.tokens ? tokens(row.tokens, locale) : ""],
		[t("Branch"), row.branch ?? ""],
		[t("Folder"), row.cwd ?? ""],
		[t("Tags"), row.tags.join(", ")],
		[t("Notes"), row.notes > 0 ? String(row.notes) : ""],
		[t("Updated"), when(row.updatedAt, locale)],
		[t("Created"), when(row.createdAt, locale)],
		[t("Origin"), origin(row)],
		[t("Forked from"), kin?.parent ? titleOf(kin.parent) : ""],
		[t("Forks"), kin ? firstTitles(kin.forks) : ""],
	] as const;
	for (const [name, value] of lines) {
		if (value) {
			text.appendMarkdown(`${escapeMarkdown(name)}: ${escapeMarkdown(value)}  \n`);
		}
	}
	if (row.changedFileCount > 0) {
		text.appendMarkdown(`\n${escapeMarkdown(t("Changed files: {0}", row.changedFileCount))}\n\n`);
		for (const file of row.changedFiles.slice(0, filesShown)) {
			text.appendMarkdown(`- ${escapeMarkdown(file)}\n`);
		}
		if (row.changedFileCount > filesShown) {
			text.appendMarkdown(
				`- ${escapeMarkdown(t("and {0} more", row.changedFileCount - filesShown))}\n`,
			);
		}
	}
	return text;
}

function firstTitles(rows: readonly SessionSummary[]): string {
	const titles = rows.slice(0, forksShown).map(titleOf).join("; ");
	const more = rows.length - forksShown;
	return more > 0 ? vscode.l10n.t("{0}; and {1} more", titles, more) : titles;
}

/** What a screen reader says for a row: the words that the row abbreviates or shows as an icon. */
export function sessionAccessibleLabel(
	row: SessionSummary,
	locale: string,
	activity?: Activity,
): string {
	const { t } = vscode.l10n;
	return [
		titleOf(row),
		agentLabel(row.agent),
		activity ? activityWords(activity) : "",
		row.pinned ? t("pinned") : "",
		row.subagentOf ? t("sub-agent") : row.parent ? t("fork") : "",
		row.present ? "" : t("deleted by {0}", agentLabel(row.source)),
		row.warning ? t("warning: {0}", row.warning) : "",
		t("updated {0}", when(row.updatedAt, locale)),
	]
		.filter(Boolean)
		.join(", ");
}

function activityWords(activity: Activity): string {
	const { t } = vscode.l10n;
	return activity === "waiting" ? t("The agent waits for your answer") : t("The agent is at work");
}

function tokens(usage: NonNullable<SessionSummary["tokens"]>, locale: string): string {
	const number = new Intl.NumberFormat(locale);
	return vscode.l10n.t(
		"{0} ({1} in, {2} out)",
		number.format(usage.total),
		number.format(usage.input),
		number.format(usage.output),
	);
}

function when(time: string, locale: string): string {
	const then = Date.parse(time);
	return Number.isNaN(then) ? "" : wholeTime(locale).format(then);
}

const wholeTimes = new Map<string, Intl.DateTimeFormat>();

/** Made once a language: `toLocaleString` makes one a call, which takes longer than all else in a row. */
function wholeTime(locale: string): Intl.DateTimeFormat {
	let format = wholeTimes.get(locale);
	if (!format) {
		format = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });
		wholeTimes.set(locale, format);
	}
	return format;
}

function origin(row: SessionSummary): string {
	const { t } = vscode.l10n;
	if (row.origin) {
		return t("imported from {0}", agentLabel(row.origin.source));
	}
	if (row.source === ownSource) {
		return "";
	}
	return isNameable(row)
		? t("{0} (can be renamed and archived; else read-only until imported)", agentLabel(row.source))
		: t("{0} (read-only until imported)", agentLabel(row.source));
}
