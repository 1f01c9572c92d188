import assert from "node:assert/strict";
import {
	chmod,
	lstat,
	mkdir,
	readFile,
	readlink,
	rm,
	stat,
	symlink,
	truncate,
} from "node:fs/promises";
import * as path from "node:path";
import { test } from "node:test";
import type { Checkpoint } from "../../src/core/checkpoints/checkpoints.ts";
import { planRestore, restoreFiles } from "../../src/core/checkpoints/restore.ts";
import { newId } from "../../src/core/journal/ids.ts";
import { type Lab, repositoryLab, treeOf, usersState } from "./lab.ts";

function restore(it: Lab, target: Checkpoint, checkpoints = it.checkpoints) {
	const place = { session: it.session, of: newId(Date.now()), moment: "safety" } as const;
	return restoreFiles(checkpoints, target, place);
}

function words(changes: readonly { path: string; before?: unknown; after?: unknown }[]): string[] {
	return changes.map(({ path, before, after }) => `${before ? (after ? "M" : "D") : "A"} ${path}`);
}

async function is(file: string): Promise<boolean> {
	return lstat(file).then(
		() => true,
		() => false,
	);
}

test("changed, deleted and new files, modes and links come back, and the restore can be undone", async (t) => {
	const it = await repositoryLab(t);
	const place = (file: string) => path.join(it.folder, file);
	await it.write("untracked.txt", "untracked\n");
	await it.write("run.sh", "#!/bin/sh\n");
	await chmod(place("run.sh"), 0o755);
	await it.link("link", "README.md");
	await it.write("becomes/folder", "x\n");
	const target = await it.checkpoints.take();

	await it.write("README.md", "two\n");
	await rm(place("src/main.ts"));
	await rm(place("untracked.txt"));
	await chmod(place("run.sh"), 0o644);
	await rm(place("link"));
	await it.link("link", "src");
	await it.write("new/deep/file.ts", "new\n");
	await rm(place("becomes"), { recursive: true });
	await it.write("becomes", "a file\n");
	await it.write("dist/out.js", "ignored\n");
	const before = await usersState(it);

	const planned = await planRestore(it.checkpoints, target);
	assert.deepEqual(words(planned.changes).sort(), [
		"A becomes/folder",
		"A src/main.ts",
		"A untracked.txt",
		"D becomes",
		"D new/deep/file.ts",
		"M README.md",
		"M link",
		"M run.sh",
	]);
	const { safety, changes, untouched } = await restore(it, target);
	assert.deepEqual(untouched, []);
	assert.equal(changes.length, 8);
	assert.equal((await it.checkpoints.take()).tree, target.tree);
	assert.equal(await it.read("untracked.txt"), "untracked\n");
	assert.equal((await stat(place("run.sh"))).mode & 0o111, 0o111);
	assert.equal(await readlink(place("link")), "README.md");
	assert.equal(await it.read("becomes/folder"), "x\n");
	assert.ok(!(await is(place("new"))), "folders that became empty go with their last file");
	assert.equal(await it.read("dist/out.js"), "ignored\n");
	assert.deepEqual(await usersState(it), before);

	await restore(it, await it.checkpoints.read(safety.commit));
	assert.equal((await it.checkpoints.take()).tree, safety.tree);
	assert.equal(await it.read("README.md"), "two\n");
	assert.equal(await it.read("becomes"), "a file\n");
	assert.equal(await readlink(place("link")), "src");
});

test("a changed file that git was told not to look at is kept and comes back", async (t) => {
	const it = await repositoryLab(t);
	const place = (file: string) => path.join(it.folder, file);
	for (const name of ["assumed", "skipped", "assumed gone", "skipped gone"]) {
		await it.write(name, "committed\n");
	}
	await it.git("add", "--all");
	await it.git("commit", "--quiet", "--message", "Second");
	await it.git("update-index", "--assume-unchanged", "assumed", "assumed gone");
	await it.git("update-index", "--skip-worktree", "skipped", "skipped gone");
	await it.write("assumed", "one\n");
	await it.write("skipped", "one\n");
	await rm(place("assumed gone"));
	await rm(place("skipped gone"));
	const target = await it.checkpoints.take();
	assert.ok(!(await treeOf(it, target.tree)).includes("assumed gone"));
	await it.write("assumed", "two, and nowhere else\n");
	await it.write("skipped", "two, and nowhere else\n");
	const before = await usersState(it);

	const { safety, changes, untouched } = await restore(it, target);
	assert.deepEqual(words(changes), ["M assumed", "M skipped"]);
	assert.deepEqual(untouched, []);
	assert.equal(await it.read("assumed"), "one\n");
	assert.equal(await it.read("skipped"), "one\n");
	assert.ok(!(await is(place("assumed gone"))) && !(await is(place("skipped gone"))));

	await restore(it, await it.checkpoints.read(safety.commit));
	assert.equal(await it.read("assumed"), "two, and nowhere else\n");
	assert.equal(await it.read("skipped"), "two, and nowhere else\n");
	assert.deepEqual(await usersState(it), before);
});

