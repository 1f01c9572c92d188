import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { test } from "node:test";
import { HumanError } from "../../base/errors.ts";
import { nodeFiles } from "../files.ts";
import { Blobs } from "./blobs.ts";

test("a payload that the disk has no room for is refused in words, and leaves no file", async (t) => {
	const folder = await mkdtemp(path.join(tmpdir(), "skein-blobs-"));
	t.after(() => rm(folder, { recursive: true }));
	const full: typeof nodeFiles.open = async (...args) => {
		const handle = await nodeFiles.open(...args);
		handle.writeFile = async () => {
			throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
		};
		return handle;
	};
	const blobs = new Blobs({ ...nodeFiles, open: full }, folder);
	await assert.rejects(
		blobs.put(Buffer.from("payload"), "text/plain"),
		(error) =>
			error instanceof HumanError &&
			error.reason === "not-stored" &&
			error.message.includes("the disk is full"),
	);
	const [shard = ""] = await readdir(folder);
	assert.deepEqual(await readdir(path.join(folder, shard)), []);
});
