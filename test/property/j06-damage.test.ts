import assert from "node:assert/strict";
import { appendFile, readFile, rename, writeFile } from "node:fs/promises";
import test from "node:test";
import fc from "fast-check";
import { nodeFiles } from "../../src/core/files.ts";
import type { Journal } from "../../src/core/journal/journal.ts";
import { JournalScanner } from "../../src/core/journal/scan.ts";
import type { Diagnostic } from "../../src/core/model/diagnostic.ts";
import {
	canonical,
	FaultyFiles,
	headerLine,
	line,
	newStore,
	noon,
	once,
	openJournal,
	rawLine,
	readBytes,
	realisticLines,
	recordId,
	temporaryFolder,
	writeJournal,
} from "./lab.ts";

interface Scanned {
	readonly ids: string[];
	readonly damage: Diagnostic[];
	readonly covered: Uint8Array;
}

/** All that the scanner finds in bytes, and which bytes it accounted for. */
function scan(bytes: Buffer, cuts: readonly number[] = []): Scanned {
	const ids: string[] = [];
	const damage: Diagnostic[] = [];
	const covered = new Uint8Array(bytes.length);
	const scanner = new JournalScanner({
		record: ({ value, offset, length }) => {
			ids.push(value.id);
			assert.equal(JSON.parse(bytes.subarray(offset, offset + length).toString()).id, value.id);
			covered.fill(1, offset, offset + length);
		},
		damage: (found) => {
			damage.push(found);
			covered.fill(1, found.offset, found.offset + (found.fragment?.bytes ?? 0));
		},
	});
	let from = 0;
	for (const cut of [
		...cuts.map((each) => each % (bytes.length + 1)).sort((a, b) => a - b),
		bytes.length,
	]) {
		scanner.push(Buffer.from(bytes.subarray(from, cut)));
		from = cut;
	}
	scanner.settle();
	return { ids, damage, covered };
}

const lines = realisticLines();
const whole = Buffer.from(lines.join(""));
const ends: number[] = [];
for (const text of lines) {
	ends.push((ends.at(-1) ?? 0) + Buffer.byteLength(text));
}

test("J6 a journal cut at every byte: all complete records before the cut are read and nothing is invented", async (t) => {
	const folder = await temporaryFolder(t);
	for (let cut = 0; cut <= whole.length; cut++) {
		const bytes = whole.subarray(0, cut);
		// A record is complete with its closing brace: the newline may be missing.
		const complete = ends.filter((end) => end - 1 <= cut).length;
		const { ids, damage } = scan(bytes);
		assert.deepEqual(
			ids,
			lines.slice(0, complete).map((_, n) => recordId(n)),
			`cut at ${cut}`,
		);
		const start = ends[complete - 1] ?? 0;
		const torn = cut > start;
		assert.deepEqual(
			damage.map(({ severity, offset, fragment }) => [severity, offset, fragment?.bytes]),
			torn ? [["info", start, whole.toString("latin1", start, cut).trimEnd().length]] : [],
			`cut at ${cut}`,
		);
		if (cut % 41 === 0 || cut > whole.length - 30) {
			const fresh = await openJournal(await writeJournal(folder, bytes, { age: 100 }));
			assert.deepEqual(
				fresh.diagnostics.filter((found) => found.line > 0),
				[],
				"an unterminated line is in progress until it has not changed for 2 s",
			);
			const settled = await openJournal(await writeJournal(folder, bytes, { age: 2000 }));
			assert.equal(settled.recordCount, complete);
			assert.equal(settled.diagnostics.filter((found) => found.line > 0).length, torn ? 1 : 0);
			assert.ok(
				settled.diagnostics.every((found) => found.line === 0 || found.severity === "info"),
			);
		}
	}
});

test("J6 a journal cut at every byte: the next append is not lost and not damaged", async (t) => {
	const { store, clock } = await newStore(t);
	const session = await store.create({ title: "Cut" });
	await session.tag(["naïve — 日本語"]);
	await session.addNote('a "note"');
	const text = await readFile(session.file);
	const first = text.indexOf("\n") + 1;
	for (let cut = first; cut < text.length; cut++) {
		await writeFile(session.file, text.subarray(0, cut));
		clock.now += 1;
		await session.rename(`after ${cut}`);
		const after = await readFile(session.file);
		assert.ok(after.subarray(0, cut).equals(text.subarray(0, cut)), "nothing was rewritten");
		const { ids, damage } = scan(after);
		assert.equal(session.state.title, `after ${cut}`);
		assert.ok(ids.length >= 2);
		assert.ok(damage.every((found) => found.severity === "info"));
	}
});

