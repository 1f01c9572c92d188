import * as vscode from "vscode";
import type { Untouched, UntouchedReason } from "../../core/checkpoints/restore.ts";
import { defaultLimits } from "../../core/checkpoints/workingTree.ts";

const namesShown = 5;

/** Files that are not restored or not kept, as a line for each reason. */
export function leftOutWords(files: readonly Untouched[]): string[] {
	const byReason = new Map<UntouchedReason, string[]>();
	for (const { path, why } of files) {
		byReason.set(why, [...(byReason.get(why) ?? []), path]);
	}
	return [...byReason].map(([why, paths]) => lineOf(why, namesOf(paths)));
}

/** The first of the paths, and how many more there are. */
export function namesOf(paths: readonly string[]): string {
	const shown = paths.slice(0, namesShown).join(", ");
	const more = paths.length - namesShown;
	return more > 0 ? vscode.l10n.t("{0} and {1} more", shown, more) : shown;
}

function lineOf(why: UntouchedReason, names: string): string {
	const { l10n } = vscode;
	switch (why) {
		case "large":
			return l10n.t("Larger than {0} MB: {1}", defaultLimits.file / 1024 / 1024, names);
		case "repository":
			return l10n.t("A repository of its own: {0}", names);
		case "unreadable":
			return l10n.t("May not be read: {0}", names);
		case "filter":
			return l10n.t("Made by a filter that only this repository's configuration names: {0}", names);
		case "submodule":
			return l10n.t("A submodule, which git itself updates: {0}", names);
		case "ignored":
			return l10n.t("Something ignored stands in its place: {0}", names);
		case "failed":
			return l10n.t("Could not be changed: {0}", names);
	}
}
