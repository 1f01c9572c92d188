import assert from "node:assert/strict";
import { chmod, mkdir, readdir, readFile, readlink, rm, stat, writeFile } from "node:fs/promises";
import * as path from "node:path";
import { test } from "node:test";
import { findForgottenSessions, forgetSessions } from "../../src/core/checkpoints/forgetting.ts";
import { addWorktree } from "../../src/core/checkpoints/worktrees.ts";
import { carrySession } from "../../src/core/export/carry.ts";
import { newId } from "../../src/core/journal/ids.ts";
import { WorkspaceStore } from "../../src/core/store/workspaceStore.ts";
import { locationsIn } from "../support/temporary.ts";
import { lab, repositoryLab, usersState } from "./lab.ts";

const day = 24 * 60 * 60 * 1000;

test("a worktree has the files of the checkpoint, as changes against the HEAD of that time", async (t) => {
	const it = await repositoryLab(t);
	await it.write("README.md", "two\n");
	await it.write("new file.txt", "new\n");
	await it.write("run.sh", "#!/bin/sh\n");
	await chmod(path.join(it.folder, "run.sh"), 0o755);
	await it.link("link", "README.md");
	await rm(path.join(it.folder, "src/main.ts"));
	const then = await it.checkpoints.take();
	await it.git("commit", "--quiet", "--all", "--message", "Later");
	await it.write("README.md", "three\n");
	const before = await usersState(it);
	const folder = path.join(it.home, "work trees", "one");
	assert.equal(await addWorktree(it.checkpoints, then, { folder }), folder);
	assert.equal(await readFile(path.join(folder, "README.md"), "utf8"), "two\n");
	assert.equal(await readlink(path.join(folder, "link")), "README.md");
	assert.equal((await stat(path.join(folder, "run.sh"))).mode & 0o111, 0o111);
	assert.equal((await it.gitIn(folder, "rev-parse", "HEAD")).trim(), then.head);
	assert.equal(
		await it.gitIn(folder, "status", "--porcelain"),
		' M README.md\n D src/main.ts\n?? link\n?? "new file.txt"\n?? run.sh\n',
	);
	await assert.rejects(it.gitIn(folder, "symbolic-ref", "HEAD"), "its HEAD is detached");
	assert.deepEqual(
		{ ...(await usersState(it)), reflog: "" },
		{ ...before, reflog: "" },
		"the working tree it came from is as it was",
	);
});

test("a new branch, a workspace folder below the root, and a repository without a commit", async (t) => {
	const it = await repositoryLab(t);
	await it.write("pkg/a/file.ts", "x\n");
	const inside = it.at(path.join(it.folder, "pkg/a"));
	const folder = path.join(it.home, "branched");
	const made = await addWorktree(inside, await inside.take(), { folder, branch: "try/this" });
	assert.equal(made, path.join(folder, "pkg/a/"));
	assert.equal(await readFile(path.join(made, "file.ts"), "utf8"), "x\n");
	assert.equal((await it.gitIn(folder, "symbolic-ref", "HEAD")).trim(), "refs/heads/try/this");

	const unborn = await lab(t);
	await unborn.git("init", "--quiet");
	await unborn.write("a", "a\n");
	const place = path.join(unborn.home, "unborn");
	await addWorktree(unborn.checkpoints, await unborn.checkpoints.take(), { folder: place });
	assert.equal(await readFile(path.join(place, "a"), "utf8"), "a\n");
	assert.equal(await unborn.gitIn(place, "status", "--porcelain"), "");
});

test("a sparse checkout stays sparse in it", async (t) => {
	const it = await repositoryLab(t);
	await it.write("docs/a.md", "a\n");
	await it.git("add", "--all");
	await it.git("commit", "--quiet", "--message", "Docs");
	await it.git("sparse-checkout", "set", "--cone", "src");
	await it.write("src/new.ts", "new\n");
	const folder = path.join(it.home, "sparse");
	await addWorktree(it.checkpoints, await it.checkpoints.take(), { folder });
	assert.deepEqual((await readdir(folder)).sort(), [".git", ".gitignore", "README.md", "src"]);
	assert.equal(await it.gitIn(folder, "status", "--porcelain"), "?? src/new.ts\n");
});

