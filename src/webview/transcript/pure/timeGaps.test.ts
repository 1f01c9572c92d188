import assert from "node:assert/strict";
import { test } from "node:test";
import type { TranscriptRow } from "../../../core/transcript/transcript.ts";
import { timeMark } from "./timeGaps.ts";

const noon = new Date(2026, 2, 4, 12).getTime();
const minute = 60_000;

function rowsAt(...times: number[]): TranscriptRow[] {
	return times.map((time, i) => ({
		kind: "item",
		id: String(i),
		turn: "t",
		type: "agentMessage",
		status: "completed",
		time,
	}));
}

test("the first row says its day", () => {
	assert.deepEqual(timeMark(rowsAt(noon), 0), { kind: "day", time: noon });
});

test("a pause of ten minutes is said, a shorter one is not", () => {
	assert.equal(timeMark(rowsAt(noon, noon + 9 * minute), 1), undefined);
	const later = noon + 10 * minute;
	assert.deepEqual(timeMark(rowsAt(noon, later), 1), { kind: "pause", time: later });
});

test("another day is said however short the pause", () => {
	const late = new Date(2026, 2, 4, 23, 59).getTime();
	const early = late + 2 * minute;
	assert.deepEqual(timeMark(rowsAt(late, early), 1), { kind: "day", time: early });
});

test("rows without a time are looked past, and say nothing themselves", () => {
	const rows = rowsAt(noon, 0, noon + 20 * minute);
	assert.equal(timeMark(rows, 1), undefined);
	assert.equal(timeMark(rows, 2)?.kind, "pause");
});
