import * as vscode from "vscode";

const prefix = "transcript/";

/**
 * The page's words in the reader's language, by the page's own keys. They stand in the same bundles as the rest
 * (`l10n/bundle.l10n.<language>.json`), as `transcript/<key>`; what is missing stays English.
 */
export function pageStrings(): Readonly<Record<string, string>> {
	const strings: Record<string, string> = {};
	for (const [key, text] of Object.entries(vscode.l10n.bundle ?? {})) {
		if (key.startsWith(prefix)) {
			strings[key.slice(prefix.length)] = text;
		}
	}
	return strings;
}
