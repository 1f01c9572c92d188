import * as path from "node:path";
import { mapLimit } from "../../base/async.ts";
import { isThere, nodeFiles } from "../files.ts";
import { type GitCall, joinNul, splitNul } from "./git.ts";
import type { Repository } from "./repository.ts";

/** The files of an index that git takes for unchanged without a look at them. */
export interface Overlooked {
	/** Flagged `assume-unchanged`. */
	readonly assumed: readonly string[];
	/** Flagged `skip-worktree`: part of a sparse checkout, or kept different on purpose. */
	readonly skipped: readonly string[];
}

/** Reads what `git ls-files -v -z` prints: a letter, which is small for `assume-unchanged`, and the path. */
export function parseOverlooked(bytes: Buffer): Overlooked {
	const assumed: string[] = [];
	const skipped: string[] = [];
	for (const entry of splitNul(bytes)) {
		const tag = entry?.[0] ?? "";
		const file = entry?.slice(2) ?? "";
		if (tag !== tag.toUpperCase()) {
			assumed.push(file);
		}
		if (tag === "S" || tag === "s") {
			skipped.push(file);
		}
	}
	return { assumed, skipped };
}

/**
 * Takes the flags off in an index of ours, so that git looks. Files of a sparse checkout that are not on disk keep theirs:
 * they are not deleted. Returns whether there was anything to do.
 */
export async function lookAgain(
	{ git, top }: Repository,
	{ assumed, skipped }: Overlooked,
	call: GitCall,
): Promise<boolean> {
	const there = await onDisk(top, skipped);
	for (const [flag, files] of [
		["--no-assume-unchanged", assumed],
		["--no-skip-worktree", there],
	] as const) {
		if (files.length > 0) {
			await git.run(["update-index", "-z", flag, "--stdin"], { ...call, input: joinNul(files) });
		}
	}
	return assumed.length + there.length > 0;
}

/** Those of the files that are there. A sparse checkout lacks whole folders: each is looked at once. */
async function onDisk(top: string, files: readonly string[]): Promise<string[]> {
	const folders = new Map<string, string[]>();
	for (const file of files) {
		const folder = path.posix.dirname(file);
		const known = folders.get(folder) ?? [];
		known.push(file);
		folders.set(folder, known);
	}
	const there: string[] = [];
	await mapLimit([...folders], 16, async ([folder, inside]) => {
		if (await isThere(nodeFiles, path.join(top, folder))) {
			for (const file of inside) {
				if (await isThere(nodeFiles, path.join(top, file))) {
					there.push(file);
				}
			}
		}
	});
	return there;
}