test("a name that has changed in its letters' case alone comes back, also where the disk does not tell the two apart", async (t) => {
	const it = await repositoryLab(t);
	await it.write("notes.txt", "one\n");
	await it.git("add", "notes.txt");
	const target = await it.checkpoints.take();
	await it.git("mv", "notes.txt", "Notes.txt");
	await it.git("mv", "src", "other");
	await it.git("mv", "other", "SRC");
	await it.write("Notes.txt", "two\n");
	const { safety, untouched } = await restore(it, target);
	assert.deepEqual(untouched, []);
	assert.equal(await it.read("notes.txt"), "one\n");
	assert.equal(await it.read("src/main.ts"), "main\n");
	await restore(it, await it.checkpoints.read(safety.commit));
	assert.equal(await it.read("Notes.txt"), "two\n");
	assert.equal(await it.read("SRC/main.ts"), "main\n");
});

test("binary files, CRLF and odd names come back byte for byte", async (t) => {
	const it = await repositoryLab(t);
	const bytes = Buffer.from(Array.from({ length: 5000 }, (_, n) => (n * 7) % 256));
	const names = ["-n", "a\nb", "日本 ü", ":(exclude)x", '"quoted"'];
	for (const name of names) {
		await it.write(name, bytes);
	}
	await it.write("dos.txt", "one\r\ntwo\r\n");
	const target = await it.checkpoints.take();
	for (const name of [...names, "dos.txt"]) {
		await rm(path.join(it.folder, name));
	}
	await restore(it, target);
	for (const name of names) {
		assert.deepEqual(await readFile(path.join(it.folder, name)), bytes);
	}
	assert.equal(await it.read("dos.txt"), "one\r\ntwo\r\n");
});

test("what is ignored is not touched, even where a file stood before", async (t) => {
	const it = await repositoryLab(t);
	await it.write("cache", "a file once\n");
	await it.write("data/file", "x\n");
	await it.write("notes.txt", "old\n");
	const target = await it.checkpoints.take();
	await it.write(".git/info/exclude", "cache/\nnotes.txt\ndata\n");
	await rm(path.join(it.folder, "cache"));
	await it.write("cache/precious", "ignored\n");
	await rm(path.join(it.folder, "data"), { recursive: true });
	await mkdir(path.join(it.home, "elsewhere"));
	await symlink(path.join(it.home, "elsewhere"), path.join(it.folder, "data"));
	await it.write("notes.txt", "ignored now\n");
	await it.write("README.md", "two\n");
	const { untouched, changes } = await restore(it, target);
	assert.deepEqual(words(changes), ["M README.md"]);
	assert.deepEqual(untouched.map((each) => `${each.path} ${each.why}`).sort(), [
		"cache ignored",
		"data/file ignored",
		"notes.txt ignored",
	]);
	assert.equal(await it.read("cache/precious"), "ignored\n");
	assert.equal(await it.read("notes.txt"), "ignored now\n");
	assert.ok(!(await is(path.join(it.home, "elsewhere/file"))), "nothing is written through a link");
});

test("a folder with ignored files in it stays where a file should come back, and is named", async (t) => {
	const it = await repositoryLab(t);
	await it.write("place", "a file\n");
	const target = await it.checkpoints.take();
	await rm(path.join(it.folder, "place"));
	await it.write("place/new.ts", "new\n");
	await it.write("place/debug.log", "ignored\n");
	const { untouched } = await restore(it, target);
	assert.deepEqual(untouched, [{ path: "place", why: "failed" }]);
	assert.equal(await it.read("place/debug.log"), "ignored\n");
});

test("nothing is removed behind a link that took a folder's place", async (t) => {
	const it = await repositoryLab(t);
	const target = await it.checkpoints.take();
	const elsewhere = path.join(it.home, "elsewhere");
	await mkdir(elsewhere);
	await it.write("lib/a.ts", "a\n");
	const later = await it.checkpoints.take();
	await rm(path.join(it.folder, "lib"), { recursive: true });
	await symlink(elsewhere, path.join(it.folder, "lib"));
	await restore(it, later);
	assert.equal(await it.read("lib/a.ts"), "a\n");
	assert.ok(!(await lstat(path.join(it.folder, "lib"))).isSymbolicLink());
	assert.ok(!(await is(path.join(elsewhere, "a.ts"))));
	await restore(it, target);
	assert.ok(!(await is(path.join(it.folder, "lib"))));
});