test("a folder that is in use, a branch that is there and a bad name are refused; nothing is made", async (t) => {
	const it = await repositoryLab(t);
	const now = await it.checkpoints.take();
	const inUse = path.join(it.home, "in-use");
	await mkdir(inUse);
	await writeFile(path.join(inUse, "file"), "mine\n");
	const add = (folder: string, branch?: string) =>
		addWorktree(it.checkpoints, now, { folder, ...(branch === undefined ? {} : { branch }) });
	await assert.rejects(add(inUse), { reason: "folder-in-use" });
	await assert.rejects(add(path.join(inUse, "file")), { reason: "folder-in-use" });
	await assert.rejects(add("relative"), { reason: "folder-in-use" });
	const free = path.join(it.home, "free");
	await assert.rejects(add(free, "main"), { reason: "bad-branch" });
	await assert.rejects(add(free, "a..b"), { reason: "bad-branch" });
	await assert.rejects(add(free, "-d"), { reason: "bad-branch" });
	assert.deepEqual(await readdir(inUse), ["file"]);
	assert.equal((await it.git("worktree", "list")).trim().split("\n").length, 1);
	assert.ok(!(await readdir(it.home)).includes("free"));
});

test("purging forgets the refs of that session, and only those, and of none that another worktree has", async (t) => {
	const it = await repositoryLab(t);
	const [purged, other, carried] = [newId(1), newId(2), newId(3)];
	const of = newId(4);
	for (const session of [purged, other, carried]) {
		for (const moment of ["start", "end", "safety"] as const) {
			await it.checkpoints.take({ place: { session, of, moment } });
		}
	}
	await it.git("update-ref", `refs/skein/checkpoints/${purged}0/x`, "HEAD");
	const folder = path.join(it.home, "worktree");
	await addWorktree(it.checkpoints, await it.checkpoints.take(), { folder });
	const sessions = path.join(folder, ".vscode/skein/sessions");
	await mkdir(sessions, { recursive: true });
	await writeFile(path.join(sessions, `${carried}.jsonl`), "");
	assert.equal(await forgetSessions(it.checkpoints, [purged, carried]), 3);
	const refs = await it.git("for-each-ref", "--format=%(refname)", "refs/skein");
	assert.doesNotMatch(refs, new RegExp(`${purged}/`));
	assert.equal(refs.match(new RegExp(other, "g"))?.length, 3);
	assert.equal(refs.match(new RegExp(carried, "g"))?.length, 3);
	assert.match(refs, new RegExp(`${purged}0/x`));
	const forgotten = (days: number) =>
		findForgottenSessions(it.checkpoints, async (id) => id === other, Date.now() + days * day);
	assert.deepEqual(await forgotten(8), [], "one is known, one is in the worktree");
	await rm(folder, { recursive: true });
	assert.deepEqual(await forgotten(6), [], "too young");
	assert.deepEqual(await forgotten(8), [carried], "the worktree is gone");
	assert.equal(await forgetSessions(it.checkpoints, [carried]), 3);
	assert.deepEqual(await forgotten(8), []);
});

test("a session and those it continues are carried to another store, where a fork continues them", async (t) => {
	const it = await repositoryLab(t);
	const locations = locationsIn(it.home, it.env);
	const from = new WorkspaceStore(it.folder, locations);
	const to = new WorkspaceStore(path.join(it.home, "elsewhere"), locations);
	t.after(() => Promise.all([from.close(), to.close()]));
	await mkdir(to.folder);
	const root = await from.create({ title: "Root" });
	const turn = await root.startTurn();
	const item = await root.addItem(turn, { type: "userMessage", text: "x".repeat(100_000) });
	await root.completeTurn(turn);
	const child = await from.fork(root.id);
	const reports: string[] = [];
	await carrySession(from, child.id, to, (sentence) => reports.push(sentence));
	const fork = await to.fork(child.id, item);
	const transcript = await fork.transcript();
	const [read] = await transcript.items(0, 10);
	const text = read?.content.type === "userMessage" ? read.content.text : "";
	assert.ok(typeof text === "object");
	assert.equal((await transcript.blob(text.blob))?.length, 100_000);
	assert.deepEqual(fork.state.parent, { session: child.id, at: item });
	assert.deepEqual(reports, []);
});
