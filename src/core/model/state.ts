import { AgentState } from "./agentState.ts";
import type { BlobRef } from "./blob.ts";
import { CheckpointState } from "./checkpointState.ts";
import type { ItemContent, ItemStatus, ItemType } from "./item.ts";
import { firstAtOrAbove, insertById, insertInOrder } from "./ordered.ts";
import type {
	JournalRecord,
	RecordOf,
	RecordType,
	SessionHeader,
	TokenUsage,
	TurnStatus,
} from "./record.ts";

/** Records that decide something about the whole session: of each kind the newest counts. */
type Decision = RecordOf<
	Exclude<RecordType, "session.created"> & (`session.${string}` | "head.moved")
>;

/** Where a record's bytes stand in its journal. */
export interface Span {
	readonly offset: number;
	readonly length: number;
}

/** One item as the fold knows it: everything but its content, which is read again by byte range. */
export interface ItemState {
	readonly id: string;
	turn: string;
	/** False until a record has named its turn. */
	placed: boolean;
	type: ItemType;
	/** What its last whole record says; {@link itemStatus} tells what it means now. */
	status: ItemStatus;
	/** ms since the epoch, of its first record; NaN when unreadable. */
	time: number;
	/** The record that says so. */
	timeBy: string;
	started: Span | undefined;
	updates: { id: string; span: Span }[];
	completed: { id: string; span: Span } | undefined;
	sourceId: string | undefined;
	/** The record that says so. */
	sourceIdBy: string;
	/** Paths that a file change names. */
	files: readonly string[];
}

export interface TurnState {
	readonly id: string;
	/** The item it continues. */
	after: string | null;
	/** True while no `turn.started` record was found: then `after` is a guess from the order of ids. */
	implicit: boolean;
	/** False while only records too far ahead of the clock speak of it. */
	decides: boolean;
	time: number;
	model: string | undefined;
	branch: string | undefined;
	sourceId: string | undefined;
	agentTurn: string | undefined;
	/** Ids of its items in order. */
	readonly items: string[];
	end:
		| { id: string; status: TurnStatus; usage: TokenUsage | undefined; error: string | undefined }
		| undefined;
}

export interface NoteState {
	readonly id: string;
	readonly item: string | null;
	readonly text: string | BlobRef;
	readonly ts: string;
}

/** A value that the record with the greatest id decides, however the records arrive. */
interface Register<T> {
	by: string;
	value: T;
}

/** Where the head was put: at the end of a turn, at an item, or (null) before the first. */
export type HeadDecision =
	| { readonly by: string; readonly kind: "turn"; readonly turn: string }
	| { readonly by: string; readonly kind: "move"; readonly to: string | null };

/**
 * The fold of a journal (design: J3, J4): what a set of records amounts to.
 * Guarantees: the result does not depend on the order in which the records are applied, nor on how often; so reading on
 * from where one stopped, a merge of two copies, and a full replay all give the same state (a property test compares
 * them). Contents are not kept: a session of 100 MB folds into a few MB.
 */
export class SessionState {
	header: RecordOf<"session.created"> | undefined;
	readonly turns = new Map<string, TurnState>();
	readonly items = new Map<string, ItemState>();
	readonly unknown: {
		readonly id: string;
		readonly type: string;
		readonly span: Span;
		/** Tells records of one id apart by their content. */
		readonly variant: string;
	}[] = [];
	/** Bytes of a source that were adopted, by file name and offset. */
	readonly imported: {
		readonly id: string;
		readonly file: string;
		readonly offset: number;
		readonly content: BlobRef;
	}[] = [];
	/** Fragments whose warnings a person has cleared, as `bytes:crc32`. */
	readonly acknowledged = new Set<string>();
	/** What the daemon wrote about the agent: threads, turns under way, approvals. */
	readonly agent = new AgentState();
	/** Where the workspace's files of its turns are kept. */
	readonly checkpoints = new CheckpointState();
	/** All decisions on the head, in order of id. */
	readonly heads: HeadDecision[] = [];
	/** The first words of the user's messages, by item. */
	private readonly prompts = new Map<string, string>();
	private titleRegister: Register<string> | undefined;
	readonly titles: { readonly id: string; readonly title: string; readonly ts: string }[] = [];
	private archivedRegister: Register<boolean> = { by: "", value: false };
	private trashedRegister: Register<boolean> = { by: "", value: false };
	private pinnedRegister: Register<boolean> = { by: "", value: false };
	private readonly tagRegisters = new Map<string, Register<boolean>>();
	private readonly noteStates = new Map<string, NoteState>();
	private readonly removedNotes = new Set<string>();

