import assert from "node:assert/strict";
import { appendFile, readdir, readFile, rename, stat, truncate, writeFile } from "node:fs/promises";
import * as path from "node:path";
import { type TestContext, test } from "node:test";
import { temporaryFolder } from "../../../test/support/temporary.ts";
import { type Files, nodeFiles } from "../files.ts";
import { newId } from "../journal/ids.ts";
import { Keep } from "./keep.ts";

const line = (n: number) => `{"v":1,"id":"${newId(n)}","text":"${"x".repeat(1000)}"}\n`;
const lines = (count: number) => Array.from({ length: count }, (_, n) => line(n)).join("");

/** A file system without links, which counts the bytes that are written. */
function withoutLinks() {
	const counted = { written: 0 };
	const files: Files = {
		...nodeFiles,
		link: async () => {
			throw Object.assign(new Error("EXDEV: cross-device link not permitted"), { code: "EXDEV" });
		},
		open: async (...args) => {
			const handle = await nodeFiles.open(...args);
			const { write, writeFile: writeAll } = handle;
			handle.write = (async (...given: [Uint8Array, number, number, number]) => {
				counted.written += given[2];
				return write.apply(handle, given as never);
			}) as typeof write;
			handle.writeFile = (async (bytes: Uint8Array) => {
				counted.written += bytes.length;
				return writeAll.call(handle, bytes);
			}) as typeof writeAll;
			return handle;
		},
	};
	return { files, counted };
}

async function journal(t: TestContext) {
	const folder = await temporaryFolder(t);
	const id = newId(Date.UTC(2026, 0, 1));
	const file = path.join(folder, `${id}.jsonl`);
	await writeFile(file, lines(500));
	const data = path.join(folder, "data");
	const kept = new Keep(nodeFiles, data, "store").journalPath(id);
	const isKept = async () => (await readFile(kept)).equals(await readFile(file));
	const names = async () => (await readdir(path.dirname(kept))).sort();
	return { id, file, data, kept, isKept, names };
}

test("where links cannot be, a copy of a journal gets what is new, and no more is written", async (t) => {
	const { id, file, data, kept, isKept, names } = await journal(t);
	const { files, counted } = withoutLinks();
	const keep = new Keep(files, data, "store");
	assert.ok(await keep.keepJournal(id, file));
	assert.ok(await isKept());
	assert.equal(await keep.keepJournal(id, file), false);
	counted.written = 0;
	const growth = line(1) + line(2);
	await appendFile(file, growth);
	const other = new Keep(files, data, "store");
	await Promise.all([keep.keepJournal(id, file), other.keepJournal(id, file)]);
	assert.ok(await isKept(), "two windows at once");
	assert.ok(counted.written <= 2 * growth.length, String(counted.written));
	await appendFile(file, line(3));
	await truncate(kept, (await stat(kept)).size - 100);
	await keep.keepJournal(id, file);
	assert.ok(await isKept(), "a copy that was cut short is completed");
	assert.equal((await names()).length, 1);
});

test("a journal that is another one takes nothing away of the copy, link or not", async (t) => {
	for (const files of [withoutLinks().files, nodeFiles]) {
		const { id, file, data, kept, isKept, names } = await journal(t);
		const keep = new Keep(files, data, "store");
		await keep.keepJournal(id, file);
		const before = await readFile(kept);
		for (const text of [lines(600), lines(20)]) {
			await writeFile(`${file}.new`, text);
			await rename(`${file}.new`, file);
			assert.ok(await keep.keepJournal(id, file));
			assert.ok(await isKept());
		}
		const asides = await Promise.all(
			(await names())
				.filter((name) => name.endsWith(".old"))
				.map((name) => readFile(path.join(path.dirname(kept), name))),
		);
		assert.equal(asides.length, 2);
		assert.ok(asides.some((aside) => aside.equals(before)));
		assert.equal((await names()).length, 3);
	}
});

test("a file that was replaced by one that goes on from it is linked again", async (t) => {
	const { id, file, data, kept, names } = await journal(t);
	const keep = new Keep(nodeFiles, data, "store");
	await keep.keepJournal(id, file);
	await writeFile(`${file}.new`, (await readFile(file, "utf8")) + line(4));
	await rename(`${file}.new`, file);
	await keep.keepJournal(id, file);
	assert.equal((await stat(kept)).ino, (await stat(file)).ino);
	assert.equal((await names()).length, 1);
});
