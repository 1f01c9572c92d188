import type { ItemType } from "../../model/item.ts";
import type { TokenUsage, TurnStatus } from "../../model/record.ts";

/** One item as the parser knows it: where it stands, not what it says. */
export interface ParsedItem {
	/** Byte offset of its first line: its identity in the file. */
	readonly offset: number;
	/** Ordinal of its first line; -1 where the file has none. */
	readonly ordinal: number;
	type: ItemType;
	/** `open`: a call without an answer yet. */
	state: "open" | "done" | "failed" | "declined";
	/** ms since the epoch; 0 when unknown. */
	readonly time: number;
	/** Index of its turn. */
	readonly turn: number;
	/** Offsets and lengths of its lines, in pairs. */
	readonly spans: number[];
	/** What a raw item is. */
	label?: string;
	/** Paths that a file change names. */
	files?: string[];
}

export interface ParsedTurn {
	readonly index: number;
	/** Byte offset of the line that opened it: its identity in the file. */
	readonly offset: number;
	readonly ordinal: number;
	readonly time: number;
	/** Codex's own name of it; older versions write none. */
	nativeId: string | undefined;
	/** Index of the item it continues; -1 for the beginning of the file. */
	readonly after: number;
	/** Index of its first item; its items follow each other. */
	readonly first: number;
	count: number;
	/** Announced by `task_started`, so that prompts inside it do not end it. */
	explicit: boolean;
	users: number;
	/** Items that are neither a prompt nor context. */
	agentItems: number;
	/** Title made of its first prompt. */
	prompt: string;
	model: string | undefined;
	readonly branch: string | undefined;
	readonly commit: string | undefined;
	usage: TokenUsage | undefined;
	error: string | undefined;
	end: { readonly status: TurnStatus; readonly time: number } | undefined;
}

/** The places in an item that different lines fill. Codex writes most things twice; each line fills one place once. */
export const slot = {
	/** `response_item` of a message or a call. */
	call: 1,
	/** `response_item` of an answer; the event of a message. */
	output: 2,
	/** Event that ends something. */
	event: 4,
	/** Event or `item_started` that begins something. */
	begin: 8,
	/** `item_completed`. */
	completed: 16,
} as const;

interface Offer {
	readonly item: ParsedItem;
	readonly type: string;
	readonly keys: readonly string[];
	slots: number;
}

const wholeKey = 400;
/** Messages are compared by length and beginning: the window that holds them stays small. */
function keyOf(text: string): string {
	const plain = text.trim();
	return plain.length <= wholeKey ? plain : `${plain.length}:${plain.slice(0, wholeKey)}`;
}

/**
 * Finds the item that a line belongs to.
 * Guarantees: a line joins an item only if that place in the item is free, so two equal messages stay two; messages and
 * reasoning pair inside one turn, calls by their id in the whole file; a call id that several calls share makes as many
 * items as the most frequent kind of line about it.
 */
export class Pairing {
	private messages: Offer[] = [];
	private thoughts: Offer[] = [];
	private compacted: Offer | undefined;
	private readonly calls = new Map<string, Offer[]>();

	newTurn(): void {
		this.messages = [];
		this.thoughts = [];
		this.compacted = undefined;
	}

	message(type: string, texts: readonly string[], from: number): ParsedItem | undefined {
		const keys = texts.map(keyOf);
		const offer = this.messages.find(
			(each) =>
				each.type === type &&
				(each.slots & from) === 0 &&
				each.keys.some((key) => keys.includes(key)),
		);
		if (offer) {
			offer.slots |= from;
		}
		return offer?.item;
	}

	offer(item: ParsedItem, type: string, texts: readonly string[], from: number): void {
		this.messages.push({ item, type, keys: texts.map(keyOf), slots: from });
		if (this.messages.length > 400) {
			this.messages.splice(0, 200);
		}
	}

	/** An answer of this turn, written as a response only, that a compaction's message ends with. */
	summaryIn(message: string): ParsedItem | undefined {
		const offer = this.messages.findLast((each) => each.type === "agentMessage");
		const text = offer?.keys[0];
		if (!offer || !text || offer.slots !== slot.call) {
			return undefined;
		}
		const plain = message.trim();
		const cut = text.length > wholeKey ? text.slice(text.indexOf(":") + 1) : text;
		if (!(text.length > wholeKey ? plain.includes(cut) : plain.endsWith(cut))) {
			return undefined;
		}
		this.messages = this.messages.filter((each) => each !== offer);
		return offer.item;
	}

	/**
	 * Events of one reasoning come part by part before its response; the parts that follow each other are one item.
	 * @param last the newest item of the file.
	 */
	reasoning(
		texts: readonly string[],
		from: number,
		id: string | undefined,
		last: ParsedItem | undefined,
	): ParsedItem | undefined {
		const keys = texts.map(keyOf);
		for (const each of this.thoughts) {
			const known = (id !== undefined && each.keys.includes(`#${id}`)) || overlaps(each.keys, keys);
			const free = (each.slots & from) === 0 || (from === slot.output && !isDone(each, keys));
			if (known && free) {
				each.slots |= from;
				this.used(each, keys);
				return each.item;
			}
		}
		const open = this.thoughts.at(-1);
		if (from === slot.output && open && open.item === last && open.slots === slot.output) {
			(open.keys as string[]).push(...keys);
			return open.item;
		}
		return undefined;
	}

	offerReasoning(
		item: ParsedItem,
		texts: readonly string[],
		from: number,
		id: string | undefined,
	): void {
		const keys = texts.map(keyOf);
		if (id !== undefined) {
			keys.push(`#${id}`);
		}
		this.thoughts.push({ item, type: "reasoning", keys, slots: from });
		if (this.thoughts.length > 200) {
			this.thoughts.splice(0, 100);
		}
	}

	/** A part that an event has told is not told by another one. */
	private used(offer: Offer, keys: readonly string[]): void {
		if (offer.slots & slot.output) {
			(offer.keys as string[]).push(...keys.map((key) => `told:${key}`));
		}
	}

	compaction(from: number): ParsedItem | undefined {
		if (!this.compacted || (this.compacted.slots & from) !== 0) {
			return undefined;
		}
		this.compacted.slots |= from;
		return this.compacted.item;
	}

	offerCompaction(item: ParsedItem, from: number): void {
		this.compacted = { item, type: "compaction", keys: [], slots: from };
	}

	call(keys: readonly string[], from: number): ParsedItem | undefined {
		for (const key of keys) {
			const offer = this.calls.get(key)?.find((each) => (each.slots & from) === 0);
			if (offer) {
				offer.slots |= from;
				this.file(offer, keys);
				return offer.item;
			}
		}
		return undefined;
	}

	offerCall(item: ParsedItem, keys: readonly string[], from: number): void {
		this.file({ item, type: "call", keys: [], slots: from }, keys);
	}

	private file(offer: Offer, keys: readonly string[]): void {
		for (const key of keys) {
			const offers = this.calls.get(key);
			if (!offers) {
				this.calls.set(key, [offer]);
			} else if (!offers.includes(offer)) {
				offers.push(offer);
			}
		}
	}
}

function overlaps(a: readonly string[], b: readonly string[]): boolean {
	return b.some((key) => key !== "" && a.includes(key));
}

function isDone(offer: Offer, keys: readonly string[]): boolean {
	return keys.every((key) => offer.keys.includes(`told:${key}`));
}
