import assert from "node:assert/strict";
import { chmod, mkdir, rm, symlink, truncate, utimes, writeFile } from "node:fs/promises";
import * as path from "node:path";
import { test } from "node:test";
import { newId } from "../../src/core/journal/ids.ts";
import { lab, repositoryLab, treeOf, usersState } from "./lab.ts";

test("a checkpoint holds tracked and untracked files, not ignored ones and never the store", async (t) => {
	const it = await repositoryLab(t);
	await it.write("README.md", "two\n");
	await it.write("new.txt", "new\n");
	await it.write("dist/out.js", "ignored\n");
	await it.write("debug.log", "ignored\n");
	await it.write(".vscode/settings.json", "{}\n");
	await it.write(".vscode/skein/sessions/x.jsonl", "never\n");
	await it.write("packages/a/.vscode/skein/store.json", "never\n");
	await it.write(".vscode/skein/tracked", "never, even when somebody tracks it\n");
	await it.git("add", "--force", ".vscode/skein/tracked");
	await rm(path.join(it.folder, "src/main.ts"));
	const before = await usersState(it);
	const { tree, commit, head } = await it.checkpoints.take();
	assert.deepEqual(await treeOf(it, tree), [
		".gitignore",
		".vscode/settings.json",
		"README.md",
		"new.txt",
	]);
	assert.equal(await it.git("show", `${commit}:README.md`), "two\n");
	assert.equal(head, (await it.git("rev-parse", "HEAD")).trim());
	assert.equal(await it.git("rev-parse", `${commit}^`), await it.git("rev-parse", "HEAD"));
	assert.deepEqual(await usersState(it), before);
});

test("it is kept by a ref of its session, turn and moment, and by nothing else", async (t) => {
	const it = await repositoryLab(t);
	const of = newId(Date.now());
	const place = { session: it.session, of, moment: "start" } as const;
	const { commit } = await it.checkpoints.take({ place });
	const refs = (await it.git("for-each-ref", "--format=%(refname) %(objectname)"))
		.trim()
		.split("\n");
	assert.ok(refs.includes(`refs/skein/checkpoints/${it.session}/${of}/start ${commit}`));
	assert.equal(refs.length, 2);
	const bad = { ...place, session: "../../heads" };
	await assert.rejects(it.checkpoints.take({ place: bad }), /belongs to a session/);
});

test("names, modes and links are kept as they are", async (t) => {
	const it = await repositoryLab(t);
	const names = [
		"-rf",
		"--",
		"two\nlines",
		"tab\there",
		"ünïcödé 日本",
		" spaces ",
		":(top)magic",
		"*",
	];
	for (const name of names) {
		await it.write(name, `${name}\n`);
	}
	await it.write("run.sh", "#!/bin/sh\n");
	await chmod(path.join(it.folder, "run.sh"), 0o755);
	await it.link("link", "src/main.ts");
	await it.link("dangling", "/nowhere/at all");
	await it.link("outside", "/etc");
	const { tree } = await it.checkpoints.take();
	assert.deepEqual(
		(await treeOf(it, tree)).sort(),
		[
			".gitignore",
			"README.md",
			"src/main.ts",
			"100755 run.sh",
			"120000 dangling",
			"120000 link",
			"120000 outside",
			...names,
		].sort(),
	);
});

test("a folder that became a link, a file that became a folder, and a link that became a file", async (t) => {
	const it = await repositoryLab(t);
	await it.write("file", "file\n");
	await it.link("a-link", "file");
	await it.git("add", "--all");
	await rm(path.join(it.folder, "src"), { recursive: true });
	await it.link("src", "elsewhere");
	await rm(path.join(it.folder, "file"));
	await it.write("file/inside", "x\n");
	await rm(path.join(it.folder, "a-link"));
	await it.write("a-link", "no link now\n");
	const { tree } = await it.checkpoints.take();
	assert.deepEqual(await treeOf(it, tree), [
		".gitignore",
		"README.md",
		"a-link",
		"file/inside",
		"120000 src",
	]);
});

test("a change made in the moment the index was written is not missed", async (t) => {
	const it = await repositoryLab(t);
	const file = path.join(it.folder, "README.md");
	// Same size, and the time that the index has for it: only a look at its content tells.
	const then = new Date();
	await utimes(file, then, then);
	await it.git("add", "README.md");
	await writeFile(file, "ONE\n");
	await utimes(file, then, then);
	await utimes(path.join(it.folder, ".git/index"), then, then);
	const { commit } = await it.checkpoints.take();
	assert.equal(await it.git("show", `${commit}:README.md`), "ONE\n");
});

