import * as vscode from "vscode";
import { commandIds } from "./contributions.ts";
import { parseSessionLink } from "./transcript/uris.ts";

/** Opens `vscode://<publisher>.skein/session/<id>?item=<id>`. Looking is all that a link can do. */
export function registerLinks(log: vscode.LogOutputChannel): vscode.Disposable {
	return vscode.window.registerUriHandler({
		async handleUri(uri) {
			const link = parseSessionLink(uri);
			if (link) {
				await vscode.commands.executeCommand(commandIds.openSession, link);
			} else {
				log.warn(`A link that is none of ours was not opened: ${uri.path}`);
			}
		},
	});
}
