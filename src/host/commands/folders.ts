import * as vscode from "vscode";
import { HumanError } from "../../base/errors.ts";
import { diskFolders, folderName } from "../workspace.ts";
import type { CommandContext } from "./context.ts";

/** The folder to keep a session in: `preferred` if it is open, the only one, or the one the person chooses. */
export async function chooseFolder(
	context: CommandContext,
	title: string,
	preferred?: string | null,
): Promise<string> {
	const folders = diskFolders();
	const [only, ...others] = folders;
	if (only === undefined) {
		throw new HumanError(
			"no-folder",
			vscode.l10n.t(
				"Skein keeps sessions in a folder on disk, and none is open. Open a folder first; nothing was changed.",
			),
		);
	}
	if (preferred && folders.includes(preferred)) {
		return preferred;
	}
	if (others.length === 0) {
		return only;
	}
	const chosen = await context.prompts.pick(
		folders.map((folder) => ({ label: folderName(folder), description: folder, value: folder })),
		{ title, placeholder: vscode.l10n.t("Choose the folder to keep the session in") },
	);
	if (chosen === undefined) {
		throw new vscode.CancellationError();
	}
	return chosen;
}
