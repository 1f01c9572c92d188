import type { ItemContent } from "../../core/model/item.ts";
import type { LiveItem } from "../../protocol/daemon.ts";
import type { JournalFeed } from "./journalFeed.ts";

/** Text of one field that is kept while it streams; what comes beyond it is only in the completed item. UTF-16 code units. */
const textLimit = 8 * 1024 * 1024;

interface Streaming {
	readonly id: string;
	readonly content: ItemContent;
	readonly texts: Map<string, { text: string; journaled: number }>;
}

/** Text that was added to an item under way. */
export interface Added {
	readonly item: string;
	readonly field: string;
	/** Where it goes, in UTF-16 code units. */
	readonly offset: number;
	readonly text: string;
}

/**
 * The items of a turn that are under way (design: J11): each is journaled when it starts, then what was added whenever
 * {@link flush} is called, then once as a whole.
 */
export class LiveItems {
	private readonly feed: JournalFeed;
	private readonly turn: string;
	private readonly items = new Map<string, Streaming>();
	/** Ids of those that are complete, by the agent's id: a question may come after. */
	private readonly done = new Map<string, string>();

	constructor(feed: JournalFeed, turn: string) {
		this.feed = feed;
		this.turn = turn;
	}

	/** Our id of an item, by the agent's. */
	idOf(key: string): string | undefined {
		return this.items.get(key)?.id ?? this.done.get(key);
	}

	start(key: string, content: ItemContent): void {
		if (this.items.has(key) || this.done.has(key)) {
			return;
		}
		const running = { ...content, status: "running" as const };
		const size = sizeOf(content);
		const id = this.feed.put({ type: "item.started", turn: this.turn, item: running }, size);
		const texts = new Map<string, { text: string; journaled: number }>();
		for (const field of ["text", "output"]) {
			const text = (content as Record<string, unknown>)[field];
			if (typeof text === "string") {
				texts.set(field, { text, journaled: text.length });
			}
		}
		this.items.set(key, { id, content, texts });
	}

	/** Undefined when the item is not under way, or has more text than is kept. */
	add(key: string, field: string, text: string): Added | undefined {
		const item = this.items.get(key);
		if (!item || text === "") {
			return undefined;
		}
		const known = item.texts.get(field) ?? { text: "", journaled: 0 };
		item.texts.set(field, known);
		const offset = known.text.length;
		const taken = text.slice(0, Math.max(0, textLimit - offset));
		if (taken === "") {
			return undefined;
		}
		known.text += taken;
		return { item: item.id, field, offset, text: taken };
	}

	complete(key: string, content: ItemContent): void {
		// One that is completed again, like a plan of which a step is done, stays the same item.
		const itemId = this.idOf(key);
		this.items.delete(key);
		const draft = { type: "item.completed" as const, turn: this.turn, item: content };
		const size = sizeOf(content);
		const id = this.feed.put(itemId === undefined ? draft : { ...draft, itemId }, size);
		this.done.set(key, itemId ?? id);
	}

	/** Journals what was added since the last time. */
	flush(): void {
		for (const { id, texts } of this.items.values()) {
			const append: Record<string, string> = {};
			let size = 0;
			for (const [field, known] of texts) {
				const added = known.text.slice(known.journaled);
				if (added !== "") {
					append[field] = added;
					known.journaled = known.text.length;
					size += added.length;
				}
			}
			if (size > 0) {
				this.feed.put({ type: "item.updated", itemId: id, append }, size);
			}
		}
	}

	/** The items under way with their text so far. */
	get live(): LiveItem[] {
		return [...this.items.values()].map(({ id, content, texts }) => ({
			id,
			type: content.type,
			texts: Object.fromEntries([...texts].map(([field, { text }]) => [field, text])),
		}));
	}
}

/** About how much text a record of the item holds, however deep. UTF-16 code units. */
function sizeOf(content: ItemContent): number {
	let size = 200;
	const left: unknown[] = [content];
	while (left.length > 0) {
		const value = left.pop();
		if (typeof value === "string") {
			size += value.length;
		} else if (typeof value === "object" && value !== null) {
			for (const inner of Object.values(value)) {
				size += 10;
				left.push(inner);
			}
		}
	}
	return size;
}
