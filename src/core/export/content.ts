import { missingText } from "../journal/items.ts";
import { type BlobRef, isBlobRef } from "../model/blob.ts";
import type { ItemContent } from "../model/item.ts";

/** Bytes of a blob, or undefined when it is missing. */
export type BlobBytes = (hash: string) => Promise<Uint8Array | undefined>;

/**
 * A content with every text that was moved to a blob put back in its place, for formats that stand alone. Images stay
 * references; a text whose blob is missing becomes words that say so.
 */
export async function inlineContent(content: ItemContent, blob: BlobBytes): Promise<ItemContent> {
	return (await inlineValue(content, blob)) as ItemContent;
}

async function inlineValue(value: unknown, blob: BlobBytes): Promise<unknown> {
	if (Array.isArray(value)) {
		const entries: unknown[] = [];
		for (const entry of value) {
			entries.push(await inlineValue(entry, blob));
		}
		return entries;
	}
	if (typeof value !== "object" || value === null) {
		return value;
	}
	if (isBlobRef(value)) {
		return inlineBlob(value, blob);
	}
	const entries: [string, unknown][] = [];
	for (const [key, entry] of Object.entries(value)) {
		entries.push([key, await inlineValue(entry, blob)]);
	}
	return Object.fromEntries(entries);
}

async function inlineBlob(ref: BlobRef, blob: BlobBytes): Promise<unknown> {
	if (ref.mime !== "text/plain" && ref.mime !== "application/json") {
		return ref;
	}
	const bytes = await blob(ref.blob);
	if (!bytes) {
		return ref.mime === "text/plain" ? missingText(ref) : ref;
	}
	const text = Buffer.from(bytes).toString("utf8");
	return ref.mime === "text/plain" ? text : (parseJson(text) ?? ref);
}

function parseJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch (error) {
		if (error instanceof SyntaxError) {
			return undefined;
		}
		throw error;
	}
}
