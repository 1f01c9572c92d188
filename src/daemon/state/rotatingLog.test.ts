import assert from "node:assert/strict";
import { appendFile, readdir, readFile, stat } from "node:fs/promises";
import * as path from "node:path";
import { type TestContext, test } from "node:test";
import { temporaryFolder } from "../../../test/support/temporary.ts";
import { logLimit, RotatingLog } from "./rotatingLog.ts";

async function place(t: TestContext) {
	const folder = await temporaryFolder(t);
	return { folder, file: path.join(folder, "out.log") };
}

test("a log is three files of at most the limit in bytes, and keeps the newest lines in order", async (t) => {
	const { folder, file } = await place(t);
	const log = new RotatingLog(file, 100);
	// 20 characters and 37 bytes each: two fit, by characters it would be five.
	const lines = Array.from(
		{ length: 50 },
		(_, n) => `${String(n).padStart(2, "0")}${"ß".repeat(17)}\n`,
	);
	for (const line of lines) {
		await log.write(line);
		for (const name of await readdir(folder)) {
			const { size, mode } = await stat(path.join(folder, name));
			assert.ok(size <= 100, `${name} has ${size} bytes`);
			assert.equal(mode & 0o777, 0o600);
		}
	}
	assert.deepEqual((await readdir(folder)).sort(), ["out.log", "out.log.1", "out.log.2"]);
	assert.deepEqual(await log.read(), [
		lines.slice(44, 46).join(""),
		lines.slice(46, 48).join(""),
		lines.slice(48).join(""),
	]);
	assert.equal(logLimit, 8 * 1024 * 1024);
});

test("a log that was there before goes on at its size; a line that was torn off is ended first", async (t) => {
	const { folder, file } = await place(t);
	await appendFile(file, `${"ß".repeat(20)}\nto`);
	await new RotatingLog(file, 100).write("next\n");
	assert.equal(await readFile(file, "utf8"), `${"ß".repeat(20)}\nto\nnext\n`);
	await appendFile(file, "torn");
	await new RotatingLog(file, 100).write(`${"ß".repeat(23)}\n`);
	assert.deepEqual((await readdir(folder)).sort(), ["out.log", "out.log.1"]);
	assert.equal(await readFile(file, "utf8"), `${"ß".repeat(23)}\n`, "by characters it would fit");
});

test("what waits is bounded in bytes; how much was left out stands in the log", async (t) => {
	const { file } = await place(t);
	const log = new RotatingLog(file);
	const part = `${"ß".repeat(512 * 1024 - 1)}a\n`;
	assert.equal(Buffer.byteLength(part), 1024 * 1024);
	await Promise.all([1, 2, 3, 4, 5, 6].map(() => log.write(part)));
	await log.write("after\n");
	const text = await readFile(file, "utf8");
	assert.equal(text, `${part.repeat(4)}[${2 * 1024 * 1024} bytes were left out]\nafter\n`);
});

test("nothing is lost between the files when much is written and read at once", async (t) => {
	const { file } = await place(t);
	const log = new RotatingLog(file, 1000);
	const written: Promise<void>[] = [];
	const read: Promise<string[]>[] = [];
	for (let n = 0; n < 100; n++) {
		written.push(log.write(`${n}\n`));
		read.push(log.read());
	}
	await Promise.all(written);
	for (const texts of await Promise.all(read)) {
		const numbers = texts.join("").split("\n").slice(0, -1).map(Number);
		assert.deepEqual(
			numbers,
			numbers.map((_, n) => n),
		);
	}
	assert.equal((await log.read()).join("").split("\n").length, 101);
});
