import * as vscode from "vscode";
import { schemes } from "../contributions.ts";
import { ownSource } from "../sessions/sessionList.ts";

/**
 * `skein:/<source>/<id>`: where a session opens. No folder stands in it, so it survives moves and reads the same for
 * everybody; the session is looked up. A title may follow, `skein:/<source>/<id>/<title>`: it means nothing, but VS Code
 * names a tab by the end of its address until the editor is resolved, and a restored tab is not until it is clicked.
 */
export function sessionUri(id: string, title?: string): vscode.Uri {
	const { source, native } = splitId(id);
	const path = `/${source}/${encodeURIComponent(native)}`;
	return vscode.Uri.from({
		scheme: schemes.session,
		path: title === undefined ? path : `${path}/${titleSegment(title)}`,
	});
}

/** The session id that a `skein:` address names; undefined when it names none. */
export function sessionIdOf(uri: vscode.Uri): string | undefined {
	const [, source, segment] = uri.path.split("/");
	if (uri.scheme !== schemes.session || !source || !segment) {
		return undefined;
	}
	const native = decodeSegment(segment);
	return source === ownSource ? native : `${source}:${native}`;
}

/** The address under which a session is open already, in whatever tab; else a new one that ends in its title. */
export function tabUri(id: string, title: string): vscode.Uri {
	for (const { input } of vscode.window.tabGroups.all.flatMap((group) => group.tabs)) {
		if (input instanceof vscode.TabInputCustom && sessionIdOf(input.uri) === id) {
			return input.uri;
		}
	}
	return sessionUri(id, title);
}

function decodeSegment(segment: string): string {
	try {
		return decodeURIComponent(segment);
	} catch {
		// Not encoded by us; it is looked up as it stands and found or not.
		return segment;
	}
}

const titleLength = 80;

/** A title as one segment of a path. */
function titleSegment(title: string): string {
	const words = title
		.replaceAll("/", "\u2215")
		.replace(/[\s\p{Cc}\\]+/gu, " ")
		.trim();
	const short =
		words.length > titleLength ? `${words.slice(0, titleLength).trimEnd()}\u2026` : words;
	return /^\.*$/.test(short) ? vscode.l10n.t("Session") : short;
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
