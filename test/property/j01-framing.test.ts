import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import test from "node:test";
import fc from "fast-check";
import { encodeRecord, recordLimit, recordMark } from "../../src/core/journal/framing.ts";
import { ItemContent } from "../../src/core/model/item.ts";
import type { JournalRecord } from "../../src/core/model/record.ts";
import {
	headerLine,
	newStore,
	readBytes,
	realisticLines,
	record,
	recordId,
	temporaryFolder,
} from "./lab.ts";

const anyText = fc.string({ unit: "binary", maxLength: 40 });

function raw(value: unknown): JournalRecord {
	return record(5, { type: "item.completed", turn: recordId(1), item: { type: "raw", value } });
}

test("J1 every record is one line that starts with the mark and holds it nowhere else", () => {
	const hostile = fc.letrec<{ value: unknown }>((tie) => ({
		value: fc.oneof(
			{ depthSize: "small" },
			anyText,
			fc.constantFrom(recordMark, `${recordMark}x`, "\u2028\u2029\u0085\u007f\n\r\0", "\ud800"),
			fc.record(
				{ v: fc.constant(1), id: anyText, more: tie("value") },
				{ requiredKeys: ["v", "id"] },
			),
			fc.array(tie("value"), { maxLength: 3 }),
			fc.dictionary(anyText, tie("value"), { maxKeys: 3 }),
			fc.double({ noNaN: true, noDefaultInfinity: true }),
		),
	})).value;
	fc.assert(
		fc.property(hostile, (value) => {
			const encoded = encodeRecord(raw(value));
			assert.ok(encoded.startsWith(`${recordMark}${recordId(5)}"`));
			assert.equal(encoded.lastIndexOf(recordMark), 0);
			assert.equal(encoded.indexOf("\n"), encoded.length - 1);
			assert.doesNotMatch(encoded.slice(0, -1), /[\p{Cc}\p{Cs}\u2028\u2029]/u);
			const back = JSON.parse(encoded);
			assert.equal(JSON.stringify(back.item.value), JSON.stringify(value));
		}),
		{ seed: 1, numRuns: 500 },
	);
});

test("J1 a field that is too large moves to a blob until the record fits 256 KiB, and reads back whole", async (t) => {
	const { store, again } = await newStore(t);
	const session = await store.create({ title: "Large" });
	const turn = await session.startTurn();
	const output = "é\n".repeat(200_000);
	const input = Object.fromEntries(
		Array.from({ length: 9000 }, (_, n) => [`key${n}`, "x".repeat(30)]),
	);
	const text = await session.addItem(turn, { type: "commandExecution", command: "ls", output });
	const tool = await session.addItem(turn, { type: "toolCall", tool: "t", input, output: "small" });
	const lines = (await readFile(session.file, "utf8")).split("\n").filter(Boolean);
	for (const encoded of lines) {
		assert.ok(
			Buffer.byteLength(encoded) <= recordLimit,
			`a record of ${encoded.length} was written`,
		);
	}
	const transcript = await again().transcript(session.id);
	const items = await transcript.items(0, 2);
	assert.deepEqual(
		items.map((item) => item.id),
		[text, tool],
	);
	const command = items[0]?.content as { output: { blob: string; bytes: number } };
	assert.equal(Buffer.from((await transcript.blob(command.output.blob)) ?? "").toString(), output);
	const call = items[1]?.content as unknown as { input: { blob: string }; output: string };
	assert.equal(call.output, "small");
	assert.deepEqual(
		JSON.parse(Buffer.from((await transcript.blob(call.input.blob)) ?? "").toString()),
		input,
	);
});

test("J1 lines may be blank, end in CRLF, or follow a byte order mark", async (t) => {
	const folder = await temporaryFolder(t);
	const lines = realisticLines();
	const plain = await readBytes(folder, lines.join(""));
	const dressed = await readBytes(
		folder,
		`\ufeff${lines.map((text) => text.replace("\n", "\r\n \t\r\n\n")).join("")}`,
	);
	assert.equal(dressed.recordCount, lines.length);
	assert.deepEqual(dressed.diagnostics, []);
	assert.deepEqual([...dressed.state.items.keys()], [...plain.state.items.keys()]);
});

test("J1 a line of 64 MiB is read, a longer one is reported and what follows it is kept", async (t) => {
	const folder = await temporaryFolder(t);
	const limit = 64 * 1024 * 1024;
	const [start, end] = encodeRecord(raw("@")).trimEnd().split("@") as [string, string];
	const fits = start + "x".repeat(limit - start.length - end.length) + end;
	const after = realisticLines()[8] as string;
	const bytes = Buffer.concat([
		Buffer.from(headerLine()),
		Buffer.from(`${fits}\n`),
		Buffer.from(after),
	]);
	const journal = await readBytes(folder, bytes);
	assert.equal(journal.recordCount, 3);
	assert.deepEqual(journal.diagnostics, []);
	const tooLong = await readBytes(
		folder,
		Buffer.concat([
			Buffer.from(headerLine()),
			Buffer.from(`${start}x${fits.slice(start.length)}\n`),
			Buffer.from(after),
		]),
	);
	assert.equal(tooLong.recordCount, 2);
	assert.equal(tooLong.state.title, "Fix the café test");
	const [damage] = tooLong.diagnostics;
	assert.equal(damage?.offset, headerLine().length);
	assert.equal(damage?.fragment?.bytes, limit + 1);
});

test("J1 what the schemas say is what is written: every item type survives a round trip", async (t) => {
	const { store } = await newStore(t);
	const session = await store.create({ title: "Types" });
	const turn = await session.startTurn();
	const contents: unknown[] = [
		{ type: "userMessage", text: "hi", images: [{ path: "a.png" }] },
		{ type: "agentMessage", text: "yo", phase: "commentary" },
		{ type: "reasoning", text: "hm" },
		{ type: "plan", steps: [{ step: "one", status: "done" }] },
		{ type: "commandExecution", command: "ls", exitCode: null },
		{ type: "fileChange", changes: [{ path: "a", kind: "add", content: "x" }] },
		{ type: "toolCall", tool: "t", input: [1, { a: null }] },
		{ type: "webSearch", query: "q" },
		{ type: "image", image: { url: "https://x.invalid/a.png" } },
		{ type: "compaction", text: "short" },
		{ type: "error", text: "no", code: "E1" },
		{ type: "note", text: "n" },
		{ type: "raw", label: "l", value: { constructor: 1, list: [] }, somethingNew: "kept" },
	];
	for (const content of contents) {
		await session.addItem(turn, content);
	}
	const transcript = await session.transcript();
	const items = await transcript.items(0, contents.length);
	assert.deepEqual(
		items.map((item) => item.content),
		contents,
	);
	assert.equal(contents.length, ItemContent.def.options.length);
});
