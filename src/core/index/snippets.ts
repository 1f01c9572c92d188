import { findPhrases, type Range } from "./words.ts";

/** A piece of a text around what was found in it. */
export interface Snippet {
	/** One line. */
	readonly text: string;
	/** What was found, as positions in `text`. */
	readonly ranges: readonly Range[];
}

/** UTF-16 units of a snippet, and of them before the first match. */
const snippetLength = 180;
const leadLength = 50;

/** Cuts a snippet around the first match; the beginning of the text when there is none. */
export function snippetOf(text: string, pattern: RegExp, raw: boolean): Snippet {
	const [first] = raw ? findRaw(text, pattern, 1) : findPhrases(text, pattern, 1);
	const at = first?.[0] ?? 0;
	const start = startOf(text, at);
	const end = Math.max(endOf(text, start + snippetLength), Math.min(first?.[1] ?? 0, at + 400));
	const lead = start > 0 ? "\u2026" : "";
	const tail = end < text.length ? "\u2026" : "";
	const line = text
		.slice(start, end)
		.replace(/[\s\p{Cc}]+/gu, " ")
		.trim();
	const cut = `${lead}${line}${tail}`;
	return { text: cut, ranges: raw ? findRaw(cut, pattern, 20) : findPhrases(cut, pattern, 20) };
}

function startOf(text: string, at: number): number {
	const wanted = at - leadLength;
	if (wanted <= 0) {
		return 0;
	}
	const space = text.slice(wanted, at).search(/\s/);
	return whole(text, space === -1 ? wanted : wanted + space + 1);
}

function endOf(text: string, wanted: number): number {
	if (wanted >= text.length) {
		return text.length;
	}
	const space = text.slice(wanted - 30, wanted).lastIndexOf(" ");
	return whole(text, space === -1 ? wanted : wanted - 30 + space);
}

/** A position that does not stand inside a surrogate pair. */
function whole(text: string, at: number): number {
	const code = text.charCodeAt(at);
	return code >= 0xdc00 && code <= 0xdfff ? at - 1 : at;
}

/** Where a regular expression (with the flag `g`) matches. */
export function findRaw(text: string, pattern: RegExp, limit: number): Range[] {
	const ranges: Range[] = [];
	pattern.lastIndex = 0;
	for (const match of text.matchAll(pattern)) {
		if (match[0] !== "") {
			ranges.push([match.index, match.index + match[0].length]);
		}
		if (ranges.length === limit) {
			break;
		}
	}
	return ranges;
}
