import * as vscode from "vscode";

/** The open folders that lie on a real disk, in the workspace's order; Skein needs one for its store. */
export function diskFolders(): readonly string[] {
	return (vscode.workspace.workspaceFolders ?? [])
		.filter((folder) => folder.uri.scheme === "file")
		.map((folder) => folder.uri.fsPath);
}

/** A folder's name as the workspace gives it. */
export function folderName(folder: string): string {
	const known = vscode.workspace.workspaceFolders?.find((each) => each.uri.fsPath === folder);
	return known?.name ?? folder;
}
