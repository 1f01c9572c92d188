/**
 * How text becomes words, the same when it is indexed, asked for, and marked in a snippet.
 *
 * Words are runs of letters, digits and marks; case, diacritics and compatibility forms (full width, ligatures) are
 * folded. Chinese, Japanese and Korean have no spaces to go by: a run of them is indexed as its overlapping pairs plus
 * its last character, so any two-character word in it is found. An emoji is a word.
 *
 * FTS5 gets text that is prepared here, and its `ascii` tokenizer, which takes every non-ASCII character for a letter:
 * so SQLite and this code cannot disagree about what a word is, whichever Unicode version SQLite was built with.
 */

const cjk =
	"\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Hangul}\\p{Script=Bopomofo}\\u30fc\\u3005";
const letters = "\\p{L}\\p{N}\\p{M}";
const notAscii = /[^\0-\x7f]/;
/** Runs of the above scripts, emoji, and everything else beyond ASCII that is no part of a word. */
const special = new RegExp(
	`([${cjk}]+)|(\\p{Extended_Pictographic})|[[^\\0-\\x7f]--[${letters}\\p{Extended_Pictographic}]]+`,
	"gv",
);
/** Combining diacritics and variation selectors; marks of other scripts, which carry vowels, stay. */
const diacritics = /[\u0300-\u036f\ufe00-\ufe0f]/g;

/** Folded text: lower case, no diacritics, no compatibility forms. Length and positions may differ from the original's. */
export function fold(text: string): string {
	if (!notAscii.test(text)) {
		return text.toLowerCase();
	}
	const plain = text.normalize("NFKD").replace(diacritics, "").normalize("NFC");
	return plain.toLowerCase().replaceAll("\u03c2", "\u03c3");
}

/** Text as the full-text table gets it. */
export function indexable(text: string): string {
	return notAscii.test(text)
		? fold(text).replace(special, (_whole, run: string | undefined, emoji: string | undefined) =>
				run === undefined ? (emoji === undefined ? " " : ` ${emoji} `) : ` ${pairs(run, true)} `,
			)
		: text;
}

function pairs(run: string, withLast: boolean): string {
	const signs = [...run];
	const words = signs.slice(1).map((sign, index) => (signs[index] ?? "") + sign);
	return [...words, ...(withLast ? signs.slice(-1) : [])].join(" ");
}

/** A part of a phrase: a word, a run of characters that is found anywhere inside a longer run, or an emoji. */
interface Piece {
	readonly text: string;
	readonly kind: "word" | "run" | "emoji";
}

const piece = new RegExp(
	`([${cjk}]+)|(\\p{Extended_Pictographic})|([[${letters}]--[${cjk}]]+)`,
	"gv",
);

function piecesOf(text: string): Piece[] {
	return [...fold(text).matchAll(piece)].map((match) => ({
		text: match[0],
		kind: match[1] !== undefined ? "run" : match[2] !== undefined ? "emoji" : "word",
	}));
}

/** Words that stand next to each other, as a query asks for them. */
export interface Phrase {
	/** An FTS5 expression: strings of letters and digits only, so nothing of the user's can be syntax in it. */
	readonly match: string;
	/** A regular expression (flags `gv`) that finds the phrase in folded text. */
	readonly pattern: string;
}

/**
 * The phrase that a text asks for; undefined when it holds no letter, digit or emoji.
 * @param prefix whether the last word is only the beginning of one.
 */
export function phraseOf(text: string, prefix: boolean): Phrase | undefined {
	const pieces = piecesOf(text);
	const last = pieces.at(-1);
	if (!last) {
		return undefined;
	}
	// Where the phrase goes on after a run, so does the text: the run's last character stands there as a word.
	const words = pieces.map(({ text: word, kind }, index) =>
		kind === "run" ? pairs(word, index < pieces.length - 1) || word : word,
	);
	// A run goes on in either direction, so a lone character is the beginning of a pair.
	const open = prefix || (last.kind === "run" && [...last.text].length === 1);
	return { match: `"${words.join(" ")}"${open ? " *" : ""}`, pattern: patternOf(pieces, prefix) };
}

const wordSign = `[[${letters}]--[${cjk}]]`;
/** What may stand between two words. */
const gap = `[[^${letters}]--[\\p{Extended_Pictographic}]]`;

function patternOf(pieces: readonly Piece[], prefix: boolean): string {
	let pattern = "";
	for (const [index, { text, kind }] of pieces.entries()) {
		const before = pieces[index - 1];
		if (before) {
			pattern += before.kind === "word" && kind === "word" ? `${gap}+` : `${gap}*`;
		}
		if (kind !== "word") {
			pattern += text;
			continue;
		}
		const open = prefix && index === pieces.length - 1;
		pattern += `(?<!${wordSign})${text}${open ? `${wordSign}*` : `(?!${wordSign})`}`;
	}
	return pattern;
}

/** A stretch of a text: positions in UTF-16 units. */
export type Range = readonly [start: number, end: number];

/** Where phrases stand in a text, in order, without overlaps. */
export function findPhrases(text: string, pattern: RegExp, limit = 100): Range[] {
	const { folded, origin } = foldWithOrigin(text);
	const ranges: Range[] = [];
	pattern.lastIndex = 0;
	for (const match of folded.matchAll(pattern)) {
		if (match[0] !== "") {
			const end = match.index + match[0].length;
			ranges.push(
				origin ? [origin[match.index] ?? 0, origin[end] ?? text.length] : [match.index, end],
			);
		}
		if (ranges.length === limit) {
			break;
		}
	}
	return ranges;
}

/** One expression for several phrases; matches nothing when there are none. */
export function patternFor(phrases: readonly Phrase[]): RegExp {
	return new RegExp(phrases.map((phrase) => `(?:${phrase.pattern})`).join("|") || "(?!)", "gv");
}

/** Folded text with, for each of its positions, the position in the original; none where both are the same. */
function foldWithOrigin(text: string): { folded: string; origin: number[] | undefined } {
	if (!notAscii.test(text)) {
		return { folded: text.toLowerCase(), origin: undefined };
	}
	const known = new Map<string, string>();
	const parts: string[] = [];
	const origin: number[] = [];
	let at = 0;
	for (const sign of text) {
		let folded = known.get(sign);
		if (folded === undefined) {
			folded = fold(sign);
			known.set(sign, folded);
		}
		parts.push(folded);
		for (let count = 0; count < folded.length; count++) {
			origin.push(at);
		}
		at += sign.length;
	}
	origin.push(at);
	return { folded: parts.join(""), origin };
}
