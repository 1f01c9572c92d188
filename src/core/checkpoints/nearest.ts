import type { CheckpointState, TakenCheckpoint } from "../model/checkpointState.ts";
import type { ItemRow, TranscriptRow } from "../transcript/transcript.ts";

/** A checkpoint on a session's chain. */
export interface ChainCheckpoint {
	readonly turn: string;
	readonly moment: "start" | "end";
	readonly taken: TakenCheckpoint;
}

/** The checkpoints of a chain, oldest turn first. `stateOf` gives the fold of the session that holds a row. */
export function chainCheckpoints(
	rows: readonly TranscriptRow[],
	stateOf: (row: ItemRow) => CheckpointState | undefined,
): ChainCheckpoint[] {
	const found: ChainCheckpoint[] = [];
	let last: string | undefined;
	for (const row of rows) {
		if (row.kind !== "item" || row.turn === last) {
			continue;
		}
		last = row.turn;
		const { start, end } = stateOf(row)?.ofTurn(row.turn) ?? {};
		if (start) {
			found.push({ turn: row.turn, moment: "start", taken: start });
		}
		if (end) {
			found.push({ turn: row.turn, moment: "end", taken: end });
		}
	}
	return found;
}

/**
 * The checkpoint that comes nearest to the files as they were at an item: a prompt's is the start of its turn, where there
 * is one; else the one taken at the time nearest to the item's, the later of two. Undefined when there is none at all.
 */
export function nearestCheckpoint(
	row: ItemRow,
	checkpoints: readonly ChainCheckpoint[],
): ChainCheckpoint | undefined {
	if (row.type === "userMessage") {
		const start = checkpoints.find(({ turn, moment }) => turn === row.turn && moment === "start");
		if (start) {
			return start;
		}
	}
	let nearest: ChainCheckpoint | undefined;
	for (const each of checkpoints) {
		const distance = Math.abs(each.taken.time - row.time);
		if (!nearest || distance <= Math.abs(nearest.taken.time - row.time)) {
			nearest = each;
		}
	}
	return nearest;
}
