import assert from "node:assert/strict";
import { lstat, mkdtemp, readdir, rename, rm, symlink } from "node:fs/promises";
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

test("a payload that is a link is not followed: what is asked for is missing, what is stored takes its place", async (t) => {
	const folder = await mkdtemp(path.join(tmpdir(), "skein-blobs-"));
	t.after(() => rm(folder, { recursive: true }));
	const blobs = new Blobs(nodeFiles, path.join(folder, "blobs"));
	const { ref } = await blobs.put(Buffer.from("payload"), "text/plain");
	const file = path.join(folder, "blobs", Blobs.relativePath(ref.blob) ?? "");
	const elsewhere = path.join(folder, "elsewhere");
	await rename(file, elsewhere);
	await symlink(elsewhere, file);
	assert.equal(await blobs.get(ref.blob), undefined);
	await rm(file);
	await symlink("/dev/zero", file);
	assert.equal(await blobs.get(ref.blob), undefined);
	assert.equal((await blobs.put(Buffer.from("payload"), "text/plain")).created, true);
	assert.equal(await blobs.text(ref.blob), "payload");
	assert.ok((await lstat(file)).isFile());
	assert.equal(await blobs.get(ref.blob, 6), undefined);
});
