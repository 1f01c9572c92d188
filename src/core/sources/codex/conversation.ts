import type { TokenUsage, TurnStatus } from "../../model/record.ts";
import { titleFrom } from "./injected.ts";
import { Pairing, type ParsedItem, type ParsedTurn, slot } from "./pairing.ts";
import { Usage } from "./schema.ts";

/** Where a record stands. */
export interface Place {
	readonly offset: number;
	readonly length: number;
	/** ms since the epoch; 0 when unknown. */
	readonly time: number;
	readonly ordinal: number;
}

/**
 * The items and turns of one rollout file, as its records are told one after another.
 * Guarantees: a record becomes a new item or a span of one that is there; an item never leaves its turn; a turn's items
 * follow each other; a turn continues the item that was the head when it began, and a rollback only moves the head, so
 * what was rolled back stays as a branch.
 */
export class Conversation {
	readonly items: ParsedItem[] = [];
	readonly turns: ParsedTurn[] = [];
	/** Turns from the root to the head; a rollback cuts it. */
	chain: number[] = [];
	/** Index of the item that the next turn continues; -1 for the beginning of the file. */
	head = -1;
	/** The turn that goes on. */
	open: ParsedTurn | undefined;
	/** Model in force, for the turns to come. */
	model: string | undefined;
	git: { readonly branch?: string | undefined; readonly commit?: string | undefined } = {};
	/** Records that are spans of items. */
	lines = 0;
	private readonly pairing = new Pairing();

	/** A message that Codex wrote in the user's name: a raw item, unless the same text turns out to be the user's. */
	injected(label: string, texts: readonly string[], from: number, at: Place): void {
		const known = this.pairing.message("userMessage", texts, from);
		if (known) {
			this.extend(known, at);
		} else {
			this.pairing.offer(this.raw(label, at), "userMessage", texts, from);
		}
	}

	addUsage(value: unknown): void {
		const parsed = Usage.safeParse(value);
		const turn = this.open ?? this.turns.at(-1);
		if (!parsed.success || !turn) {
			return;
		}
		const { input_tokens, cached_input_tokens, output_tokens, reasoning_output_tokens } =
			parsed.data;
		const input = input_tokens ?? 0;
		const output = output_tokens ?? 0;
		const total = parsed.data.total_tokens ?? input + output;
		if (total === 0) {
			return;
		}
		const sum: TokenUsage = turn.usage ?? {
			input: 0,
			cachedInput: 0,
			output: 0,
			reasoning: 0,
			total: 0,
		};
		turn.usage = {
			input: sum.input + input,
			cachedInput: (sum.cachedInput ?? 0) + (cached_input_tokens ?? 0),
			output: sum.output + output,
			reasoning: (sum.reasoning ?? 0) + (reasoning_output_tokens ?? 0),
			total: sum.total + total,
		};
	}

	message(
		type: "userMessage" | "agentMessage" | "plan",
		keys: readonly string[],
		from: number,
		at: Place,
	): void {
		const known = this.pairing.message(type, keys, from);
		if (known) {
			this.extend(known, at);
			if (known.type === "raw") {
				// Looked like something Codex wrote, but the user did type it.
				known.type = "userMessage";
				delete known.label;
			}
			this.prompted(known, keys);
			return;
		}
		const item = this.item(type, at);
		this.pairing.offer(item, type, keys, from);
		this.prompted(item, keys);
	}

	private prompted(item: ParsedItem, keys: readonly string[]): void {
		const turn = this.turns[item.turn];
		if (item.type === "userMessage" && turn) {
			turn.users ||= 1;
			turn.prompt ||= titleFrom(keys[0] ?? "");
		}
	}

	/** @returns false when there is nothing to show: encrypted reasoning without a summary. */
	reasoning(at: Place, from: number, texts: readonly string[], id: string | undefined): boolean {
		const known = this.pairing.reasoning(texts, from, id, this.items.at(-1));
		if (known) {
			this.extend(known, at);
			return true;
		}
		if (texts.every((text) => text.trim() === "")) {
			return false;
		}
		this.pairing.offerReasoning(this.item("reasoning", at), texts, from, id);
		return true;
	}

	compaction(at: Place, from: number, message: string | undefined): void {
		const known = this.pairing.compaction(from);
		if (known) {
			this.extend(known, at);
			return;
		}
		// The model's summary was written as an answer just before: it is this compaction's text.
		const summary = message ? this.pairing.summaryIn(message) : undefined;
		if (summary) {
			summary.type = "compaction";
			this.extend(summary, at);
			this.pairing.offerCompaction(summary, from);
			return;
		}
		this.pairing.offerCompaction(this.item("compaction", at), from);
	}