test("a state that is still the same is the same commit", async (t) => {
	const it = await repositoryLab(t);
	await it.write("new.txt", "new\n");
	const start = await it.checkpoints.take();
	const end = await it.checkpoints.take({ known: start });
	assert.equal(end.commit, start.commit);
	await it.git("commit", "--quiet", "--allow-empty", "--message", "Second");
	assert.notEqual((await it.checkpoints.take({ known: start })).commit, start.commit);
});

test("a repository without a commit, with a merge under way, and with files that are only announced", async (t) => {
	const unborn = await lab(t);
	await unborn.git("init", "--quiet");
	await unborn.write("a", "a\n");
	const first = await unborn.checkpoints.take();
	assert.equal(first.head, undefined);
	assert.deepEqual(await treeOf(unborn, first.tree), ["a"]);
	assert.deepEqual(await unborn.checkpoints.read(first.commit), first);

	const it = await repositoryLab(t);
	await it.git("checkout", "--quiet", "-b", "other");
	await it.write("README.md", "theirs\n");
	await it.git("commit", "--quiet", "--all", "--message", "Theirs");
	await it.git("checkout", "--quiet", "main");
	await it.write("README.md", "ours\n");
	await it.git("commit", "--quiet", "--all", "--message", "Ours");
	await assert.rejects(it.git("merge", "other"));
	await it.write("announced", "later\n");
	await it.git("add", "--intent-to-add", "announced");
	const before = await usersState(it);
	const { commit, tree } = await it.checkpoints.take();
	assert.match(await it.git("show", `${commit}:README.md`), /<<<<<<< /);
	assert.ok((await treeOf(it, tree)).includes("announced"));
	assert.deepEqual(await usersState(it), before);
});

test("a lock that somebody holds on the index does not matter, and stays", async (t) => {
	const it = await repositoryLab(t);
	await it.write(".git/index.lock", "");
	await it.write("new.txt", "new\n");
	const { tree } = await it.checkpoints.take();
	assert.ok((await treeOf(it, tree)).includes("new.txt"));
	assert.equal(await it.read(".git/index.lock"), "");
});

test("a repository inside is left out and named, a submodule is taken as its commit", async (t) => {
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
	await it.git("commit", "--quiet", "--message", "A submodule");
	await it.write("nested/file", "x\n");
	await it.git("init", "--quiet", "nested");
	await it.write("sub/dirty", "not looked at\n");
	const { tree, leftOut } = await it.checkpoints.take();
	assert.deepEqual(leftOut.files, [{ path: "nested", why: "repository" }]);
	assert.ok((await treeOf(it, tree)).includes("160000 sub"));
});

test("a file over the limit is left out and named, also when it is tracked; too many files are refused", async (t) => {
	const it = await repositoryLab(t);
	await it.write("big.bin", "");
	await truncate(path.join(it.folder, "big.bin"), 2000);
	await truncate(path.join(it.folder, "README.md"), 2000);
	const limits = { file: 1000, total: 10_000, count: 10 };
	const taken = await it.checkpoints.take({ limits });
	assert.deepEqual(taken.leftOut.files.map(({ path, why }) => `${path} ${why}`).sort(), [
		"README.md large",
		"big.bin large",
	]);
	assert.deepEqual(await treeOf(it, taken.tree), [".gitignore", "src/main.ts"]);
	assert.deepEqual(await it.checkpoints.read(taken.commit), taken);
	for (let n = 0; n < 11; n++) {
		await it.write(`many/${n}`, "x");
	}
	await assert.rejects(it.checkpoints.take({ limits }), { reason: "too-much" });
});

test("a file that may not be read is left out", { skip: process.getuid?.() === 0 }, async (t) => {
	const it = await repositoryLab(t);
	await it.write("secret", "x\n");
	await chmod(path.join(it.folder, "secret"), 0);
	const { leftOut } = await it.checkpoints.take();
	assert.deepEqual(leftOut.files, [{ path: "secret", why: "unreadable" }]);
});

test("of a workspace folder below the root only that folder is looked at", async (t) => {
	const it = await repositoryLab(t);
	await it.write("pkg/a/old.ts", "old\n");
	await it.git("add", "--all");
	await it.git("commit", "--quiet", "--message", "A package");
	await it.write("pkg/a/new.ts", "new\n");
	await it.write("pkg/b/other.ts", "not mine\n");
	await it.write("README.md", "not mine\n");
	const inside = it.at(path.join(it.folder, "pkg/a"));
	const { tree } = await inside.take();
	assert.deepEqual(await treeOf(it, tree), [
		".gitignore",
		"README.md",
		"pkg/a/new.ts",
		"pkg/a/old.ts",
		"src/main.ts",
	]);
	assert.equal(await it.git("show", `${tree}:README.md`), "one\n");
	await it.write("dist/x", "x");
	await assert.rejects(it.at(path.join(it.folder, "dist")).take(), { reason: "ignored-folder" });
});

