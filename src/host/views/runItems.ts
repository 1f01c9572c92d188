import * as vscode from "vscode";
import type { SessionSummary } from "../../core/model/summary.ts";
import type { Approval, RunRecord } from "../../protocol/daemon.ts";
import type { RowToken } from "../contributions.ts";
import { commandIds } from "../contributions.ts";
import { escapeMarkdown } from "../markdown.ts";
import { agentLabel } from "../sessions/agentLabels.ts";
import type { RelativeTime } from "../sessions/relativeTime.ts";
import { activityIcon } from "../sessions/rowItem.ts";
import { tabUri } from "../transcript/uris.ts";
import { firstLine } from "../wrappedLines.ts";
import { isLive, type RunNode } from "./runsNodes.ts";

/** Of what a question is about, in its row. Characters. */
const titleLength = 200;

/** A run with what its row says about its session. */
export interface RunRow {
	readonly node: RunNode & { readonly kind: "run" };
	readonly run: RunRecord;
	readonly title: string;
	/** The session as it is listed; undefined when it is gone. */
	readonly session: SessionSummary | undefined;
	/** Open questions. */
	readonly questions: number;
	/** Name of the folder, where there are several. */
	readonly folder: string;
}

export function runItem(row: RunRow, times: RelativeTime, now: number): vscode.TreeItem {
	const { node, run, title, questions } = row;
	const item = new vscode.TreeItem(
		title,
		node.asks ? vscode.TreeItemCollapsibleState.Expanded : vscode.TreeItemCollapsibleState.None,
	);
	item.id = node.key;
	item.description = runDescription(row, times, now);
	item.iconPath = runIcon(run, questions > 0);
	const tokens: RowToken[] = ["run", isLive(run) ? "live" : "over"];
	if (questions > 0) {
		tokens.push("waiting");
	}
	item.contextValue = tokens.join(" ");
	item.accessibilityInformation = {
		label: [title, agentLabel(run.agent), statusWords(run, questions > 0), row.folder]
			.filter(Boolean)
			.join(", "),
	};
	if (row.session) {
		// VS Code's own command: only that is told of single and double click.
		const title = vscode.l10n.t("Open");
		item.command = { command: "vscode.open", title, arguments: [tabUri(row.session)] };
	}
	return item;
}

export function runTooltip(row: RunRow): vscode.MarkdownString {
	const { t } = vscode.l10n;
	const { run, title, questions } = row;
	const text = new vscode.MarkdownString("", true);
	text.appendMarkdown(`**${escapeMarkdown(title)}**\n\n`);
	if (run.reason) {
		text.appendMarkdown(`${escapeMarkdown(run.reason)}\n\n`);
	}
	const time = (iso: string | null) =>
		iso === null ? "" : new Date(iso).toLocaleString(vscode.env.language);
	for (const [name, value] of [
		[t("Agent"), [agentLabel(run.agent), run.model].filter(Boolean).join(" · ")],
		[t("State"), statusWords(run, questions > 0)],
		[t("Started"), time(run.startedAt)],
		[t("Ended"), time(run.endedAt)],
		[t("Asked for by"), run.client],
		[t("Folder"), row.folder],
	] as const) {
		if (value) {
			text.appendMarkdown(`${escapeMarkdown(name)}: ${escapeMarkdown(value)}  \n`);
		}
	}
	return text;
}

export function approvalItem(node: RunNode, approval: Approval): vscode.TreeItem {
	const { t } = vscode.l10n;
	const item = new vscode.TreeItem(firstLine(approval.title, titleLength));
	item.id = node.key;
	item.description = approval.reason ?? "";
	item.iconPath = new vscode.ThemeIcon(
		approvalIcons[approval.kind],
		new vscode.ThemeColor("list.warningForeground"),
	);
	item.contextValue = "approval" satisfies RowToken;
	item.accessibilityInformation = {
		label: [t("waits for your answer: {0}", approval.title), approval.reason]
			.filter(Boolean)
			.join(", "),
	};
	// What a question opens is the question.
	item.command = { command: commandIds.answerApproval, title: t("Answer"), arguments: [node] };
	return item;
}

export function approvalTooltip(approval: Approval): vscode.MarkdownString {
	const text = new vscode.MarkdownString();
	text.appendCodeblock(approval.title, approval.kind === "command" ? "shellscript" : "text");
	if (approval.reason) {
		text.appendMarkdown(`\n${escapeMarkdown(approval.reason)}\n\n`);
	}
	const answers = approval.options.map(({ label }) => label).join(" · ");
	text.appendMarkdown(escapeMarkdown(answers));
	return text;
}

export function recentItem(key: string, count: number): vscode.TreeItem {
	const item = new vscode.TreeItem(
		vscode.l10n.t("Recent"),
		vscode.TreeItemCollapsibleState.Expanded,
	);
	item.id = key;
	item.description = count.toLocaleString(vscode.env.language);
	item.contextValue = "group" satisfies RowToken;
	return item;
}

export const approvalIcons: Readonly<Record<Approval["kind"], string>> = {
	command: "terminal",
	fileChange: "diff",
	permissions: "shield",
	question: "question",
	tool: "tools",
};

function runDescription({ run, folder }: RunRow, times: RelativeTime, now: number): string {
	const when = times.format(run.endedAt ?? run.startedAt, now);
	return [when, agentLabel(run.agent), folder].filter(Boolean).join(" · ");
}

function runIcon(run: RunRecord, waits: boolean): vscode.ThemeIcon {
	if (isLive(run)) {
		return activityIcon(waits ? "waiting" : "running");
	}
	switch (run.status) {
		case "failed":
			return new vscode.ThemeIcon("error", new vscode.ThemeColor("list.errorForeground"));
		case "interrupted":
			return new vscode.ThemeIcon("circle-slash");
		default:
			return new vscode.ThemeIcon("check");
	}
}

function statusWords(run: RunRecord, waits: boolean): string {
	const { t } = vscode.l10n;
	if (waits) {
		return t("waits for your answer");
	}
	switch (run.status) {
		case "starting":
			return t("starting");
		case "running":
		case "waiting":
			return t("running");
		case "completed":
			return t("completed");
		case "interrupted":
			return t("interrupted");
		case "failed":
			return t("failed");
	}
}
