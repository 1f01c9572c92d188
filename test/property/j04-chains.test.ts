import assert from "node:assert/strict";
import { appendFile } from "node:fs/promises";
import test from "node:test";
import fc from "fast-check";
import { headItem, sideBranches, walkChain } from "../../src/core/model/chain.ts";
import type { JournalTranscript } from "../../src/core/transcript/journalTranscript.ts";
import {
	headerLine,
	idAt,
	line,
	newStore,
	readBytes,
	realisticLines,
	recordId,
	temporaryFolder,
} from "./lab.ts";

const started = (n: number, after: number | null) =>
	line(n, { type: "turn.started", after: after === null ? null : recordId(after) });
const said = (n: number, turn: number, text = `item ${n}`) =>
	line(n, { type: "item.completed", turn: recordId(turn), item: { type: "userMessage", text } });

function rowIds(transcript: JournalTranscript): string[] {
	return transcript.rows.map((row) => row.id);
}

test("J4 the transcript is the chain from the head back through after, items by id inside a turn", async (t) => {
	const folder = await temporaryFolder(t);
	const journal = await readBytes(
		folder,
		[
			headerLine(),
			said(5, 1),
			started(6, 5),
			said(8, 6),
			said(4, 1),
			started(1, null),
			said(7, 6),
		].join(""),
	);
	const { items, end } = walkChain(journal.state, headItem(journal.state));
	assert.deepEqual(items, [4, 5, 7, 8].map(recordId));
	assert.deepEqual(end, { kind: "root" });
});

test("J4 a turn merged late stays a branch: the transcript does not change and the branch is listed", async (t) => {
	const { store, clock, again } = await newStore(t);
	const session = await store.create({ title: "Mine" });
	const first = await session.startTurn();
	const shared = await session.addItem(first, { type: "userMessage", text: "shared" });
	const then = clock.now;
	clock.now += 1000;
	const mine = await session.startTurn();
	await session.addItem(mine, { type: "userMessage", text: "mine" });
	const open = await session.transcript();
	const before = rowIds(open);
	// Another machine continued the same item a little earlier; its turn arrives now.
	const theirs = idAt(then + 500, 1);
	const said = idAt(then + 500, 2);
	const item = { type: "userMessage", text: "theirs" };
	const late = [
		{ v: 1, id: theirs, ts: "", type: "turn.started", after: shared },
		{ v: 1, id: said, ts: "", type: "item.completed", turn: theirs, item },
	];
	await appendFile(session.file, late.map((each) => `${JSON.stringify(each)}\n`).join(""));
	await open.refresh();
	assert.deepEqual(rowIds(open), before);
	const [branch] = open.branches;
	assert.deepEqual(
		[branch?.head, branch?.after, branch?.items, branch?.label],
		[said, shared, 1, "theirs"],
	);
	assert.deepEqual(rowIds(await again().transcript(session.id)), before);
	await session.revertTo(said);
	await open.refresh();
	assert.deepEqual(rowIds(open), [shared, said]);
	assert.equal(open.branches[0]?.label, "mine");
});

test("J4 two turns after one item are branches: both kept, the newer shown", async (t) => {
	const folder = await temporaryFolder(t);
	const lines = [
		headerLine(),
		started(1, null),
		said(2, 1),
		started(10, 2),
		said(11, 10),
		started(20, 2),
		said(21, 20),
	];
	await fc.assert(
		fc.asyncProperty(fc.shuffledSubarray(lines, { minLength: lines.length }), async (shuffled) => {
			const { state } = await readBytes(folder, shuffled.join(""));
			const { items } = walkChain(state, headItem(state));
			assert.deepEqual(items, [2, 21].map(recordId));
			assert.deepEqual(sideBranches(state, new Set(items)), [
				{ head: recordId(11), after: recordId(2), items: [recordId(11)] },
			]);
		}),
		{ seed: 6, numRuns: 30 },
	);
});