	get title(): string {
		return this.titleRegister?.value ?? this.header?.session.title ?? "";
	}
	get archived(): boolean {
		return this.archivedRegister.value;
	}
	get trashed(): boolean {
		return this.trashedRegister.value;
	}
	get pinned(): boolean {
		return this.pinnedRegister.value;
	}
	get tags(): string[] {
		return [...this.tagRegisters]
			.filter(([, tag]) => tag.value)
			.map(([name]) => name)
			.sort();
	}
	get notes(): NoteState[] {
		return [...this.noteStates.values()]
			.filter((note) => !this.removedNotes.has(note.id))
			.sort((a, b) => (a.id < b.id ? -1 : 1));
	}
	/** The earliest message of the user's that has text. */
	get firstPrompt(): { readonly item: string; readonly text: string } | undefined {
		let first: { item: string; text: string } | undefined;
		for (const [item, text] of this.prompts) {
			if (!first || item < first.item) {
				first = { item, text };
			}
		}
		return first;
	}
	get head(): HeadDecision | undefined {
		return this.heads.at(-1);
	}
	get parent(): SessionHeader["parent"] {
		return this.header?.session.parent;
	}
	/** ms since the epoch of the newest turn or item; NaN when there is none. */
	get lastActivity(): number {
		return this.newest;
	}
	private newest = Number.NaN;

	/**
	 * Adds one record. `decides` is false for an id more than 24 h ahead of the clock (design: J3): its content is kept
	 * and shown, but it does not move the head, rename or archive, or it would do so for good.
	 */
	apply(record: JournalRecord, span: Span, decides = true): void {
		switch (record.type) {
			case "session.created":
				this.applyCreated(record, decides);
				return;
			case "turn.started":
				this.applyTurnStarted(record, decides);
				return;
			case "turn.completed":
				this.applyTurnCompleted(record);
				return;
			case "item.started":
			case "item.completed":
				this.applyItem(record, span, decides);
				return;
			case "item.updated":
				this.applyUpdate(record, span);
				return;
			case "note.added":
				this.noteStates.set(record.id, {
					id: record.id,
					item: record.item ?? null,
					text: record.text,
					ts: record.ts,
				});
				return;
			case "note.removed":
				this.removedNotes.add(record.note);
				return;
			case "damage.acknowledged":
				for (const fragment of record.fragments) {
					this.acknowledged.add(`${fragment.bytes}:${fragment.crc32}`);
				}
				return;
			case "source.imported":
				insertById(this.imported, {
					id: record.id,
					file: record.file,
					offset: record.offset,
					content: record.content,
				});
				return;
			case "agent.attached":
			case "approval.requested":
			case "approval.answered":
				this.agent.apply(record);
				return;
			case "checkpoint.taken":
			case "checkpoint.failed":
			case "files.restored":
				this.checkpoints.apply(record);
				return;
			default:
				if (decides) {
					this.applyDecision(record);
				}
		}
	}

	/**
	 * Keeps a record of a type or version that this code does not know (design: J7), or that another one of the same id
	 * won over; `variant` tells the records of one id apart.
	 */
	applyUnknown(record: { id: string; type: string }, span: Span, variant: string): void {
		const entry = { id: record.id, type: record.type, span, variant };
		insertInOrder(this.unknown, entry, (known) => `${known.id} ${known.variant}`);
	}

	/** The newest item with an id below `limit`; null when there is none. */
	newestItemBelow(limit: string): string | null {
		if (this.sortedItems.length !== this.items.size) {
			this.sortedItems = [...this.items.keys()].sort();
		}
		return this.sortedItems[firstAtOrAbove(this.sortedItems, limit, (id) => id) - 1] ?? null;
	}
	private sortedItems: string[] = [];

	/** The turn of an item, or undefined when the item is not in this journal. */
	turnOf(itemId: string): TurnState | undefined {
		const item = this.items.get(itemId);
		return item && this.turns.get(item.turn);
	}

	private applyDecision(record: Decision): void {
		const { id } = record;
		switch (record.type) {
			case "head.moved":
				this.decideHead({ by: id, kind: "move", to: record.to });
				return;
			case "session.renamed":
				this.setTitle(id, record.title, record.ts);
				return;
			case "session.archived":
			case "session.unarchived":
				decide(this.archivedRegister, id, record.type === "session.archived");
				return;
			case "session.trashed":
			case "session.restored":
				decide(this.trashedRegister, id, record.type === "session.trashed");
				return;
			case "session.pinned":
			case "session.unpinned":
				decide(this.pinnedRegister, id, record.type === "session.pinned");
				return;
			case "session.tagged":
			case "session.untagged":
				for (const tag of record.tags) {
					const register = this.tagRegisters.get(tag) ?? { by: "", value: false };
					decide(register, id, record.type === "session.tagged");
					this.tagRegisters.set(tag, register);
				}
		}
	}

	private applyCreated(record: RecordOf<"session.created">, decides: boolean): void {
		if (!this.header || record.id < this.header.id) {
			this.header = record;
		}
		if (decides) {
			this.setTitle(record.id, record.session.title, record.ts);
		}
	}

	private setTitle(by: string, title: string, ts: string): void {
		if (title !== "") {
			insertById(this.titles, { id: by, title, ts });
		}
		if (!this.titleRegister || by > this.titleRegister.by) {
			this.titleRegister = { by, value: title };
		}
	}

