import * as vscode from "vscode";
import type { Item, ItemContent } from "../../core/model/item.ts";
import { plainWords } from "./plainWords.ts";

/** The first words of an item, to name it in a sentence or a list. */
export function firstWords(item: Item | undefined): string {
	if (!item) {
		return vscode.l10n.t("an earlier item");
	}
	return plainWords(wholeWords(item.content)) || item.content.type;
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
