import * as vscode from "vscode";
import { HumanError } from "../base/errors.ts";
import { isUlid } from "../core/journal/ids.ts";
import type { SessionSummary } from "../core/model/summary.ts";
import type { Source } from "../core/sources/source.ts";
import type { Transcript } from "../core/transcript/transcript.ts";
import type { CatalogueClient } from "./catalogueClient.ts";
import type { SessionList, SessionRow } from "./sessions/sessionList.ts";
import { ownSource } from "./sessions/sessionList.ts";
import type { Stores } from "./stores.ts";
import {
	emptyTranscript,
	isUnwritten,
	type UntitledSessions,
} from "./transcript/untitledSessions.ts";
import { diskFolders } from "./workspace.ts";

/** Finds sessions by id and opens them for reading, ours and the sources'. */
export class SessionReader {
	private readonly list: SessionList;
	private readonly catalogue: CatalogueClient;
	private readonly stores: Stores;
	private readonly sources: readonly Source[];
	private readonly untitled: UntitledSessions;

	constructor(
		list: SessionList,
		catalogue: CatalogueClient,
		stores: Stores,
		sources: readonly Source[],
		untitled: UntitledSessions,
	) {
		this.list = list;
		this.catalogue = catalogue;
		this.stores = stores;
		this.sources = sources;
		this.untitled = untitled;
	}

	/**
	 * The session `id`. One of ours is found without waiting for the list, so a restored editor shows at once; for a
	 * source's the list is made first. One that is not written yet is known by its editor's `address`. Throws HumanError
	 * `no-such-session`.
	 */
	async find(id: string, folder?: string | null, address?: vscode.Uri): Promise<SessionRow> {
		const row =
			this.list.get(id, folder) ?? (await this.findOnDisk(id)) ?? this.untitled.row(id, address);
		if (row) {
			return row;
		}
		if (!this.catalogue.started) {
			this.catalogue.start();
			await this.catalogue.listed;
		} else {
			await this.catalogue.refresh();
		}
		const found = this.list.get(id, folder);
		if (!found) {
			throw new HumanError(
				"no-such-session",
				vscode.l10n.t(
					"There is no session {0} in the open folders or in an agent's history. It may have been purged, or its folder is not open.",
					id,
				),
			);
		}
		return found;
	}

	async open(row: SessionRow): Promise<Transcript> {
		const { summary, folder } = row;
		if (isUnwritten(summary)) {
			return emptyTranscript(summary);
		}
		if (summary.source === ownSource && folder !== null) {
			const session = await this.stores.reading(folder).open(summary.id);
			return session.transcript();
		}
		return this.source(summary).open(summary);
	}

	/** The source a session is of. */
	source(summary: SessionSummary): Source {
		const source = this.sources.find((each) => each.name === summary.source);
		if (!source) {
			throw new HumanError(
				"no-such-source",
				vscode.l10n.t("Skein does not know the source {0} of this session.", summary.source),
			);
		}
		return source;
	}

	private async findOnDisk(id: string): Promise<SessionRow | undefined> {
		if (!isUlid(id)) {
			return undefined;
		}
		for (const folder of diskFolders()) {
			try {
				const session = await this.stores.reading(folder).open(id);
				return { summary: await session.summary(), folder };
			} catch (error) {
				// Not in this folder's store: the next one may have it.
				if (!(error instanceof HumanError)) {
					throw error;
				}
			}
		}
		return undefined;
	}
}
