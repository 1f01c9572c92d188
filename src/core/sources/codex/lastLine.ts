import type { FileHandle } from "node:fs/promises";
import { readRange } from "../../files.ts";
import { maxLineBytes } from "./lines.ts";
import { type Json, parseObject } from "./schema.ts";

const chunk = 256 * 1024;
const newline = 10;

/** The first line of a file as an object; undefined when it is none. */
export async function firstLine(handle: FileHandle, size: number): Promise<Json | undefined> {
	for (let length = 64 * 1024; ; length *= 8) {
		const bytes = await readRange(handle, 0, Math.min(length, size));
		const end = bytes.indexOf(newline);
		if (end !== -1 || length >= size || length >= maxLineBytes) {
			return parseObject(bytes.toString("utf8", 0, end === -1 ? bytes.length : end));
		}
	}
}

/**
 * The last line of a file that holds `mark` and `matches`, read from the end on. Inside of texts quotation marks are
 * escaped, so a mark with some is found in few lines only.
 */
export async function lastLine(
	handle: FileHandle,
	size: number,
	mark: string,
	matches: (line: Json) => boolean,
): Promise<Json | undefined> {
	const needle = Buffer.from(mark);
	/** From where on all has been looked through. */
	let known = size;
	while (known > 0) {
		const from = Math.max(0, known - chunk);
		// A mark may lie across the border.
		const bytes = await readRange(handle, from, Math.min(size, known + needle.length - 1));
		for (let at = bytes.lastIndexOf(needle); at !== -1; ) {
			const line = await lineAround(handle, size, from + at);
			if (line && matches(line.value)) {
				return line.value;
			}
			const before = line ? Math.min(at, line.start - from) : at;
			at = before > 0 ? bytes.lastIndexOf(needle, before - 1) : -1;
		}
		known = from;
	}
	return undefined;
}

async function lineAround(
	handle: FileHandle,
	size: number,
	at: number,
): Promise<{ readonly start: number; readonly value: Json } | undefined> {
	for (let reach = 16 * 1024; ; reach *= 8) {
		const from = Math.max(0, at - reach);
		const to = Math.min(size, at + reach);
		const bytes = await readRange(handle, from, to);
		const start = bytes.lastIndexOf(newline, at - from);
		const end = bytes.indexOf(newline, at - from);
		const isWhole = (start !== -1 || from === 0) && (end !== -1 || to === size);
		if (isWhole) {
			const value = parseObject(bytes.toString("utf8", start + 1, end === -1 ? bytes.length : end));
			return value && { start: from + start + 1, value };
		}
		if (reach >= maxLineBytes) {
			return undefined;
		}
	}
}
