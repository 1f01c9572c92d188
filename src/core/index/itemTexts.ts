import * as fs from "node:fs";
import { assembleItem } from "../journal/items.ts";
import type { ItemContent } from "../model/item.ts";
import type { Blobs } from "../store/blobs.ts";
import type { WorkspaceStore } from "../store/workspaceStore.ts";
import { blobLimit, searchableWithBlobs } from "./blobTexts.ts";
import type { ItemEntry } from "./indexedItem.ts";

/**
 * The searchable texts of items of one of our journals, read from its bytes with blocking calls: a page of hits is a few
 * dozen short reads. An item whose bytes have changed since they were indexed has the text "".
 */
export async function journalTexts(
	{ layout, context }: WorkspaceStore,
	id: string,
	items: readonly ItemEntry[],
): Promise<string[]> {
	let file: number;
	try {
		file = fs.openSync(layout.journal(id), "r");
	} catch {
		// It went a moment ago: the next update takes its items out of the index.
		return items.map(() => "");
	}
	try {
		const texts: string[] = [];
		for (const item of items) {
			const content = await contentOf(file, item, context.blobs);
			texts.push(content ? await searchableWithBlobs(content, context.blobs) : "");
		}
		return texts;
	} finally {
		fs.closeSync(file);
	}
}

async function contentOf(
	file: number,
	item: ItemEntry,
	blobs: Blobs,
): Promise<ItemContent | undefined> {
	const records: ItemRecord[] = [];
	for (let at = 0; at < item.spans.length; at += 2) {
		const record = readRecord(file, item.spans[at] ?? 0, item.spans[at + 1] ?? 0);
		if (record) {
			records.push(record);
		}
	}
	const [only] = records;
	if (records.length === 1 && only?.item) {
		// The index knows these bytes as a record that was checked when it was read.
		return only.item as ItemContent;
	}
	const parts = await assembleItem(item, records, (hash) => blobs.text(hash, blobLimit));
	return records.length > 0 ? parts.content : undefined;
}

interface ItemRecord {
	readonly item?: Record<string, unknown>;
}

function readRecord(file: number, offset: number, length: number): ItemRecord | undefined {
	const bytes = Buffer.allocUnsafe(length);
	const count = fs.readSync(file, bytes, 0, length, offset);
	try {
		return JSON.parse(bytes.toString("utf8", 0, count)) as ItemRecord;
	} catch {
		// Rewritten under us: the next update reads it again.
		return undefined;
	}
}
