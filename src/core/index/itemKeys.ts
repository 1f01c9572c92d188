import { type ItemType, itemTypes } from "../model/item.ts";

/**
 * What an item's key in the index is made of, from the highest bits down: its time (ms since 2000), its type (4 bits),
 * and a number that tells apart what happened in the same millisecond (8 bits). So "newest first" is the order of keys,
 * which full-text search gives without sorting, and a filter on the type needs no look into the table of items.
 * Keys stay below 2^53, so they are exact as numbers, until 2069.
 */
const epoch = Date.UTC(2000, 0, 1);
const typeFactor = 256;
const timeFactor = 4096;
const lastTime = Math.floor(Number.MAX_SAFE_INTEGER / timeFactor) - 1;

const codes = new Map(itemTypes.map((type, code) => [type, code]));

export function typeCode(type: ItemType): number {
	return codes.get(type) ?? 0;
}

/** The lowest key of an item of this time (ms since the epoch; unknown is oldest) and type. */
export function firstKey(time: number, type: ItemType): number {
	const since = Number.isFinite(time) ? Math.floor(time) - epoch : 0;
	return Math.min(Math.max(since, 0), lastTime) * timeFactor + typeCode(type) * typeFactor;
}

/** The lowest key of anything at this time or later. */
export function keyAtTime(time: number): number {
	return firstKey(time, "userMessage");
}

/** The key to try when `key` is taken: the same type and time, then a millisecond later. */
export function nextKey(key: number): number {
	return (key + 1) % typeFactor === 0 ? key + 1 - typeFactor + timeFactor : key + 1;
}

export function codeOfKey(key: number): number {
	return Math.floor(key / typeFactor) % 16;
}

export function typeOfKey(key: number): ItemType {
	return itemTypes[codeOfKey(key)] ?? "raw";
}
