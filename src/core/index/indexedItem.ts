import { crc32 } from "node:zlib";
import { type ItemStatus, type ItemType, itemTypes } from "../model/item.ts";
import type { TokenUsage, TurnStatus } from "../model/record.ts";
import { typeOfKey } from "./itemKeys.ts";

/** As the index numbers them. */
export const statuses: readonly ItemStatus[] = [
	"completed",
	"running",
	"failed",
	"declined",
	"interrupted",
];

/** One item as it goes into the index. Ids are without the file's prefix. */
export interface IndexedItem {
	readonly id: string;
	readonly turn: string;
	readonly type: ItemType;
	readonly status: ItemStatus;
	/** ms since the epoch; NaN when unknown. */
	readonly time: number;
	/** Offsets and lengths in pairs, at least one. */
	readonly spans: readonly number[];
	/** What it is found by. */
	readonly text: string;
	/** The files it changed (see `touchedPath`). */
	readonly touched: readonly string[];
}

export interface IndexedTurn {
	readonly id: string;
	readonly after: string | null;
	readonly time: number;
	readonly status: TurnStatus | undefined;
	readonly model: string | undefined;
	readonly branch: string | undefined;
	readonly usage: TokenUsage | undefined;
}

/** An item as the index gives it back. */
export interface ItemEntry {
	readonly id: string;
	readonly turn: string;
	readonly type: ItemType;
	readonly status: ItemStatus;
	/** ms since the epoch; NaN when unknown. */
	readonly time: number;
	/** Offsets and lengths in pairs: the bytes of its session file that it is made of. */
	readonly spans: readonly number[];
}

/** What tells whether an item is the same as the one in the index. */
export interface KnownItem {
	readonly key: number;
	readonly mark: string;
	readonly check: number;
}

export interface ItemRow {
	readonly key: number;
	readonly id: string;
	readonly turn: string;
	readonly status: number;
	readonly time: number | null;
	readonly offset: number;
	readonly length: number;
	readonly spans: string | null;
	readonly text_check: number;
}

export interface PlainTurn {
	readonly id: string;
	readonly after: string | null;
	readonly time: number | null;
	readonly status: string | null;
	readonly model: string | null;
	readonly branch: string | null;
	readonly input: number | null;
	readonly cached: number | null;
	readonly output: number | null;
	readonly reasoning: number | null;
	readonly total: number | null;
}

/** A turn in the form and key order of {@link PlainTurn}. */
export function plainTurn(turn: IndexedTurn): PlainTurn {
	const { usage } = turn;
	return {
		id: turn.id,
		after: turn.after,
		time: Number.isNaN(turn.time) ? null : turn.time,
		status: turn.status ?? null,
		model: turn.model ?? null,
		branch: turn.branch ?? null,
		input: usage?.input ?? null,
		cached: usage?.cachedInput ?? null,
		output: usage?.output ?? null,
		reasoning: usage?.reasoning ?? null,
		total: usage?.total ?? null,
	};
}

export function entryOf(row: ItemRow): ItemEntry {
	return {
		id: row.id,
		turn: row.turn,
		type: typeOfKey(row.key),
		status: statuses[row.status] ?? "completed",
		time: row.time ?? Number.NaN,
		spans: row.spans === null ? [row.offset, row.length] : row.spans.split(",").map(Number),
	};
}

/** All of an item but its text, as one text to compare. */
export function markOf(item: ItemEntry, touched: readonly string[]): string {
	const files = touched.length > 1 ? [...touched].sort() : touched;
	return `${itemTypes.indexOf(item.type)} ${item.status} ${item.turn} ${item.time} ${item.spans.join()} ${files.join("\n")}`;
}

/** 0 for an empty text, which is not indexed; never 0 for another. */
export function textCheck(text: string): number {
	return text === "" ? 0 : crc32(text) || 1;
}