	/** A line about a tool's call: the call, its answer, or an event about either. */
	callRecord(
		keys: readonly string[],
		from: number,
		type: ParsedItem["type"],
		at: Place,
		about: {
			files?: string[] | undefined;
			state?: ParsedItem["state"] | undefined;
			answered?: boolean;
		},
	): void {
		let item = this.pairing.call(keys, from);
		if (item) {
			this.extend(item, at);
			if (type === "fileChange" || (item.type === "toolCall" && from === slot.call)) {
				item.type = type;
			}
		} else {
			item = this.item(type, at);
			item.state = "open";
			this.pairing.offerCall(item, keys, from);
		}
		if (about.answered && item.state === "open") {
			item.state = "done";
		}
		if (about.state) {
			item.state = about.state;
		}
		if (about.files && (from !== slot.call || !item.files)) {
			item.files = about.files;
		}
	}

	raw(label: string | undefined, at: Place): ParsedItem {
		const item = this.item("raw", at);
		if (label) {
			item.label = rawLabels[label] ?? label;
		}
		return item;
	}

	item(type: ParsedItem["type"], at: Place): ParsedItem {
		const context = type === "raw";
		let turn = this.open;
		const opens =
			!turn || (type === "userMessage" && !turn.explicit && turn.users + turn.agentItems > 0);
		if (!turn || opens) {
			turn = this.startTurn(at, false);
		}
		const item: ParsedItem = {
			offset: at.offset,
			ordinal: at.ordinal,
			type,
			state: "done",
			time: at.time,
			turn: turn.index,
			spans: [at.offset, at.length],
		};
		const index = this.items.push(item) - 1;
		turn.count++;
		if (!context && type !== "userMessage") {
			turn.agentItems++;
			turn.model = this.model;
		} else if (type === "userMessage") {
			turn.model = this.model;
		}
		this.head = index;
		this.lines++;
		return item;
	}

	private extend(item: ParsedItem, at: Place): void {
		item.spans.push(at.offset, at.length);
		this.lines++;
	}

	startTurn(at: Place, explicit: boolean): ParsedTurn {
		const open = this.open;
		if (open && explicit && !open.explicit && open.agentItems === 0) {
			// What stood before the mark belongs to the turn that it announces.
			open.explicit = true;
			return open;
		}
		if (open) {
			this.closeTurn(open, statusWithoutEnd(open, this.items), this.items.at(-1)?.time ?? 0);
		}
		this.pairing.newTurn();
		const last = this.turns.at(-1);
		if (last && last.count === 0 && last.offset !== -1) {
			// A turn without items was nothing; its place is taken by the next.
			this.chain = this.chain.filter((index) => index !== last.index);
		}
		const turn: ParsedTurn = {
			index: this.turns.length,
			offset: at.offset,
			ordinal: at.ordinal,
			time: at.time,
			nativeId: undefined,
			after: this.head,
			first: this.items.length,
			count: 0,
			explicit,
			users: 0,
			agentItems: 0,
			prompt: "",
			model: this.model,
			branch: this.git.branch,
			commit: this.git.commit,
			usage: undefined,
			error: undefined,
			end: undefined,
		};
		this.turns.push(turn);
		this.chain.push(turn.index);
		this.open = turn;
		return turn;
	}

	endTurn(at: Place, status: TurnStatus, error: string | undefined): void {
		if (this.open) {
			this.open.error = error ?? this.open.error;
			const failed = this.open.error !== undefined && this.items.at(-1)?.type === "error";
			this.closeTurn(this.open, status === "completed" && failed ? "failed" : status, at.time);
		}
	}

	private closeTurn(turn: ParsedTurn, status: TurnStatus, time: number): void {
		turn.end = { status, time };
		this.open = undefined;
	}

	rollBack(turns: number): void {
		let left = turns;
		if (this.open) {
			this.closeTurn(this.open, "interrupted", this.items.at(-1)?.time ?? 0);
		}
		while (left > 0 && this.chain.length > 0) {
			const cut = this.turns[this.chain.pop() ?? -1];
			if (!cut) {
				break;
			}
			this.head = cut.after;
			left -= cut.users > 0 ? 1 : 0;
		}
		this.pairing.newTurn();
	}
}

/**
 * How a turn that nothing ended stands when it goes on no more: one that was announced was cut off; an unannounced one is
 * complete when the agent had answered.
 */
export function statusWithoutEnd(turn: ParsedTurn, items: readonly ParsedItem[]): TurnStatus {
	let last = turn.first + turn.count - 1;
	while (last > turn.first && items[last]?.type === "raw") {
		last--;
	}
	const answered = items[last]?.type === "agentMessage";
	return !turn.explicit && answered ? "completed" : "interrupted";
}

/** Words for records that are shown as they are; others show under the name that Codex gives them. */
const rawLabels: Readonly<Record<string, string>> = {
	agent_message: "Message between agents",
	inter_agent_communication: "Message between agents",
	sub_agent_activity: "Sub-agent",
	entered_review_mode: "Review started",
	exited_review_mode: "Review ended",
	guardian_assessment: "Approval review",
	thread_goal_updated: "Goal",
	undo_completed: "Undo",
	background_event: "Background",
	warning: "Warning",
};
