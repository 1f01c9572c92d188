import type { Snippet } from "../../core/index/snippets.ts";

/**
 * A snippet as the detail of a quick pick row, with what was found marked.
 *
 * VS Code itself highlights a row's text where it holds all that was typed, as it stands; anything else (several words,
 * prefixes, filters, regular expressions) it does not, and there is no way to tell it. Those matches are set in \u00bb\u00ab.
 */
export function snippetText({ text, ranges }: Snippet, typed: string): string {
	const words = typed.trim().toLowerCase();
	if (words !== "" && text.toLowerCase().includes(words)) {
		return plainText(text);
	}
	let marked = "";
	let at = 0;
	for (const [start, end] of joined(text, ranges)) {
		marked += `${text.slice(at, start)}\u00bb${text.slice(start, end)}\u00ab`;
		at = end;
	}
	return plainText(marked + text.slice(at));
}

/** Text that holds no icon: a shell's `$(pwd)` would be taken for one. */
export function plainText(text: string): string {
	return text.replaceAll(/\$(?=\([a-z0-9-]+(?:~[a-z0-9-]+)?\))/gi, "\\$");
}

/** Matches with nothing but spaces between them are one mark. */
function joined(text: string, ranges: Snippet["ranges"]): [number, number][] {
	const all: [number, number][] = [];
	for (const [start, end] of ranges) {
		const last = all.at(-1);
		if (last && text.slice(last[1], start).trim() === "") {
			last[1] = Math.max(last[1], end);
		} else {
			all.push([start, end]);
		}
	}
	return all;
}

/** A query with the part that is wrong marked. */
export function markedQuery(query: string, position: number, length: number): string {
	const end = Math.min(query.length, position + length);
	const at = Math.min(position, query.length);
	return plainText(`${query.slice(0, at)}\u00bb${query.slice(at, end)}\u00ab${query.slice(end)}`);
}
