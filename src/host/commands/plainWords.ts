const longest = 60;
/** No more of a line is looked at: enough for its words, and few enough for a hostile one to take no time. */
const looked = 400;

/**
 * The first line of a text as words to name it by in a sentence: without Markdown, at most 60 characters, and without
 * the stop at its end, for the sentence around it has its own.
 */
export function plainWords(text: string): string {
	for (const line of text.slice(0, 10 * looked).split("\n")) {
		const words = withoutMarkdown(line.slice(0, looked));
		if (words !== "") {
			return words.length > longest
				? `${words.slice(0, longest - 1).trimEnd()}…`
				: words.replace(/[.:;,!。：；，、]+$/u, "");
		}
	}
	return "";
}

function withoutMarkdown(line: string): string {
	return (
		line
			// Fences and rules are no words.
			.replace(/^\s*(```.*|~~~.*|[-*_=]{3,})\s*$/, "")
			.replace(/^\s*(?:#{1,6}\s+|>\s?|[-*+]\s+|\d{1,9}[.)]\s+)+/, "")
			.replace(/!?\[([^\]]*)\]\([^()]*\)/g, "$1")
			.replace(/`+([^`]*)`+/g, "$1")
			.replace(/\*{1,3}(?=\S)([^*]*?\S)\*{1,3}/g, "$1")
			.replace(/(?<![\p{L}\p{N}])_{1,3}(?=\S)([^_]*?\S)_{1,3}(?![\p{L}\p{N}])/gu, "$1")
			.replace(/\s+/g, " ")
			.trim()
	);
}
