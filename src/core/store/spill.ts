import { inlineLimit, recordLimit } from "../journal/framing.ts";
import type { BlobRef } from "../model/blob.ts";
import { isBlobRef } from "../model/blob.ts";

type Put = (bytes: Uint8Array, mime: string) => Promise<BlobRef>;

const neverSpilled = new Set(["type", "blob", "mime", "status", "sourceId", "turn", "itemId"]);
/** Fields that are texts by the schema, and no blob can stand for: what holds them goes to a blob as a whole. */
const plainTexts = new Set(["path", "movedTo", "step", "tool", "server", "label", "code", "title"]);
const dataUri = /^data:([a-z]+\/[a-z0-9.+-]+)?(?:;[a-z0-9=-]+)*;base64,/i;

/**
 * Moves what is too large for a journal line into blobs (design: J1): every text over 64 KiB and every image given as a
 * data URI; then, while the value is longer than 256 KiB as JSON, the largest field of it, whatever it is.
 * Returns a copy; `value` is not changed.
 */
export async function spill<T extends object>(value: T, put: Put): Promise<T> {
	const copy = (await spillTexts(value, put)) as Record<string, unknown>;
	while (JSON.stringify(copy).length * 3 > recordLimit && jsonBytes(copy) > recordLimit) {
		const largest = largestField(copy);
		if (!largest) {
			break;
		}
		const { owner, key } = largest;
		const field = owner[key];
		const isText = typeof field === "string";
		owner[key] = await put(
			Buffer.from(isText ? field : JSON.stringify(field)),
			isText ? "text/plain" : "application/json",
		);
	}
	return copy as T;
}

async function spillTexts(value: unknown, put: Put): Promise<unknown> {
	if (Array.isArray(value)) {
		const copy: unknown[] = [];
		for (const entry of value) {
			copy.push(await spillTexts(entry, put));
		}
		return copy;
	}
	if (typeof value !== "object" || value === null) {
		return value;
	}
	// Entries, not assignments: a field named __proto__ must stay a field.
	const copy: [string, unknown][] = [];
	for (const [key, entry] of Object.entries(value)) {
		if (typeof entry !== "string" || neverSpilled.has(key) || plainTexts.has(key)) {
			copy.push([key, await spillTexts(entry, put)]);
		} else if (key === "url" && dataUri.test(entry)) {
			const mime = dataUri.exec(entry)?.[1] ?? "application/octet-stream";
			const bytes = Buffer.from(entry.slice(entry.indexOf(",") + 1), "base64");
			copy.push(...Object.entries(await put(bytes, mime)));
		} else if (entry.length * 3 > inlineLimit && Buffer.byteLength(entry) > inlineLimit) {
			copy.push([key, await put(Buffer.from(entry), "text/plain")]);
		} else {
			copy.push([key, entry]);
		}
	}
	return Object.fromEntries(copy);
}

function jsonBytes(value: unknown): number {
	return Buffer.byteLength(JSON.stringify(value));
}

/** The largest field of a record's item, or of the record itself where it has none. */
function largestField(
	record: Record<string, unknown>,
): { owner: Record<string, unknown>; key: string } | undefined {
	const { item } = record;
	const owner =
		typeof item === "object" && item !== null ? (item as Record<string, unknown>) : record;
	let largest: string | undefined;
	let size = 1024;
	for (const [key, field] of Object.entries(owner)) {
		const isPlain = neverSpilled.has(key) || plainTexts.has(key);
		const bytes = isPlain || isBlobRef(field) || field === undefined ? 0 : jsonBytes(field);
		if (bytes > size) {
			size = bytes;
			largest = key;
		}
	}
	return largest === undefined ? undefined : { owner, key: largest };
}