test("a file that was left out at either time is not touched, and is named", async (t) => {
	const it = await repositoryLab(t);
	const limits = { file: 1000, total: 10_000, count: 100 };
	await it.write("grown.bin", "small\n");
	const target = await it.checkpoints.take({ limits });
	await truncate(path.join(it.folder, "grown.bin"), 60 * 1024 * 1024);
	await it.write("nested/file", "x\n");
	await it.git("init", "--quiet", "nested");
	const { changes, untouched } = await restore(it, target);
	assert.deepEqual(changes, []);
	assert.deepEqual(untouched, [
		{ path: "grown.bin", why: "large" },
		{ path: "nested", why: "repository" },
	]);
	assert.equal((await stat(path.join(it.folder, "grown.bin"))).size, 60 * 1024 * 1024);
	assert.equal(await it.read("nested/file"), "x\n");
});

test("a submodule at another commit is named and left", async (t) => {
	const it = await repositoryLab(t);
	const other = await repositoryLab(t);
	await it.git(
		"-c",
		"protocol.file.allow=always",
		"submodule",
		"--quiet",
		"add",
		other.folder,
		"sub",
	);
	const target = await it.checkpoints.take();
	const sub = path.join(it.folder, "sub");
	await it.gitIn(sub, "commit", "--quiet", "--allow-empty", "--message", "On");
	const { untouched } = await restore(it, target);
	assert.deepEqual(untouched, [{ path: "sub", why: "submodule" }]);
});

test("the store is not touched, not even by a commit that holds one", async (t) => {
	const it = await repositoryLab(t);
	await it.write(".vscode/skein/sessions/x.jsonl", "old\n");
	await it.git("add", "--force", "--all");
	await it.git("commit", "--quiet", "--message", "With a store");
	const planted = await it.checkpoints.read((await it.git("rev-parse", "HEAD")).trim());
	await it.write(".vscode/skein/sessions/x.jsonl", "new\n");
	await it.write(".vscode/skein/sessions/y.jsonl", "new\n");
	assert.deepEqual((await planRestore(it.checkpoints, planted)).changes, []);
	await restore(it, planted);
	assert.equal(await it.read(".vscode/skein/sessions/x.jsonl"), "new\n");
});

test("of a workspace folder below the root only that folder is restored", async (t) => {
	const it = await repositoryLab(t);
	await it.write("pkg/a/file.ts", "one\n");
	await it.write("pkg/b/file.ts", "one\n");
	const inside = it.at(path.join(it.folder, "pkg/a"));
	const target = await inside.take();
	await it.write("pkg/a/file.ts", "two\n");
	await it.write("pkg/a/new/file.ts", "new\n");
	await it.write("pkg/b/file.ts", "two\n");
	await it.write("README.md", "two\n");
	const { changes } = await restore(it, target, inside);
	assert.deepEqual(words(changes), ["M pkg/a/file.ts", "D pkg/a/new/file.ts"]);
	assert.equal(await it.read("pkg/b/file.ts"), "two\n");
	assert.equal(await it.read("README.md"), "two\n");
	assert.deepEqual(await treeOf(it, (await inside.take()).tree), await treeOf(it, target.tree));
});

test("a file that cannot be written does not stop the rest", {
	skip: process.getuid?.() === 0,
}, async (t) => {
	const it = await repositoryLab(t);
	await it.write("locked/file", "one\n");
	const target = await it.checkpoints.take();
	await it.write("locked/file", "two\n");
	await it.write("README.md", "two\n");
	await chmod(path.join(it.folder, "locked"), 0o555);
	const { changes, untouched } = await restore(it, target);
	await chmod(path.join(it.folder, "locked"), 0o755);
	assert.deepEqual(words(changes), ["M README.md"]);
	assert.deepEqual(untouched, [{ path: "locked/file", why: "failed" }]);
});

test("a checkpoint that the repository no longer has is refused in words", async (t) => {
	const it = await repositoryLab(t);
	await assert.rejects(it.checkpoints.read("0123456789012345678901234567890123456789"), {
		reason: "no-checkpoint",
	});
	await assert.rejects(it.checkpoints.read("HEAD"), { reason: "no-checkpoint" });
	await assert.rejects(it.checkpoints.content("--help"), { reason: "no-checkpoint" });
});
