import { idTime } from "../journal/ids.ts";
import { headItem } from "../model/chain.ts";
import type { ItemContent } from "../model/item.ts";
import { JournalRecord, journalVersion, type RecordDraft } from "../model/record.ts";
import type { ItemState, SessionState, TurnState } from "../model/state.ts";
import type { AdoptableItem, AdoptableSession, AdoptableTurn } from "../sources/source.ts";
import { cite, type SourceBytes } from "./adoptBytes.ts";

/**
 * The records that bring an adopted session up to what its source says now: all of it for a new one, nothing when
 * nothing has changed. Where the person has gone on in our copy the head stays where they are.
 */
export function planGrowth(
	state: SessionState,
	adoptable: AdoptableSession,
	bytes: SourceBytes,
	nextId: NextId,
): JournalRecord[] {
	// Old sources give their items no times: the session's own is nearer to the truth than the time of adoption.
	const plan = new GrowthPlan(state, bytes, nextId, adoptable.summary.updatedAt);
	for (const slice of bytes.fresh) {
		const { file, offset, content } = slice;
		plan.add({ type: "source.imported", ...slice }, `${file} ${offset} ${content.blob}`);
	}
	for (const turn of adoptable.turns) {
		plan.addTurn(turn);
	}
	plan.placeHead(adoptable.head);
	return plan.records;
}

/** The id of the next record, which says what `about` says, at `time` (ms since the epoch; NaN when unknown). */
export type NextId = (about: string, time: number) => string;

class GrowthPlan {
	readonly records: JournalRecord[] = [];
	private readonly bytes: SourceBytes;
	private readonly nextId: NextId;
	private readonly fallbackTime: string;
	private readonly turns = new Map<string, TurnState>();
	private readonly items = new Map<string, ItemState>();
	/** Our ids by the source's, old and new. */
	private readonly itemIds = new Map<string, string>();
	/** Where the head would be after the records so far. */
	private head: string | null;
	/** The turn that the head is at the end of, if it is. */
	private headTurn: string | undefined;
	private readonly headBefore: string | null;
	private readonly followsSource: boolean;

	constructor(state: SessionState, bytes: SourceBytes, nextId: NextId, fallbackTime: string) {
		this.bytes = bytes;
		this.nextId = nextId;
		this.fallbackTime = fallbackTime;
		for (const turn of state.turns.values()) {
			if (turn.sourceId !== undefined) {
				this.turns.set(turn.sourceId, turn);
			}
		}
		for (const item of state.items.values()) {
			if (item.sourceId !== undefined) {
				this.items.set(item.sourceId, item);
				this.itemIds.set(item.sourceId, item.id);
			}
		}
		this.headBefore = headItem(state);
		this.head = this.headBefore;
		this.headTurn = state.head?.kind === "turn" ? state.head.turn : undefined;
		this.followsSource =
			this.headBefore === null || state.items.get(this.headBefore)?.sourceId !== undefined;
	}

	/** @param about what the record is about, as the source names it. */
	add(draft: RecordDraft, about: string): string {
		const id = this.nextId(`${draft.type} ${about}`, Date.parse(draft.ts ?? ""));
		const ts = draft.ts || this.fallbackTime || new Date(idTime(id)).toISOString();
		this.records.push(JournalRecord.parse({ ...draft, v: journalVersion, id, ts }));
		return id;
	}

	addTurn(turn: AdoptableTurn): void {
		const known = this.turns.get(turn.sourceId);
		const id = known?.id ?? this.startTurn(turn);
		for (const item of turn.items) {
			this.addItem(id, item);
		}
		if (turn.end && !known?.end) {
			this.add({ type: "turn.completed", turn: id, ...turn.end }, turn.sourceId);
		}
	}

	/** Moves the head to where the source's own transcript ends, unless our copy has gone its own way. */
	placeHead(sourceHead: string | null): void {
		const wanted = this.followsSource
			? sourceHead === null
				? null
				: (this.itemIds.get(sourceHead) ?? this.head)
			: this.headBefore;
		if (wanted !== this.head) {
			this.add({ type: "head.moved", to: wanted }, wanted ?? "");
		}
	}

	private startTurn(turn: AdoptableTurn): string {
		const after = turn.after === null ? null : (this.itemIds.get(turn.after) ?? null);
		const git = {
			...(turn.branch === undefined ? {} : { branch: turn.branch }),
			...(turn.commit === undefined ? {} : { commit: turn.commit }),
		};
		const draft: RecordDraft = {
			type: "turn.started",
			ts: turn.ts,
			after,
			sourceId: turn.sourceId,
			...(turn.agentTurn === undefined ? {} : { agentTurn: turn.agentTurn }),
			...(turn.model === undefined ? {} : { model: turn.model }),
			...(Object.keys(git).length === 0 ? {} : { git }),
		};
		const id = this.add(draft, turn.sourceId);
		this.head = after;
		this.headTurn = id;
		return id;
	}

	private addItem(turn: string, item: AdoptableItem): void {
		const known = this.items.get(item.sourceId);
		const status = item.content.status ?? "completed";
		if (known && (known.status === status || !isOpen(known))) {
			return;
		}
		const content: ItemContent = {
			...item.content,
			sourceId: item.sourceId,
			from: cite(this.bytes.all, item.spans),
		};
		const draft: RecordDraft = {
			type: "item.completed",
			ts: item.ts,
			turn,
			item: content,
			...(known ? { itemId: known.id } : {}),
		};
		const id = this.add(draft, `${item.sourceId} ${status}`);
		if (!known) {
			this.itemIds.set(item.sourceId, id);
			this.head = turn === this.headTurn ? id : this.head;
		}
	}
}

/** An item that the source had not finished when it was adopted. */
function isOpen(item: ItemState): boolean {
	return item.status === "running" || item.status === "interrupted";
}
