import { stat } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import * as vscode from "vscode";
import type { SessionSummary } from "../../core/model/summary.ts";
import { leadsOut } from "../../core/store/layout.ts";
import { IndexedTranscript } from "../../core/transcript/indexedTranscript.ts";
import type { IndexedOutline, OutlinedRows } from "../../core/transcript/outline.ts";
import type { Transcript, TranscriptRow } from "../../core/transcript/transcript.ts";
import type { RowsAnswer } from "../../protocol/indexQuestions.ts";
import { fromColumns } from "../../protocol/rowColumns.ts";
import type { CatalogueClient } from "../catalogueClient.ts";
import type { Stores } from "../stores.ts";

/** A smaller journal is folded in less time than a question takes. Bytes. */
const worthAsking = 2 * 1024 * 1024;
/** How long the index may take to answer (it may be in the middle of a batch): after that the journal is folded. ms. */
const patience = 2000;
/** Rows asked for at once: a few ms of the extension host's time. */
const rowsAtOnce = 10_000;

/** The rows of a session that are shown first, from the index. */
export interface IndexedRows {
	readonly folder: string;
	readonly summary: SessionSummary;
	/** Holds only the rows from `from` on; items are asked for by their index in the whole. */
	readonly transcript: Transcript;
	readonly from: number;
	/** Rows of the whole session. */
	readonly count: number;
	/** All of it; undefined when the index has moved on. */
	whole(): Promise<Transcript | undefined>;
}

const never = new vscode.CancellationTokenSource().token;

/** Opens large sessions of ours from the index. Whatever it cannot say at once is left to the fold. */
export class IndexedOpening {
	private readonly catalogue: CatalogueClient;
	private readonly stores: Stores;

	constructor(catalogue: CatalogueClient, stores: Stores) {
		this.catalogue = catalogue;
		this.stores = stores;
	}

	/** The rows around an item, or the last ones; undefined when the session has to be folded. */
	async rows(folder: string, id: string, around?: string): Promise<IndexedRows | undefined> {
		const store = this.stores.reading(folder);
		if (store.isOpen(id) || !(await this.isLarge(folder, id))) {
			return undefined;
		}
		if (await leadsOut(store.files, store.layout, ["sessions"])) {
			// Opening it the other way says so.
			return undefined;
		}
		const asked = { ask: "outline", folder, session: id, around } as const;
		const answer = this.catalogue.ask(asked, never).catch(() => undefined);
		const opened = await Promise.race([answer, sleep(patience, undefined, { ref: false })]);
		if (!opened) {
			return undefined;
		}
		const { outline, summary } = opened;
		const first = rowsOf([opened.rows]);
		const context = {
			files: store.files,
			blobs: store.context.blobs,
			fold: () => store.transcript(id),
		};
		return {
			folder,
			summary,
			transcript: new IndexedTranscript(outline, summary, first, context),
			from: first.from,
			count: outline.count,
			whole: async () => {
				const all = await this.allRows(folder, id, outline);
				return all && new IndexedTranscript(outline, summary, all, context);
			},
		};
	}

	/** Lets the index take in a session that had to be folded: the next time it opens from there. */
	async take(folder: string, id: string): Promise<void> {
		if (await this.isLarge(folder, id)) {
			const asked = { ask: "indexSession", folder, session: id } as const;
			// It is there for the next time only, and the log has what kept it from being made.
			await this.catalogue.ask(asked, never).catch(() => undefined);
		}
	}

	private async isLarge(folder: string, id: string): Promise<boolean> {
		try {
			const { size } = await stat(this.stores.reading(folder).layout.journal(id));
			return size >= worthAsking;
		} catch {
			// Opening it says what is wrong.
			return false;
		}
	}

	private async allRows(
		folder: string,
		session: string,
		{ count, mark }: IndexedOutline,
	): Promise<OutlinedRows | undefined> {
		const parts: RowsAnswer[] = [];
		for (let from = 0; from < count; from += rowsAtOnce) {
			const to = from + rowsAtOnce;
			const asked = { ask: "rows", folder, session, mark, from, to } as const;
			const part = await this.catalogue.ask(asked, never).catch(() => undefined);
			if (!part) {
				return undefined;
			}
			parts.push(part);
		}
		return rowsOf(parts);
	}
}

/** Neighbouring parts as one. */
function rowsOf(parts: readonly RowsAnswer[]): OutlinedRows {
	const rows: TranscriptRow[] = [];
	const more = new Map<number, readonly number[]>();
	const spans = new Float64Array(parts.reduce((sum, part) => sum + part.spans.length, 0));
	for (const part of parts) {
		spans.set(part.spans, rows.length * 2);
		for (const [row, own] of part.more) {
			more.set(rows.length + row, own);
		}
		for (const row of fromColumns(part.columns)) {
			rows.push(row);
		}
	}
	return { from: parts[0]?.from ?? 0, rows, spans, more };
}
