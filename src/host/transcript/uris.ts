import * as vscode from "vscode";
import { type SessionSummary, standsFor } from "../../core/model/summary.ts";
import { schemes } from "../contributions.ts";
import { ownSource } from "../sessions/sessionList.ts";

/**
 * `skein:/<source>/<id>`: a session. No folder stands in it, so it survives moves and reads the same for everybody; the
 * session is looked up.
 */
export function sessionUri(id: string): vscode.Uri {
	const { source, native } = splitId(id);
	return vscode.Uri.from({
		scheme: schemes.session,
		path: `/${source}/${encodeURIComponent(native)}`,
	});
}

/**
 * The session that a `skein:` address names; undefined when it names none. An editor's address says it in its query,
 * `skein:/<source>/<title>?<id>`: VS Code shows the path in many places (a tab before its editor is resolved, beside the
 * titles of tabs that read the same, breadcrumbs), and an id is nothing to be shown. The title there means nothing.
 */
export function sessionIdOf(uri: vscode.Uri): string | undefined {
	const [, source, segment] = uri.path.split("/");
	if (uri.scheme !== schemes.session || !source || !segment) {
		return undefined;
	}
	const native = uri.query || decodeSegment(segment);
	return source === ownSource ? native : `${source}:${native}`;
}

/**
 * The address under which a session is open already, in whatever tab; else a new one that shows its title. A session of
 * ours is open, too, where a source's session is that it stands for: they are the same one.
 */
export function tabUri(session: TabSubject): vscode.Uri {
	const { id, origin = null, threads = [] } = session;
	const open = new Map<string | undefined, vscode.Uri>();
	for (const { input } of vscode.window.tabGroups.all.flatMap((group) => group.tabs)) {
		if (input instanceof vscode.TabInputCustom) {
			open.set(sessionIdOf(input.uri), input.uri);
		}
	}
	const known = [id, ...standsFor({ origin, threads })].find((each) => open.has(each));
	return (known === undefined ? undefined : open.get(known)) ?? newTabUri(session);
}

/** The address under which a session opens that is not open. */
export function newTabUri({ id, title }: TabSubject): vscode.Uri {
	const { source, native } = splitId(id);
	return vscode.Uri.from({
		scheme: schemes.session,
		path: `/${source}/${titleSegment(title)}`,
		query: native,
	});
}

type TabSubject = Pick<SessionSummary, "id" | "title"> &
	Partial<Pick<SessionSummary, "origin" | "threads">>;

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
