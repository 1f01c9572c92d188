import { rangesIn } from "./regexes.ts";
import type { Range } from "./words.ts";

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
/** Matches that are marked in one. */
const marksLimit = 20;

/** A snippet around the first of what `find` finds; the beginning of the text when that is nothing. */
export function snippetOf(text: string, find: (text: string, limit: number) => Range[]): Snippet {
	const cut = cutAround(text, find(text, 1)[0]);
	return { text: cut, ranges: find(cut, marksLimit) };
}

/** The snippets of several texts that a regular expression matches. */
export function rawSnippets(texts: readonly string[], pattern: RegExp): Snippet[] {
	const firsts = rangesIn(texts, pattern, 1);
	const cuts = texts.map((text, index) => cutAround(text, firsts[index]?.[0]));
	const ranges = rangesIn(cuts, pattern, marksLimit);
	return cuts.map((text, index) => ({ text, ranges: ranges[index] ?? [] }));
}

function cutAround(text: string, first: Range | undefined): string {
	const at = first?.[0] ?? 0;
	const start = startOf(text, at);
	const end = Math.max(endOf(text, start + snippetLength), Math.min(first?.[1] ?? 0, at + 400));
	const lead = start > 0 ? "\u2026" : "";
	const tail = end < text.length ? "\u2026" : "";
	const line = text
		.slice(start, end)
		.replace(/[\s\p{Cc}]+/gu, " ")
		.trim();
	return `${lead}${line}${tail}`;
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
