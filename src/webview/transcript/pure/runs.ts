import type { ItemRow, TranscriptRow } from "../../../core/transcript/transcript.ts";

/**
 * What stands on the page as one thing: a single row, a run of steps folded into "12 steps", or the context that an agent
 * was given before the first prompt. Rows `from` (inclusive) to `to` (exclusive).
 */
export interface Block {
	readonly from: number;
	readonly to: number;
	readonly fold: "steps" | "context" | false;
}

/** Fewer steps than this stand as they are: a fold would hide as many lines as it costs. */
export const foldFrom = 3;
/** A longer run becomes several folds, so that opening one stays cheap. */
export const foldMost = 100;

/** Row ids that must stay visible (they carry a note or a branch point) and therefore end a run. */
export type Stops = ReadonlySet<string>;

function isStep(rows: readonly TranscriptRow[], index: number, stops: Stops): boolean {
	const row = rows[index];
	if (row?.kind !== "item" || stops.has(row.id)) {
		return false;
	}
	switch (row.type) {
		case "commandExecution":
		case "fileChange":
		case "toolCall":
		case "webSearch":
		case "reasoning":
		case "raw":
			return true;
		case "plan": {
			// A plan that ends its turn is the answer; in mid-turn it is book-keeping.
			const next = rows[index + 1];
			return next?.kind === "item" && next.turn === row.turn;
		}
		default:
			return false;
	}
}

/** True when two neighbouring steps belong to one run: same turn, and both own or both inherited. */
function together(a: TranscriptRow | undefined, b: TranscriptRow | undefined): boolean {
	return (
		a?.kind === "item" && b?.kind === "item" && a.turn === b.turn && inherited(a) === inherited(b)
	);
}

function inherited(row: TranscriptRow | undefined): boolean {
	return row?.kind === "item" && row.inheritedFrom !== undefined;
}

function runEnd(rows: readonly TranscriptRow[], from: number, stops: Stops): number {
	let to = from + 1;
	while (
		to < rows.length &&
		to - from < foldMost &&
		isStep(rows, to, stops) &&
		together(rows[to - 1], rows[to])
	) {
		to++;
	}
	return to;
}

function anyRunning(rows: readonly TranscriptRow[], from: number, to: number): boolean {
	for (let i = from; i < to; i++) {
		const row = rows[i];
		if (row?.kind === "item" && row.status === "running") {
			return true;
		}
	}
	return false;
}

/** How many rows stand before the first prompt and only set the scene for it; 0 when something is said among them. */
function contextEnd(rows: readonly TranscriptRow[], stops: Stops): number {
	let to = 0;
	while (isStep(rows, to, stops) && to < foldMost) {
		// Where a fork's own part starts is said between the rows: it must not be folded away.
		if (to > 0 && inherited(rows[to]) !== inherited(rows[0])) {
			return 0;
		}
		to++;
	}
	const prompt = rows[to];
	return prompt?.kind === "item" && prompt.type === "userMessage" && !anyRunning(rows, 0, to)
		? to
		: 0;
}

/** Blocks of the rows from `from` to the end. A run with a step that still runs is not folded: it is being watched. */
export function blocksOf(rows: readonly TranscriptRow[], stops: Stops, from = 0): Block[] {
	const blocks: Block[] = [];
	const context = from === 0 ? contextEnd(rows, stops) : 0;
	if (context > 0) {
		blocks.push({ from: 0, to: context, fold: "context" });
	}
	for (let i = Math.max(from, context); i < rows.length; ) {
		const to = isStep(rows, i, stops) ? runEnd(rows, i, stops) : i + 1;
		if (to - i >= foldFrom && !anyRunning(rows, i, to)) {
			blocks.push({ from: i, to, fold: "steps" });
		} else {
			for (let row = i; row < to; row++) {
				blocks.push({ from: row, to: row + 1, fold: false });
			}
		}
		i = to;
	}
	return blocks;
}

/** Index of the block that holds a row (binary search); the last block when the row is past the end, -1 without blocks. */
export function blockAt(blocks: readonly Block[], row: number): number {
	let low = 0;
	let high = blocks.length - 1;
	while (low < high) {
		const middle = (low + high + 1) >> 1;
		if ((blocks[middle] as Block).from <= row) {
			low = middle;
		} else {
			high = middle - 1;
		}
	}
	return high < 0 ? -1 : low;
}

/** True when all that was there before row `from` may set the scene for a prompt that comes now. */
function mayBeContext(rows: readonly TranscriptRow[], stops: Stops, from: number): boolean {
	// Whether the row before `from` is a step depends on what follows it.
	const known = Math.min(from - 1, foldMost);
	for (let i = 0; i < known; i++) {
		if (!isStep(rows, i, stops)) {
			return false;
		}
	}
	return from <= foldMost + 1;
}

/**
 * Blocks after rows changed from `from` on: what stands before is kept, so that only the tail is worked out again.
 * Returns the blocks and the index of the first one that may differ.
 */
export function regroup(
	blocks: readonly Block[],
	rows: readonly TranscriptRow[],
	stops: Stops,
	from: number,
): { readonly blocks: readonly Block[]; readonly changedFrom: number } {
	if (from <= 0 || blocks.length === 0 || mayBeContext(rows, stops, from)) {
		return { blocks: blocksOf(rows, stops), changedFrom: 0 };
	}
	// The row before may be a plan that ended its turn, or a run that grows; a run never starts before its turn.
	let start = Math.min(from, rows.length) - 1;
	const first = rows[start];
	while (start > 0 && together(rows[start - 1], first)) {
		start--;
	}
	const at = Math.max(0, blockAt(blocks, start));
	const kept = blocks.slice(0, at);
	const row = blocks[at]?.from ?? 0;
	return { blocks: kept.concat(blocksOf(rows, stops, row)), changedFrom: at };
}

/** How many steps of each type a fold holds, and how many of them did not succeed. */
export function countSteps(rows: readonly TranscriptRow[], block: Block) {
	const types = new Map<ItemRow["type"], number>();
	let failed = 0;
	for (let i = block.from; i < block.to; i++) {
		const row = rows[i];
		if (row?.kind === "item") {
			types.set(row.type, (types.get(row.type) ?? 0) + 1);
			failed += row.status === "failed" ? 1 : 0;
		}
	}
	return { total: block.to - block.from, types, failed };
}
