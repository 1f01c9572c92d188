import * as vscode from "vscode";
import { schemes } from "../contributions.ts";
import { ownSource } from "../sessions/sessionList.ts";

/**
 * `skein:/<source>/<id>`: where a session opens. No folder stands in it, so it survives moves and reads the same for
 * everybody; the session is looked up.
 */
export function sessionUri(id: string): vscode.Uri {
	const { source, native } = splitId(id);
	return vscode.Uri.from({ scheme: schemes.session, path: `/${source}/${native}` });
}

/** The session id that a `skein:` or `skein-text:` address names; undefined when it names none. */
export function sessionIdOf(uri: vscode.Uri): string | undefined {
	const [, source, ...rest] = uri.path.split("/");
	const native = rest.join("/");
	if (!source || !native) {
		return undefined;
	}
	return source === ownSource ? native : `${source}:${native}`;
}

function splitId(id: string): { source: string; native: string } {
	const colon = id.indexOf(":");
	return colon < 0
		? { source: ownSource, native: id }
		: { source: id.slice(0, colon), native: id.slice(colon + 1) };
}

/** `vscode://<publisher>.skein/session/<id>?item=<id>`: opens a session from outside. */
export function sessionLink(extensionId: string, id: string, item?: string): vscode.Uri {
	return vscode.Uri.from({
		scheme: vscode.env.uriScheme,
		authority: extensionId,
		path: `/session/${id}`,
		...(item ? { query: `item=${encodeURIComponent(item)}` } : {}),
	});
}

/** What a link from outside asks for; undefined when it is none of ours. */
export function parseSessionLink(uri: vscode.Uri): { id: string; item?: string } | undefined {
	const match = /^\/session\/([^/]+)$/.exec(uri.path);
	const id = match?.[1];
	if (!id) {
		return undefined;
	}
	const item = new URLSearchParams(uri.query).get("item");
	return item ? { id, item } : { id };
}
