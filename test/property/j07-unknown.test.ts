import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import test from "node:test";
import {
	headerLine,
	line,
	newStore,
	rawLine,
	readBytes,
	realisticLines,
	recordId,
	temporaryFolder,
	writeJournal,
} from "./lab.ts";

const strange = [
	rawLine(30, { type: "future.thing", data: { deep: [1, 2] } }),
	rawLine(31, {
		v: 2,
		type: "item.completed",
		turn: recordId(9),
		item: { type: "userMessage", text: "v2" },
	}),
	rawLine(32, {
		type: "item.completed",
		turn: recordId(9),
		item: { type: "hologram", beam: true },
	}),
	rawLine(33, { type: "session.renamed", title: 7 }),
	rawLine(34, { type: "__proto__", x: 1 }),
	rawLine(35, { type: "constructor", x: 1 }),
];

test("J7 unknown types, newer versions and wrong shapes are kept, counted and readable raw", async (t) => {
	const folder = await temporaryFolder(t);
	const journal = await readBytes(folder, [...realisticLines(), ...strange].join(""));
	assert.equal(journal.recordCount, realisticLines().length + strange.length);
	assert.deepEqual(
		journal.state.unknown.map(({ id, type }) => [id, type]),
		strange.map((text) => [JSON.parse(text).id, JSON.parse(text).type]),
	);
	const raw = await journal.readValues(journal.state.unknown.map((unknown) => unknown.span));
	assert.deepEqual(
		raw,
		strange.map((text) => JSON.parse(text)),
	);
	assert.equal(journal.state.title, "Fix the café test", "what is not understood decides nothing");
	const warned = journal.diagnostics.filter((found) => found.severity === "warning");
	assert.equal(
		warned.length,
		2,
		"a known type of a wrong shape is reported; a new type or version is no damage",
	);
});

test("J7 a newer record glued to another is kept", async (t) => {
	const folder = await temporaryFolder(t);
	const journal = await readBytes(
		folder,
		`${headerLine().trimEnd()}${strange[1]?.trimEnd()}${strange[0]}`,
	);
	assert.equal(journal.recordCount, 3);
	assert.deepEqual(journal.diagnostics, []);
});

test("J7 fields that nobody knows survive reading, and hostile ones do no harm", async (t) => {
	const folder = await temporaryFolder(t);
	const item =
		'{"type":"agentMessage","text":"hi","__proto__":{"polluted":1},"constructor":"c","shiny":{"new":true}}';
	const text = line(20, {
		type: "item.completed",
		turn: recordId(9),
		item: { type: "note", text: "X" },
	}).replace('{"type":"note","text":"X"}', item);
	const file = await writeJournal(folder, [...realisticLines(), text].join(""));
	const { openTranscriptFile } = await import("../../src/core/transcript/openFile.ts");
	const transcript = await openTranscriptFile(file, []);
	const index = transcript.rows.findIndex((row) => row.id === recordId(20));
	assert.equal(index, -1, "the head was moved back before it");
	const { readItems } = await import("../../src/core/journal/items.ts");
	const journal = await readBytes(folder, await readFile(file));
	const [read] = await readItems(journal, [recordId(20)], async () => undefined);
	const content = read?.content as Record<string, unknown>;
	assert.deepEqual(content["shiny"], { new: true });
	assert.equal(content["constructor"], "c");
	assert.equal(({} as { polluted?: number }).polluted, undefined);
	assert.equal(Object.getPrototypeOf(content), Object.prototype);
});

test("J7 appending to a journal with unknown records leaves them as they are", async (t) => {
	const { store } = await newStore(t);
	const session = await store.create({ title: "Old" });
	const { appendFile } = await import("node:fs/promises");
	await appendFile(session.file, strange.join(""));
	const before = await readFile(session.file);
	await session.rename("New");
	assert.ok((await readFile(session.file)).subarray(0, before.length).equals(before));
	assert.equal(session.state.unknown.length, strange.length);
	assert.equal(session.state.title, "New");
});
