import type { TranscriptRow } from "../../../core/transcript/transcript.ts";

/** Longer pauses than this are said on the page, in ms. */
export const pauseFrom = 10 * 60_000;

/** What stands above a row: the day when it is another one, the time of day after a pause, or nothing. */
export type TimeMark =
	| { readonly kind: "day"; readonly time: number }
	| { readonly kind: "pause"; readonly time: number };

function timeOf(row: TranscriptRow | undefined): number {
	return row?.kind === "item" ? row.time : 0;
}

/** True when both are on one day of the reader's calendar. */
export function sameDay(a: Date, b: Date): boolean {
	return (
		a.getFullYear() === b.getFullYear() &&
		a.getMonth() === b.getMonth() &&
		a.getDate() === b.getDate()
	);
}

/**
 * The mark above row `index`. The row before it that has a time counts; at most 20 are looked at, so that a source
 * without times costs nothing. The first row is marked with its day.
 */
export function timeMark(rows: readonly TranscriptRow[], index: number): TimeMark | undefined {
	const time = timeOf(rows[index]);
	if (time === 0) {
		return undefined;
	}
	for (let i = index - 1; i >= 0 && i > index - 20; i--) {
		const before = timeOf(rows[i]);
		if (before !== 0) {
			if (!sameDay(new Date(before), new Date(time))) {
				return { kind: "day", time };
			}
			return time - before >= pauseFrom ? { kind: "pause", time } : undefined;
		}
	}
	return index < 20 ? { kind: "day", time } : undefined;
}
