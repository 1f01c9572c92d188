import * as path from "node:path";
import * as vscode from "vscode";
import { HumanError } from "../../base/errors.ts";
import { type FileLink, fileLink } from "./fileLinks.ts";
import type { TranscriptPanel } from "./transcriptPanel.ts";

/** The web and mail open outside, after VS Code has asked; everything else is a file. */
export async function openLink(panel: TranscriptPanel, href: string): Promise<void> {
	if (/^(https?|mailto):/i.test(href)) {
		await vscode.env.openExternal(vscode.Uri.parse(href, true));
	} else {
		await openPath(panel, fileLink(href));
	}
}

/** Opens a file that a transcript names. Throws a HumanError when it lies in no open folder. */
export async function openPath(
	panel: TranscriptPanel,
	{ path: file, line, column }: FileLink,
): Promise<void> {
	const cwd = panel.opened?.transcript.summary.cwd;
	const uri = vscode.Uri.file(path.resolve(cwd ?? panel.session?.folder ?? "/", file));
	if (!vscode.workspace.getWorkspaceFolder(uri)) {
		throw new HumanError(
			"outside",
			vscode.l10n.t("{0} is not in an open folder, so it was not opened.", uri.fsPath),
		);
	}
	const at = line === undefined ? undefined : new vscode.Position(line - 1, (column ?? 1) - 1);
	const options = at ? [{ selection: new vscode.Range(at, at) }] : [];
	await vscode.commands.executeCommand("vscode.open", uri, ...options);
}
