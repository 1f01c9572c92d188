import type { Stats } from "node:fs";

/** What tells that a file is the one that was read, with the bytes that were read. */
export interface FileStamp {
	/** Bytes. */
	readonly size: number;
	/** ms since the epoch, as exact as the file system says. */
	readonly mtime: number;
	readonly ctime: number;
	/** Device and inode. */
	readonly inode: string;
}

export function stampOf(stat: Stats): FileStamp {
	return {
		size: stat.size,
		mtime: stat.mtimeMs,
		ctime: stat.ctimeMs,
		inode: `${stat.dev}:${stat.ino}`,
	};
}

/** `changed`: other bytes; `maybe`: the same by size and time, but something was done to the file since. */
export function compareStamps(a: FileStamp, b: FileStamp): "same" | "maybe" | "changed" {
	if (a.size !== b.size || a.mtime !== b.mtime || a.inode !== b.inode) {
		return "changed";
	}
	return a.ctime === b.ctime ? "same" : "maybe";
}
