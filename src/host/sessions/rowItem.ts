import * as vscode from "vscode";
import type { SessionSummary } from "../../core/model/summary.ts";
import type { RowToken } from "../contributions.ts";
import type { Activity } from "../daemon/sessionActivity.ts";
import { sessionUri, tabUri } from "../transcript/uris.ts";
import { agentLabel } from "./agentLabels.ts";
import { shelfOf } from "./arrange.ts";
import { codexThread, isNameable } from "./codexThread.ts";
import type { RelativeTime } from "./relativeTime.ts";
import type { SessionRow } from "./sessionList.ts";
import { ownSource } from "./sessionList.ts";
import { titleOf } from "./sessionTitle.ts";
import { sessionAccessibleLabel } from "./tooltip.ts";

/** What rows are drawn with: the same for all rows of a view. */
export interface RowStyle {
	readonly times: RelativeTime;
	/** Whether rows name their agent. Not where it is the same for all: each would only say less about itself. */
	readonly agents: boolean;
	/** What an agent does in a session now. */
	readonly activity?: (session: string) => Activity | undefined;
}

/** The grey words of a row: when, and who. A narrow view cuts off their end, so what differs most comes first. */
export function rowDescription(row: SessionSummary, style: RowStyle, now: number): string {
	const who = row.present
		? style.agents && agentLabel(row.agent)
		: vscode.l10n.t("deleted by {0}", agentLabel(row.source));
	return [style.times.format(row.updatedAt, now), who].filter(Boolean).join(" · ");
}

/** A session as a tree row. The tooltip comes later, in `resolveTreeItem`. */
export function sessionItem(
	row: SessionRow,
	key: string,
	hasChildren: boolean,
	style: RowStyle,
	now: number,
): vscode.TreeItem {
	const { summary } = row;
	const activity = style.activity?.(summary.id);
	const item = new vscode.TreeItem(
		titleOf(summary),
		hasChildren ? vscode.TreeItemCollapsibleState.Expanded : vscode.TreeItemCollapsibleState.None,
	);
	// VS Code keeps rows it knows as they are: one that gets forks is another row, or it would hide them.
	item.id = hasChildren ? `${key}+forks` : key;
	item.description = rowDescription(summary, style, now);
	item.iconPath = activity ? activityIcon(activity) : rowIcon(summary);
	item.contextValue = [...rowTokens(summary), ...activityTokens(activity)].join(" ");
	if (summary.warning) {
		// The warning's decoration hangs on it. Rows without one save themselves an address: VS Code's window is told of all.
		item.resourceUri = sessionUri(summary.id);
	}
	item.accessibilityInformation = {
		label: sessionAccessibleLabel(summary, vscode.env.language, activity),
	};
	// VS Code's own command, not ours: only that is told of single and double click, so that a click leaves the focus in
	// the tree (F2 and Delete go on working there) and a double click keeps the tab, as in the Explorer.
	item.command = {
		command: "vscode.open",
		title: vscode.l10n.t("Open"),
		arguments: [tabUri(summary)],
	};
	return item;
}

/** Whether two rows look the same in a tree, apart from their place. */
export function looksSame(a: SessionSummary, b: SessionSummary): boolean {
	return (
		a === b ||
		(a.title === b.title &&
			a.agent === b.agent &&
			a.updatedAt === b.updatedAt &&
			a.warning === b.warning &&
			a.present === b.present &&
			rowTokens(a).join() === rowTokens(b).join())
	);
}

/** The same in every view that shows who is at work. */
export function activityIcon(activity: Activity): vscode.ThemeIcon {
	return activity === "waiting"
		? new vscode.ThemeIcon("bell-dot", new vscode.ThemeColor("list.warningForeground"))
		: new vscode.ThemeIcon("loading~spin");
}

function activityTokens(activity: Activity | undefined): RowToken[] {
	switch (activity) {
		case undefined:
			return [];
		case "running":
			return ["live"];
		case "waiting":
			return ["live", "waiting"];
	}
}

function rowIcon(row: SessionSummary): vscode.ThemeIcon {
	const colour = row.warning ? new vscode.ThemeColor("list.warningForeground") : undefined;
	return new vscode.ThemeIcon(rowIconName(row), colour);
}

function rowIconName(row: SessionSummary): string {
	if (!row.present) {
		return "history";
	}
	if (row.pinned) {
		return "pinned";
	}
	if (row.subagentOf) {
		return "type-hierarchy-sub";
	}
	if (row.parent) {
		return "repo-forked";
	}
	return row.source === ownSource ? "comment-discussion" : "comment";
}

function rowTokens(row: SessionSummary): RowToken[] {
	const own = row.source === ownSource;
	const shelf = shelfOf(row);
	const tokens: RowToken[] = [
		"session",
		own ? "own" : "foreign",
		shelf === "sessions" ? "active" : shelf === "trash" ? "trashed" : "archived",
		row.pinned ? "pinned" : "unpinned",
	];
	if (row.tags.length > 0) {
		tokens.push("tagged");
	}
	if (own && row.diagnostics > 0) {
		tokens.push("damaged");
	}
	if (isNameable(row)) {
		tokens.push("nameable");
	}
	if (codexThread(row) !== undefined) {
		tokens.push("codex");
	}
	return tokens;
}
