import * as fs from "node:fs";
import * as path from "node:path";
import type { ItemContent } from "../model/item.ts";
import type { StoreLayout } from "../store/layout.ts";
import type { ItemEntry } from "./indexedItem.ts";
import { searchableText } from "./itemText.ts";

/** Largest blob that is looked into. Bytes. */
const blobLimit = 1024 * 1024;

/**
 * The searchable texts of items of one of our journals, read from its bytes with blocking calls: a page of hits is a few
 * dozen short reads. An item whose bytes have changed since they were indexed has the text "".
 */
export function journalTexts(
	layout: StoreLayout,
	id: string,
	items: readonly ItemEntry[],
): string[] {
	let file: number;
	try {
		file = fs.openSync(layout.journal(id), "r");
	} catch {
		// It went a moment ago: the next update takes its items out of the index.
		return items.map(() => "");
	}
	try {
		return items.map((item) => {
			const content = contentOf(file, item);
			return content ? searchableText(content, (hash) => blobText(layout, hash)) : "";
		});
	} finally {
		fs.closeSync(file);
	}
}

function contentOf(file: number, item: ItemEntry): ItemContent | undefined {
	let content: Record<string, unknown> | undefined;
	for (let at = 0; at < item.spans.length; at += 2) {
		const record = readRecord(file, item.spans[at] ?? 0, item.spans[at + 1] ?? 0);
		if (record?.item) {
			content = { ...record.item };
		} else if (record?.append) {
			content ??= { type: "raw" };
			for (const [field, text] of Object.entries(record.append)) {
				const before = content[field];
				content[field] =
					typeof before === "string" && typeof text === "string" ? before + text : text;
			}
		}
	}
	// The index knows these bytes as a record that was checked when it was read.
	return content as ItemContent | undefined;
}

interface ItemRecord {
	readonly item?: Record<string, unknown>;
	readonly append?: Record<string, unknown>;
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

function blobText(layout: StoreLayout, hash: string): string | undefined {
	const hex = hash.slice("sha256:".length);
	if (!/^[0-9a-f]{64}$/.test(hex)) {
		return undefined;
	}
	try {
		const file = path.join(layout.blobs, hex.slice(0, 2), hex);
		const { size } = fs.statSync(file);
		return size <= blobLimit ? fs.readFileSync(file, "utf8") : undefined;
	} catch {
		// A blob that is missing is not found in, and shown as missing where the item is opened.
		return undefined;
	}
}
