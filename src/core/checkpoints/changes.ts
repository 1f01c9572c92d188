import { HumanError } from "../../base/errors.ts";
import { splitNul } from "./git.ts";

/** One side of a change. */
export interface FileVersion {
	/** As git writes it: `100644`, `100755`, `120000` for a symbolic link, `160000` for a repository inside. */
	readonly mode: string;
	/** Name of its content in git; all zeros where it is only on disk. */
	readonly object: string;
}

/** A file that differs between two trees. */
export interface ChangedFile {
	/** Relative to the root of the working tree, with slashes. */
	readonly path: string;
	/** Undefined when the file is added. */
	readonly before: FileVersion | undefined;
	/** Undefined when it is deleted. */
	readonly after: FileVersion | undefined;
}

export const submoduleMode = "160000";
const absentMode = "000000";

/** Reads what `git diff-tree -r --raw -z --no-abbrev --no-renames` and `git diff-files` print. */
export function parseRawDiff(bytes: Buffer): { changes: ChangedFile[]; unreadable: number } {
	const fields = splitNul(bytes);
	const changes = new Map<string, ChangedFile>();
	let unreadable = 0;
	for (let at = 0; at + 1 < fields.length; at += 2) {
		const match = /^:(\d{6}) (\d{6}) ([0-9a-f]+) ([0-9a-f]+) /.exec(fields[at] ?? "");
		if (!match) {
			throw new HumanError("git-failed", "git printed a difference that could not be read.");
		}
		const [, modeBefore = "", modeAfter = "", before = "", after = ""] = match;
		const path = fields[at + 1];
		if (path === undefined) {
			unreadable++;
			continue;
		}
		const version = (mode: string, object: string) =>
			mode === absentMode ? undefined : { mode, object };
		// A file in a merge is named twice: as unmerged, then as it is on disk.
		changes.set(path, {
			path,
			before: version(modeBefore, before),
			after: version(modeAfter, after),
		});
	}
	return { changes: [...changes.values()], unreadable };
}
