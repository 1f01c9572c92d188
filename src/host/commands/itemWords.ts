import * as vscode from "vscode";
import type { Item, ItemContent } from "../../core/model/item.ts";

const longest = 60;

/** The first words of an item, to name it in a sentence or a list. */
export function firstWords(item: Item | undefined): string {
	if (!item) {
		return vscode.l10n.t("an earlier item");
	}
	const [line = ""] = wholeWords(item.content).trim().split("\n");
	const short = line.length > longest ? `${line.slice(0, longest - 1).trimEnd()}…` : line;
	return short || item.content.type;
}

function wholeWords(content: ItemContent): string {
	if ("text" in content && typeof content.text === "string") {
		return content.text;
	}
	switch (content.type) {
		case "commandExecution":
			return typeof content.command === "string" ? content.command : "";
		case "toolCall":
			return content.tool;
		default:
			return "";
	}
}
