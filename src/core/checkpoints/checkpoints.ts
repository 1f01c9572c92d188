import { mkdir, mkdtemp, readdir, rm, stat } from "node:fs/promises";
import * as path from "node:path";
import { HumanError, systemErrorCode } from "../../base/errors.ts";
import { isUlid } from "../journal/ids.ts";
import type { Locations } from "../locations.ts";
import { type ChangedFile, parseRawDiff } from "./changes.ts";
import { filteredPaths, foreignFilters } from "./filters.ts";
import { Git, GitFailure } from "./git.ts";
import { fromMessage, type LeftOut, toMessage } from "./leftOut.ts";
import { openRepository, type Repository, readHead } from "./repository.ts";
import { defaultLimits, isInStore, type Limits, takeTree } from "./workingTree.ts";

/** Everything of ours among the refs of a repository. */
export const refRoot = "refs/skein/checkpoints";

/** A state of the workspace that git keeps: a commit whose tree is the state and whose parent is the HEAD of that time. */
export interface Checkpoint {
	readonly commit: string;
	readonly tree: string;
	/** Undefined before the first commit of the repository. */
	readonly head: string | undefined;
	readonly leftOut: LeftOut;
}

/** Where a checkpoint belongs: a session, and the turn (or the restore) whose `moment` it is. */
export interface CheckpointPlace {
	readonly session: string;
	readonly of: string;
	readonly moment: "start" | "end" | "safety";
}

export interface TakeOptions {
	/** Where it is kept; without one nothing names it, and git forgets it some weeks later. */
	readonly place?: CheckpointPlace;
	/** When the state is still this one, it is used again. */
	readonly known?: Checkpoint | undefined;
	readonly limits?: Limits;
	readonly signal?: AbortSignal | undefined;
}

/** How two checkpoints differ. */
export interface Difference {
	readonly changes: readonly ChangedFile[];
	/** Files that differ, or may, and that one of the checkpoints does not hold. */
	readonly leftOut: LeftOut["files"];
}

/** Temporary folders older than this were left by a process that was killed. ms. */
const abandonedAfter = 60 * 60_000;

/**
 * The checkpoints of one workspace folder.
 * Guarantees: the user's index, HEAD, branches, stash and working tree are only read; no hook, monitor, signature or fetch
 * is started, nor a filter that only the repository's own configuration names; a process that is killed leaves at most
 * unused objects and a temporary folder.
 */
export class Checkpoints {
	readonly folder: string;
	private readonly locations: Locations;
	private git: Git | undefined;
	private opened: Repository | undefined;

	constructor(folder: string, locations: Locations) {
		this.folder = folder;
		this.locations = locations;
	}

	/** Throws a HumanError that says why there can be no checkpoints here: `no-git`; see {@link openRepository}. */
	async open(signal?: AbortSignal): Promise<Repository> {
		this.git ??= await Git.find(this.folder, this.locations.env);
		this.opened = await openRepository(this.git, signal);
		return this.opened;
	}

	/** Takes one. Throws what {@link open} throws, and a HumanError: `too-much`, `git-failed`; or an AbortError. */
	async take(options: TakeOptions = {}): Promise<Checkpoint> {
		const { place, known, limits = defaultLimits, signal } = options;
		const repository = await this.open(signal);
		const [taken, head] = await Promise.all([
			this.withIndex((index) => takeTree(repository, index, limits, signal)),
			readHead(repository, signal),
		]);
		const message = toMessage(taken.leftOut);
		const isKnown =
			known?.tree === taken.tree && known.head === head && toMessage(known.leftOut) === message;
		const parent = head === undefined ? [] : ["-p", head];
		const commit = isKnown
			? known.commit
			: await repository.git.line(["commit-tree", "--no-gpg-sign", ...parent, taken.tree], {
					input: message,
					signal,
				});
		const checkpoint = { commit, head, ...taken };
		if (place) {
			await repository.git.run(["update-ref", refOf(place), commit], { signal });
		}
		return checkpoint;
	}

