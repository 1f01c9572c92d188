import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { chmod, mkdir, realpath, rename, symlink } from "node:fs/promises";
import * as path from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "../../../test/support/temporary.ts";
import { isPrivate, makeRuntimeFolder, newEndpoint, runtimeFolderOf } from "./folder.ts";
import { DaemonLock } from "./lock.ts";

const uid = process.getuid?.();

test("the runtime folder is computed from the user and the folder's real path", async (t) => {
	const folder = await realpath(await temporaryFolder(t));
	const key = createHash("sha256").update(folder).digest("hex").slice(0, 16);
	const link = path.join(await temporaryFolder(t), "link");
	await symlink(folder, link);
	const linux = { env: { XDG_RUNTIME_DIR: "/run/user/7" }, platform: "linux" as const, uid: 7 };
	for (const each of [folder, link]) {
		const runtime = await runtimeFolderOf(each, linux);
		assert.equal(runtime.folder, `/run/user/7/skein/${key}`);
		assert.equal(runtime.root, folder);
	}
	const bare = await runtimeFolderOf(folder, { ...linux, env: {} });
	assert.equal(bare.folder, `/tmp/skein-7/${key}`);
	const relative = await runtimeFolderOf(folder, { ...linux, env: { XDG_RUNTIME_DIR: "x" } });
	assert.equal(relative.folder, bare.folder);
});

test("all of a user's processes find one folder, whatever they are told of it", async (t) => {
	const folder = await temporaryFolder(t);
	const users = await temporaryFolder(t);
	const own = path.join(users, String(uid ?? 0));
	await mkdir(own, { mode: 0o700 });
	const place = async (given: string | undefined, platform: NodeJS.Platform = "linux") => {
		const context = { env: { XDG_RUNTIME_DIR: given }, platform, uid: uid ?? 0, users };
		return path.dirname((await runtimeFolderOf(folder, context)).folder);
	};
	// A window, a window in a snap, and what `su` or `cron` starts.
	for (const given of [own, `${own}/`, path.join(own, "snap.code"), undefined, "relative"]) {
		assert.equal(await place(given), path.join(own, "skein"), given);
	}
	assert.equal(await place(`${own}1/x`), `${own}1/x/skein`, "another one that is named counts");
	await chmod(own, 0o755);
	assert.equal(await place(path.join(own, "x")), path.join(own, "x/skein"));
});

test("children are marked with the folder of the lock, not with that of the workspace", async (t) => {
	const folder = await temporaryFolder(t);
	const [one, other] = await Promise.all(
		["/run/one", "/run/other"].map((given) =>
			runtimeFolderOf(folder, { env: { XDG_RUNTIME_DIR: given }, platform: "linux", uid: 7 }),
		),
	);
	assert.equal(one?.key, other?.key);
	assert.notEqual(one?.mark, other?.mark);
});

test("a folder that is not there is said to be so", async () => {
	await assert.rejects(runtimeFolderOf("/nowhere/at/all"), { reason: "no-folder" });
});

test("a runtime folder that is a link, or open to others, is refused", async (t) => {
	const folder = await temporaryFolder(t);
	const run = await temporaryFolder(t);
	const context = { env: { XDG_RUNTIME_DIR: run }, platform: "linux" as const, uid };
	const runtime = await runtimeFolderOf(folder, context);
	assert.equal(await isPrivate(runtime.folder, context), false);
	await makeRuntimeFolder(runtime, context);
	assert.equal(await isPrivate(runtime.folder, context), true);
	await chmod(runtime.folder, 0o750);
	await assert.rejects(isPrivate(runtime.folder, context), { reason: "unsafe-folder" });
	await rename(runtime.folder, `${runtime.folder}.away`);
	const elsewhere = await temporaryFolder(t);
	await mkdir(elsewhere, { recursive: true });
	await symlink(elsewhere, runtime.folder);
	await assert.rejects(makeRuntimeFolder(runtime, context), { reason: "unsafe-folder" });
});

test("a pipe's name on Windows cannot be guessed; elsewhere it is a socket in the folder", async (t) => {
	const runtime = await runtimeFolderOf(await temporaryFolder(t));
	assert.equal(newEndpoint(runtime, "abc", "win32"), `\\\\.\\pipe\\skein-${runtime.key}-abc`);
	assert.equal(newEndpoint(runtime, "abc", "linux"), path.join(runtime.folder, "socket"));
});

test("one process holds the lock, until it ends in whatever way", async (t) => {
	const file = path.join(await temporaryFolder(t), "lock.db");
	const lockModule = new URL("./lock.ts", import.meta.url).href;
	const holder = spawn(
		process.execPath,
		[
			"--input-type=module",
			"--eval",
			`const { DaemonLock } = await import(${JSON.stringify(lockModule)});
			const lock = DaemonLock.take(${JSON.stringify(file)});
			console.log(lock !== undefined);
			setInterval(() => lock.isHeld, 1000);`,
		],
		{ stdio: ["ignore", "pipe", "ignore"] },
	);
	t.after(() => holder.kill("SIGKILL"));
	const [said] = await once(holder.stdout, "data");
	assert.equal(String(said).trim(), "true");
	assert.equal(DaemonLock.take(file), undefined);
	holder.kill("SIGKILL");
	await once(holder, "exit");
	const lock = DaemonLock.take(file);
	assert.ok(lock?.isHeld);
	await rename(file, `${file}.away`);
	assert.equal(lock.isHeld, false, "a lock whose file is gone is no lock");
	lock.release();
});
