import * as vscode from "vscode";
import { schemes } from "../contributions.ts";
import type { SessionList, SessionListChange } from "../sessions/sessionList.ts";
import { sessionIdOf, sessionUri, tabUri } from "../transcript/uris.ts";

/** Above this many changes it is cheaper to ask again for all that is on screen. */
const namedAtOnce = 50;

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
		// A row's address, and that of a tab where the session is open.
		const addresses = (id: string) => {
			const summary = this.list.get(id)?.summary;
			return summary ? [sessionUri(id), tabUri(summary)] : [sessionUri(id)];
		};
		this.changed.fire(ids && ids.size <= namedAtOnce ? [...ids].flatMap(addresses) : undefined);
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
