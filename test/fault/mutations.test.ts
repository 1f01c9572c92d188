import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { HumanError } from "../../src/base/errors.ts";
import { examineStore } from "../../src/core/doctor/doctor.ts";
import { nodeFiles } from "../../src/core/files.ts";
import { Journal } from "../../src/core/journal/journal.ts";
import { createSources } from "../../src/core/sources/sources.ts";
import { WorkspaceStore } from "../../src/core/store/workspaceStore.ts";
import { openTranscriptFile } from "../../src/core/transcript/openFile.ts";
import { random } from "../bench/datasets.ts";
import { locationsBeside, recordIds, rounds, seed, workspace } from "./lab.ts";

/** Real files of every kind, read where they are. */
const data = path.resolve(import.meta.dirname, "../../../shared/data");
/** The mutated file is read several times: larger ones cost minutes and show nothing else. Bytes. */
const largest = 150_000;
/** Nothing takes longer with a file of that size. ms. */
const patience = 20_000;

async function realFiles(folder = data): Promise<string[]> {
	const names = await fs.readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
	const files = names
		.filter((entry) => entry.isFile())
		.map((entry) => path.join(entry.parentPath, entry.name));
	const small: string[] = [];
	for (const file of files.sort()) {
		const { size } = await fs.stat(file);
		if (size > 0 && size <= largest) {
			small.push(file);
		}
	}
	return small;
}

const tokens = [
	'"',
	"{",
	"}",
	"\n",
	"\r\n",
	"\0",
	"null",
	"1e999",
	"\\u0000",
	'{"v":1,"id":"',
	"[[[[",
	"\ufeff",
].map((token) => Buffer.from(token));

/** A few cuts, puts, flips, doublings and moves. */
function mutate(bytes: Buffer, next: () => number): Buffer {
	const at = (limit: number) => Math.floor(next() * (limit + 1));
	let result = bytes;
	for (let count = 1 + at(4); count > 0; count--) {
		const place = at(result.length);
		const end = Math.min(result.length, place + at(next() < 0.1 ? result.length : 40));
		const [head, middle, tail] = [
			result.subarray(0, place),
			result.subarray(place, end),
			result.subarray(end),
		];
		const kinds: (() => Buffer[])[] = [
			() => [head, tail],
			() => [head, middle, middle, tail],
			() => [head, tokens[at(tokens.length - 1)] as Buffer, tail],
			() => [tail, head],
			() => [head, Buffer.from(middle.map((byte) => byte ^ (1 << at(7)))), tail],
			() => [head, Buffer.alloc(middle.length), tail],
		];
		result = Buffer.concat(kinds[at(kinds.length - 1)]?.() ?? []);
	}
	return result.subarray(0, 4 * largest);
}

/** Fails when it does not end: a hostile file must not hold anything up. */
async function inTime<T>(what: string, run: Promise<T>): Promise<T> {
	const controller = new AbortController();
	const late = sleep(patience, undefined, { signal: controller.signal }).then(() => {
		throw new Error(`${what} did not end in ${patience} ms`);
	});
	late.catch(() => undefined);
	try {
		return await Promise.race([run, late]);
	} finally {
		controller.abort();
	}
}

/** Reads to the end, or is refused in a sentence. */
async function readThrough(file: string, sources: ReturnType<typeof createSources>): Promise<void> {
	try {
		const transcript = await openTranscriptFile(file, sources);
		await transcript.items(0, transcript.rows.length);
		JSON.stringify([
			transcript.summary,
			transcript.branches,
			transcript.notes,
			transcript.diagnostics,
		]);
	} catch (error) {
		if (!(error instanceof HumanError)) {
			throw error;
		}
		assert.match(error.message, /[.!?]$/);
	}
}

test("real files of every kind, mutated, among Codex's: all are listed or named, none hangs or throws", async (t) => {
	const files = await realFiles();
	if (files.length === 0) {
		t.skip("there are no real files beside the repository");
		return;
	}
	const next = random(seed);
	const home = await workspace(t);
	const locations = { ...locationsBeside(home), env: { CODEX_HOME: home } };
	const day = path.join(home, "sessions", "2026", "01", "02");
	await fs.mkdir(day, { recursive: true });
	const together = 10;
	for (let n = 0; n < rounds(1000, 50_000); n += together) {
		const names: string[] = [];
		for (let k = 0; k < together; k++) {
			// Files of other tools stand where Codex's would: whatever is there must not stop the list.
			const file = files[Math.floor(next() * files.length)] as string;
			const bytes = mutate(await fs.readFile(file), next);
			const thread = `019a0000-0000-7000-8000-${String(n + k).padStart(12, "0")}`;
			const zst = file.endsWith(".zst") ? ".zst" : "";
			const name = path.join(day, `rollout-2026-01-02T03-04-05-${thread}.jsonl${zst}`);
			await fs.writeFile(name, bytes);
			names.push(name);
		}
		const sources = createSources(locations);
		for (const source of sources) {
			await inTime(`listing ${n}`, listAll(source, names));
		}
		for (const name of names) {
			await inTime(name, readThrough(name, sources));
			await fs.rm(name);
		}
	}
});