test("linked worktrees have checkpoints of their own and share the refs", async (t) => {
	const it = await repositoryLab(t);
	const other = path.join(it.home, "linked");
	await it.git("worktree", "add", "--quiet", "--detach", other);
	await writeFile(path.join(other, "only-here"), "x\n");
	const place = { session: it.session, of: newId(Date.now()), moment: "end" } as const;
	const { tree } = await it.at(other).take({ place });
	assert.ok((await treeOf(it, tree)).includes("only-here"));
	assert.ok((await it.git("for-each-ref")).includes(it.session));
});

test("a sparse checkout keeps what is not checked out, and takes what was put there all the same", async (t) => {
	const it = await repositoryLab(t);
	await it.write("docs/a.md", "a\n");
	await it.write("docs/b.md", "b\n");
	await it.git("add", "--all");
	await it.git("commit", "--quiet", "--message", "Docs");
	await it.git("sparse-checkout", "set", "--cone", "--sparse-index", "src");
	await it.write("docs/new.md", "outside the cone\n");
	const { tree } = await it.checkpoints.take();
	assert.deepEqual(await treeOf(it, tree), [
		".gitignore",
		"README.md",
		"docs/a.md",
		"docs/b.md",
		"docs/new.md",
		"src/main.ts",
	]);
});

test("a split index is read", async (t) => {
	const it = await repositoryLab(t);
	await it.git("update-index", "--split-index");
	await it.write("src/main.ts", "changed\n");
	await it.git("add", "src/main.ts");
	const before = await usersState(it);
	const { commit } = await it.checkpoints.take();
	assert.equal(await it.git("show", `${commit}:src/main.ts`), "changed\n");
	assert.deepEqual(await usersState(it), before);
});

test("line ends are git's own", async (t) => {
	const it = await repositoryLab(t);
	await it.write(".gitattributes", "*.txt text eol=crlf\n");
	await it.write("a.txt", "one\r\ntwo\r\n");
	const { commit } = await it.checkpoints.take();
	assert.equal(await it.git("show", `${commit}:a.txt`), "one\ntwo\n");
});

test("a repository whose names are SHA-256", async (t) => {
	const it = await lab(t);
	await it.git("init", "--quiet", "--object-format=sha256");
	await it.write("a", "a\n");
	const taken = await it.checkpoints.take();
	assert.equal(taken.commit.length, 64);
	assert.deepEqual(await it.checkpoints.read(taken.commit), taken);
});

test("where there can be none it is said why", async (t) => {
	const none = await lab(t);
	await assert.rejects(none.checkpoints.take(), { reason: "no-repository" });
	const bare = await lab(t);
	await bare.git("init", "--quiet", "--bare");
	await assert.rejects(bare.checkpoints.take(), { reason: "no-work-tree" });
	const it = await repositoryLab(t);
	await assert.rejects(it.at(path.join(it.folder, ".git")).take(), { reason: "no-work-tree" });
	const without = await repositoryLab(t);
	without.env["PATH"] = without.home;
	await assert.rejects(without.checkpoints.take(), { reason: "no-git" });
	await it.git("config", "core.worktree", it.home);
	await assert.rejects(it.checkpoints.take(), /no checkpoints/);
});

test("it can be cancelled", async (t) => {
	const it = await repositoryLab(t);
	const before = await usersState(it);
	const abort = new AbortController();
	abort.abort();
	await assert.rejects(it.checkpoints.take({ signal: abort.signal }), { name: "AbortError" });
	assert.deepEqual(await usersState(it), before);
});

test("the environment does not lead it to another repository or index", async (t) => {
	const it = await repositoryLab(t);
	const other = await repositoryLab(t);
	const led = { GIT_DIR: path.join(other.folder, ".git"), GIT_INDEX_FILE: "/tmp/none" };
	Object.assign(it.env, led);
	await it.write("mine", "x\n");
	const { tree } = await it.checkpoints.take();
	for (const name of Object.keys(led)) {
		delete it.env[name];
	}
	assert.ok((await treeOf(it, tree)).includes("mine"));
	await mkdir(path.join(it.folder, "x"));
	await symlink("x", path.join(it.folder, "y"));
	assert.ok(
		(await treeOf(it, (await it.at(path.join(it.folder)).take()).tree)).includes("120000 y"),
	);
});