	/** A checkpoint by its commit. Throws a HumanError (`no-checkpoint`) when git has it no more. */
	async read(commit: string): Promise<Checkpoint> {
		requireId(commit);
		const { git } = await this.open();
		try {
			const text = (await git.run(["cat-file", "commit", commit])).toString("utf8");
			const tree = /^tree ([0-9a-f]+)$/m.exec(text)?.[1] ?? "";
			const head = /^parent ([0-9a-f]+)$/m.exec(text)?.[1];
			const leftOut = fromMessage(text.slice(text.indexOf("\n\n") + 2));
			return { commit, tree, head, leftOut };
		} catch (error) {
			throw error instanceof GitFailure ? gone(error) : error;
		}
	}

	/** What differs from one checkpoint to another in the workspace folder. */
	async compare(from: Checkpoint, to: Checkpoint): Promise<Difference> {
		const repository = await this.open();
		const { git, prefix } = repository;
		const scope = prefix === "" ? [] : ["--", prefix];
		const trees = [from.tree, to.tree];
		const flags = ["-r", "--raw", "-z", "--no-abbrev", "--no-renames", "--no-ext-diff"];
		const printed = await git.run(["diff-tree", ...flags, ...trees, ...scope]);
		const { changes } = parseRawDiff(printed);
		const seen = changes.filter((change) => !isInStore(change.path));
		const leftOut = new Map(
			[...from.leftOut.files, ...to.leftOut.files].map((file) => [file.path, file]),
		);
		const filters = new Set([
			...(await foreignFilters(repository)),
			...from.leftOut.filters,
			...to.leftOut.filters,
		]);
		const paths = seen.map((change) => change.path);
		for (const file of await filteredPaths(repository, [...filters], paths, {})) {
			leftOut.set(file, { path: file, why: "filter" });
		}
		return {
			changes: seen.filter((change) => !isLeftOut(change.path, leftOut)),
			leftOut: [...leftOut.values()].sort((a, b) => (a.path < b.path ? -1 : 1)),
		};
	}

	/** Content of a file in a checkpoint, by the name git gives it. */
	async content(object: string): Promise<Uint8Array> {
		requireId(object);
		const { git } = this.opened ?? (await this.open());
		try {
			return await git.run(["cat-file", "blob", object]);
		} catch (error) {
			throw error instanceof GitFailure ? gone(error) : error;
		}
	}

	/** Runs `work` with the path of an index of its own, and removes it. */
	async withIndex<T>(work: (index: string) => Promise<T>): Promise<T> {
		const root = path.join(this.locations.cache, "checkpoints");
		await mkdir(root, { recursive: true, mode: 0o700 });
		await sweep(root);
		const folder = await mkdtemp(path.join(root, "index-"));
		try {
			return await work(path.join(folder, "index"));
		} finally {
			await rm(folder, { recursive: true, force: true, maxRetries: 3 });
		}
	}
}

/** The ref that keeps a checkpoint. */
export function refOf({ session, of, moment }: CheckpointPlace): string {
	if (!isUlid(session) || !isUlid(of)) {
		throw new HumanError("bad-id", "A checkpoint belongs to a session and a turn of ours.");
	}
	return `${refRoot}/${session}/${of}/${moment}`;
}

function isLeftOut(file: string, leftOut: ReadonlyMap<string, unknown>): boolean {
	for (let end = file.length; end > 0; end = file.lastIndexOf("/", end - 1)) {
		if (leftOut.has(file.slice(0, end))) {
			return true;
		}
	}
	return false;
}

function requireId(object: string): void {
	if (!/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(object)) {
		throw new HumanError("no-checkpoint", "This is not the name of anything in git.");
	}
}

function gone(cause: unknown): HumanError {
	return new HumanError(
		"no-checkpoint",
		"The repository no longer has this checkpoint: its ref was removed, or the session came from another clone.",
		{ cause },
	);
}

/** Removes what killed processes left. */
async function sweep(root: string): Promise<void> {
	for (const name of await readdir(root)) {
		const folder = path.join(root, name);
		try {
			if (Date.now() - (await stat(folder)).mtimeMs > abandonedAfter) {
				await rm(folder, { recursive: true, force: true });
			}
		} catch (error) {
			if (systemErrorCode(error) === undefined) {
				throw error;
			}
			// Another process was faster, or it is in use: the next time will do.
		}
	}
}
