import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { test } from "node:test";
import { nodeFiles } from "../files.ts";
import { FileLook } from "./look.ts";

test("a look tells size, time and identity, and fails as stat does, the first time and later", async (t) => {
	const folder = await fs.mkdtemp(path.join(tmpdir(), "skein-test-"));
	t.after(() => fs.rm(folder, { recursive: true }));
	const file = path.join(folder, "a");
	await fs.writeFile(file, "12345");
	const look = new FileLook(file, nodeFiles);
	for (const bytes of ["12345", "1234567", ""]) {
		await fs.writeFile(file, bytes);
		const { size, mtimeNs, ino, dev } = await look.state();
		const stat = await fs.stat(file, { bigint: true });
		assert.deepEqual([size, mtimeNs, ino, dev], [stat.size, stat.mtimeNs, stat.ino, stat.dev]);
	}
	await fs.rm(file);
	await assert.rejects(look.state(), { code: "ENOENT" });
	await assert.rejects(new FileLook(file, nodeFiles).state(), { code: "ENOENT" });
});

test("files that a test stands in for are asked each time", async () => {
	let asked = 0;
	const stat = async () => ({ size: 1n, mtimeNs: 0n, ino: 1n, dev: BigInt(++asked) });
	const look = new FileLook("/x", { ...nodeFiles, stat: stat as never });
	await look.state();
	assert.equal((await look.state()).dev, 2n);
});

test("callers that ask in one moment share a look; one that asks later gets another", async () => {
	let asked = 0;
	const stat = async () => ({ size: BigInt(++asked), mtimeNs: 0n, ino: 1n, dev: 1n });
	const look = new FileLook("/x", { ...nodeFiles, stat: stat as never });
	const together = await Promise.all(Array.from({ length: 64 }, () => look.state()));
	assert.deepEqual(new Set(together.map(({ size }) => size)), new Set([1n]));
	const first = look.state();
	await Promise.resolve();
	assert.deepEqual(
		(await Promise.all([first, look.state()])).map(({ size }) => size),
		[2n, 3n],
	);
});
