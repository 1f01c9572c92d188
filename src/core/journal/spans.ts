import type { FileHandle } from "node:fs/promises";
import { readRange } from "../files.ts";
import type { Span } from "../model/state.ts";

/** Spans closer together than this are read in one go. Bytes. */
const gapLimit = 16 * 1024;
/** No single read is longer than this unless one span is. Bytes. */
const readLimit = 1024 * 1024;

/** The bytes at `spans`, in their order, with as few reads as their places allow. */
export async function readSpans(
	handle: Pick<FileHandle, "read">,
	spans: readonly Span[],
): Promise<Buffer[]> {
	const order = spans
		.map((_, index) => index)
		.sort((a, b) => at(spans, a).offset - at(spans, b).offset);
	const parts: Buffer[] = new Array(spans.length);
	let start = 0;
	while (start < order.length) {
		const from = at(spans, order[start]).offset;
		let end = start;
		let to = from;
		while (end < order.length) {
			const span = at(spans, order[end]);
			const spanEnd = Math.max(to, span.offset + span.length);
			if (end > start && (span.offset - to > gapLimit || spanEnd - from > readLimit)) {
				break;
			}
			to = spanEnd;
			end++;
		}
		const bytes = await readRange(handle, from, to);
		for (const index of order.slice(start, end)) {
			const span = at(spans, index);
			parts[index] = bytes.subarray(span.offset - from, span.offset - from + span.length);
		}
		start = end;
	}
	return parts;
}

function at(spans: readonly Span[], index: number | undefined): Span {
	return spans[index ?? -1] as Span;
}
