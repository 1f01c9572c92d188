import { access } from "node:fs/promises";
import * as path from "node:path";
import * as vscode from "vscode";
import { HumanError } from "../../base/errors.ts";
import { isUlid } from "../../core/journal/ids.ts";
import type { SessionSummary } from "../../core/model/summary.ts";
import type { Source } from "../../core/sources/source.ts";
import { StoreLayout } from "../../core/store/layout.ts";
import { openTranscriptFile } from "../../core/transcript/openFile.ts";
import type { Transcript } from "../../core/transcript/transcript.ts";
import type { SessionAction } from "../../protocol/webview.ts";
import type { SessionReader } from "../sessionReader.ts";
import { agentLabel } from "../sessions/agentLabels.ts";
import { codexThread } from "../sessions/codexThread.ts";
import type { SessionList, SessionRow } from "../sessions/sessionList.ts";
import { ownSource } from "../sessions/sessionList.ts";
import { diskFolders } from "../workspace.ts";
import type { IndexedOpening } from "./indexedOpening.ts";
import type { FirstLook, OpenTranscript, TranscriptSource } from "./openTranscript.ts";
import { isUnwritten } from "./untitledSessions.ts";
import { sessionIdOf } from "./uris.ts";

/** Opens the transcript that an address names: `skein:/<source>/<id>`, or a journal or session file. */
export class TranscriptOpener implements TranscriptSource {
	private readonly reader: SessionReader;
	private readonly list: SessionList;
	private readonly sources: readonly Source[];
	private readonly indexed: IndexedOpening;

	constructor(
		reader: SessionReader,
		list: SessionList,
		sources: readonly Source[],
		indexed: IndexedOpening,
	) {
		this.reader = reader;
		this.list = list;
		this.sources = sources;
		this.indexed = indexed;
	}

	/**
	 * The part of a session that is shown first: the rows around an item, or the last ones. Undefined where all of it has
	 * to be read for that. Never throws.
	 */
	async first(uri: vscode.Uri, around?: string): Promise<FirstLook | undefined> {
		const own = uri.scheme === "file" ? storeSession(uri.fsPath) : await this.ownSession(uri);
		const rows = own && (await this.indexed.rows(own.folder, own.id, around));
		if (!rows) {
			return undefined;
		}
		const row = this.list.get(own.id, own.folder) ?? rows;
		const { transcript, from, count } = rows;
		return {
			open: this.ofSession(own.id, row, transcript),
			rows: transcript.rows,
			from,
			count,
			whole: async () => {
				const whole = await rows.whole();
				return whole ? this.ofSession(own.id, row, whole) : this.session(own.id, own.folder);
			},
		};
	}

	async open(uri: vscode.Uri): Promise<OpenTranscript> {
		if (uri.scheme === "file") {
			const own = storeSession(uri.fsPath);
			return own ? this.session(own.id, own.folder) : this.file(uri.fsPath);
		}
		const id = sessionIdOf(uri);
		if (!id) {
			throw new HumanError(
				"bad-address",
				vscode.l10n.t("{0} is not the address of a session.", uri.toString()),
			);
		}
		return this.session(id, undefined, uri);
	}

	private async session(
		id: string,
		folder?: string,
		address?: vscode.Uri,
	): Promise<OpenTranscript> {
		const row = await this.reader.find(id, folder, address);
		const open = this.ofSession(id, row, await this.reader.open(row));
		if (row.folder !== null && row.summary.source === ownSource) {
			void this.indexed.take(row.folder, row.summary.id);
		}
		return open;
	}

	/** A session of ours by its address: where its journal lies. */
	private async ownSession(uri: vscode.Uri): Promise<{ id: string; folder: string } | undefined> {
		const id = sessionIdOf(uri);
		const row = id === undefined ? undefined : this.list.get(id);
		if (row) {
			const { summary, folder } = row;
			return summary.source === ownSource && folder !== null
				? { id: summary.id, folder }
				: undefined;
		}
		const folder = id !== undefined && isUlid(id) ? await folderOf(id) : undefined;
		return id !== undefined && folder !== undefined ? { id, folder } : undefined;
	}

	/** `asked` is the id under which the session was opened: a source's, when it was adopted only later. */
	private ofSession(asked: string, row: SessionRow, transcript: Transcript): OpenTranscript {
		const { summary } = row;
		const own = summary.source === ownSource;
		return {
			transcript,
			session: { id: summary.id, folder: row.folder },
			agentLabel: agentAndModel(transcript.summary, own ? null : summary.source),
			parentTitle: this.titleOf(transcript),
			capabilities: () => ({
				write: own && vscode.workspace.isTrusted,
				fork: vscode.workspace.isTrusted && diskFolders().length > 0,
			}),
			actions: () => (vscode.workspace.isTrusted ? actionsFor(summary, own) : []),
			again: async () => {
				const isNew = isUnwritten(summary);
				const now = isNew
					? await this.reader.find(asked, row.folder)
					: (this.list.get(asked, row.folder) ?? row);
				// What is missing may be back: a refresh looks only at what it has found.
				const incomplete = transcript.rows[0]?.kind === "gap";
				if (incomplete || isNew || now.summary.id !== summary.id) {
					return this.ofSession(asked, now, await this.reader.open(now));
				}
				await transcript.refresh();
				return this.ofSession(asked, now, transcript);
			},
		};
	}

	private async file(file: string): Promise<OpenTranscript> {
		return this.ofFile(await openTranscriptFile(file, this.sources));
	}

	private ofFile(transcript: Transcript): OpenTranscript {
		return {
			transcript,
			session: undefined,
			agentLabel: agentAndModel(transcript.summary, null),
			parentTitle: this.titleOf(transcript),
			capabilities: () => ({ write: false, fork: false }),
			actions: () => [],
			again: async () => {
				await transcript.refresh();
				return this.ofFile(transcript);
			},
		};
	}

	private titleOf({ summary }: Transcript): string | undefined {
		return summary.parent ? this.list.get(summary.parent.session)?.summary.title : undefined;
	}
}

/** The open folder that holds a session's journal. */
async function folderOf(id: string): Promise<string | undefined> {
	for (const folder of diskFolders()) {
		try {
			await access(new StoreLayout(folder).journal(id));
			return folder;
		} catch {
			// Not in this folder's store: the next one may have it.
		}
	}
	return undefined;
}

/** Agent and model as the page shows them; `otherwise` is the agent of a session that names none. */
function agentAndModel({ agent, model }: SessionSummary, otherwise: string | null): string {
	return [agentLabel(agent ?? otherwise), model].filter(Boolean).join(" · ");
}

/** The session whose journal a file is, if it lies in the store of an open folder. */
function storeSession(file: string): { id: string; folder: string } | undefined {
	const id = path.basename(file, ".jsonl");
	const folder = diskFolders().find(
		(each) => path.join(each, ".vscode", "skein", "sessions", `${id}.jsonl`) === file,
	);
	return folder && isUlid(id) ? { id, folder } : undefined;
}

function actionsFor(summary: SessionSummary, own: boolean): SessionAction[] {
	return [
		...(codexThread(summary) === undefined ? [] : (["resumeInTerminal"] as const)),
		...(own ? (["addNote"] as const) : []),
		...(diskFolders().length > 0 ? (["importSession"] as const) : []),
	];
}
