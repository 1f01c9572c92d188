import { readdir } from "node:fs/promises";
import * as path from "node:path";
import { HumanError, systemErrorCode } from "../../base/errors.ts";
import type { Checkpoint, Checkpoints } from "./checkpoints.ts";
import { foreignFilters, withoutFilters } from "./filters.ts";
import { GitFailure } from "./git.ts";
import type { Repository } from "./repository.ts";

export interface WorktreeOptions {
	/** Where it goes: absolute, and not there yet or empty. */
	readonly folder: string;
	/** A new branch for it; without one its HEAD is detached. */
	readonly branch?: string;
}

/**
 * Makes a git worktree whose files are those of a checkpoint and whose HEAD and index are what HEAD was then, so that
 * the rest shows as changes. Returns the folder in it that corresponds to the workspace folder. Nothing is left of it
 * when it fails. Throws a HumanError: `folder-in-use`, `bad-branch`, `git-failed`.
 */
export async function addWorktree(
	checkpoints: Checkpoints,
	from: Checkpoint,
	{ folder, branch }: WorktreeOptions,
): Promise<string> {
	const repository = await checkpoints.open();
	await requireFree(folder);
	if (branch !== undefined) {
		await requireNewBranch(repository, branch);
	}
	const { git } = repository;
	const base = from.head ?? from.commit;
	const settings = withoutFilters(await foreignFilters(repository));
	const head = branch === undefined ? ["--detach"] : ["-b", branch];
	const add = ["worktree", "add", "--quiet", "--no-checkout", ...head, "--", folder, base];
	await git.run(add, { settings });
	try {
		const there = { cwd: folder, settings };
		await git.run(["read-tree", "-m", "-u", from.tree], there);
		await git.run(["read-tree", "-m", base], there);
	} catch (error) {
		await discardWorktree(checkpoints, from, {
			folder,
			...(branch === undefined ? {} : { branch }),
		});
		throw error;
	}
	return path.join(folder, repository.prefix);
}

/** Takes back a worktree that {@link addWorktree} has just made, with its branch. Never for one that was worked in. */
export async function discardWorktree(
	checkpoints: Checkpoints,
	from: Checkpoint,
	{ folder, branch }: WorktreeOptions,
): Promise<void> {
	const { git } = await checkpoints.open();
	await git.run(["worktree", "remove", "--force", "--", folder]);
	if (branch !== undefined) {
		await git.run(["update-ref", "-d", `refs/heads/${branch}`, from.head ?? from.commit]);
	}
}

async function requireFree(folder: string): Promise<void> {
	const inUse = (what: string) =>
		new HumanError("folder-in-use", `${folder} ${what}. Choose another folder; nothing was made.`);
	if (!path.isAbsolute(folder)) {
		throw inUse("is not an absolute path");
	}
	try {
		if ((await readdir(folder)).length > 0) {
			throw inUse("is not empty");
		}
	} catch (error) {
		const code = systemErrorCode(error);
		if (code === "ENOTDIR") {
			throw inUse("is a file");
		}
		if (code !== "ENOENT") {
			throw error;
		}
	}
}

async function requireNewBranch({ git }: Repository, branch: string): Promise<void> {
	try {
		await git.run(["check-ref-format", "--branch", branch]);
	} catch (error) {
		throw error instanceof GitFailure
			? new HumanError(
					"bad-branch",
					`"${branch}" cannot be the name of a branch. Nothing was made.`,
				)
			: error;
	}
	const known = await git.line(["for-each-ref", "--format=%(refname)", `refs/heads/${branch}`]);
	if (known.split("\n").includes(`refs/heads/${branch}`)) {
		throw new HumanError(
			"bad-branch",
			`There is a branch "${branch}" already. Nothing was made; choose another name.`,
		);
	}
}
