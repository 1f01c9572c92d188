import assert from "node:assert/strict";
import { test } from "node:test";
import type { TranscriptRow } from "../../core/transcript/transcript.ts";
import { firstRowsOf, SentRows } from "./sentRows.ts";

const rowsOf = (count: number, more: Partial<TranscriptRow> = {}): TranscriptRow[] =>
	Array.from({ length: count }, (_, index) => ({
		kind: "item",
		id: `i${index}`,
		turn: "t",
		type: "agentMessage",
		status: "completed",
		time: index,
		...more,
	})) as TranscriptRow[];

test("a short transcript is sent whole, of a long one whole pages at its end or around a row", () => {
	const places = (count: number, around?: string) => {
		const { rows, from } = firstRowsOf(rowsOf(count), around);
		return [from, from + rows.length];
	};
	assert.deepEqual(places(0), [0, 0]);
	assert.deepEqual(places(1000, "i5"), [0, 1000]);
	assert.deepEqual(places(5000), [4700, 5000]);
	assert.deepEqual(places(5001), [4800, 5001]);
	assert.deepEqual(places(5000, "i2520"), [2400, 2700]);
	assert.deepEqual(places(5000, "i3"), [0, 300]);
	assert.deepEqual(places(5000, "i4999"), [4700, 5000]);
	assert.deepEqual(places(5000, "unknown"), [4700, 5000]);
});

test("what follows are the rows around those that were sent, unless these have changed", () => {
	const all = rowsOf(5000);
	const begun = () => {
		const sent = new SentRows();
		sent.begin(firstRowsOf(all, "i2520"));
		return sent;
	};
	const sent = begun();
	assert.ok(sent.isPartial);
	assert.equal(sent.firstPage, 24);
	const grown = [...all, ...rowsOf(5003).slice(5000)];
	const rest = sent.rest(grown);
	assert.deepEqual([rest?.before.length, rest?.after.length], [2400, 2303]);
	assert.equal(sent.become(grown), undefined);
	assert.deepEqual([sent.isPartial, sent.firstPage], [false, 0]);
	assert.deepEqual(sent.become(grown.slice(0, 4000)), { from: 4000, changed: [] });

	assert.equal(begun().rest(all.slice(2000)), undefined, "other rows stand there now");
	assert.equal(begun().rest(all.slice(0, 2500)), undefined, "some are gone");
});

test("rows that run when all are sent are told to have new contents", () => {
	const all = rowsOf(2000);
	all[1999] = { ...(all[1999] as TranscriptRow), status: "running" } as TranscriptRow;
	const sent = new SentRows();
	sent.begin(firstRowsOf(all, undefined));
	assert.ok(sent.rest(all));
	assert.deepEqual(sent.become(all), { from: 2000, changed: [1999] });
});
