import type { ItemContent } from "../model/item.ts";
import type { Blobs } from "../store/blobs.ts";
import { searchableText } from "./itemText.ts";

/** Payloads of one item that are looked into, together. Bytes. */
export const blobLimit = 8 * 1024 * 1024;

/**
 * What an item is found by, payloads included. The index and the snippets of a search both get it from here: a text that
 * is not the same in both is found where nothing can be shown, or not at all.
 */
export async function searchableWithBlobs(content: ItemContent, blobs: Blobs): Promise<string> {
	const wanted = new Set<string>();
	const inline = searchableText(content, (hash) => {
		wanted.add(hash);
		return undefined;
	});
	if (wanted.size === 0) {
		return inline;
	}
	const texts = new Map<string, string>();
	let room = blobLimit;
	for (const hash of wanted) {
		const text = await blobs.text(hash, room);
		if (text !== undefined) {
			texts.set(hash, text);
			room -= text.length;
		}
	}
	return searchableText(content, (hash) => {
		const text = texts.get(hash);
		// Once: a record of 256 KiB can name a payload thousands of times.
		texts.delete(hash);
		return text;
	});
}
