import type { TranscriptRow } from "../../../core/transcript/transcript.ts";

export const speeds = [0.5, 1, 2, 4, 8, 16] as const;
/** Longest wait between two rows at speed 1, in ms: idle time is not replayed. */
export const longestWait = 1000;
/** Shortest wait at speed 1, in ms: rows of the same moment are still seen one by one. */
export const shortestWait = 150;
/** Wait at speed 1 where a source wrote no times, in ms. */
export const unknownWait = 500;

/** How long to wait before row `next` is shown, in ms. */
export function waitBefore(rows: readonly TranscriptRow[], next: number, speed: number): number {
	const before = rows[next - 1];
	const row = rows[next];
	if (before?.kind !== "item" || row?.kind !== "item" || before.time === 0 || row.time === 0) {
		return unknownWait / speed;
	}
	const gap = row.time - before.time;
	return Math.min(longestWait, Math.max(shortestWait, gap)) / speed;
}

/** The next faster (`by` 1) or slower (`by` -1) speed; the same one at the ends. */
export function changeSpeed(speed: number, by: 1 | -1): number {
	const at = speeds.findIndex((one) => one >= speed);
	const index = (at < 0 ? speeds.length - 1 : at) + by;
	return speeds[Math.min(speeds.length - 1, Math.max(0, index))] as number;
}

function turnOf(row: TranscriptRow | undefined): string | undefined {
	return row?.kind === "item" ? row.turn : undefined;
}

/** First row of the turn after the one at `position`; the last row when there is none. */
export function nextTurn(rows: readonly TranscriptRow[], position: number): number {
	const turn = turnOf(rows[position]);
	for (let i = position + 1; i < rows.length; i++) {
		if (turnOf(rows[i]) !== turn) {
			return i;
		}
	}
	return rows.length - 1;
}

/** First row of the turn at `position`, or of the one before when `position` is that first row already. */
export function previousTurn(rows: readonly TranscriptRow[], position: number): number {
	let i = Math.min(position, rows.length) - 1;
	const turn = turnOf(rows[i]);
	while (i > 0 && turnOf(rows[i - 1]) === turn) {
		i--;
	}
	return Math.max(0, i);
}

/** The number of every row's turn, from 1: worked out once, so that a position is announced at no cost. */
export function turnNumbers(rows: readonly TranscriptRow[]): Uint32Array {
	const numbers = new Uint32Array(rows.length);
	let turn: string | undefined;
	let number = 0;
	for (let i = 0; i < rows.length; i++) {
		const here = turnOf(rows[i]);
		if (here !== undefined && here !== turn) {
			turn = here;
			number++;
		}
		numbers[i] = number;
	}
	return numbers;
}
