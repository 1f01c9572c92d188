import * as vscode from "vscode";
import { isUlid, newId } from "../../core/journal/ids.ts";
import { blankSummary, type SessionSummary } from "../../core/model/summary.ts";
import type { Session } from "../../core/store/session.ts";
import type { Transcript } from "../../core/transcript/transcript.ts";
import { schemes } from "../contributions.ts";
import type { SessionRow } from "../sessions/sessionList.ts";
import { ownSource } from "../sessions/sessionList.ts";
import type { Stores } from "../stores.ts";
import { diskFolders } from "../workspace.ts";
import { newTabUri, sessionIdOf } from "./uris.ts";

const mark = "new:";

/**
 * New sessions that are not written yet: they have an id, a folder and an editor, and become journals with the first
 * prompt, name, tag, note or pin. Their address carries the folder, so that one with a draft is there after a reload.
 */
export class UntitledSessions {
	private readonly stores: Stores;
	private readonly folders = new Map<string, string>();
	private readonly restored = new Set<string>();
	private readonly beginning = new Map<string, Promise<Session>>();

	constructor(stores: Stores) {
		this.stores = stores;
	}

	/** A new one; returns its id and address. */
	make(folder: string): { readonly id: string; readonly uri: vscode.Uri } {
		const id = newId(Date.now());
		this.folders.set(id, folder);
		const title = vscode.l10n.t("New Session");
		const uri = newTabUri({ id, title, origin: null });
		return { id, uri: uri.with({ fragment: `${mark}${encodeURIComponent(folder)}` }) };
	}

	/**
	 * The row of a session that has no journal; undefined for all others. `uri` is its editor's address: after a reload
	 * nothing else knows of it.
	 */
	row(id: string, uri?: vscode.Uri): SessionRow | undefined {
		const folder = this.folders.get(id) ?? (uri && this.fromAddress(id, uri));
		return folder === undefined ? undefined : { summary: summaryOf(id, folder), folder };
	}

	/** True when its editor was there before the window was reloaded: it is of use only with something typed in it. */
	wasRestored(id: string): boolean {
		return this.restored.has(id) && this.folders.has(id);
	}

	/** Whether the address names a session that was not written when its editor was opened. */
	isAddress(uri: vscode.Uri): boolean {
		return uri.scheme === schemes.session && uri.fragment.startsWith(mark);
	}

	/** Writes the journal of a session that has none. Other sessions are left as they are. */
	async begin(id: string): Promise<void> {
		const folder = this.folders.get(id);
		if (folder === undefined) {
			return;
		}
		const store = this.stores.writing(folder);
		let beginning = this.beginning.get(id);
		if (!beginning) {
			beginning = store.create({ id }).finally(() => this.beginning.delete(id));
			this.beginning.set(id, beginning);
		}
		await beginning;
		this.folders.delete(id);
	}

	private fromAddress(id: string, uri: vscode.Uri): string | undefined {
		if (!this.isAddress(uri) || sessionIdOf(uri) !== id || !isUlid(id)) {
			return undefined;
		}
		const folder = decodeURIComponent(uri.fragment.slice(mark.length));
		if (!diskFolders().includes(folder)) {
			return undefined;
		}
		this.folders.set(id, folder);
		this.restored.add(id);
		return folder;
	}
}

/** Whether it is the row of a session that has no journal. */
export function isUnwritten(summary: SessionSummary): boolean {
	return summary.source === ownSource && summary.file === "";
}

/** The transcript of a session that has no journal. */
export function emptyTranscript(summary: SessionSummary): Transcript {
	return {
		summary,
		rows: [],
		branches: [],
		notes: [],
		diagnostics: [],
		files: [],
		items: async () => [],
		blob: async () => undefined,
		refresh: async () => ({ kind: "unchanged" }),
	};
}

function summaryOf(id: string, folder: string): SessionSummary {
	const title = vscode.l10n.t("New Session");
	return blankSummary(
		{ id, source: ownSource, title, cwd: folder, file: "" },
		new Date().toISOString(),
	);
}
