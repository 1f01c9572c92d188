import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import test from "node:test";
import fc from "fast-check";
import { newStore } from "./lab.ts";

test("J11 a running item is journaled when it starts, shows what was added, and is whole when completed", async (t) => {
	const { store, again } = await newStore(t);
	await fc.assert(
		fc.asyncProperty(
			fc.array(fc.string({ unit: "grapheme", maxLength: 12 }), { maxLength: 8 }),
			async (parts) => {
				const session = await store.create({ title: "Live" });
				const turn = await session.startTurn();
				const [started] = await session.append([
					{ type: "item.started", turn, item: { type: "agentMessage", text: "> " } },
				]);
				const itemId = started?.id ?? "";
				let text = "> ";
				for (const part of parts) {
					await session.append([{ type: "item.updated", itemId, append: { text: part } }]);
					text += part;
				}
				const reading = again();
				const running = await reading.transcript(session.id);
				const [item] = await running.items(0, 1);
				assert.deepEqual(
					[item?.id, item?.status, item?.content],
					[itemId, "running", { type: "agentMessage", text }],
				);
				const journal = await readFile(session.file, "utf8");
				assert.equal(
					journal.split("\n").length,
					4 + parts.length,
					"only what was added is written",
				);
				const content = { type: "agentMessage" as const, text: `${text}!` };
				await session.append([{ type: "item.completed", turn, itemId, item: content }]);
				const change = await running.refresh();
				assert.deepEqual(change, { kind: "grown", from: 1, changed: [0] });
				const [whole] = await running.items(0, 1);
				assert.deepEqual(
					[whole?.id, whole?.status, whole?.content],
					[itemId, "completed", content],
				);
				assert.equal(running.rows.length, 1, "one item, not one per record");
				await reading.close();
			},
		),
		{ seed: 31, numRuns: 15 },
	);
});

test("J11 after a crash the parts show as interrupted once the turn is over", async (t) => {
	const { store, again } = await newStore(t);
	const session = await store.create({ title: "Crash" });
	const turn = await session.startTurn();
	const [started] = await session.append([
		{ type: "item.started", turn, item: { type: "commandExecution", command: "make", output: "" } },
	]);
	const itemId = started?.id ?? "";
	await session.append([
		{ type: "item.updated", itemId, append: { output: "cc -o x\n", error: "warn" } },
	]);
	const next = await again().open(session.id);
	await next.completeTurn(turn, "interrupted");
	const [item] = await (await next.transcript()).items(0, 1);
	assert.equal(item?.status, "interrupted");
	assert.deepEqual(item?.content, {
		type: "commandExecution",
		command: "make",
		output: "cc -o x\n",
		error: "warn",
	});
	await assert.rejects(store.fork(session.id, "01ARZ3NDEKTSV4RRFFQ69G5FAV"), {
		reason: "no-such-item",
	});
	assert.equal((await store.fork(session.id, itemId)).state.parent?.at, itemId);
});

test("J11 a fork cannot be made at an item that still runs", async (t) => {
	const { store } = await newStore(t);
	const session = await store.create({ title: "Running" });
	const turn = await session.startTurn();
	const [started] = await session.append([
		{ type: "item.started", turn, item: { type: "agentMessage", text: "" } },
	]);
	await assert.rejects(store.fork(session.id, started?.id), {
		name: "HumanError",
		reason: "running-item",
	});
});

test("J11 hostile field names in added text make no other item of it", async (t) => {
	const { store } = await newStore(t);
	const session = await store.create({ title: "Hostile" });
	const turn = await session.startTurn();
	const [started] = await session.append([
		{ type: "item.started", turn, item: { type: "toolCall", tool: "t", input: { a: 1 } } },
	]);
	const append = JSON.parse(
		'{"__proto__":"x","constructor":"c","type":"y","status":"z","input":"more","images":"i","output":"done"}',
	);
	await session.append([{ type: "item.updated", itemId: started?.id ?? "", append }]);
	const [item] = await (await session.transcript()).items(0, 1);
	assert.deepEqual(item?.content, {
		type: "toolCall",
		tool: "t",
		input: { a: 1 },
		output: "done",
		constructor: "c",
	});
});
