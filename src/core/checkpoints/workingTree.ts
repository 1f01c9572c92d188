import { constants } from "node:fs";
import { access, copyFile, lstat, stat, utimes } from "node:fs/promises";
import * as path from "node:path";
import { mapLimit } from "../../base/async.ts";
import { HumanError, systemErrorCode } from "../../base/errors.ts";
import { parseRawDiff } from "./changes.ts";
import { filteredPaths, foreignFilters, withoutFilters } from "./filters.ts";
import { type GitCall, joinNul, splitNul } from "./git.ts";
import type { LeftOut, LeftOutReason } from "./leftOut.ts";
import { lookAgain, parseOverlooked } from "./overlooked.ts";
import type { Repository } from "./repository.ts";

/** What one checkpoint may hold beyond what git has already. */
export interface Limits {
	/** A larger file is left out. Bytes. */
	readonly file: number;
	/** New and changed files together. Bytes. */
	readonly total: number;
	/** New and changed files. */
	readonly count: number;
}

export const defaultLimits: Limits = {
	file: 50 * 1024 * 1024,
	total: 512 * 1024 * 1024,
	count: 50_000,
};

/** A working tree as a tree of git's. */
export interface TakenTree {
	readonly tree: string;
	readonly leftOut: LeftOut;
}

/** Below the store nothing is ever taken or restored, in whatever folder of the repository it stands. */
const storePath = /(?:^|\/)\.vscode\/skein(?:\/|$)/i;

export function isInStore(file: string): boolean {
	return storePath.test(file);
}

/**
 * Writes the workspace folder's files as a tree: tracked and untracked ones, also those that git was told not to look at;
 * not the ignored ones, never the store. What lies outside of the workspace folder is in it as the user's index has it.
 * `index` is where a copy of the user's index goes and is worked on; the user's own is read once and nothing else of the
 * repository is touched but that objects are added. Throws a HumanError: `too-much`, `git-failed`.
 */
export async function takeTree(
	repository: Repository,
	index: string,
	limits: Limits,
	signal?: AbortSignal,
): Promise<TakenTree> {
	const { git, prefix } = repository;
	const [filters] = await Promise.all([
		foreignFilters(repository, signal),
		copyIndex(path.join(repository.gitDir, "index"), index),
	]);
	const call: GitCall = { index, signal, settings: withoutFilters(filters) };
	const scope = prefix === "" ? [] : ["--", prefix];
	const differ = () =>
		git.run(["diff-files", "--raw", "-z", "--no-abbrev", ...scope], call).then(parseRawDiff);
	const [seen, overlooked, others, stored] = await Promise.all([
		differ(),
		git.run(["ls-files", "-v", "-z", ...scope], call).then(parseOverlooked),
		git.run(["ls-files", "-z", "--others", "--exclude-standard", ...scope], call).then(splitNul),
		git.run(["ls-files", "-z", "--cached", "--", ":(top,glob)**/.vscode/skein/**"], {
			...call,
			literal: false,
		}),
	]);
	const differing = (await lookAgain(repository, overlooked, call)) ? await differ() : seen;
	const found = await sort(repository, differing.changes, others, limits, signal);
	const unwanted = await filtered(repository, filters, found.add, call);
	const leftOut: LeftOut["files"] = [...found.leftOut];
	const add: string[] = [];
	for (const file of found.add) {
		if (unwanted.has(file)) {
			leftOut.push({ path: file, why: "filter" });
		} else {
			add.push(file);
		}
	}
	const remove = new Set([
		...found.remove,
		...leftOut.map(({ path }) => path),
		...unwanted,
		...splitNul(stored).filter(isReadable),
	]);
	if (remove.size > 0) {
		const input = joinNul([...remove]);
		await git.run(["update-index", "-z", "--force-remove", "--stdin"], { ...call, input });
	}
	if (add.length > 0) {
		const input = joinNul(add);
		await git.run(["update-index", "-z", "--add", "--remove", "--replace", "--stdin"], {
			...call,
			input,
		});
	}
	// What a partial clone does not have is not fetched for it.
	const tree = await git.line(["write-tree", "--missing-ok"], call);
	return { tree, leftOut: { files: leftOut, filters: [...filters] } };
}

