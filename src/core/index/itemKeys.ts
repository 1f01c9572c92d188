import { type ItemType, itemTypes } from "../model/item.ts";

/**
 * What an item's key in the index is made of, from the highest bits down: its time (seconds since 2000), its type (4
 * bits), and a number that tells apart items of one type in one second (8 bits; more of them spill into later seconds).
 * So "newest first" is the order of keys, which full-text search gives without sorting, and a filter on the type needs
 * no look into the table of items. Seconds, not milliseconds: the smaller the distance between keys, the smaller the
 * full-text index, which stores distances.
 */
const epoch = Date.UTC(2000, 0, 1);
const typeFactor = 256;
const timeFactor = 4096;
const lastTime = Math.floor(Number.MAX_SAFE_INTEGER / timeFactor / 2);

const codes = new Map(itemTypes.map((type, code) => [type, code]));

export function typeCode(type: ItemType): number {
	return codes.get(type) ?? 0;
}

/** The lowest key of an item of this time (ms since the epoch; unknown is oldest) and type. */
export function firstKey(time: number, type: ItemType): number {
	return keyOf(secondOf(time) * typeFactor, typeCode(type));
}

/** The lowest key of anything in this second (ms since the epoch) or later. */
export function keyAtTime(time: number): number {
	return secondOf(time) * timeFactor;
}

/** The key to try when `key` is taken: of the same type, `step` places on. */
export function laterKey(key: number, step: number): number {
	const place = Math.floor(key / timeFactor) * typeFactor + (key % typeFactor);
	return keyOf(place + step, codeOfKey(key));
}

export function codeOfKey(key: number): number {
	return Math.floor(key / typeFactor) % 16;
}

export function typeOfKey(key: number): ItemType {
	return itemTypes[codeOfKey(key)] ?? "raw";
}

function keyOf(place: number, code: number): number {
	return Math.floor(place / typeFactor) * timeFactor + code * typeFactor + (place % typeFactor);
}

function secondOf(time: number): number {
	const since = Number.isFinite(time) ? Math.floor((time - epoch) / 1000) : 0;
	return Math.min(Math.max(since, 0), lastTime);
}
