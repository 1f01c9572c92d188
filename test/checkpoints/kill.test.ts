import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readdir } from "node:fs/promises";
import * as path from "node:path";
import { test } from "node:test";
import { type Lab, repositoryLab, usersState } from "./lab.ts";

/** Starts a process group that takes checkpoints without end; resolves when it has begun. */
async function taker({ folder, home, env, session }: Lab) {
	const script = path.join(import.meta.dirname, "taker.ts");
	const child = spawn(process.execPath, [script, folder, home, session], {
		env: { ...process.env, ...env },
		stdio: ["ignore", "pipe", "inherit"],
		detached: true,
	});
	const ended = new Promise<void>((resolve) => child.on("close", () => resolve()));
	await new Promise((resolve) => child.stdout.once("data", resolve));
	return {
		kill: async () => {
			process.kill(-(child.pid ?? 0), "SIGKILL");
			await ended;
		},
	};
}

test("kill -9 at any moment leaves index, HEAD and branches as they were, and no lock", async (t) => {
	const it = await repositoryLab(t);
	for (let n = 0; n < 500; n++) {
		await it.write(`tracked/${n}.txt`, `${n}\n`.repeat(50));
	}
	await it.git("add", "--all");
	await it.git("commit", "--quiet", "--message", "Many");
	for (let n = 0; n < 500; n++) {
		await it.write(`new/${n}.txt`, `${n}\n`.repeat(50));
	}
	await it.write("staged.txt", "staged\n");
	await it.git("add", "staged.txt");
	const before = await usersState(it);
	for (let round = 0; round < 12; round++) {
		const { kill } = await taker(it);
		await new Promise((resolve) => setTimeout(resolve, round * 17));
		await kill();
		assert.deepEqual(await usersState(it), before);
		const left = await readdir(path.join(it.folder, ".git"));
		assert.deepEqual(
			left.filter((name) => name.endsWith(".lock")),
			[],
		);
	}
	await it.git("fsck", "--no-dangling", "--connectivity-only");
	const { tree } = await it.checkpoints.take();
	assert.equal((await it.git("ls-tree", "-r", "--name-only", tree)).split("\n").length - 1, 1004);
	await it.git("commit", "--quiet", "--message", "Goes on");
});