test("J6 a growing last line is settled and read on whatever it grows into", async (t) => {
	const folder = await temporaryFolder(t);
	const file = await writeJournal(folder, headerLine());
	let now = noon;
	const { Journal } = await import("../../src/core/journal/journal.ts");
	const journal = await Journal.open(file, nodeFiles, () => now);
	const bytes = Buffer.from(lines[2] as string);
	for (let at = 0; at < bytes.length; at += 7) {
		await appendFile(file, bytes.subarray(at, at + 7));
		now = Date.now() + 10_000;
		await journal.refresh();
		assert.ok(journal.diagnostics.every((found) => found.severity === "info"));
	}
	assert.deepEqual(journal.diagnostics, []);
	assert.deepEqual(
		await canonical(journal),
		await canonical(await openJournal(file, nodeFiles, now)),
	);
});

const flip = fc.record({
	kind: fc.constant("flip" as const),
	at: fc.nat(),
	by: fc.integer({ min: 1, max: 255 }),
});
const insert = fc.record({
	kind: fc.constant("insert" as const),
	at: fc.nat(),
	bytes: fc.uint8Array({ minLength: 1, maxLength: 40 }),
});
const remove = fc.record({
	kind: fc.constant("remove" as const),
	at: fc.nat(),
	count: fc.integer({ min: 1, max: 300 }),
});
const overwrite = fc.record({
	kind: fc.constant("overwrite" as const),
	at: fc.nat(),
	count: fc.integer({ min: 1, max: 200 }),
	with: fc.constantFrom(0, 10, 32, 255),
});
const damages = fc.array(fc.oneof(flip, insert, remove, overwrite), { minLength: 1, maxLength: 4 });

/** Damages bytes; tells which of the original bytes were touched (a removed or inserted place touches both sides). */
function spoil(
	original: Buffer,
	list: typeof damages extends fc.Arbitrary<infer T> ? T : never,
): { bytes: Buffer; touched: Set<number> } {
	const cells: { byte: number; from: number }[] = [...original].map((byte, from) => ({
		byte,
		from,
	}));
	const touched = new Set<number>();
	const touch = (at: number) => {
		const from = cells[at]?.from;
		if (from !== undefined && from >= 0) {
			touched.add(from);
		}
	};
	for (const each of list) {
		const at = each.at % cells.length;
		if (each.kind === "flip") {
			touch(at);
			cells[at] = { byte: (cells[at]?.byte ?? 0) ^ each.by, from: cells[at]?.from ?? -1 };
		} else if (each.kind === "insert") {
			touch(at);
			touch(at - 1);
			cells.splice(at, 0, ...[...each.bytes].map((byte) => ({ byte, from: -1 })));
		} else if (each.kind === "remove") {
			for (let n = at - 1; n <= at + each.count; n++) {
				touch(n);
			}
			cells.splice(at, each.count);
		} else {
			for (let n = at; n < Math.min(at + each.count, cells.length); n++) {
				touch(n);
				cells[n] = { byte: each.with, from: cells[n]?.from ?? -1 };
			}
		}
		if (cells.length === 0) {
			break;
		}
	}
	return { bytes: Buffer.from(cells.map((cell) => cell.byte)), touched };
}

test("J6 random damage: at most the records touched are lost, all others are kept, every byte is accounted for", () => {
	fc.assert(
		fc.property(damages, fc.array(fc.nat(), { maxLength: 5 }), (list, cuts) => {
			const { bytes, touched } = spoil(whole, list);
			const { ids, covered } = scan(bytes, cuts);
			const found = new Set(ids);
			let start = 0;
			for (const [n, end] of ends.entries()) {
				const hit = [...touched].some((at) => at >= start && at < end - 1);
				if (!hit) {
					assert.ok(found.has(recordId(n)), `record ${n} was not touched and is lost`);
				}
				start = end;
			}
			const blank = new Set([10, 13, 32, 9]);
			const bom = (at: number) =>
				[0, 1, 2].some((back) =>
					bytes.subarray(at - back, at - back + 3).equals(Buffer.from("\ufeff")),
				);
			for (let at = 0; at < bytes.length; at++) {
				assert.ok(
					covered[at] || blank.has(bytes[at] ?? 0) || bom(at),
					`byte ${at} is not accounted for`,
				);
			}
		}),
		{ seed: 12, numRuns: 1500 },
	);
});

