import * as vscode from "vscode";
import { schemes } from "../contributions.ts";
import type { SessionList, SessionListChange } from "../sessions/sessionList.ts";
import { sessionIdOf, sessionUri } from "../transcript/uris.ts";

/** Marks sessions that could not be read as they should be, in trees and tabs alike (design: J9). */
export class WarningDecorations implements vscode.FileDecorationProvider, vscode.Disposable {
	private readonly list: SessionList;
	private readonly changed = new vscode.EventEmitter<vscode.Uri[] | undefined>();
	private readonly registration: vscode.Disposable;

	readonly onDidChangeFileDecorations = this.changed.event;

	constructor(list: SessionList) {
		this.list = list;
		this.registration = vscode.window.registerFileDecorationProvider(this);
	}

	/** Rows of the list changed. */
	follow({ ids }: SessionListChange): void {
		this.changed.fire(ids && [...ids].map((id) => sessionUri(id)));
	}

	provideFileDecoration(uri: vscode.Uri): vscode.FileDecoration | undefined {
		const id = uri.scheme === schemes.session ? sessionIdOf(uri) : undefined;
		const warning = id && this.list.get(id)?.summary.warning;
		return warning
			? {
					badge: "!",
					tooltip: warning,
					color: new vscode.ThemeColor("list.warningForeground"),
					propagate: false,
				}
			: undefined;
	}

	dispose(): void {
		this.registration.dispose();
		this.changed.dispose();
	}
}