test("J4 no item is hidden: every one is on the chain or on exactly one of the branches' ways back", async (t) => {
	const folder = await temporaryFolder(t);
	const shape = fc.array(
		fc.record({ after: fc.nat(30), items: fc.integer({ min: 0, max: 3 }), lost: fc.boolean() }),
		{ minLength: 1, maxLength: 12 },
	);
	await fc.assert(
		fc.asyncProperty(shape, fc.nat(40), fc.boolean(), async (turns, moved, moves) => {
			const lines = [headerLine()];
			const made: number[] = [];
			let n = 1;
			for (const turn of turns) {
				const own = n++;
				if (!turn.lost) {
					lines.push(
						started(own, made.length === 0 ? null : (made[turn.after % made.length] ?? null)),
					);
				}
				for (let count = 0; count < turn.items; count++) {
					lines.push(said(n, own));
					made.push(n++);
				}
			}
			if (moves && made.length > 0) {
				lines.push(line(n, { type: "head.moved", to: recordId(made[moved % made.length] ?? 0) }));
			}
			const { state } = await readBytes(folder, lines.join(""));
			const { items } = walkChain(state, headItem(state));
			const shown = new Set(items);
			for (const branch of sideBranches(state, new Set(items))) {
				for (const item of branch.items) {
					assert.ok(!items.includes(item), "a branch holds what the chain does not");
					shown.add(item);
				}
				assert.ok(branch.after === null || state.items.has(branch.after));
			}
			// A head moved back into the middle of a turn leaves the rest of that turn to the branch that ends it.
			assert.deepEqual([...shown].sort(), made.map(recordId).sort());
			assert.equal(new Set(items).size, items.length);
		}),
		{ seed: 7, numRuns: 400 },
	);
});

test("J4 an item's id is the id of its first record", async (t) => {
	const folder = await temporaryFolder(t);
	const { state } = await readBytes(folder, realisticLines().join(""));
	assert.deepEqual([...state.items.keys()], [2, 3, 6, 10].map(recordId));
	assert.equal(state.items.get(recordId(3))?.completed?.id, recordId(5));
});

test("J4 a turn whose first record is lost keeps its items on the chain", async (t) => {
	const folder = await temporaryFolder(t);
	const { state } = await readBytes(
		folder,
		[headerLine(), started(1, null), said(2, 1), said(11, 10), said(12, 10)].join(""),
	);
	const { items } = walkChain(state, headItem(state));
	assert.deepEqual(items, [2, 11, 12].map(recordId));
});

test("J4 a record that names a turn from nowhere cannot hold the head for good", async (t) => {
	const folder = await temporaryFolder(t);
	for (const turn of ["zzz", "7ZZZZZZZZZZZZZZZZZZZZZZZZZ", "__proto__", ""]) {
		const lines = [
			headerLine(),
			started(1, null),
			said(2, 1),
			line(3, { type: "item.completed", turn, item: { type: "note", text: "stray" } }),
			started(4, 2),
			said(5, 4),
		];
		const { state } = await readBytes(folder, lines.join(""));
		const { items } = walkChain(state, headItem(state));
		assert.deepEqual(items, [2, 5].map(recordId), `turn ${JSON.stringify(turn)}`);
		const branches = sideBranches(state, new Set(items));
		assert.deepEqual(
			branches.map((branch) => branch.head),
			[recordId(3)],
			"the stray item is listed",
		);
	}
});

test("J4 revert and unrevert move the head to any item and back, also after new prompts", async (t) => {
	const { store } = await newStore(t);
	const session = await store.create({ title: "Back and forth" });
	const made: string[] = [];
	for (const text of ["one", "two", "three"]) {
		made.push(await session.addItem(await session.startTurn(), { type: "userMessage", text }));
	}
	const open = await session.transcript();
	await session.revertTo(made[0] ?? "");
	await open.refresh();
	assert.deepEqual(rowIds(open), made.slice(0, 1));
	assert.deepEqual(
		open.branches.map((branch) => branch.head),
		[made[2]],
	);
	await session.unrevert();
	await open.refresh();
	assert.deepEqual(rowIds(open), made);
	await session.revertTo(null);
	await open.refresh();
	assert.deepEqual(rowIds(open), []);
	const other = await session.addItem(await session.startTurn(), {
		type: "userMessage",
		text: "four",
	});
	await open.refresh();
	assert.deepEqual(rowIds(open), [other]);
	await session.revertTo(made[2] ?? "");
	await open.refresh();
	assert.deepEqual(rowIds(open), made);
	await assert.rejects(session.revertTo(recordId(1)), {
		name: "HumanError",
		reason: "no-such-item",
	});
});
