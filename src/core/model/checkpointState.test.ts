import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { JournalRecord } from "./record.ts";
import { SessionState } from "./state.ts";

fc.configureGlobal({ seed: 8 });

const base = { v: 1 } as const;
const id = (n: number) => `01K${String(n).padStart(23, "0")}`;
const ts = (n: number) => new Date(Date.UTC(2026, 10, 20) + n * 1000).toISOString();
const git = (n: number) => String(n).padStart(40, "0");
const span = { offset: 0, length: 1 };

const taken = (n: number, turn: number, moment: "start" | "end", leftOut?: number) =>
	JournalRecord.parse({
		...{ ...base, id: id(n), ts: ts(n), type: "checkpoint.taken", turn: id(turn), moment },
		...{ commit: git(n), tree: git(n + 100), ...(leftOut === undefined ? {} : { leftOut }) },
	});
const failed = (n: number, reason: string) =>
	JournalRecord.parse({
		...{ ...base, id: id(n), ts: ts(n), type: "checkpoint.failed", turn: id(1) },
		...{ reason, message: `Because of ${reason}.` },
	});
const restored = (n: number, undoes?: number) =>
	JournalRecord.parse({
		...{ ...base, id: id(n), ts: ts(n), type: "files.restored", to: git(2), safety: git(n) },
		...(undoes === undefined ? {} : { undoes: id(undoes) }),
	});

function fold(records: readonly JournalRecord[]) {
	const state = new SessionState();
	for (const record of records) {
		state.apply(record, span);
	}
	return state.checkpoints;
}

test("each turn has the state at its start and at its end", () => {
	const state = fold([taken(2, 1, "start", 3), taken(4, 1, "end"), taken(6, 5, "start")]);
	const { start, end } = state.ofTurn(id(1));
	assert.deepEqual(start, {
		by: id(2),
		commit: git(2),
		tree: git(102),
		time: Date.parse(ts(2)),
		leftOut: 3,
	});
	assert.equal(end?.commit, git(4));
	assert.equal(state.ofTurn(id(5)).end, undefined);
	assert.deepEqual(state.ofTurn(id(9)), {});
});

test("why there is none counts until one is taken", () => {
	assert.equal(fold([failed(2, "no-git")]).failure?.reason, "no-git");
	assert.equal(fold([failed(2, "no-git"), taken(3, 1, "start")]).failure, undefined);
	assert.equal(fold([taken(3, 1, "start"), failed(4, "too-slow")]).failure?.reason, "too-slow");
	assert.equal(fold([]).failure, undefined);
});

test("the newest restore that is not taken back yet can be, one after another", () => {
	assert.equal(fold([restored(2), restored(3)]).undoable?.id, id(3));
	assert.equal(fold([restored(2), restored(3), restored(4, 3)]).undoable?.id, id(2));
	assert.equal(fold([restored(2), restored(3, 2)]).undoable, undefined);
});

test("the order of the records does not matter, nor how often they are read", () => {
	const records = [
		...[taken(2, 1, "start"), taken(3, 1, "end"), taken(7, 1, "end")],
		...[failed(4, "no-git"), failed(8, "too-slow"), restored(5), restored(6, 5), restored(9)],
	];
	const whole = fold(records);
	const shuffled = fc.shuffledSubarray([...records, ...records], { minLength: records.length * 2 });
	fc.assert(
		fc.property(shuffled, (some) => {
			const state = fold(some);
			assert.deepEqual(state.ofTurn(id(1)), whole.ofTurn(id(1)));
			assert.deepEqual(state.failure, whole.failure);
			assert.deepEqual(state.restores, whole.restores);
			assert.deepEqual(state.undoable, whole.undoable);
		}),
	);
});
