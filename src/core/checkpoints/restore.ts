import { lstat, rmdir, unlink } from "node:fs/promises";
import * as path from "node:path";
import { systemErrorCode } from "../../base/errors.ts";
import { type ChangedFile, submoduleMode } from "./changes.ts";
import type { Checkpoint, CheckpointPlace, Checkpoints } from "./checkpoints.ts";
import { foreignFilters, withoutFilters } from "./filters.ts";
import { GitFailure } from "./git.ts";
import type { LeftOut } from "./leftOut.ts";
import type { Repository } from "./repository.ts";

/** Why a file is not restored. */
export type UntouchedReason =
	| LeftOut["files"][number]["why"]
	/** It is a repository of its own, at another commit. */
	| "submodule"
	/** What stands in its place is ignored, or was left out. */
	| "ignored"
	/** The system did not let it, or it was changed at the same moment. */
	| "failed";

export interface Untouched {
	readonly path: string;
	readonly why: UntouchedReason;
}

/** What a restore would do, or what it did. */
export interface RestorePlan {
	/** From what is there now (`before`) to the checkpoint (`after`). */
	readonly changes: readonly ChangedFile[];
	readonly untouched: readonly Untouched[];
}

export interface Restored extends RestorePlan {
	/** The state before: restoring it undoes this restore. */
	readonly safety: Checkpoint;
}

/** What restoring `target` would change. Touches nothing. `now` is the state it would start from, held by no ref. */
export async function planRestore(
	checkpoints: Checkpoints,
	target: Checkpoint,
): Promise<RestorePlan & { readonly now: Checkpoint }> {
	const now = await checkpoints.take();
	return { now, ...(await plan(checkpoints, await checkpoints.open(), now, target)) };
}

/**
 * Brings the workspace folder's files to a checkpoint: changed and deleted ones come back, new ones go, with executable
 * bits and symbolic links; ignored files and the store are not touched, nor HEAD and the index. First the state as it is
 * is kept at `place` and `kept` is told of it. A file that cannot be restored does not stop the rest; it is among `untouched`.
 */
export async function restoreFiles(
	checkpoints: Checkpoints,
	target: Checkpoint,
	place: CheckpointPlace,
	kept: (safety: Checkpoint) => Promise<void> = async () => undefined,
): Promise<Restored> {
	const safety = await checkpoints.take({ place });
	await kept(safety);
	const repository = await checkpoints.open();
	const planned = await plan(checkpoints, repository, safety, target);
	for (const { path: file, after } of planned.changes) {
		if (!after) {
			await remove(repository, file);
		}
	}
	await write(checkpoints, repository, planned.changes);
	const failed = await leftTo(checkpoints, target, planned);
	const names = new Set(failed.map((each) => each.path));
	return {
		safety,
		changes: planned.changes.filter((change) => !names.has(change.path)),
		untouched: [...planned.untouched, ...failed],
	};
}

async function plan(
	checkpoints: Checkpoints,
	repository: Repository,
	now: Checkpoint,
	target: Checkpoint,
): Promise<RestorePlan> {
	const difference = await checkpoints.compare(now, target);
	const going = new Going(repository.top, difference.changes);
	const untouched: Untouched[] = difference.leftOut.map(({ path, why }) => ({ path, why }));
	const changes: ChangedFile[] = [];
	for (const change of difference.changes) {
		const modes = [change.before?.mode, change.after?.mode];
		if (modes.includes(submoduleMode)) {
			untouched.push({ path: change.path, why: "submodule" });
		} else if (change.after && !(await isFree(repository, change, going))) {
			untouched.push({ path: change.path, why: "ignored" });
		} else {
			changes.push(change);
		}
	}
	return { changes, untouched };
}

/** Whether nothing stands in a file's way that the present state does not hold: then it is ignored, or was left out. */
async function isFree(
	{ top }: Repository,
	{ path: file, before }: ChangedFile,
	going: Going,
): Promise<boolean> {
	const parts = file.split("/");
	for (let count = 1; count < parts.length; count++) {
		const parent = parts.slice(0, count).join("/");
		const kind = await kindOf(path.join(top, parent));
		if (kind === "none") {
			return true;
		}
		if (kind === "file") {
			return going.has(parent);
		}
	}
	const kind = await kindOf(path.join(top, file));
	if (kind === "file") {
		return before !== undefined || (await going.has(file));
	}
	// A folder in its place must go with the files in it; whether it is empty then is seen when it is removed.
	return kind === "none" || going.hasBelow(file);
}

/** The files that a restore removes. */
class Going {
	private readonly top: string;
	private readonly names = new Set<string>();
	/** Those that differ in their letters' case alone are one file on many disks. */
	private readonly folded = new Map<string, string>();

