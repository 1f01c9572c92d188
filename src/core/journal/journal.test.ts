import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { test } from "node:test";
import { nodeFiles } from "../files.ts";
import { Journal } from "./journal.ts";

test("what is wrong with a record that had no newline yet is still said when it has one", async (t) => {
	const folder = await fs.mkdtemp(path.join(tmpdir(), "skein-test-"));
	t.after(() => fs.rm(folder, { recursive: true }));
	const file = path.join(folder, "01KA0000000000000000000000.jsonl");
	const malformed = '{"v":1,"id":"01KA0000000000000000000001","ts":"","type":"item.completed"}';
	const settled = async (text: string) => {
		await fs.appendFile(file, text);
		const time = new Date(Date.now() - 60_000);
		await fs.utimes(file, time, time);
	};
	await settled(malformed);
	const journal = await Journal.open(file, nodeFiles);
	const before = journal.diagnostics;
	assert.match(before[0]?.reason ?? "", /does not have the fields/);
	await settled("\n");
	await journal.refresh();
	assert.deepEqual(journal.diagnostics, before);
	assert.deepEqual((await Journal.open(file, nodeFiles)).diagnostics, before);
});
