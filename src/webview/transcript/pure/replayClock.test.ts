import assert from "node:assert/strict";
import { test } from "node:test";
import type { TranscriptRow } from "../../../core/transcript/transcript.ts";
import { changeSpeed, nextTurn, previousTurn, turnNumbers, waitBefore } from "./replayClock.ts";

function rows(turns: string, times: readonly number[] = []): TranscriptRow[] {
	return [...turns].map((turn, i) =>
		turn === "-"
			? { kind: "gap", id: String(i), reason: "missing" }
			: {
					kind: "item",
					id: String(i),
					turn,
					type: "agentMessage",
					status: "completed",
					time: times[i] ?? 0,
				},
	);
}

test("waits as long as it took, at least 150 ms and at most one second, by the speed", () => {
	const all = rows("aaaa", [1000, 1400, 1401, 99_000]);
	assert.equal(waitBefore(all, 1, 1), 400);
	assert.equal(waitBefore(all, 2, 1), 150);
	assert.equal(waitBefore(all, 3, 1), 1000);
	assert.equal(waitBefore(all, 3, 16), 62.5);
	assert.equal(waitBefore(all, 1, 0.5), 800);
});

test("time that runs backwards or is not known does not stop it", () => {
	assert.equal(waitBefore(rows("aa", [5000, 1000]), 1, 1), 150);
	assert.equal(waitBefore(rows("aa"), 1, 1), 500);
	assert.equal(waitBefore(rows("a-"), 1, 1), 500);
});

test("speed goes in steps and stops at the ends", () => {
	assert.equal(changeSpeed(1, 1), 2);
	assert.equal(changeSpeed(16, 1), 16);
	assert.equal(changeSpeed(0.5, -1), 0.5);
});

test("steps by turn go to the first row of a turn", () => {
	const all = rows("aaabbc");
	assert.equal(nextTurn(all, 0), 3);
	assert.equal(nextTurn(all, 4), 5);
	assert.equal(nextTurn(all, 5), 5);
	assert.equal(previousTurn(all, 5), 3);
	assert.equal(previousTurn(all, 4), 3);
	assert.equal(previousTurn(all, 3), 0);
	assert.equal(previousTurn(all, 0), 0);
});

test("turns are numbered from 1, gaps belong to the one before", () => {
	assert.deepEqual([...turnNumbers(rows("-aa-bb"))], [0, 1, 1, 1, 2, 2]);
});