	constructor(top: string, changes: readonly ChangedFile[]) {
		this.top = top;
		for (const { path: file, after } of changes) {
			if (!after) {
				this.names.add(file);
				this.folded.set(file.toLowerCase(), file);
			}
		}
	}

	/** Whether the file goes, by this name or by another one that the disk takes for the same. */
	async has(file: string): Promise<boolean> {
		const other = this.folded.get(file.toLowerCase());
		return (
			this.names.has(file) || (other !== undefined && (await isSameFile(this.top, file, other)))
		);
	}

	hasBelow(folder: string): boolean {
		for (const file of this.names) {
			if (file.startsWith(`${folder}/`)) {
				return true;
			}
		}
		return false;
	}
}

async function isSameFile(top: string, one: string, other: string): Promise<boolean> {
	try {
		const [a, b] = await Promise.all(
			[one, other].map((file) => lstat(path.join(top, file), { bigint: true })),
		);
		return a?.ino === b?.ino && a?.dev === b?.dev;
	} catch (error) {
		if (systemErrorCode(error) === undefined) {
			throw error;
		}
		return false;
	}
}

async function kindOf(place: string): Promise<"none" | "file" | "folder"> {
	try {
		return (await lstat(place)).isDirectory() ? "folder" : "file";
	} catch (error) {
		const code = systemErrorCode(error);
		if (code === "ENOENT" || code === "ENOTDIR") {
			return "none";
		}
		throw error;
	}
}

/** Removes a file, and the folders that it leaves empty. What the system refuses is found out afterwards. */
async function remove({ top, prefix }: Repository, file: string): Promise<void> {
	const folders = file.split("/").slice(0, -1);
	try {
		for (let count = 1; count <= folders.length; count++) {
			const folder = path.join(top, ...folders.slice(0, count));
			if (!(await lstat(folder)).isDirectory()) {
				// A link: the file is behind it no more.
				return;
			}
		}
		await unlink(path.join(top, file));
		while (folders.length > 0 && `${folders.join("/")}/`.length > prefix.length) {
			await rmdir(path.join(top, ...folders));
			folders.pop();
		}
	} catch (error) {
		if (systemErrorCode(error) === undefined) {
			throw error;
		}
	}
}

/** Lets git write what comes back, with line ends, links and modes as it would check them out. */
async function write(
	checkpoints: Checkpoints,
	repository: Repository,
	changes: readonly ChangedFile[],
): Promise<void> {
	const { git, top } = repository;
	let entries = "";
	for (const { path: file, after } of changes) {
		// A folder that is still there holds what is not ours to remove; git would remove it.
		if (after && (await kindOf(path.join(top, file))) !== "folder") {
			entries += `${after.mode} ${after.object}\t${file}\0`;
		}
	}
	if (entries === "") {
		return;
	}
	const settings = withoutFilters(await foreignFilters(repository));
	await checkpoints.withIndex(async (index) => {
		const call = { index, settings };
		await git.run(["update-index", "-z", "--index-info"], { ...call, input: entries });
		// It goes on after a file that it cannot write; which those are is seen afterwards.
		await git.run(["checkout-index", "--all", "--force", "--quiet"], call).catch(ignoreFailure);
	});
}

/** What still differs from the checkpoint, of what was to be restored. */
async function leftTo(
	checkpoints: Checkpoints,
	target: Checkpoint,
	{ changes }: RestorePlan,
): Promise<Untouched[]> {
	if (changes.length === 0) {
		return [];
	}
	const after = await checkpoints.compare(await checkpoints.take(), target);
	const differing = new Set(after.changes.map((change) => change.path));
	const { top } = await checkpoints.open();
	for (const [gone, come] of recased(after.changes)) {
		// Where a disk does not tell them apart, git goes by the name in the user's index.
		if (await isSameFile(top, gone, come)) {
			differing.delete(gone);
			differing.delete(come);
		}
	}
	const failed: Untouched[] = [];
	for (const change of changes) {
		if (differing.has(change.path)) {
			failed.push({ path: change.path, why: "failed" });
		}
	}
	return failed;
}

/** Pairs of names that differ in their letters' case alone, where nothing else would change. */
function recased(changes: readonly ChangedFile[]): [gone: string, come: string][] {
	const gone = new Map<string, ChangedFile>();
	for (const change of changes) {
		if (!change.after) {
			gone.set(change.path.toLowerCase(), change);
		}
	}
	return changes.flatMap(({ path: come, before, after }): [string, string][] => {
		const other = before ? undefined : gone.get(come.toLowerCase());
		const isSame = other?.before?.object === after?.object && other?.before?.mode === after?.mode;
		return other && isSame ? [[other.path, come]] : [];
	});
}

function ignoreFailure(error: unknown): void {
	if (!(error instanceof GitFailure)) {
		throw error;
	}
}
