import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { ItemStatus, ItemType } from "../../../core/model/item.ts";
import type { TranscriptRow } from "../../../core/transcript/transcript.ts";
import { blockAt, blocksOf, countSteps, foldMost, regroup } from "./runs.ts";

fc.configureGlobal({ seed: 8 });

const none: ReadonlySet<string> = new Set();

/** Rows from letters: u user, a agent, c command, t thought, p plan, e error, r raw record; upper case runs or failed (`C`, `X`). */
function rowsOf(letters: string, turns: readonly number[] = []): TranscriptRow[] {
	const types: Record<string, ItemType> = {
		u: "userMessage",
		a: "agentMessage",
		c: "commandExecution",
		C: "commandExecution",
		X: "commandExecution",
		t: "reasoning",
		p: "plan",
		e: "error",
		r: "raw",
	};
	let turn = 0;
	return [...letters].map((letter, i) => {
		turn += letter === "u" ? 1 : 0;
		const status: ItemStatus = letter === "C" ? "running" : letter === "X" ? "failed" : "completed";
		return {
			kind: "item",
			id: `r${i}`,
			turn: `t${turns[i] ?? turn}`,
			type: types[letter] as ItemType,
			status,
			time: 0,
		};
	});
}

/** "(2) u a [3] a": folds as their length, in round brackets for the context. */
function shape(letters: string, stops = none): string {
	const brackets = { steps: "[]", context: "()" };
	return blocksOf(rowsOf(letters), stops)
		.map(({ from, to, fold }) =>
			fold ? `${brackets[fold][0]}${to - from}${brackets[fold][1]}` : letters[from],
		)
		.join(" ");
}

test("three steps and more fold, two do not", () => {
	assert.equal(shape("ucca"), "u c c a");
	assert.equal(shape("uctca"), "u [3] a");
});

test("errors and messages end a run", () => {
	assert.equal(shape("ucccecccaccc"), "u [3] e [3] a [3]");
});

test("a run does not reach into the next turn", () => {
	assert.equal(shape("ucccuccc"), "u [3] u [3]");
});

test("a run that still works is watched, not folded", () => {
	assert.equal(shape("uaccC"), "u a c c C");
});

test("a plan folds in mid-turn and stands open as the end of its turn", () => {
	assert.equal(shape("uccpc"), "u [4]");
	assert.equal(shape("ucccpu"), "u [3] p u");
	assert.equal(shape("ucccp"), "u [3] p");
});

test("a row with a note or a branch point stays visible", () => {
	assert.equal(shape("uccccccc", new Set(["r4"])), "u [3] c [3]");
});

test("a very long run becomes several folds", () => {
	const blocks = blocksOf(rowsOf(`u${"c".repeat(foldMost + 5)}`), none);
	assert.deepEqual(
		blocks.map((one) => one.to - one.from),
		[1, foldMost, 5],
	);
});

test("what stands before the first prompt folds, even one row", () => {
	assert.equal(shape("rruca"), "(2) u c a");
	assert.equal(shape("ruaru"), "(1) u a r u");
	assert.equal(shape("rrrr"), "[4]");
	assert.equal(shape("raru"), "r a r u");
	assert.equal(shape("rCu"), "r C u");
	assert.equal(shape("rru", new Set(["r1"])), "r r u");
});

test("context that a fork continues stays open where its own part starts", () => {
	const rows = rowsOf("rru").map((row, i) =>
		row.kind === "item" && i === 0 ? { ...row, inheritedFrom: "parent" } : row,
	);
	assert.ok(blocksOf(rows, none).every((block) => !block.fold));
});

test("very long context folds like any run", () => {
	assert.equal(shape(`${"r".repeat(foldMost + 5)}u`), `[${foldMost}] [5] u`);
});

test("blockAt finds the block of every row", () => {
	const rows = rowsOf("uctcacccau");
	const blocks = blocksOf(rows, none);
	for (let i = 0; i < rows.length; i++) {
		const block = blocks[blockAt(blocks, i)];
		assert.ok(block && block.from <= i && i < block.to);
	}
	assert.equal(blockAt([], 0), -1);
});

test("countSteps counts types and failures", () => {
	const rows = rowsOf("ucXt");
	const counts = countSteps(rows, { from: 1, to: 4, fold: "steps" });
	assert.equal(counts.total, 3);
	assert.equal(counts.failed, 1);
	assert.equal(counts.types.get("commandExecution"), 2);
});

test("regrouping after a change equals grouping afresh", () => {
	const letters = fc.string({ unit: fc.constantFrom(..."uacctpeCXrr"), maxLength: 60 });
	fc.assert(
		fc.property(letters, letters, fc.nat(60), (before, tail, at) => {
			const from = Math.min(at, before.length);
			const old = blocksOf(rowsOf(before), none);
			const rows = rowsOf(before.slice(0, from) + tail);
			const again = regroup(old, rows, none, from);
			const fresh = blocksOf(rows, none);
			assert.deepEqual(again.blocks, fresh);
			assert.deepEqual(old.slice(0, again.changedFrom), fresh.slice(0, again.changedFrom));
		}),
		{ numRuns: 1000 },
	);
});

test("a prompt that comes after its context folds it", () => {
	const rows = rowsOf("rru");
	const old = blocksOf(rows.slice(0, 2), none);
	assert.deepEqual(regroup(old, rows, none, 2), { blocks: blocksOf(rows, none), changedFrom: 0 });
});
