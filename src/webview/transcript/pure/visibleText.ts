/**
 * Makes text safe to lay out, without changing what it says: nothing here is about HTML (rendering never treats text as
 * HTML), it is about characters that lie to the eye or break the page.
 * - Bidi embeddings, overrides and isolates become visible (`[U+202E]`), so code cannot read other than it runs.
 * - Control characters become their pictures (`␀`), except tab and line feed.
 * - More than eight combining marks on one character are cut, so that they cannot paint over other rows.
 */
export function visibleText(text: string): string {
	let result = text;
	if (/[\u202a-\u202e\u2066-\u2069]/.test(result)) {
		result = result.replace(
			/[\u202a-\u202e\u2066-\u2069]/g,
			(one) => `[U+${one.charCodeAt(0).toString(16).toUpperCase()}]`,
		);
	}
	if (result.includes("\r")) {
		result = result.replace(/\r\n?/g, "\n");
	}
	// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
	if (/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/.test(result)) {
		// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
		result = result.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, (one) => {
			const code = one.charCodeAt(0);
			return code < 0x20 ? String.fromCharCode(0x2400 + code) : code === 0x7f ? "\u2421" : "\ufffd";
		});
	}
	if (/\p{M}{9}/u.test(result)) {
		result = result.replace(/(\p{M}{8})\p{M}+/gu, "$1");
	}
	return result;
}

/**
 * Exactly what is there, for what a person has to agree to: every character that cannot be seen, or that turns around or
 * hides what stands beside it, is written out.
 */
export function exactText(text: string): string {
	return text
		.replace(/\r\n/g, "\n")
		.replace(/[^\S\n\t ]|(?![\n\t])\p{Cc}|\p{Cf}|\p{Co}|\p{Cn}/gu, (mark) => {
			return `\\u{${mark.codePointAt(0)?.toString(16)}}`;
		});
}

/**
 * The first line that says something, cut to `most` characters: what a quiet line shows of a longer text. The host cuts
 * any long string of an item, a path or a label too: what stands in its place is understood.
 */
export function firstLine(value: string | { readonly cut?: unknown }, most = 200): string {
	const text = typeof value === "string" ? value : typeof value.cut === "string" ? value.cut : "";
	const start = text.slice(0, 4 * most).trimStart();
	const end = start.indexOf("\n");
	const line = end < 0 ? start : start.slice(0, end);
	return visibleText(line.length > most ? `${line.slice(0, most)}\u2026` : line);
}
