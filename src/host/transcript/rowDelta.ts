import type { TranscriptRow } from "../../core/transcript/transcript.ts";

/** What a page that has `before` must be sent to show `after`. */
export interface RowDelta {
	/** Rows from here on are replaced. */
	readonly from: number;
	/** Earlier rows whose content may differ: those that are still running. */
	readonly changed: readonly number[];
}

/**
 * Compares rows as they were sent with rows as they are. Undefined when there is nothing to tell. It looks at the rows
 * themselves, not at what a refresh reports: several readers share one journal, and only one of them hears of a change.
 * A running row that `streams` has its content told as it comes, and is not reported for that.
 */
export function rowDelta(
	before: readonly TranscriptRow[],
	after: readonly TranscriptRow[],
	streams: (id: string) => boolean = () => false,
): RowDelta | undefined {
	let from = 0;
	while (from < before.length && from < after.length && same(before[from], after[from])) {
		from++;
	}
	const changed: number[] = [];
	for (let index = 0; index < from; index++) {
		const row = after[index];
		if (row?.kind === "item" && row.status === "running" && !streams(row.id)) {
			changed.push(index);
		}
	}
	const unchanged = from === before.length && from === after.length && changed.length === 0;
	return unchanged ? undefined : { from, changed };
}

function same(a: TranscriptRow | undefined, b: TranscriptRow | undefined): boolean {
	if (!a || !b || a.id !== b.id || a.kind !== b.kind) {
		return false;
	}
	if (a.kind === "item" && b.kind === "item") {
		return a.status === b.status && a.time === b.time && a.inheritedFrom === b.inheritedFrom;
	}
	return a.kind === "gap" && b.kind === "gap" && a.reason === b.reason;
}
