import { realpath } from "node:fs/promises";
import * as path from "node:path";
import { HumanError } from "../../base/errors.ts";
import { type Git, GitFailure } from "./git.ts";

/** The git repository that a workspace folder is in. */
export interface Repository {
	/** Runs in the root of the working tree. */
	readonly git: Git;
	/** Root of the working tree. Absolute. */
	readonly top: string;
	/** Where the workspace folder stands below it: empty for the root itself, else with a slash at its end. */
	readonly prefix: string;
	/** What is this working tree's own: its index, its HEAD. */
	readonly gitDir: string;
	/** What all working trees of the repository share: objects and refs. */
	readonly commonDir: string;
}

/**
 * Finds the repository of the folder `git` runs in. Throws a HumanError that says why there is none to work with:
 * `no-repository`, `no-work-tree`, `not-trusted` (git itself refuses it), `ignored-folder`, `git-failed`.
 */
export async function openRepository(git: Git, signal?: AbortSignal): Promise<Repository> {
	const folder = git.cwd;
	const ask = (...args: string[]) => git.line(["rev-parse", ...args], { signal });
	const asked = Promise.all([
		ask("--show-toplevel"),
		ask("--show-prefix"),
		ask("--absolute-git-dir"),
		ask("--path-format=absolute", "--git-common-dir"),
	]);
	// Where the first question is refused, so are these.
	asked.catch(() => undefined);
	const inside = await ask("--is-inside-work-tree").catch((error) => {
		throw refusal(error, folder);
	});
	if (inside !== "true") {
		throw new HumanError(
			"no-work-tree",
			`${folder} is in a git repository without a working tree, so there are no checkpoints of it.`,
		);
	}
	const [top, prefix, gitDir, commonDir] = await asked;
	const repository: Repository = {
		git: git.in(path.normalize(top)),
		top: path.normalize(top),
		prefix,
		gitDir: path.normalize(gitDir),
		commonDir: path.normalize(commonDir),
	};
	await checkPlace(repository, folder);
	if (prefix !== "" && (await isIgnored(repository, prefix, signal))) {
		throw new HumanError(
			"ignored-folder",
			`${folder} is ignored by the git repository it is in, so there are no checkpoints of it.`,
		);
	}
	return repository;
}

/** A configuration may name any folder as the working tree: then it is not the one that is open here. */
async function checkPlace({ top, prefix }: Repository, folder: string): Promise<void> {
	const [said, real] = await Promise.all([realpath(path.join(top, prefix)), realpath(folder)]);
	if (path.relative(said, real) !== "") {
		throw new HumanError(
			"no-work-tree",
			`The git repository of ${folder} has its working tree at ${top}, so there are no checkpoints of this folder.`,
		);
	}
}

async function isIgnored(
	{ git }: Repository,
	prefix: string,
	signal: AbortSignal | undefined,
): Promise<boolean> {
	try {
		const folder = `./${prefix.slice(0, -1)}`;
		await git.run(["check-ignore", "--quiet", "--", folder], { signal, literal: false });
		return true;
	} catch (error) {
		if (error instanceof GitFailure && error.code === 1) {
			return false;
		}
		throw error;
	}
}

function refusal(error: unknown, folder: string): unknown {
	if (!(error instanceof GitFailure)) {
		return error;
	}
	if (error.stderr.includes("dubious ownership")) {
		return new HumanError(
			"not-trusted",
			`Git does not work with ${folder} because it belongs to somebody else, so there are no checkpoints of it. \`git config --global --add safe.directory\` lets it.`,
			{ cause: error },
		);
	}
	return error.stderr.includes("not a git repository")
		? new HumanError(
				"no-repository",
				`${folder} is in no git repository, so there are no checkpoints of it.`,
				{ cause: error },
			)
		: error;
}

/** The commit that HEAD names; undefined before the first commit. */
export async function readHead(
	{ git }: Repository,
	signal?: AbortSignal,
): Promise<string | undefined> {
	try {
		return await git.line(["rev-parse", "--verify", "--quiet", "HEAD^{commit}"], { signal });
	} catch (error) {
		if (error instanceof GitFailure && error.code === 1) {
			return undefined;
		}
		throw error;
	}
}
