import assert from "node:assert/strict";
import { appendFile, chmod, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { afterEach, beforeEach, describe, it } from "node:test";
import * as zlib from "node:zlib";
import { LineSplitter } from "./lines.ts";
import { Rollout } from "./rollout.ts";
import { call, event, exchange, meta, outline, TestHome, text, uuid } from "./testRollouts.ts";

let home: TestHome;
beforeEach(() => {
	home = new TestHome();
});
afterEach(() => home.remove());

const load = async (file: string) => {
	const rollout = new Rollout(file);
	await rollout.load();
	return rollout;
};
const sentence = (rollout: Rollout) => rollout.diagnostics.map((each) => each.reason).join("\n");

describe("a rollout on disk", () => {
	it("parses only what is new when it grows, wherever the bytes are cut", async () => {
		const lines = [
			meta("a"),
			...exchange("Hello – 漢字", "Hi"),
			call("shell", "c", { command: ["ls"] }),
		];
		const whole = Buffer.from(text(lines));
		const expected = (await load(await home.write("whole.jsonl", whole))).parser;
		const file = await home.write("part.jsonl", "");
		const rollout = await load(file);
		for (let at = 0; at < whole.length; at += 97) {
			await appendFile(file, whole.subarray(at, at + 97));
			assert.notEqual(await rollout.load(), "same");
		}
		assert.deepEqual(rollout.parser.items, expected.items);
		assert.deepEqual(rollout.parser.turns, expected.turns);
		assert.deepEqual(rollout.diagnostics, []);
		assert.equal(await rollout.load(), "same");
	});

	it("reports a last line that is cut off as info, and reads it when it is whole", async () => {
		const [prompt = "", ...rest] = exchange("Hello", "Hi");
		const file = await home.write("a.jsonl", `${text([meta("a")])}${prompt.slice(0, 40)}`);
		const rollout = await load(file);
		assert.deepEqual(
			rollout.diagnostics.map((each) => each.severity),
			["info"],
		);
		await appendFile(file, `${prompt.slice(40)}\n${text(rest)}`);
		assert.equal(await rollout.load(), "grown");
		assert.deepEqual(outline(rollout.parser.items), ["userMessage x2", "agentMessage x2"]);
		assert.deepEqual(rollout.diagnostics, []);
	});

	it("is read anew when it was replaced", async () => {
		const file = await home.write("a.jsonl", text([meta("a"), ...exchange("one", "1")]));
		const rollout = await load(file);
		await rm(file);
		await home.write(
			"a.jsonl",
			text([meta("b"), ...exchange("two", "2"), ...exchange("three", "3")]),
		);
		assert.equal(await rollout.load(), "reloaded");
		assert.equal(rollout.thread, "b");
		assert.equal(rollout.parser.items.length, 4);
	});

	it("keeps its ids when Codex compresses it, and is found under its new name", async () => {
		const file = await home.rollout(1, uuid(1), [meta(uuid(1)), ...exchange("Hello", "Hi")]);
		const rollout = await load(file);
		const ids = rollout.parser.items.map((item) => rollout.itemId(item));
		await writeFile(
			`${file}.zst`,
			zlib.zstdCompressSync(Buffer.from(text([meta(uuid(1)), ...exchange("Hello", "Hi")]))),
		);
		await rm(file);
		await rollout.load();
		assert.deepEqual(
			rollout.parser.items.map((item) => rollout.itemId(item)),
			ids,
		);
		assert.deepEqual(rollout.diagnostics, []);
	});

	it("says what is wrong with a file that holds no session, and does not throw", async () => {
		const cases: [name: string, content: string | Uint8Array, expected: RegExp][] = [
			["empty.jsonl", "", /is empty/],
			[
				"pointer.jsonl",
				"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n",
				/Git LFS pointer/,
			],
			["binary.jsonl", Uint8Array.from({ length: 4096 }, (_, at) => (at * 7) % 256), /is binary/],
			["foreign.jsonl", '{"a":1}\n{"b":2}\n', /does not hold a Codex session/],
			["prose.jsonl", "Dear diary\n", /does not hold a Codex session/],
			["rollout-broken.json", '{"session":', /does not hold a Codex session/],
			["rollout-broken.jsonl.zst", "not zstd", /compressed data is damaged/],
		];
		for (const [name, content, expected] of cases) {
			const rollout = await load(await home.write(name, content));
			assert.match(sentence(rollout), expected, name);
			assert.equal(rollout.diagnostics[0]?.severity, "warning", name);
		}
		assert.match(sentence(await load("/nowhere/rollout-x.jsonl")), /does not exist/);
	});

	it("says that it may not be read", {
		skip: process.getuid?.() === 0 && "root may read all",
	}, async () => {
		const file = await home.write("a.jsonl", text([meta("a")]));
		await chmod(file, 0);
		assert.match(sentence(await load(file)), /permission was denied/);
	});

	it("shows what a truncated compressed file still holds", async () => {
		const lines = [
			meta("a"),
			...Array.from({ length: 2000 }, (_, n) => exchange(`p${n} ${Math.random()}`, `r${n}`)).flat(),
		];
		const whole = zlib.zstdCompressSync(Buffer.from(text(lines)));
		const file = await home.write("a.jsonl.zst", whole.subarray(0, Math.floor(whole.length / 2)));
		const rollout = await load(file);
		assert.ok(rollout.diagnostics.some((each) => each.severity === "warning"));
	});

	it("calls a command without an answer running only while somebody may be writing", async () => {
		const file = await home.write(
			"a.jsonl",
			text([event("task_started"), call("shell", "c", { command: ["ls"] })]),
		);
		const rollout = await load(file);
		const [item] = rollout.parser.items;
		const now = (await stat(file)).mtimeMs;
		assert.equal(item && rollout.statusOf(item, now + 1000), "running");
		assert.equal(item && rollout.statusOf(item, now + 3_600_000), "interrupted");
		await appendFile(file, text([event("turn_aborted")]));
		await rollout.load();
		assert.equal(
			item && rollout.statusOf(rollout.parser.items[0] ?? item, now + 1000),
			"interrupted",
		);
	});

	it("reads a small file with blocking calls to the same effect", async () => {
		const file = await home.write("a.jsonl", text([meta("a"), ...exchange("Hello", "Hi")]));
		const blocking = new Rollout(file);
		await blocking.loadBlocking();
		const other = await load(file);
		assert.deepEqual(blocking.parser.items, other.parser.items);
		assert.deepEqual(blocking.stat, other.stat);
		assert.equal(await blocking.load(), "same");
	});

	it("is the same after a touch and after a rename that swaps it back", async () => {
		const file = await home.write("a.jsonl", text([meta("a"), ...exchange("Hello", "Hi")]));
		const rollout = await load(file);
		await utimes(file, new Date(1), new Date(1));
		await rollout.load();
		assert.equal(rollout.parser.items.length, 2);
		await rename(file, `${file}.away`);
		assert.equal(await rollout.load(), "reloaded");
		assert.equal(rollout.parser.items.length, 0);
		await rename(`${file}.away`, file);
		await rollout.load();
		assert.equal(rollout.parser.items.length, 2);
	});
});

describe("lines", () => {
	it("over the limit are left out, and the next one is read", () => {
		const seen: string[] = [];
		const splitter = new LineSplitter(
			{
				line: (bytes, offset) => seen.push(`${offset} ${bytes}`),
				tooLong: (offset, length) => seen.push(`${offset} too long: ${length}`),
			},
			0,
			8,
		);
		for (const chunk of ["abc\n", "0123", "4567", "89\nok\r\n", "rest"]) {
			splitter.push(Buffer.from(chunk));
		}
		assert.deepEqual(seen, ["0 abc", "4 too long: 10", "15 ok\r"]);
		assert.equal(splitter.rest()?.toString(), "rest");
		assert.equal(splitter.position, 23);
	});
});
