import { statSync } from "node:fs";
import { type FileIdentity, type Files, nodeFiles } from "../files.ts";

/** A file as it stood at one look: size and time tell whether anybody has written since. */
export interface FileState extends FileIdentity {
	readonly size: bigint;
	readonly mtimeNs: bigint;
}

export const exact = { bigint: true } as const;

/** Time of a file's last change, ms since the epoch. */
export function changeTime(state: FileState): number {
	return Number(state.mtimeNs / 1_000_000n);
}

/** A look that took longer was not answered from memory. ms. */
const slow = 4;
/** So many looks are sent to a thread after one that was slow. */
const patience = 100;

/**
 * Looks at the file that a path names. A look takes 2 µs in the thread that asks and 20 µs as a task of Node's thread
 * pool, which every append would pay twice; but on a network mount it may take as long as it likes.
 * Guarantees: the first look goes to the thread pool; one that was slow is followed by a hundred that do so too; callers
 * that ask in one moment share a look, which begins after the last of them has asked. Errors are those of `stat`.
 */
export class FileLook {
	private readonly path: string;
	private readonly files: Files;
	private away: number;
	private asked: Promise<FileState> | undefined;

	constructor(path: string, files: Files) {
		this.path = path;
		this.files = files;
		// Files that tests stand in for have no other way.
		this.away = files === nodeFiles ? 1 : Number.POSITIVE_INFINITY;
	}

	state(): Promise<FileState> {
		this.asked ??= Promise.resolve().then(() => {
			this.asked = undefined;
			return this.lookNow();
		});
		return this.asked;
	}

	private async lookNow(): Promise<FileState> {
		const began = performance.now();
		const state =
			this.away > 0 ? await this.files.stat(this.path, exact) : statSync(this.path, exact);
		const isSlow = performance.now() - began > slow;
		this.away = isSlow ? Math.max(this.away, patience) : Math.max(0, this.away - 1);
		return state;
	}
}
