import { crc32 } from "node:zlib";
import { type Files, readRange } from "../files.ts";

/** A whole record that stood in a file when it was read. */
export interface LastRecord {
	readonly offset: number;
	readonly length: number;
	readonly check: number;
}

/** What the end of a file looks like: its record at `span`, and whether its last line is whole. */
export async function probeTail(
	files: Files,
	path: string,
	size: number,
	span: { readonly offset: number; readonly length: number } | undefined,
): Promise<{ last: LastRecord | undefined; terminated: boolean }> {
	const handle = await files.open(path, "r");
	try {
		const end = await readRange(handle, Math.max(0, size - 1), size);
		const terminated = end.length === 0 || end[0] === 10;
		if (!span) {
			return { last: undefined, terminated };
		}
		const bytes = await readRange(handle, span.offset, span.offset + span.length);
		return { last: { ...span, check: crc32(bytes) }, terminated };
	} finally {
		await handle.close();
	}
}

/** Whether a record still stands where it stood. False when it cannot be read. */
export async function stillThere(files: Files, path: string, last: LastRecord): Promise<boolean> {
	try {
		const handle = await files.open(path, "r");
		try {
			const bytes = await readRange(handle, last.offset, last.offset + last.length);
			return bytes.length === last.length && crc32(bytes) === last.check;
		} finally {
			await handle.close();
		}
	} catch {
		// Reading the file whole says what is wrong with it.
		return false;
	}
}
