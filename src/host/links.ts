import * as vscode from "vscode";
import { commandIds } from "./contributions.ts";
import { parseSessionLink } from "./transcript/uris.ts";

/** Opens what a link asks for: `vscode://<publisher>.skein/session/<id>?item=<id>`. Looking is all that a link can do. */
export class Links implements vscode.UriHandler, vscode.Disposable {
	private readonly log: vscode.LogOutputChannel;
	private readonly registration: vscode.Disposable;

	constructor(log: vscode.LogOutputChannel) {
		this.log = log;
		this.registration = vscode.window.registerUriHandler(this);
	}

	async handleUri(uri: vscode.Uri): Promise<void> {
		const link = parseSessionLink(uri);
		if (link) {
			await vscode.commands.executeCommand(commandIds.openSession, link);
		} else {
			this.log.warn(`A link that is none of ours was not opened: ${uri.path}`);
		}
	}

	dispose(): void {
		this.registration.dispose();
	}
}
