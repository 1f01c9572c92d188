/**
 * Spans of the elements of the top-level `items` array, and of the `session` object, in a session file of the first
 * generation: one JSON object, pretty-printed. Offsets are bytes, so a lossless import can cite them.
 */
export function documentSpans(bytes: Buffer): {
	readonly session: readonly [from: number, to: number] | undefined;
	readonly items: readonly (readonly [from: number, to: number])[];
} {
	const items: (readonly [number, number])[] = [];
	let session: readonly [number, number] | undefined;
	let depth = 0;
	let key = "";
	let start = -1;
	for (let at = 0; at < bytes.length; at++) {
		switch (bytes[at]) {
			case quote: {
				const end = stringEnd(bytes, at);
				if (depth === 1) {
					key = bytes.toString("utf8", at + 1, end);
				}
				at = end;
				break;
			}
			case openBrace:
			case openBracket:
				depth++;
				if ((depth === 2 && key === "session") || (depth === 3 && key === "items")) {
					start = at;
				}
				break;
			case closeBrace:
			case closeBracket:
				if (start !== -1 && depth === 2 && key === "session") {
					session = [start, at + 1];
					start = -1;
				} else if (start !== -1 && depth === 3 && key === "items") {
					items.push([start, at + 1]);
					start = -1;
				}
				depth--;
				break;
		}
	}
	return { session, items };
}

const quote = 34;
const backslash = 92;
const openBrace = 123;
const closeBrace = 125;
const openBracket = 91;
const closeBracket = 93;

function stringEnd(bytes: Buffer, from: number): number {
	for (let at = from + 1; at < bytes.length; at++) {
		if (bytes[at] === backslash) {
			at++;
		} else if (bytes[at] === quote) {
			return at;
		}
	}
	return bytes.length;
}