	private decideHead(decision: HeadDecision): void {
		insertInOrder(this.heads, decision, (known) => known.by);
	}

	private applyTurnStarted(record: RecordOf<"turn.started">, decides: boolean): void {
		const turn = this.turn(record.id);
		if (record.run) {
			this.agent.runs.set(record.id, record.run);
		}
		turn.after = record.after;
		turn.implicit = false;
		turn.time = Date.parse(record.ts);
		turn.model = record.model;
		turn.branch = record.git?.branch;
		turn.sourceId = record.sourceId;
		turn.agentTurn = record.agentTurn;
		this.seen(turn.time);
		if (decides) {
			this.decideHead({ by: record.id, kind: "turn", turn: record.id });
		}
	}

	private applyTurnCompleted(record: RecordOf<"turn.completed">): void {
		const turn = this.turn(record.turn);
		if (!turn.end || record.id > turn.end.id) {
			turn.end = {
				id: record.id,
				status: record.status,
				usage: record.usage,
				error: typeof record.error === "string" ? record.error : undefined,
			};
		}
	}

	private applyItem(
		record: RecordOf<"item.started" | "item.completed">,
		span: Span,
		decides: boolean,
	): void {
		const id = (record.type === "item.completed" ? record.itemId : undefined) ?? record.id;
		const item = this.item(id, record.turn);
		this.turn(record.turn).decides ||= decides;
		const time = Date.parse(record.ts);
		this.seen(time);
		// Each of these is the earliest record's, in whatever order they are read.
		if (!Number.isNaN(time) && (item.timeBy === "" || record.id < item.timeBy)) {
			item.time = time;
			item.timeBy = record.id;
		}
		const { sourceId } = record.item;
		if (sourceId !== undefined && (item.sourceIdBy === "" || record.id < item.sourceIdBy)) {
			item.sourceId = sourceId;
			item.sourceIdBy = record.id;
		}
		if (record.type === "item.completed") {
			if (item.completed && item.completed.id >= record.id) {
				return;
			}
			item.completed = { id: record.id, span };
		} else {
			item.started = span;
			if (item.completed) {
				return;
			}
		}
		this.describe(item, record.item, record.type === "item.completed");
	}

	private describe(item: ItemState, content: ItemContent, whole: boolean): void {
		item.type = content.type;
		item.status = content.status ?? (whole ? "completed" : "running");
		item.files =
			content.type === "fileChange" && Array.isArray(content.changes)
				? content.changes.map((change) => change.path)
				: [];
		const text = content.type === "userMessage" ? content.text : undefined;
		const prompt = typeof text === "string" ? text.trim().slice(0, 200) : "";
		if (prompt !== "") {
			this.prompts.set(item.id, prompt);
		} else {
			this.prompts.delete(item.id);
		}
	}

	private applyUpdate(record: RecordOf<"item.updated">, span: Span): void {
		const item = this.item(record.itemId, undefined);
		insertById(item.updates, { id: record.id, span });
		this.seen(Date.parse(record.ts));
	}

	private turn(id: string): TurnState {
		let turn = this.turns.get(id);
		if (!turn) {
			turn = {
				id,
				after: null,
				implicit: true,
				decides: false,
				time: Number.NaN,
				model: undefined,
				branch: undefined,
				sourceId: undefined,
				agentTurn: undefined,
				items: [],
				end: undefined,
			};
			this.turns.set(id, turn);
		}
		return turn;
	}

	/** The item, made when it is new; joins its turn as soon as a record names that. */
	private item(id: string, turnId: string | undefined): ItemState {
		let item = this.items.get(id);
		if (!item) {
			item = {
				id,
				turn: "",
				placed: false,
				type: "raw",
				status: "running",
				time: Number.NaN,
				timeBy: "",
				started: undefined,
				updates: [],
				completed: undefined,
				sourceId: undefined,
				sourceIdBy: "",
				files: [],
			};
			this.items.set(id, item);
		}
		if (turnId !== undefined && (!item.placed || turnId < item.turn)) {
			// Two records that name different turns for one item: the lesser wins, whichever was read first.
			const former = item.placed ? this.turns.get(item.turn)?.items : undefined;
			former?.splice(former.indexOf(id), 1);
			item.turn = turnId;
			item.placed = true;
			insertInOrder(this.turn(turnId).items, id, (known) => known);
		}
		return item;
	}

	private seen(time: number): void {
		if (!(time <= this.newest)) {
			this.newest = Number.isNaN(time) ? this.newest : time;
		}
	}
}

/** What an item's status means now: one that was left running by a turn that is over was interrupted. */
export function itemStatus(item: ItemState, turn: TurnState | undefined): ItemStatus {
	return item.status === "running" && turn?.end ? "interrupted" : item.status;
}

function decide<T>(register: Register<T>, by: string, value: T): void {
	if (by > register.by) {
		register.by = by;
		register.value = value;
	}
}
