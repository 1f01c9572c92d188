/** How far a text is JSON: `object` ends at `end`; `prefix` could still become an object; `broken` cannot. */
export type JsonExtent =
	| { readonly kind: "object"; readonly end: number }
	| { readonly kind: "prefix" }
	| { readonly kind: "broken" };

const quote = 0x22;
const backslash = 0x5c;
const openBracket = 0x5b;
const openBrace = 0x7b;
/** Objects and arrays of one text that are read. Each costs some fifty bytes of memory, and one byte of a hostile file. */
const containerLimit = 1024 * 1024;
const firstPrintable = 0x20;
const literals = ["true", "false", "null"];
const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const numberPrefix = /-?(?:(?:0|[1-9]\d*)(?:\.\d*)?(?:[eE][+-]?\d*)?)?$/y;

/**
 * Tells a torn record from a damaged one (design: J6): a write that a crash cut short leaves a strict prefix of a JSON
 * object, anything else was a whole line once. Walks the grammar of RFC 8259 without building values. What holds more
 * than a million objects and arrays is broken.
 */
export function jsonExtent(text: string): JsonExtent {
	const stack: ("{" | "[")[] = [];
	let containers = 0;
	let at = 0;
	let expect: Expectation = "start";
	while (true) {
		at = skipSpace(text, at);
		if (at >= text.length) {
			return { kind: "prefix" };
		}
		const character = text[at];
		if (expect === "start") {
			if (character !== "{") {
				return { kind: "broken" };
			}
			stack.push("{");
			at++;
			expect = "keyOrEnd";
			continue;
		}
		if (
			(expect === "keyOrEnd" || expect === "commaOrEnd" || expect === "valueOrEnd") &&
			character === (stack.at(-1) === "{" ? "}" : "]")
		) {
			stack.pop();
			at++;
			if (stack.length === 0) {
				return { kind: "object", end: at };
			}
			expect = "commaOrEnd";
			continue;
		}
		if (expect === "commaOrEnd") {
			if (character !== ",") {
				return { kind: "broken" };
			}
			at++;
			expect = stack.at(-1) === "{" ? "key" : "value";
			continue;
		}
		if (expect === "colon") {
			if (character !== ":") {
				return { kind: "broken" };
			}
			at++;
			expect = "value";
			continue;
		}
		if (expect === "key" || expect === "keyOrEnd") {
			const end = stringEnd(text, at);
			if (typeof end !== "number") {
				return { kind: end };
			}
			at = end;
			expect = "colon";
			continue;
		}
		if (character === "{" || character === "[") {
			if (++containers > containerLimit) {
				return { kind: "broken" };
			}
			stack.push(character);
			at++;
			expect = character === "{" ? "keyOrEnd" : "valueOrEnd";
			continue;
		}
		const end = scalarEnd(text, at);
		if (typeof end !== "number") {
			return { kind: end };
		}
		at = end;
		expect = "commaOrEnd";
	}
}

/** Whether a line, if it is JSON, holds more objects and arrays than are read. Looks at each byte once at most. */
export function isOvercrowded(bytes: Buffer): boolean {
	let containers = 0;
	for (let at = 0; at < bytes.length; at++) {
		const byte = bytes[at];
		if (byte === openBracket || byte === openBrace) {
			if (++containers > containerLimit) {
				return true;
			}
		} else if (byte === quote) {
			at = closingQuote(bytes, at);
		}
	}
	return false;
}

/** Where the string ends that begins at `start`; the end of the bytes when it does not. */
function closingQuote(bytes: Buffer, start: number): number {
	for (let at = bytes.indexOf(quote, start + 1); at !== -1; at = bytes.indexOf(quote, at + 1)) {
		let slashes = 0;
		while (bytes[at - 1 - slashes] === backslash) {
			slashes++;
		}
		if (slashes % 2 === 0) {
			return at;
		}
	}
	return bytes.length;
}

type Expectation = "start" | "key" | "keyOrEnd" | "colon" | "value" | "valueOrEnd" | "commaOrEnd";

function skipSpace(text: string, from: number): number {
	let at = from;
	while (text[at] === " " || text[at] === "\t" || text[at] === "\r" || text[at] === "\n") {
		at++;
	}
	return at;
}

function scalarEnd(text: string, at: number): number | "prefix" | "broken" {
	if (text[at] === '"') {
		return stringEnd(text, at);
	}
	for (const literal of literals) {
		if (text.startsWith(literal, at)) {
			return at + literal.length;
		}
		if (text.length - at < literal.length && literal.startsWith(text.slice(at))) {
			return "prefix";
		}
	}
	numberPrefix.lastIndex = at;
	if (text[at] !== undefined && "-0123456789".includes(text[at] ?? "") && numberPrefix.test(text)) {
		return "prefix";
	}
	number.lastIndex = at;
	return number.test(text) ? number.lastIndex : "broken";
}

function stringEnd(text: string, start: number): number | "prefix" | "broken" {
	if (text[start] !== '"') {
		return "broken";
	}
	let at = start + 1;
	while (at < text.length) {
		const code = text.charCodeAt(at);
		if (code === quote) {
			return at + 1;
		}
		if (code < firstPrintable) {
			return "broken";
		}
		if (code !== backslash) {
			at++;
			continue;
		}
		const sequence = /^\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/.exec(text.slice(at, at + 6));
		if (!sequence) {
			return /^\\(?:u[0-9a-fA-F]{0,3})?$/.test(text.slice(at)) ? "prefix" : "broken";
		}
		at += sequence[0].length;
	}
	return "prefix";
}
