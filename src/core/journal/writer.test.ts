import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import * as path from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "../../../test/support/temporary.ts";
import { type Files, nodeFiles } from "../files.ts";
import { JournalWriter } from "./writer.ts";

test("a journal that is not written for a while is closed, and opened again when it is", async (t) => {
	const file = path.join(await temporaryFolder(t), "a.jsonl");
	await writeFile(file, "");
	const closed = Promise.withResolvers<void>();
	let opened = 0;
	const files: Files = {
		...nodeFiles,
		open: async (...args) => {
			opened++;
			const handle = await nodeFiles.open(...args);
			const close = handle.close.bind(handle);
			handle.close = async () => {
				await close();
				closed.resolve();
			};
			return handle;
		},
	};
	t.mock.timers.enable({ apis: ["setTimeout"] });
	const writer = new JournalWriter(file, files);
	await writer.append("one\n");
	await writer.append("two\n");
	assert.equal(opened, 1);
	t.mock.timers.tick(60_000);
	await closed.promise;
	await writer.append("three\n");
	assert.equal(opened, 2);
	await writer.close();
	assert.equal(await readFile(file, "utf8"), "one\ntwo\nthree\n");
});