/** Every file has facts or a reason, and the facts amount to rows. */
async function listAll(
	source: ReturnType<typeof createSources>[number],
	names: readonly string[],
): Promise<void> {
	const problems: string[] = [];
	const found = await source.discover((file, reason) => problems.push(`${file}: ${reason}`));
	const facts: { path: string; facts: unknown }[] = [];
	for (const file of found) {
		facts.push({ path: file.path, facts: await source.readFacts(file) });
	}
	const rows = await source.summarize(facts);
	const listed = JSON.stringify([found, problems]);
	for (const name of names) {
		assert.ok(listed.includes(path.basename(name)), `${name} is neither listed nor named`);
	}
	assert.ok(rows.length > 0, "files, but no rows");
}

/** Journals of adopted sessions, as real as their sources. */
async function adoptedJournals(t: TestContext, count: number): Promise<Buffer[]> {
	const folder = await workspace(t);
	const journals: Buffer[] = [];
	for (const file of (await realFiles(path.join(data, "codex"))).filter((name) =>
		name.endsWith(".jsonl"),
	)) {
		if (journals.length === count) {
			break;
		}
		const home = path.join(folder, String(journals.length));
		const day = path.join(home, "sessions", "2026", "01", "02");
		await fs.mkdir(day, { recursive: true });
		await fs.copyFile(
			file,
			path.join(day, "rollout-2026-01-02T03-04-05-019a0000-0000-7000-8000-000000000000.jsonl"),
		);
		const locations = { ...locationsBeside(folder), env: { CODEX_HOME: home } };
		const store = new WorkspaceStore(folder, locations);
		for (const source of createSources(locations)) {
			const found = await source.discover(() => undefined);
			const facts = await Promise.all(
				found.map(async (each) => ({ path: each.path, facts: await source.readFacts(each) })),
			);
			const [row] = await source.summarize(facts);
			if (row) {
				const { session } = await store.adopt(source, row);
				journals.push(await fs.readFile(session.file));
			}
		}
		await store.close();
	}
	return journals.filter(({ length }) => length <= 2 * largest);
}

test("journals of adopted sessions, mutated: intact records are kept, the doctor is right, the list is complete", async (t) => {
	const journals = await adoptedJournals(t, rounds(12, 60));
	if (journals.length === 0) {
		t.skip("there are no real files beside the repository");
		return;
	}
	const next = random(seed + 2);
	const folder = await workspace(t);
	const locations = locationsBeside(folder);
	const id = "01KA0000000000000000000000";
	const file = path.join(folder, ".vscode", "skein", "sessions", `${id}.jsonl`);
	const maker = new WorkspaceStore(folder, locations);
	await maker.ensure();
	await maker.close();
	const old = new Date(Date.now() - 60_000);
	for (let n = 0; n < rounds(1000, 50_000); n++) {
		const bytes = mutate(journals[Math.floor(next() * journals.length)] as Buffer, next);
		await fs.writeFile(file, bytes);
		await fs.utimes(file, old, old);
		const journal = await inTime(`mutation ${n}`, Journal.open(file, nodeFiles));
		const ids = new Set([
			...journal.state.items.keys(),
			...[...journal.state.items.values()].flatMap(({ completed }) => completed?.id ?? []),
			...journal.state.turns.keys(),
		]);
		const intact = recordIds(bytes.toString("utf8")).size;
		assert.ok(journal.recordCount >= intact, `mutation ${n}: ${journal.recordCount} of ${intact}`);
		assert.ok(ids.size > 0 || journal.diagnostics.length > 0, `mutation ${n}`);
		await inTime(`mutation ${n}`, readThrough(file, []));
		if (n % 20 === 0) {
			await checkVerdict(folder, file, journal);
		}
	}
});

/** The doctor is not content exactly where a whole line of the file is no record; and the list has the file. */
async function checkVerdict(folder: string, file: string, journal: Journal): Promise<void> {
	const store = new WorkspaceStore(folder, locationsBeside(folder));
	const { damage, projection } = await examineStore(store);
	assert.deepEqual(projection.differences, []);
	const said = damage.filter((each) => each.file === file && each.severity === "warning").length;
	const found = journal.diagnostics.filter(({ severity }) => severity === "warning").length;
	assert.ok(said >= found, `${said} of ${found} warnings`);
	const text = await fs.readFile(file, "utf8");
	const bad = text
		.split("\n")
		.slice(0, -1)
		.filter((line) => line.trim() !== "" && !isObject(line));
	if (bad.some((line) => !line.startsWith('{"v":1,"id":"'))) {
		assert.ok(said > 0, "a whole line is damaged and the doctor is content");
	}
	await store.close();
}

function isObject(line: string): boolean {
	try {
		const value: unknown = JSON.parse(line.replace(/^\ufeff/, ""));
		return typeof value === "object" && value !== null && "id" in value && "type" in value;
	} catch {
		return false;
	}
}