/**
 * Copies the user's index with the time of its last change, a little early: git compares files that are not older than
 * the index by content, and a copy that looks newer would hide changes made in the moment it was written.
 */
async function copyIndex(from: string, to: string): Promise<void> {
	try {
		const { mtimeNs } = await stat(from, { bigint: true });
		await copyFile(from, to, constants.COPYFILE_FICLONE);
		const seconds = Number(mtimeNs) / 1e9 - 2e-6;
		await utimes(to, seconds, seconds);
	} catch (error) {
		if (systemErrorCode(error) !== "ENOENT") {
			throw error;
		}
		// Nothing was ever added to this repository.
	}
}

interface Sorted {
	readonly add: readonly string[];
	readonly remove: readonly string[];
	readonly leftOut: LeftOut["files"];
}

/** Tells what differs from the index and can be stored from what is gone and from what is left out. */
async function sort(
	{ top }: Repository,
	differing: ReturnType<typeof parseRawDiff>["changes"],
	others: readonly (string | undefined)[],
	limits: Limits,
	signal: AbortSignal | undefined,
): Promise<Sorted> {
	const add: string[] = [];
	const remove: string[] = [];
	const leftOut: { path: string; why: LeftOutReason }[] = [];
	const look: string[] = [];
	for (const { path: file, after } of differing) {
		if (isInStore(file) || after === undefined) {
			remove.push(file);
		} else {
			look.push(file);
		}
	}
	for (const file of others) {
		if (file === undefined || isInStore(file)) {
			continue;
		}
		if (file.endsWith("/")) {
			leftOut.push({ path: file.slice(0, -1), why: "repository" });
		} else {
			look.push(file);
		}
	}
	if (look.length > limits.count) {
		throw tooMuch(`${look.length} files are new or changed, more than ${limits.count}`);
	}
	let total = 0;
	await mapLimit(look, 64, async (file) => {
		signal?.throwIfAborted();
		const size = await sizeOf(path.join(top, file));
		if (typeof size === "number" && size <= limits.file) {
			total += size;
			add.push(file);
		} else {
			leftOut.push({ path: file, why: typeof size === "number" ? "large" : size });
		}
	});
	if (total > limits.total) {
		const most = Math.round(limits.total / 1024 / 1024);
		throw tooMuch(`the new and changed files have more than ${most} MB together`);
	}
	return { add: add.sort(), remove, leftOut };
}

/** Bytes to be stored; 0 for what is gone meanwhile, which git then sees. */
async function sizeOf(file: string): Promise<number | LeftOutReason> {
	try {
		const stats = await lstat(file);
		if (stats.isFile()) {
			await access(file, constants.R_OK);
			return stats.size;
		}
		return 0;
	} catch (error) {
		const code = systemErrorCode(error);
		if (code === "EACCES" || code === "EPERM") {
			return "unreadable";
		}
		if (code === "ENOENT" || code === "ENOTDIR") {
			return 0;
		}
		throw error;
	}
}

/** Of all paths those that a foreign filter is for. */
async function filtered(
	repository: Repository,
	filters: readonly string[],
	add: readonly string[],
	call: GitCall,
): Promise<ReadonlySet<string>> {
	if (filters.length === 0) {
		return new Set();
	}
	const tracked = splitNul(await repository.git.run(["ls-files", "-z", "--cached"], call));
	return filteredPaths(repository, filters, [...tracked.filter(isReadable), ...add], call);
}

function isReadable(name: string | undefined): name is string {
	return name !== undefined;
}

function tooMuch(what: string): HumanError {
	return new HumanError(
		"too-much",
		`No checkpoint was taken: ${what}. Name what need not be kept in .gitignore.`,
	);
}