test("J6 how the bytes are cut into chunks makes no difference", () => {
	fc.assert(
		fc.property(damages, fc.array(fc.nat(), { maxLength: 20 }), (list, cuts) => {
			const { bytes } = spoil(whole, list);
			const [a, b] = [scan(bytes), scan(bytes, cuts)];
			assert.deepEqual([a.ids, a.damage], [b.ids, b.damage]);
		}),
		{ seed: 13, numRuns: 300 },
	);
});

const cases: [
	string,
	() => (string | Buffer)[],
	{ lost: number; damage: number; severity: string },
][] = [
	[
		"glued records",
		() => [lines.join("").replaceAll("\n", "").concat("\n")],
		{ lost: 0, damage: 0, severity: "" },
	],
	[
		"a torn record glued to the next",
		() => [lines[0] ?? "", (lines[1] ?? "").slice(0, 50), ...lines.slice(2)],
		{ lost: 1, damage: 1, severity: "info" },
	],
	[
		"a NUL run",
		() => [lines[0] ?? "", "\0".repeat(4096), ...lines.slice(1)],
		{ lost: 0, damage: 1, severity: "warning" },
	],
	[
		"a NUL-filled line",
		() => [lines[0] ?? "", `${"\0".repeat(200)}\n`, ...lines.slice(2)],
		{ lost: 1, damage: 1, severity: "warning" },
	],
	[
		"invalid UTF-8 inside a record",
		() => [
			lines[0] ?? "",
			Buffer.from((lines[8] ?? "").replace("Fix", "\u00ff"), "latin1"),
			...lines.slice(1, 8),
			...lines.slice(9),
		],
		{ lost: 0, damage: 1, severity: "warning" },
	],
	[
		"a half-merged git conflict",
		() => [
			"<<<<<<< HEAD\n",
			...lines.slice(0, 5),
			"=======\n",
			...lines.slice(3, 9),
			">>>>>>> theirs\n",
			...lines.slice(9),
		],
		{ lost: 0, damage: 3, severity: "warning" },
	],
	[
		"garbage",
		() => [...lines.slice(0, 3), "hello world\n", ...lines.slice(3)],
		{ lost: 0, damage: 1, severity: "warning" },
	],
	[
		"a line of another kind of JSON",
		() => [...lines, '{"role":"user"}\n', "[1]\n", "null\n", "7\n"],
		{ lost: 0, damage: 4, severity: "warning" },
	],
];
for (const [name, make, { lost, damage, severity }] of cases) {
	test(`J6 ${name}: ${lost || "nothing"} lost, and it is said`, async (t) => {
		const folder = await temporaryFolder(t);
		const journal = await readBytes(folder, Buffer.concat(make().map((part) => Buffer.from(part))));
		assert.equal(journal.recordCount, lines.length - lost);
		assert.deepEqual(
			journal.diagnostics.map((found) => found.severity),
			Array.from({ length: damage }, () => severity),
		);
	});
}

test("J6 a warning goes when it is acknowledged, wherever a merge moves the damage", async (t) => {
	const { store, again } = await newStore(t);
	const session = await store.create({ title: "Damaged" });
	await appendFile(session.file, "garbage\n");
	await session.acknowledgeDamage();
	const severities = async () =>
		(await again().open(session.id)).journal.diagnostics.map((found) => found.severity);
	assert.deepEqual(await severities(), ["info"]);
	const text = await readFile(session.file, "utf8");
	await writeFile(session.file, `garbage\n${text.replace("garbage\n", "")}other garbage\n`);
	assert.deepEqual((await severities()).sort(), ["info", "warning"]);
});

