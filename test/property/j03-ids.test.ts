import assert from "node:assert/strict";
import { appendFile } from "node:fs/promises";
import test from "node:test";
import fc from "fast-check";
import { encodeRecord } from "../../src/core/journal/framing.ts";
import { aheadLimit, idTime, RecordIds } from "../../src/core/journal/ids.ts";
import {
	canonical,
	FaultyFiles,
	headerLine,
	idAt,
	line,
	newStore,
	noon,
	openJournal,
	rawLine,
	readBytes,
	realisticLines,
	record,
	recordId,
	temporaryFolder,
	writeJournal,
} from "./lab.ts";

test("J3 a writer's ids only grow, whatever its clock and the others do", () => {
	const step = fc.oneof(
		fc.record({ kind: fc.constant("next" as const) }),
		fc.record({
			kind: fc.constant("clock" as const),
			by: fc.integer({ min: -90_000_000, max: 90_000_000 }),
		}),
		fc.record({
			kind: fc.constant("see" as const),
			by: fc.integer({ min: -5000, max: 5000 }),
			n: fc.nat(1e9),
		}),
	);
	fc.assert(
		fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
			let now = noon;
			let greatest = "";
			const ids = new RecordIds(() => now);
			for (const each of steps) {
				if (each.kind === "clock") {
					now += each.by;
				} else if (each.kind === "see") {
					const id = idAt(now + each.by, each.n);
					ids.see(id);
					greatest = id > greatest ? id : greatest;
				} else {
					const id = ids.next();
					assert.ok(id > greatest, `${id} after ${greatest}`);
					greatest = id;
				}
			}
		}),
		{ seed: 3, numRuns: 500 },
	);
});

test("J3 past another writer's id a writer takes its time plus 1 ms and fresh random bits", () => {
	const other = idAt(noon + 5000, 77);
	const tails = new Set<string>();
	for (let n = 0; n < 200; n++) {
		const ids = new RecordIds(() => noon);
		ids.see(other);
		const id = ids.next();
		assert.equal(idTime(id), noon + 5001);
		tails.add(id.slice(10));
		const own = ids.next();
		assert.equal(own.slice(0, 10), id.slice(0, 10), "an id of one's own making is incremented");
	}
	assert.equal(tails.size, 200);
});

test("J3 an id's own tail of all ones goes on at the next millisecond", () => {
	const ids = new RecordIds(() => noon);
	ids.see(`${idAt(noon, 0).slice(0, 10)}${"Z".repeat(16)}`);
	const id = ids.next();
	assert.equal(idTime(id), noon + 1);
	assert.ok(ids.next() > id);
});

test("J3 two writers that see each other's ids late, with clocks apart, never make one id twice (20,000 ids)", () => {
	const clocks = [noon + 7000, noon - 3000];
	const writers = clocks.map((_, n) => new RecordIds(() => clocks[n] ?? 0));
	const made: string[] = [];
	let random = 12345;
	for (let n = 0; n < 20_000; n++) {
		random = (random * 1103515245 + 12345) & 0x7fffffff;
		const who = (random >> 16) & 1;
		if ((random >> 18) & 1) {
			clocks[who] = (clocks[who] ?? 0) + ((random >> 20) % 3) - 1;
		}
		// Both learn of the newest id at the same moment now and then: the case that made equal ids once.
		if ((random >> 22) % 3 === 0 && made.length > 0) {
			const newest = [...made].sort().at(-1) ?? "";
			for (const writer of writers) {
				writer.see(n % 2 ? newest : (made.at(-1) ?? ""));
			}
			made.push(...writers.map((writer) => writer.next()));
			n++;
		} else {
			made.push(writers[who]?.next() ?? "");
		}
		if (made.length > 400) {
			// The set is checked in windows so that the search for the newest stays short.
			assert.equal(new Set(made).size, made.length);
			made.splice(0, 200);
		}
	}
	assert.equal(new Set(made).size, made.length);
});

test("J3 an id more than 24 h ahead of the clock is neither bumped past nor allowed to decide", async (t) => {
	const ids = new RecordIds(() => noon);
	ids.see(idAt(noon + aheadLimit + 1, 1));
	assert.equal(idTime(ids.next()), noon);
	const folder = await temporaryFolder(t);
	const ahead = (n: number, fields: object) =>
		encodeRecord({ ...record(n, fields), id: idAt(noon + 2 * aheadLimit, n) });
	const journal = await readBytes(
		folder,
		[
			...realisticLines(),
			ahead(20, { type: "session.renamed", title: "From the future" }),
			ahead(21, { type: "session.trashed" }),
			ahead(22, { type: "head.moved", to: null }),
			ahead(23, { type: "turn.started", after: null }),
			ahead(24, {
				type: "item.completed",
				turn: recordId(9),
				item: { type: "note", text: "kept" },
			}),
		].join(""),
	);
	assert.equal(journal.state.title, "Fix the café test");
	assert.equal(journal.state.trashed, false);
	assert.deepEqual(journal.state.head, { by: recordId(13), kind: "move", to: recordId(6) });
	assert.equal(journal.greatestId, recordId(13));
	assert.equal(journal.recordCount, 19, "what they say is kept");
	assert.equal(journal.state.items.size, 5);
	assert.equal(
		journal.diagnostics.filter((found) => /ahead of the clock/.test(found.reason)).length,
		5,
	);
});

