import assert from "node:assert/strict";
import { test } from "node:test";
import type { TranscriptRow } from "../core/transcript/transcript.ts";
import { fromColumns, toColumns } from "./rowColumns.ts";

const item = (id: string, turn: string, more: object = {}): TranscriptRow => ({
	kind: "item",
	id,
	turn,
	type: "agentMessage",
	status: "completed",
	time: 1_770_000_000_000,
	...more,
});

test("rows come out of columns as they went in, also after a way over JSON", () => {
	const rows: TranscriptRow[] = [
		{ kind: "gap", id: "gap", reason: "The parent is gone." },
		item("a", "t1", { inheritedFrom: "S1", time: 0 }),
		item("b", "t1", { inheritedFrom: "S1", type: "userMessage" }),
		item("c", "t2", { status: "running", time: 5 }),
		item("d", "t1", { status: "failed", inheritedFrom: "S2" }),
		item("e", "t1"),
	];
	assert.deepEqual(fromColumns(toColumns(rows)), rows);
	assert.deepEqual(fromColumns(JSON.parse(JSON.stringify(toColumns(rows)))), rows);
	assert.deepEqual(fromColumns(toColumns([])), []);
});