test("J6 reads never write: neither the bytes nor the folder change", async (t) => {
	const folder = await temporaryFolder(t);
	const file = await writeJournal(folder, whole.subarray(0, 700));
	const faulty = new FaultyFiles();
	const journal = await openJournal(file, faulty.files);
	await journal.refresh();
	await canonical(journal);
	const used = new Set(faulty.calls.map((call) => call.operation));
	assert.deepEqual([...used].sort(), ["handleClose", "handleStat", "open", "read"]);
	assert.ok((await readFile(file)).equals(whole.subarray(0, 700)));
});

async function sameAsFresh(journal: Journal, file: string): Promise<void> {
	await journal.refresh();
	assert.deepEqual(await canonical(journal), await canonical(await openJournal(file)));
}

test("J6 a reading that fails in the middle is a sentence, and the next one is whole", async (t) => {
	const folder = await temporaryFolder(t);
	const file = await writeJournal(folder, headerLine());
	const faulty = new FaultyFiles();
	const journal = await openJournal(file, faulty.files);
	const many = [`garbage\n`];
	for (let n = 1; n < 4000; n++) {
		many.push(line(n, { type: "note.added", text: "x".repeat(100) }));
	}
	await appendFile(file, many.join(""));
	faulty.fault = once("read", { fail: "EIO" }, ".jsonl", 2);
	await assert.rejects(journal.refresh(), { name: "HumanError", reason: "unreadable-journal" });
	faulty.fault = () => undefined;
	await sameAsFresh(journal, file);
	assert.equal(journal.recordCount, 4000);
	faulty.fault = once("handleStat", { fail: "EIO" });
	await assert.rejects(journal.refresh(), { name: "HumanError", reason: "unreadable-journal" });
});

test("J6 replaced, cut or rewritten under an open reader: it sees the file that is there", async (t) => {
	const folder = await temporaryFolder(t);
	const file = await writeJournal(folder, "not a journal at all\nreally\n");
	const journal = await openJournal(file);
	await writeFile(file, whole);
	await sameAsFresh(journal, file);
	await writeFile(`${file}.new`, [lines[0], lines[8]].join(""));
	await rename(`${file}.new`, file);
	await sameAsFresh(journal, file);
	await writeFile(file, lines.slice(0, 5).join(""));
	await sameAsFresh(journal, file);
	await writeFile(file, [lines[0], ...lines.slice(6)].join(""));
	await sameAsFresh(journal, file);
	await writeFile(file, "");
	await sameAsFresh(journal, file);
});

test("J6 a page of items is never taken from the bytes of another file", async (t) => {
	const { store } = await newStore(t);
	const session = await store.create({ title: "Page" });
	const turn = await session.startTurn();
	await session.addItem(turn, { type: "userMessage", text: "aaaa" });
	const open = await session.transcript();
	const text = await readFile(session.file, "utf8");
	await writeFile(`${session.file}.new`, text.replace("aaaa", "bbbb"));
	await rename(`${session.file}.new`, session.file);
	await assert.rejects(open.items(0, 1), { name: "HumanError", reason: "journal-changed" });
	await open.refresh();
	assert.deepEqual((await open.items(0, 1))[0]?.content, { type: "userMessage", text: "bbbb" });
});

test("J6 a line of 100,000 glued records of any version is read in linear time", () => {
	const glued = Array.from(
		{ length: 100_000 },
		(_, n) => `{"v":${1 + (n % 2)},"id":"${recordId(n)}","ts":"","type":"x"}`,
	).join("");
	const { ids, damage } = scan(Buffer.from(`${glued}\n`));
	assert.equal(ids.length, 100_000);
	assert.deepEqual(damage, []);
	const newer = scan(Buffer.from(`${glued.replaceAll('"v":1', '"v":3')}\n`));
	assert.equal(newer.ids.length, 100_000);
});

test("J6 a line of brackets alone is damage, found without making values of it; what is glued to it is read", () => {
	const inner = "[".repeat(3_000_000) + "]".repeat(3_000_000);
	const hostile = rawLine(1, { type: "x", a: 1 }).trimEnd().replace('"a":1', `"a":${inner}`);
	const bytes = Buffer.from(`${headerLine()}${hostile}${line(2, { type: "session.archived" })}`);
	const { ids, damage } = scan(bytes);
	assert.deepEqual(ids, [recordId(0), recordId(2)]);
	assert.deepEqual(
		damage.map(({ severity, fragment }) => [severity, fragment?.bytes]),
		[["warning", hostile.length]],
	);
});
