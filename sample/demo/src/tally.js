/** Counts the lines, words and characters of a text. */
export function tally(text) {
	const words = text.split(" ").filter((word) => word.length > 0);
	return {
		lines: text.split("\n").length - 1,
		words: words.length,
		characters: text.length,
	};
}
