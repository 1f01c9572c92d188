/** A file name that is being typed after an `@`. */
export interface Mention {
	/** Index of the `@`. */
	readonly from: number;
	readonly query: string;
}

/** Longer than any path somebody types by hand. */
const queryMost = 200;

/** The mention at the caret: an `@` at the start of a word, and what follows it without a space. */
export function mentionAt(text: string, caret: number): Mention | undefined {
	const from = text.lastIndexOf("@", caret - 1);
	if (
		from < 0 ||
		caret - from > queryMost ||
		(from > 0 && !/[\s([{"'`,;]/.test(text[from - 1] ?? ""))
	) {
		return undefined;
	}
	const query = text.slice(from + 1, caret);
	return /[\s@]/.test(query) ? undefined : { from, query };
}

/** The text with the mention replaced by a path, and where the caret goes. */
export function completeMention(
	text: string,
	{ from, query }: Mention,
	path: string,
): { readonly text: string; readonly caret: number } {
	const after = text.slice(from + 1 + query.length);
	const named = `@${nameInText(path)}`;
	const space = /^\s/.test(after) ? "" : " ";
	return { text: text.slice(0, from) + named + space + after, caret: from + named.length + 1 };
}

/** Those of the paths that the text still names. */
export function mentionsIn(text: string, paths: Iterable<string>): string[] {
	return [...new Set(paths)].filter((path) => {
		const named = `@${nameInText(path)}`;
		for (let at = text.indexOf(named); at >= 0; at = text.indexOf(named, at + 1)) {
			const next = text[at + named.length];
			if (next === undefined || !/[\w./\\-]/.test(next) || endsSentence(text, at + named.length)) {
				return true;
			}
		}
		return false;
	});
}

/** A path with a space in it is told apart from the words around it by quotes. */
function nameInText(path: string): string {
	return /\s/.test(path) ? `"${path}"` : path;
}

function endsSentence(text: string, at: number): boolean {
	return text[at] === "." && /^(?:\s|$)/.test(text.slice(at + 1, at + 2));
}
