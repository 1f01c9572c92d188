import { type Json, parseObject } from "./schema.ts";

/** Two records glued on one line are cut where the next begins. */
const glue = '}{"timestamp":"';

export function isBlank(bytes: Buffer): boolean {
	for (const byte of bytes) {
		if (byte !== 32 && byte !== 13 && byte !== 9) {
			return false;
		}
	}
	return true;
}

/** Records in a line that is not JSON as a whole: two glued together, or one beside NULs or other bytes. */
export function recover(text: string): { records: Found[]; lost: number } {
	const records: Found[] = [];
	let lost = 0;
	let from = 0;
	while (from < text.length) {
		const next = text.indexOf(glue, from);
		const to = next === -1 ? text.length : next + 1;
		const start = text.indexOf("{", from);
		const end = text.lastIndexOf("}", to - 1) + 1;
		const value = start === -1 || start >= to ? undefined : parseObject(text.slice(start, end));
		if (value) {
			records.push({ value, from: start, to: end });
		} else {
			lost++;
		}
		from = to;
	}
	return { records, lost };
}

export interface Found {
	readonly value: Json;
	readonly from: number;
	readonly to: number;
}
