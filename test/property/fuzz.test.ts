import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import test from "node:test";
import fc from "fast-check";
import { HumanError } from "../../src/base/errors.ts";
import { openTranscriptFile } from "../../src/core/transcript/openFile.ts";
import { line, realisticLines, recordId, sessionId, temporaryFolder } from "./lab.ts";

const seeds = [
	realisticLines(),
	[...realisticLines(), line(20, { type: "turn.started", after: recordId(20) }), "garbage\n"],
	realisticLines().toReversed(),
].map((lines) => Buffer.from(lines.join("")));

/** Pieces that mean something to a reader: numbers out of range, other ids, names of built-in things. */
const tokens = [
	"null",
	"{}",
	"[]",
	'""',
	"-1",
	"1e999",
	"true",
	'"__proto__"',
	'"constructor"',
	recordId(1),
	recordId(9),
	"7ZZZZZZZZZZZZZZZZZZZZZZZZZ",
	'"turn"',
	'"item"',
	'"after"',
	'"item.updated"',
	'"item.started"',
	'"text"',
	'{"v":1,"id":"',
	"\n",
	"\r\n",
	"\0",
	"\ufeff",
	"\\u0000",
	"\ud83c",
	"}",
	"{",
	'"',
	"\\",
];
const mutation = fc.record({
	at: fc.nat(),
	cut: fc.integer({ min: 0, max: 40 }),
	put: fc.oneof(
		fc.constantFrom(...tokens).map((token) => Buffer.from(token)),
		fc.uint8Array({ maxLength: 8 }).map((bytes) => Buffer.from(bytes)),
	),
});

test("2,000 journals mutated at random open and are read to the end, or are refused with a sentence", async (t) => {
	const folder = await temporaryFolder(t);
	const file = `${folder}/${sessionId}.jsonl`;
	let opened = 0;
	await fc.assert(
		fc.asyncProperty(
			fc.constantFrom(...seeds),
			fc.array(mutation, { minLength: 1, maxLength: 6 }),
			async (seed, mutations) => {
				let bytes = seed;
				for (const { at, cut, put } of mutations) {
					const place = at % (bytes.length + 1);
					bytes = Buffer.concat([bytes.subarray(0, place), put, bytes.subarray(place + cut)]);
				}
				await writeFile(file, bytes);
				try {
					const transcript = await openTranscriptFile(file, []);
					const items = await transcript.items(0, transcript.rows.length);
					assert.equal(items.length, transcript.rows.filter((row) => row.kind === "item").length);
					await transcript.refresh();
					JSON.stringify([
						transcript.summary,
						transcript.branches,
						transcript.notes,
						transcript.diagnostics,
					]);
					opened++;
				} catch (error) {
					if (!(error instanceof HumanError)) {
						throw error;
					}
					assert.match(error.message, /[.!?]$/);
				}
			},
		),
		{ seed: 51, numRuns: 2000 },
	);
	assert.ok(opened > 1900, `${opened} of 2000 opened`);
});
