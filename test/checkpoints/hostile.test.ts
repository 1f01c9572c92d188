import assert from "node:assert/strict";
import { chmod, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import * as path from "node:path";
import { test } from "node:test";
import { forgetSessions } from "../../src/core/checkpoints/forgetting.ts";
import { restoreFiles } from "../../src/core/checkpoints/restore.ts";
import { addWorktree } from "../../src/core/checkpoints/worktrees.ts";
import { newId } from "../../src/core/journal/ids.ts";
import { type Lab, repositoryLab, treeOf } from "./lab.ts";

/** A program that notes that it was started. Prints what it was given, so that it can stand for a filter. */
async function planted(it: Lab): Promise<{ program: string; started(): Promise<string[]> }> {
	const program = path.join(it.home, "planted");
	const log = path.join(it.home, "started");
	await writeFile(program, `#!/bin/sh\necho "$0 $*" >> "${log}"\ncat\n`);
	await chmod(program, 0o755);
	return {
		program,
		started: async () => (await readFile(log, "utf8").catch(() => "")).split("\n").filter(Boolean),
	};
}

/** Everything that is ever done with a repository. */
async function doEverything(it: Lab): Promise<void> {
	const of = newId(Date.now());
	const place = { session: it.session, of, moment: "start" } as const;
	const start = await it.checkpoints.take({ place });
	await it.write("src/main.ts", "changed\n");
	await it.write("new.txt", "new\n");
	const end = await it.checkpoints.take({ place: { ...place, moment: "end" } });
	const { changes } = await it.checkpoints.compare(start, end);
	for (const { after } of changes) {
		await it.checkpoints.content(after?.object ?? "");
	}
	await restoreFiles(it.checkpoints, start, { ...place, moment: "safety" });
	const folder = path.join(it.home, `worktree-${of}`);
	await addWorktree(it.checkpoints, end, { folder, branch: "forked" });
	await forgetSessions(it.checkpoints, [it.session]);
	assert.equal(await it.read("src/main.ts"), "main\n");
	assert.equal(await readFile(path.join(folder, "src/main.ts"), "utf8"), "changed\n");
	assert.equal(await readFile(path.join(folder, "new.txt"), "utf8"), "new\n");
}

test("nothing that the repository's configuration names is started", async (t) => {
	const it = await repositoryLab(t);
	const { program, started } = await planted(it);
	const hooks = path.join(it.folder, "hooks");
	await mkdir(hooks);
	for (const hook of [
		"post-checkout",
		"post-index-change",
		"reference-transaction",
		"pre-commit",
		"post-commit",
		"fsmonitor-watchman",
		"sendemail-validate",
	]) {
		for (const folder of [hooks, path.join(it.folder, ".git/hooks")]) {
			await writeFile(path.join(folder, hook), `#!/bin/sh\n"${program}" ${hook} </dev/null\n`);
			await chmod(path.join(folder, hook), 0o755);
		}
	}
	await it.write(
		".gitattributes",
		"*.ts diff=planted\n*.txt diff=planted text\n*.secret filter=planted\n*.other filter=x=y.z\n",
	);
	const config = [
		`[core]\n\tfsmonitor = ${program}\n\thooksPath = ${hooks}\n\tpager = ${program}\n\teditor = ${program}`,
		`\taskPass = ${program}\n\tsshCommand = ${program}\n\tgitProxy = ${program}`,
		`[commit]\n\tgpgSign = true\n[gpg]\n\tprogram = ${program}\n[credential]\n\thelper = ${program}`,
		`[diff]\n\texternal = ${program}\n[diff "planted"]\n\tcommand = ${program}\n\ttextconv = ${program}`,
		`[filter "planted"]\n\tclean = ${program} clean\n\tsmudge = ${program} smudge\n\trequired = true`,
		`[filter "x=y.z"]\n\tprocess = ${program} process\n\trequired`,
		`[alias]\n\tupdate-index = !${program}\n\tdiff-tree = !${program}`,
		`[merge "planted"]\n\tdriver = ${program}\n[gc]\n\tauto = 1\n[log]\n\tshowSignature = true`,
		"",
	].join("\n");
	const file = path.join(it.folder, ".git/config");
	await writeFile(file, `${await readFile(file, "utf8")}\n${config}`);
	await it.write("a.secret", "plain\n");
	await it.write("b.other", "plain\n");
	await doEverything(it);
	assert.deepEqual(await started(), []);
	const taken = await it.checkpoints.take();
	assert.deepEqual([...taken.leftOut.filters].sort(), ["planted", "x=y.z"]);
	assert.deepEqual(
		taken.leftOut.files.map((each) => `${each.path} ${each.why}`),
		["a.secret filter", "b.other filter"],
	);
	const kept = await treeOf(it, taken.tree);
	assert.ok(!kept.includes("a.secret") && kept.includes("src/main.ts"));
	assert.equal(await it.read("a.secret"), "plain\n");
	// Git as a person runs it does start them.
	await it.git("add", "a.secret");
	assert.ok((await started()).length > 0);
});

test("files of a planted filter that are tracked are in no checkpoint, and no restore touches them", async (t) => {
	const it = await repositoryLab(t);
	const { program, started } = await planted(it);
	await it.write("a.secret", "stored\n");
	await it.git("add", "--all");
	await it.git("commit", "--quiet", "--message", "Before the filter");
	await it.git("config", "filter.planted.clean", program);
	await it.write(".gitattributes", "*.secret filter=planted\n");
	const { commit } = await it.checkpoints.take();
	await it.write("a.secret", "changed\n");
	await it.write("README.md", "changed\n");
	const target = await it.checkpoints.read(commit);
	const place = { session: it.session, of: newId(Date.now()), moment: "safety" } as const;
	const restored = await restoreFiles(it.checkpoints, target, place);
	assert.deepEqual(
		restored.changes.map((each) => each.path),
		["README.md"],
	);
	assert.equal(await it.read("a.secret"), "changed\n");
	assert.ok(!(await treeOf(it, target.tree)).includes("a.secret"));
	assert.deepEqual(await started(), []);
});

test("a filter of the user's own configuration runs, both ways, as git-lfs does", async (t) => {
	const it = await repositoryLab(t);
	const filter = path.join(it.home, "filter.sh");
	await writeFile(filter, "#!/bin/sh\ntr a-z A-Z\n");
	const back = path.join(it.home, "back.sh");
	await writeFile(back, "#!/bin/sh\ntr A-Z a-z\n");
	await chmod(filter, 0o755);
	await chmod(back, 0o755);
	const config = path.join(it.home, ".gitconfig");
	await writeFile(
		config,
		`[filter "upper"]\n\tclean = ${filter}\n\tsmudge = ${back}\n\trequired = true\n`,
	);
	await it.write(".gitattributes", "*.up filter=upper\n");
	await it.write("a.up", "text\n");
	const first = await it.checkpoints.take();
	assert.equal(await it.git("show", `${first.commit}:a.up`), "TEXT\n");
	await rm(path.join(it.folder, "a.up"));
	const place = { session: it.session, of: newId(Date.now()), moment: "safety" } as const;
	await restoreFiles(it.checkpoints, first, place);
	assert.equal(await it.read("a.up"), "text\n");
	assert.deepEqual(first.leftOut, { files: [], filters: [] });
});

test("a partial clone fetches nothing, not even with a transport that the repository names", async (t) => {
	const origin = await repositoryLab(t);
	await origin.git("config", "uploadpack.allowFilter", "true");
	const it = await repositoryLab(t);
	const { program, started } = await planted(it);
	const clone = path.join(it.home, "clone");
	const url = `file://${origin.folder}`;
	await it.git("clone", "--quiet", "--filter=blob:none", "--no-checkout", url, clone);
	await it.gitIn(clone, "read-tree", "HEAD");
	await it.gitIn(clone, "config", "remote.origin.url", `ext::${program} %S`);
	await it.gitIn(clone, "config", "protocol.ext.allow", "always");
	await writeFile(path.join(clone, "new.txt"), "new\n");
	const there = it.at(clone);
	const { tree } = await there.take();
	assert.deepEqual(await treeOf({ ...it, git: (...args) => it.gitIn(clone, ...args) }, tree), [
		"new.txt",
	]);
	const head = await there.read((await it.gitIn(clone, "rev-parse", "HEAD")).trim());
	const place = { session: it.session, of: newId(Date.now()), moment: "safety" } as const;
	const restored = await restoreFiles(there, head, place);
	assert.deepEqual(
		restored.untouched.map((each) => each.why),
		["failed", "failed", "failed"],
	);
	const folder = path.join(it.home, "worktree");
	await assert.rejects(addWorktree(there, head, { folder, branch: "b" }));
	assert.doesNotMatch(await it.gitIn(clone, "worktree", "list"), /worktree/);
	assert.doesNotMatch(await it.gitIn(clone, "branch", "--list"), /\bb\b/);
	assert.deepEqual(await started(), []);
});

test("a git that lies in the workspace, or in a folder named by where one stands, is not started", async (t) => {
	const it = await repositoryLab(t);
	const { program, started } = await planted(it);
	await it.write("git", await readFile(program));
	await it.write("bin/git", await readFile(program));
	for (const file of ["git", "bin/git"]) {
		await chmod(path.join(it.folder, file), 0o755);
	}
	it.env["PATH"] = [".", "", "bin", path.join(it.folder, "bin"), it.env["PATH"]].join(
		path.delimiter,
	);
	await it.checkpoints.take();
	assert.deepEqual(await started(), []);
});
