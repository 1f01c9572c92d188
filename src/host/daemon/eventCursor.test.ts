import assert from "node:assert/strict";
import { it } from "node:test";
import type { Memento } from "vscode";
import { EventCursor } from "./eventCursor.ts";

/** What a window keeps over reloads. */
function memory(): Memento {
	const kept = new Map<string, unknown>();
	return {
		keys: () => [...kept.keys()],
		get: (key: string) => kept.get(key) as never,
		update: async (key: string, value: unknown) => void kept.set(key, value),
	};
}

it("Events are new once, and those seen before a reload are not new after it", () => {
	const kept = memory();
	const before = new EventCursor("/work", kept);
	assert.equal(before.seq, null);
	assert.deepEqual(
		[7, 7, 8, 3].map((seq) => before.reached(seq)),
		[true, false, true, false],
	);
	before.dispose();
	const after = new EventCursor("/work", kept);
	assert.equal(after.seq, 8);
	assert.equal(new EventCursor("/other", kept).seq, null);
	assert.equal(after.reached(9), true);
	after.dispose();
});

it("When the daemon's memory was lost, numbers begin anew", () => {
	const kept = memory();
	const cursor = new EventCursor("/work", kept);
	cursor.reached(5000);
	cursor.restart(2);
	assert.equal(cursor.seq, 2);
	assert.equal(cursor.reached(3), true);
	cursor.restart(1000);
	assert.equal(cursor.seq, 1000);
	cursor.dispose();
});
