import assert from "node:assert/strict";
import { test } from "node:test";
import { CheckpointState } from "../model/checkpointState.ts";
import { CheckpointTaken } from "../model/record.ts";
import type { ItemRow } from "../transcript/transcript.ts";
import { chainCheckpoints, nearestCheckpoint } from "./nearest.ts";

const at = (minute: number) => Date.UTC(2026, 10, 20, 12, minute);

function row(turn: string, type: ItemRow["type"], minute: number, inheritedFrom?: string): ItemRow {
	const more = inheritedFrom === undefined ? {} : { inheritedFrom };
	const id = `${turn} ${type}`;
	return { kind: "item", id, turn, type, status: "completed", time: at(minute), ...more };
}

function state(...taken: readonly [turn: string, moment: "start" | "end", minute: number][]) {
	const made = new CheckpointState();
	for (const [turn, moment, minute] of taken) {
		const id = `${turn} ${moment}`;
		const ts = new Date(at(minute)).toISOString();
		const [commit, tree] = ["1".repeat(40), "2".repeat(40)];
		const record = { v: 1, id, ts, type: "checkpoint.taken", turn, moment, commit, tree };
		made.apply(CheckpointTaken.parse(record));
	}
	return made;
}

const rows = [
	row("a", "userMessage", 0, "parent"),
	row("a", "agentMessage", 5, "parent"),
	row("b", "userMessage", 20),
	row("b", "reasoning", 21),
	row("b", "fileChange", 28),
	row("c", "userMessage", 40),
] as const;
const parent = state(["a", "start", 0], ["a", "end", 6]);
const own = state(["b", "start", 20], ["b", "end", 30]);
const chain = chainCheckpoints(rows, ({ inheritedFrom }) => (inheritedFrom ? parent : own));
const words = (of: ItemRow, all = chain) => {
	const found = nearestCheckpoint(of, all);
	return found && `${found.moment} of ${found.turn}`;
};

test("the checkpoints of a chain stand in its order, those of the sessions it continues included", () => {
	assert.deepEqual(
		chain.map(({ turn, moment }) => `${moment} of ${turn}`),
		["start of a", "end of a", "start of b", "end of b"],
	);
	assert.deepEqual(
		chainCheckpoints([{ kind: "gap", id: "gap", reason: "" }], () => own),
		[],
	);
});

test("a prompt's state is the start of its turn; that of a step the nearest in time", () => {
	assert.equal(words(rows[2]), "start of b");
	assert.equal(words(rows[3]), "start of b");
	assert.equal(words(rows[4]), "end of b");
	assert.equal(words(rows[1]), "end of a");
});

test("a turn without any has its neighbour's; a chain without any has none", () => {
	assert.equal(words(rows[5]), "end of b");
	assert.equal(words(rows[5], []), undefined);
});
