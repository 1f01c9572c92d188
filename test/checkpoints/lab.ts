import { execFile } from "node:child_process";
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import * as path from "node:path";
import type { TestContext } from "node:test";
import { promisify } from "node:util";
import { Checkpoints } from "../../src/core/checkpoints/checkpoints.ts";
import { newId } from "../../src/core/journal/ids.ts";
import { locationsIn, temporaryFolder } from "../support/temporary.ts";

/** A folder that is no repository yet, with a home of its own, and the real git. */
export interface Lab {
	readonly folder: string;
	readonly home: string;
	readonly env: Record<string, string>;
	readonly checkpoints: Checkpoints;
	readonly session: string;
	/** Runs git as the user would, in the folder or below it. */
	git(...args: string[]): Promise<string>;
	gitIn(folder: string, ...args: string[]): Promise<string>;
	write(file: string, content: string | Uint8Array): Promise<void>;
	read(file: string): Promise<string>;
	link(file: string, target: string): Promise<void>;
	/** Checkpoints of another folder, by the same user. */
	at(folder: string): Checkpoints;
}

export async function lab(test: TestContext): Promise<Lab> {
	const folder = await temporaryFolder(test);
	const home = await temporaryFolder(test);
	const env = {
		PATH: process.env["PATH"] ?? "",
		HOME: home,
		GIT_CONFIG_NOSYSTEM: "1",
		GIT_AUTHOR_NAME: "Ann",
		GIT_AUTHOR_EMAIL: "ann@example.com",
		GIT_COMMITTER_NAME: "Ann",
		GIT_COMMITTER_EMAIL: "ann@example.com",
	};
	await writeFile(path.join(home, ".gitconfig"), "[init]\n\tdefaultBranch = main\n");
	const gitIn = async (cwd: string, ...args: string[]) => {
		const running = promisify(execFile)("git", args, { cwd, env, maxBuffer: 1 << 28 });
		running.child.stdin?.end();
		return (await running).stdout;
	};
	const at = (place: string) => new Checkpoints(place, locationsIn(home, env));
	const place = (file: string) => path.join(folder, file);
	return {
		folder,
		home,
		env,
		checkpoints: at(folder),
		session: newId(Date.now()),
		git: (...args) => gitIn(folder, ...args),
		gitIn,
		async write(file, content) {
			await mkdir(path.dirname(place(file)), { recursive: true });
			await writeFile(place(file), content);
		},
		read: (file) => readFile(place(file), "utf8"),
		link: (file, target) => symlink(target, place(file)),
		at,
	};
}

/** A lab whose folder is a repository with one commit. */
export async function repositoryLab(test: TestContext): Promise<Lab> {
	const made = await lab(test);
	await made.git("init", "--quiet");
	await made.write("README.md", "one\n");
	await made.write("src/main.ts", "main\n");
	await made.write(".gitignore", "dist/\n*.log\n");
	await made.git("add", "--all");
	await made.git("commit", "--quiet", "--message", "First");
	return made;
}

/** The paths of a tree, with their modes where these are not those of a plain file. */
export async function treeOf({ git }: Lab, tree: string): Promise<string[]> {
	const entries = (await git("ls-tree", "-r", "-z", tree)).split("\0").filter(Boolean);
	return entries.map((entry) => {
		const tab = entry.indexOf("\t");
		const [about, name] = [entry.slice(0, tab), entry.slice(tab + 1)];
		return about.startsWith("100644") ? name : `${about.slice(0, 6)} ${name}`;
	});
}

/** Everything of the user's that a checkpoint must leave as it is. */
export async function usersState({ folder, git }: Lab): Promise<Record<string, string>> {
	const index = path.join(folder, ".git/index");
	return {
		index: (await readFile(index).catch(() => Buffer.alloc(0))).toString("base64"),
		head: await readFile(path.join(folder, ".git/HEAD"), "utf8"),
		branches: await git("for-each-ref", "refs/heads", "refs/tags", "refs/stash"),
		locks: await git("ls-files", "--others", "--full-name", "--", "*.lock"),
		reflog: await git("reflog", "--all"),
	};
}
