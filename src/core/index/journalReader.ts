import { errorSentence, HumanError } from "../../base/errors.ts";
import { isUlid } from "../journal/ids.ts";
import { readItems, spansOf } from "../journal/items.ts";
import { Journal } from "../journal/journal.ts";
import { type ItemState, itemStatus } from "../model/state.ts";
import type { SessionSummary } from "../model/summary.ts";
import { unreadableRow } from "../store/unreadableRow.ts";
import type { WorkspaceStore } from "../store/workspaceStore.ts";
import { type Lineage, resolveLineage } from "../transcript/lineage.ts";
import { summarizeSession } from "../transcript/summarize.ts";
import { blobLimit, searchableWithBlobs } from "./blobTexts.ts";
import type { IndexedItem, IndexedTurn } from "./indexedItem.ts";
import type { JournalFile } from "./journalFiles.ts";
import { touchedPath } from "./touched.ts";

/** Journals kept read, so that a session that grows is not read from its beginning each time. */
const readLimit = 16;
/** Items whose contents are in memory at once. */
export const pageSize = 256;

/** A session's row, and whether it may change without its own file changing. */
export interface JournalRow {
	readonly row: SessionSummary;
	/** Undefined when it cannot be read. */
	readonly journal: Journal | undefined;
	readonly lineage: Lineage | undefined;
	/** Its chain was not complete: a missing parent may come back. */
	readonly open: boolean;
}

/** Reads the journals of one store for lists and for the index; a journal that grows is read on from where it ended. */
export class JournalReader {
	readonly store: WorkspaceStore;
	private readonly journals = new Map<string, Promise<Journal>>();
	private readonly readings = new WeakMap<Journal, number>();

	constructor(store: WorkspaceStore) {
		this.store = store;
	}

	/** The journal as it is on disk now. */
	async journal(id: string): Promise<Journal> {
		if (!isUlid(id)) {
			throw new HumanError("bad-id", `"${id}" is not the id of a session.`);
		}
		const known = this.journals.get(id);
		const reading = known ?? this.open(id);
		this.journals.delete(id);
		this.journals.set(id, reading);
		for (const oldest of this.journals.keys()) {
			if (this.journals.size <= readLimit) {
				break;
			}
			this.journals.delete(oldest);
		}
		try {
			const journal = await reading;
			if (known && (await journal.refresh()) === "reloaded") {
				this.readings.set(journal, this.reading(journal) + 1);
			}
			return journal;
		} catch (error) {
			this.journals.delete(id);
			throw error;
		}
	}

	/** A number that grows each time the journal was not just appended to, but read again from its beginning. */
	reading(journal: Journal): number {
		return this.readings.get(journal) ?? 0;
	}

	/** The row of a session. A journal that cannot be read has one that says so. */
	async row(file: JournalFile): Promise<JournalRow> {
		if (file.refused !== undefined) {
			const row = unreadableRow(this.store, file.id, file.stamp.size, file.refused);
			return { row, journal: undefined, lineage: undefined, open: false };
		}
		try {
			const journal = await this.journal(file.id);
			const lineage = await resolveLineage(journal, (id) => this.journal(id));
			const row = summarizeSession(journal, lineage, this.store.folder);
			return { row, journal, lineage, open: lineage.gap !== undefined };
		} catch (error) {
			if (error instanceof HumanError) {
				const row = unreadableRow(this.store, file.id, file.stamp.size, errorSentence(error));
				return { row, journal: undefined, lineage: undefined, open: true };
			}
			throw error;
		}
	}

	/** Items of a journal as the index wants them, contents read from disk. */
	async items(journal: Journal, states: readonly ItemState[]): Promise<IndexedItem[]> {
		const ids = states.map(({ id }) => id);
		const { blobs } = this.store.context;
		const contents = await readItems(journal, ids, (hash) => blobs.text(hash, blobLimit));
		const items: IndexedItem[] = [];
		for (const [index, { content }] of contents.entries()) {
			const text = await searchableWithBlobs(content, blobs);
			items.push({ ...this.describe(journal, states[index] as ItemState), text });
		}
		return items;
	}

	/** All of an item but its text. */
	describe(journal: Journal, state: ItemState): Omit<IndexedItem, "text"> {
		const turn = journal.state.turns.get(state.turn);
		const { folder } = this.store;
		const cwd = journal.state.header?.session.cwd ?? null;
		const touched = state.files.map((file) =>
			touchedPath(folder, cwd && pathIn(folder, cwd), file),
		);
		return {
			id: state.id,
			turn: state.turn,
			type: state.type,
			status: itemStatus(state, turn),
			time: state.time,
			spans: spansOf(state).flatMap(({ offset, length }) => [offset, length]),
			touched: [...new Set(touched)],
		};
	}

	forget(id: string): void {
		this.journals.delete(id);
	}

	private async open(id: string): Promise<Journal> {
		return Journal.open(await this.store.journalPath(id), this.store.files, this.store.clock);
	}
}

export function turnsOf(journal: Journal): IndexedTurn[] {
	return [...journal.state.turns.values()].map((turn) => ({
		id: turn.id,
		after: turn.after,
		time: turn.time,
		status: turn.end?.status,
		model: journal.state.agent.attachments.get(turn.id)?.model ?? turn.model,
		branch: turn.branch,
		usage: turn.end?.usage,
	}));
}

function pathIn(folder: string, cwd: string): string {
	return touchedPath(undefined, folder, cwd);
}
