import type { ItemContent } from "../../model/item.ts";
import type { RangeReader } from "./bytes.ts";
import { contentOf } from "./content.ts";
import type { ParsedItem } from "./pairing.ts";
import type { Rollout } from "./rollout.ts";
import { type Json, parseObject } from "./schema.ts";

/** Items whose lines lie within so many bytes are read with one call. */
const pageBytes = 4 * 1024 * 1024;

/** Contents of items of one rollout, read again from the file. An item that has gone from the file says so. */
export async function readContents(
	rollout: Rollout,
	items: readonly ParsedItem[],
	now: number,
): Promise<ItemContent[]> {
	if (items.length === 0) {
		return [];
	}
	const reader = await rollout.bytes.open();
	try {
		const contents: ItemContent[] = [];
		let page: { from: number; bytes: Buffer } | undefined;
		for (const [index, item] of items.entries()) {
			const { from, to } = extent(item);
			if (!page || from < page.from || to > page.from + page.bytes.length) {
				page = to - from > pageBytes ? undefined : await readPage(reader, items, index);
			}
			const records: Json[] = [];
			for (let at = 0; at < item.spans.length; at += 2) {
				const offset = item.spans[at] ?? 0;
				const length = item.spans[at + 1] ?? 0;
				const bytes = page
					? page.bytes.subarray(offset - page.from, offset - page.from + length)
					: await reader.read(offset, length);
				const record = parseObject(bytes.toString("utf8"));
				if (record) {
					records.push(record);
				}
			}
			contents.push(
				contentOf(records, {
					type: item.type,
					status: rollout.statusOf(item, now),
					label: item.label,
					cwd: rollout.parser.cwd,
				}),
			);
		}
		return contents;
	} finally {
		await reader.close();
	}
}

function extent(item: ParsedItem): { from: number; to: number } {
	let from = Number.POSITIVE_INFINITY;
	let to = 0;
	for (let at = 0; at < item.spans.length; at += 2) {
		const offset = item.spans[at] ?? 0;
		from = Math.min(from, offset);
		to = Math.max(to, offset + (item.spans[at + 1] ?? 0));
	}
	return { from, to };
}

/** Reads the item at `index` and as many after it as fit one page. */
async function readPage(
	reader: RangeReader,
	items: readonly ParsedItem[],
	index: number,
): Promise<{ from: number; bytes: Buffer }> {
	let { from, to } = extent(items[index] as ParsedItem);
	for (const item of items.slice(index + 1)) {
		const next = extent(item);
		if (Math.max(to, next.to) - Math.min(from, next.from) > pageBytes) {
			break;
		}
		from = Math.min(from, next.from);
		to = Math.max(to, next.to);
	}
	return { from, bytes: await reader.read(from, to - from) };
}
