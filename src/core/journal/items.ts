import type { BlobRef, Text } from "../model/blob.ts";
import { isBlobRef } from "../model/blob.ts";
import { type Item, ItemContent, type ItemStatus } from "../model/item.ts";
import { ItemCompleted, ItemStarted, ItemUpdated } from "../model/record.ts";
import { type ItemState, itemStatus, type Span } from "../model/state.ts";
import type { Journal } from "./journal.ts";

/** Text of a blob, or undefined when it is missing. */
export type BlobText = (hash: string) => Promise<string | undefined>;

/** Reads items of one journal with their whole content, in the order of `ids`; ids it does not hold are left out. */
export async function readItems(
	journal: Journal,
	ids: readonly string[],
	blobText: BlobText,
): Promise<Item[]> {
	const states = ids
		.map((id) => journal.state.items.get(id))
		.filter((state) => state !== undefined);
	const spans = states.map(spansOf);
	const values = await journal.readValues(spans.flat());
	const items: Item[] = [];
	let next = 0;
	for (const [index, state] of states.entries()) {
		const count = spans[index]?.length ?? 0;
		const { id, turn, time } = state;
		const status = itemStatus(state, journal.state.turns.get(turn));
		const own = values.slice(next, next + count);
		items.push(await assembleItem({ id, turn, time, status }, own, blobText));
		next += count;
	}
	return items;
}

/** The records an item must be read from: the whole one, or the first and what was added to it. */
export function spansOf(state: ItemState): Span[] {
	if (state.completed) {
		return [state.completed.span];
	}
	const updates = state.updates.map((update) => update.span);
	return state.started ? [state.started, ...updates] : updates;
}

/** All of an item but its content. `time` is in ms since the epoch; NaN when unknown. */
export interface ItemFrame {
	readonly id: string;
	readonly turn: string;
	readonly time: number;
	readonly status: ItemStatus;
}

/** An item with its content, from the parsed JSON of its records. */
export async function assembleItem(
	{ id, turn, time, status }: ItemFrame,
	values: readonly unknown[],
	blobText: BlobText,
): Promise<Item> {
	let content: ItemContent | undefined;
	const appended = new Map<string, string>();
	for (const value of values) {
		const whole = ItemCompleted.safeParse(value);
		if (whole.success) {
			content = whole.data.item;
			continue;
		}
		const first = ItemStarted.safeParse(value);
		if (first.success) {
			content = first.data.item;
			continue;
		}
		const update = ItemUpdated.safeParse(value);
		for (const [field, text] of Object.entries(update.success ? update.data.append : {})) {
			appended.set(field, (appended.get(field) ?? "") + (await inline(text, blobText)));
		}
	}
	content ??= { type: "raw", label: "An item whose first record is missing" };
	for (const [field, text] of appended) {
		content = await extend(content, field, text, blobText);
	}
	return {
		id,
		turn,
		ts: Number.isNaN(time) ? "" : new Date(time).toISOString(),
		status,
		content,
	};
}

/** An item with text added to one of its fields; as it was where that would make no item, or another one, of it. */
async function extend(
	content: ItemContent,
	field: string,
	text: string,
	blobText: BlobText,
): Promise<ItemContent> {
	const before: unknown = Object.hasOwn(content, field) ? Reflect.get(content, field) : "";
	if (identifying.has(field) || !isText(before)) {
		return content;
	}
	const whole = { ...content, [field]: (await inline(before, blobText)) + text };
	return ItemContent.safeParse(whole).success ? (whole as ItemContent) : content;
}

const identifying: ReadonlySet<string> = new Set(["type", "status", "sourceId", "from"]);

function isText(value: unknown): value is Text {
	return typeof value === "string" || isBlobRef(value);
}

async function inline(text: Text, blobText: BlobText): Promise<string> {
	return typeof text === "string" ? text : ((await blobText(text.blob)) ?? missingText(text));
}

/** What stands where a blob's text should: the reader sees that something is missing, and what. */
export function missingText(ref: BlobRef): string {
	return `[${ref.bytes} bytes are missing: ${ref.blob}]`;
}
