import * as vscode from "vscode";
import type { KeptSession } from "../../core/store/status.ts";
import type { RowToken } from "../contributions.ts";
import { commandIds } from "../contributions.ts";
import { titleOf } from "../sessions/sessionTitle.ts";

const titlesShown = 10;

/** The row that announces sessions whose files are gone, with *Restore* beside it. */
export function keptItem(key: string, kept: readonly KeptSession[]): vscode.TreeItem {
	const { t } = vscode.l10n;
	const item = new vscode.TreeItem(keptWords(kept.length));
	item.id = key;
	item.iconPath = new vscode.ThemeIcon("history", new vscode.ThemeColor("list.warningForeground"));
	item.contextValue = "kept" satisfies RowToken;
	const titles = kept.slice(0, titlesShown).map(titleOf);
	const more = kept.length - titles.length;
	item.tooltip = [
		t("Their files are gone from the folder. Skein has kept copies."),
		"",
		...titles,
		...(more > 0 ? [t("and {0} more", more)] : []),
	].join("\n");
	return item;
}

/** Of the row and of the view's badge. */
export function keptWords(count: number): string {
	return count === 1
		? vscode.l10n.t("1 removed session can be restored")
		: vscode.l10n.t("{0} removed sessions can be restored", count);
}

/** The row for what is wrong with a store or a source as a whole. */
export function problemItem(key: string, sentence: string): vscode.TreeItem {
	const item = new vscode.TreeItem(sentence);
	item.id = key;
	item.iconPath = new vscode.ThemeIcon("warning", new vscode.ThemeColor("list.warningForeground"));
	item.contextValue = "problem" satisfies RowToken;
	item.tooltip = sentence;
	item.command = { command: commandIds.showLog, title: vscode.l10n.t("Show Log") };
	return item;
}
