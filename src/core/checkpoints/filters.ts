import { type GitCall, GitFailure, joinNul, type Setting, splitNul } from "./git.ts";
import type { Repository } from "./repository.ts";

/** What `git lfs install --local` writes: a known program, found on the PATH. */
const known = new Set([
	"git-lfs clean -- %f",
	"git-lfs smudge -- %f",
	"git-lfs filter-process",
	"git-lfs filter-process --skip",
	"git-lfs smudge --skip -- %f",
]);

/** Scopes of git's configuration that belong to the user or the machine, not to a repository. */
const trustedScopes = new Set(["global", "system"]);

/**
 * Names of the filters whose programs the repository's own configuration names. They are not started: only what the
 * user's own configuration names is. Files that need one are in no checkpoint.
 */
export async function foreignFilters(
	{ git }: Repository,
	signal?: AbortSignal,
): Promise<readonly string[]> {
	let printed: Buffer;
	try {
		const pattern = "^filter\\..*\\.(clean|smudge|process)$";
		printed = await git.run(["config", "-z", "--show-scope", "--get-regexp", pattern], { signal });
	} catch (error) {
		if (error instanceof GitFailure && error.code === 1) {
			return [];
		}
		throw error;
	}
	const names = new Set<string>();
	const fields = splitNul(printed);
	for (let at = 0; at + 1 < fields.length; at += 2) {
		const scope = fields[at] ?? "";
		const [key = "", ...rest] = (fields[at + 1] ?? "").split("\n");
		if (!trustedScopes.has(scope) && !known.has(rest.join("\n"))) {
			names.add(key.slice("filter.".length, key.lastIndexOf(".")));
		}
	}
	return [...names];
}

/** Settings that turn filters off. */
export function withoutFilters(names: readonly string[]): readonly Setting[] {
	return names.flatMap((name): Setting[] => [
		[`filter.${name}.clean`, ""],
		[`filter.${name}.smudge`, ""],
		[`filter.${name}.process`, ""],
		[`filter.${name}.required`, "false"],
	]);
}

/** Which of `paths` one of the filters is for. */
export async function filteredPaths(
	{ git }: Repository,
	names: readonly string[],
	paths: readonly string[],
	call: GitCall,
): Promise<ReadonlySet<string>> {
	if (names.length === 0 || paths.length === 0) {
		return new Set();
	}
	const printed = await git.run(["check-attr", "-z", "--stdin", "filter"], {
		...call,
		input: joinNul(paths),
	});
	const fields = splitNul(printed);
	const found = new Set<string>();
	for (let at = 0; at + 2 < fields.length; at += 3) {
		const [name, , filter] = fields.slice(at, at + 3);
		if (name !== undefined && filter !== undefined && names.includes(filter)) {
			found.add(name);
		}
	}
	return found;
}
