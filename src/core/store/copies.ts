import { randomBytes } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import { systemErrorCode } from "../../base/errors.ts";
import { type Files, readRange } from "../files.ts";

/** So much of a copy's beginning and end is compared with the file before that is taken for its continuation. Bytes. */
const comparedSize = 64 * 1024;
const chunkSize = 1024 * 1024;

/**
 * Brings a copy of a file that only grows up to date: writes what is new, where it stands in the file, so that two who
 * do so at once write the same. False when the copy is not the file's beginning, as far as its own beginning and end
 * tell (records have unique ids, so it is another file then), or cannot be written; then nothing was written.
 */
export async function extendCopy(files: Files, file: string, copy: string): Promise<boolean> {
	const source = await files.open(file, "r");
	try {
		const target = await openWritable(files, copy);
		try {
			return target !== undefined && (await extend(source, target));
		} finally {
			await target?.close();
		}
	} finally {
		await source.close();
	}
}

/**
 * A second name for a file, beside `target`, to be renamed to it. Undefined where links cannot be. Throws when the file
 * is gone.
 */
export async function linkBeside(
	files: Files,
	file: string,
	target: string,
): Promise<string | undefined> {
	const name = uniqueName(target, "tmp");
	try {
		await files.link(file, name);
		return name;
	} catch (error) {
		if (systemErrorCode(error) === "ENOENT" || systemErrorCode(error) === undefined) {
			throw error;
		}
		return undefined;
	}
}

export function uniqueName(name: string, ending: "tmp" | "old"): string {
	return `${name}.${randomBytes(6).toString("hex")}.${ending}`;
}

/** Renames what {@link linkBeside} made. Where both were one file already, one name goes. */
export async function putInPlace(files: Files, name: string, target: string): Promise<void> {
	await files.rename(name, target);
	await forget(files, name);
}

/** Removes a name that may not be there. */
export async function forget(files: Files, name: string): Promise<void> {
	try {
		await files.unlink(name);
	} catch (error) {
		if (systemErrorCode(error) !== "ENOENT") {
			throw error;
		}
	}
}

async function extend(source: FileHandle, target: FileHandle): Promise<boolean> {
	const { size } = await source.stat();
	const { size: known } = await target.stat();
	const end = Math.max(0, known - comparedSize);
	const isBeginning =
		known <= size &&
		(await isAlike(source, target, 0, Math.min(known, comparedSize))) &&
		(await isAlike(source, target, end, known));
	if (!isBeginning) {
		return false;
	}
	for (let at = known; at < size; ) {
		const bytes = await readRange(source, at, Math.min(size, at + chunkSize));
		if (bytes.length === 0) {
			break;
		}
		const { bytesWritten } = await target.write(bytes, 0, bytes.length, at);
		at += bytesWritten;
	}
	if (known < size) {
		await target.datasync();
	}
	return true;
}

async function isAlike(a: FileHandle, b: FileHandle, from: number, to: number): Promise<boolean> {
	const [ours, others] = await Promise.all([readRange(a, from, to), readRange(b, from, to)]);
	return ours.equals(others);
}

async function openWritable(files: Files, copy: string): Promise<FileHandle | undefined> {
	try {
		return await files.open(copy, "r+");
	} catch (error) {
		if (["EACCES", "EPERM"].includes(systemErrorCode(error) ?? "")) {
			return undefined;
		}
		throw error;
	}
}