test("J3 after damage from the future the next operations show, in this window and in the next", async (t) => {
	const { store, clock, again } = await newStore(t);
	const session = await store.create({ title: "Now" });
	await appendFile(
		session.file,
		encodeRecord({
			...record(1, { type: "session.renamed", title: "2099" }),
			id: idAt(clock.now + 3 * aheadLimit, 1),
		}),
	);
	await session.rename("Later");
	assert.equal(session.state.title, "Later");
	assert.equal((await again().open(session.id)).state.title, "Later");
});

test("J3 a window that stays open for days does not take today's records for damage", async (t) => {
	const { store, clock } = await newStore(t);
	const session = await store.create({ title: "Monday" });
	clock.now += 3 * aheadLimit;
	await session.rename("Thursday");
	assert.equal(session.state.title, "Thursday");
	assert.deepEqual(session.journal.diagnostics, []);
});

test("J3 identical lines count once; different lines with one id are both kept and reported, whatever the order", async (t) => {
	const folder = await temporaryFolder(t);
	const variants = [
		line(20, { type: "session.renamed", title: "one" }),
		line(20, { type: "session.renamed", title: "two" }),
		rawLine(20, { type: "future.thing", title: "x" }),
		line(21, { type: "session.tagged", tags: ["once"] }),
		line(21, { type: "session.tagged", tags: ["once"] }),
	];
	const dumps = new Set<string>();
	await fc.assert(
		fc.asyncProperty(
			fc.shuffledSubarray([...variants, ...variants, ...realisticLines()], {
				minLength: 24,
				maxLength: 24,
			}),
			async (lines) => {
				const journal = await readBytes(folder, lines.join(""));
				assert.equal(journal.recordCount, 16);
				const conflicts = journal.diagnostics.filter((found) => /one id/.test(found.reason));
				assert.equal(conflicts.length, 2);
				assert.equal(
					journal.state.unknown.filter((found) => found.id === recordId(20)).length >= 2,
					true,
				);
				dumps.add(JSON.stringify(await canonical(journal)));
			},
		),
		{ seed: 4, numRuns: 60 },
	);
	assert.equal(dumps.size, 1);
});

test("J3 two diverged copies joined line by line in any order amount to the same", async (t) => {
	const folder = await temporaryFolder(t);
	const base = realisticLines();
	const item = (n: number, turn: number, text: string) =>
		line(n, { type: "item.completed", turn: recordId(turn), item: { type: "userMessage", text } });
	const mine = [
		line(30, { type: "turn.started", after: recordId(10) }),
		item(31, 30, "mine"),
		line(34, {
			type: "item.started",
			turn: recordId(30),
			item: { type: "agentMessage", text: "a" },
		}),
		line(35, { type: "item.updated", itemId: recordId(34), append: { text: "b" } }),
		line(40, { type: "session.renamed", title: "mine" }),
		line(41, { type: "turn.completed", turn: recordId(30), status: "interrupted" }),
		line(44, { type: "session.untagged", tags: ["café"] }),
	];
	const yours = [
		line(32, { type: "turn.started", after: recordId(10) }),
		item(33, 32, "yours"),
		line(36, { type: "session.renamed", title: "yours" }),
		line(37, { type: "session.archived" }),
		line(38, { type: "note.removed", note: recordId(11) }),
		line(39, {
			type: "item.completed",
			turn: recordId(30),
			itemId: recordId(34),
			item: { type: "agentMessage", text: "abc" },
		}),
		line(42, { type: "head.moved", to: recordId(33) }),
		rawLine(43, { type: "unheard.of", x: 1 }),
	];
	let expected: unknown;
	await fc.assert(
		fc.asyncProperty(
			fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }),
			fc.shuffledSubarray([...base, ...mine, ...yours], {
				minLength: base.length + mine.length + yours.length,
			}),
			fc.boolean(),
			async (picks, shuffled, wild) => {
				const queues = [
					[...base, ...mine],
					[...base, ...yours],
				];
				const merged: string[] = [];
				for (const pick of picks) {
					merged.push(...(queues[pick ? 1 : 0]?.splice(0, 1) ?? []));
				}
				merged.push(...queues.flat());
				const journal = await readBytes(folder, (wild ? shuffled : merged).join(""));
				const dump = await canonical(journal);
				expected ??= dump;
				assert.deepEqual(dump, expected);
			},
		),
		{ seed: 5, numRuns: 150 },
	);
	const { state } = await readBytes(folder, [headerLine(), ...yours, ...base, ...mine].join(""));
	assert.equal(state.title, "mine");
	assert.equal(state.archived, true);
	assert.deepEqual(state.tags, ["__proto__"]);
});

test("J3 a thousand conflicts are settled by reading the file twice", async (t) => {
	const folder = await temporaryFolder(t);
	const title = (n: number, text: string) =>
		line(100 + n, { type: "session.renamed", title: text });
	const lines = [headerLine()];
	for (let n = 0; n < 1000; n++) {
		lines.push(title(n, "a"), title(n, "b"), title(n, "c"));
	}
	const faulty = new FaultyFiles();
	const file = await writeJournal(folder, lines.join(""));
	const journal = await openJournal(file, faulty.files);
	const chunks = Math.ceil(journal.size / (256 * 1024));
	assert.ok(
		faulty.count("read") <= 3 * chunks,
		`${faulty.count("read")} reads of ${chunks} chunks`,
	);
	assert.equal(journal.recordCount, 1001);
	assert.equal(journal.state.unknown.length, 2000);
});
