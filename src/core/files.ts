import * as fs from "node:fs/promises";

/**
 * The file-system calls that journals and stores make, in one place: tests stand in for it to cause short writes, full
 * disks and the like at exact moments. Same shapes and errors as `node:fs/promises`.
 */
export type Files = Pick<
	typeof fs,
	| "open"
	| "stat"
	| "lstat"
	| "statfs"
	| "realpath"
	| "readFile"
	| "readdir"
	| "mkdir"
	| "chmod"
	| "utimes"
	| "link"
	| "copyFile"
	| "rename"
	| "unlink"
>;

export const nodeFiles: Files = fs;

/** What makes a file at a path the same file: device and inode (file index on Windows), as exact numbers. */
export interface FileIdentity {
	readonly dev: bigint;
	readonly ino: bigint;
}

export function sameFile(a: FileIdentity, b: FileIdentity): boolean {
	return a.ino === b.ino && a.dev === b.dev;
}

/** Whether anything, a link that leads nowhere included, has this name. Throws what `lstat` throws for other reasons. */
export async function isThere(files: Pick<Files, "lstat">, path: string): Promise<boolean> {
	try {
		await files.lstat(path);
		return true;
	} catch (error) {
		const code = codeOf(error);
		if (code === "ENOENT" || code === "ENOTDIR") {
			return false;
		}
		throw error;
	}
}

/** Makes a new name in a folder durable. Windows cannot open a folder and needs no such thing. */
export async function syncFolder(files: Files, folder: string): Promise<void> {
	if (process.platform === "win32") {
		return;
	}
	const handle = await files.open(folder, "r");
	try {
		await handle.sync();
	} finally {
		await handle.close();
	}
}

/**
 * Writes a new file that is there whole or not at all: temporary name, fsync, link or rename, fsync of the folder.
 * With `replace: false` an existing file of that name is kept and false is returned.
 */
export async function writeWhole(
	files: Files,
	path: string,
	bytes: Uint8Array | string,
	options: { mode?: number; replace: boolean },
): Promise<boolean> {
	const slash = Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\"));
	const folder = path.slice(0, slash);
	const temporary = `${path}.${process.pid}.${temporaryCount++}.tmp`;
	const handle = await files.open(temporary, "wx", options.mode ?? 0o600);
	try {
		try {
			await handle.writeFile(bytes);
			await handle.sync();
		} finally {
			await handle.close();
		}
		if (options.replace) {
			await files.rename(temporary, path);
		} else if (!(await linkOrRename(files, temporary, path))) {
			return false;
		}
	} catch (error) {
		await files.unlink(temporary).catch(ignoreMissing);
		throw error;
	}
	await syncFolder(files, folder);
	return true;
}

let temporaryCount = 0;

async function linkOrRename(files: Files, temporary: string, path: string): Promise<boolean> {
	try {
		await files.link(temporary, path);
	} catch (error) {
		if (codeOf(error) === "EEXIST") {
			await files.unlink(temporary);
			return false;
		}
		// A file system without hard links: a rename may replace, which is harmless where both contents are the same.
		await files.rename(temporary, path);
		return true;
	}
	await files.unlink(temporary);
	return true;
}

function ignoreMissing(error: unknown): void {
	if (codeOf(error) !== "ENOENT") {
		throw error;
	}
}

function codeOf(error: unknown): unknown {
	return error instanceof Error && "code" in error ? error.code : undefined;
}

/** Reads exactly `[from, to)` of an open file; shorter only where the file ends earlier. */
export async function readRange(
	handle: Pick<fs.FileHandle, "read">,
	from: number,
	to: number,
): Promise<Buffer> {
	const buffer = Buffer.allocUnsafe(Math.max(0, to - from));
	let filled = 0;
	while (filled < buffer.length) {
		const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled, from + filled);
		if (bytesRead === 0) {
			break;
		}
		filled += bytesRead;
	}
	return buffer.subarray(0, filled);
}
