import assert from "node:assert/strict";
import { rename } from "node:fs/promises";
import test from "node:test";
import { newStore } from "../../../test/property/lab.ts";

test("a transcript sees what its own session has written since", async (t) => {
	const { store } = await newStore(t);
	const session = await store.create({ title: "Before" });
	const turn = await session.startTurn();
	const item = await session.addItem(turn, { type: "userMessage", text: "one" });
	const [first, second] = [await session.transcript(), await session.transcript()];
	await session.rename("After");
	const more = await session.addItem(turn, { type: "agentMessage", text: "two" });
	for (const open of [first, second]) {
		assert.deepEqual(await open.refresh(), { kind: "grown", from: 1, changed: [] });
		assert.deepEqual(
			open.rows.map((row) => row.id),
			[item, more],
		);
		assert.equal(open.summary.title, "After");
		assert.deepEqual(await open.refresh(), { kind: "unchanged" });
	}
	await session.revertTo(item);
	assert.deepEqual(await first.refresh(), { kind: "reloaded" }, "rows went: this is no growth");
	assert.equal(first.rows.length, 1);
});

test("a transcript names the item that was completed, and the rows that came", async (t) => {
	const { store } = await newStore(t);
	const session = await store.create({ title: "Live" });
	const turn = await session.startTurn();
	await session.addItem(turn, { type: "userMessage", text: "go" });
	const [started] = await session.append([
		{ type: "item.started", turn, item: { type: "agentMessage", text: "a" } },
	]);
	const open = await session.transcript();
	await session.append([
		{ type: "item.updated", itemId: started?.id ?? "", append: { text: "b" } },
		{ type: "item.completed", turn, item: { type: "note", text: "n" } },
	]);
	assert.deepEqual(await open.refresh(), { kind: "grown", from: 2, changed: [1] });
	const items = await open.items(1, 3);
	assert.deepEqual(
		items.map((each) => each.content),
		[
			{ type: "agentMessage", text: "ab" },
			{ type: "note", text: "n" },
		],
	);
});

test("a parent that goes away becomes a row that says so", async (t) => {
	const { store } = await newStore(t);
	const parent = await store.create({ title: "Parent" });
	await parent.addItem(await parent.startTurn(), { type: "userMessage", text: "inherited" });
	const child = await store.fork(parent.id);
	const own = await child.addItem(await child.startTurn(), { type: "userMessage", text: "own" });
	const open = await child.transcript();
	assert.equal(open.rows.length, 2);
	await rename(parent.file, `${parent.file}.gone`);
	assert.deepEqual(await open.refresh(), { kind: "reloaded" });
	assert.deepEqual(
		open.rows.map((row) => row.id),
		["gap", own],
	);
	const [gap] = open.rows;
	assert.match(gap?.kind === "gap" ? gap.reason : "", new RegExp(parent.id));
});
