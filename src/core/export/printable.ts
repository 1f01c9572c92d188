import { stripVTControlCharacters } from "node:util";

const controls = /(?![\t\n])\p{Cc}/gu;
/** Marks that turn the direction of a whole line: in one line of a list they would reorder what stands around them. */
const directionMarks = /[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** Text without terminal escape sequences and control characters: a document must not drive the terminal it is shown in. */
export function printable(text: string): string {
	return stripVTControlCharacters(text.replaceAll("\r\n", "\n")).replace(controls, "");
}

/** {@link printable} as one line. */
export function printableLine(text: string): string {
	return printable(text).replace(directionMarks, "").replace(/\s+/g, " ").trim();
}
