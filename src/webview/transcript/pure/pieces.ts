/** Lines of a piece: the browser can skip pieces that are out of view. */
const pieceLines = 400;
/** Characters of a piece: laying out one line costs the square of its length (a megabyte took half a minute). */
const pieceChars = 8000;

/** Cuts text into pieces that are cheap to lay out, at line ends where there are some. Joined, they are the text. */
export function pieces(text: string): string[] {
	const result: string[] = [];
	let start = 0;
	let lines = 0;
	let end = 0;
	while (end < text.length) {
		const newline = text.indexOf("\n", end);
		const next = newline < 0 ? text.length : newline + 1;
		if (next - end > pieceChars) {
			if (end > start) {
				result.push(text.slice(start, end));
			}
			for (let at = end; at < next; at += pieceChars) {
				result.push(text.slice(at, Math.min(next, at + pieceChars)));
			}
			start = next;
			lines = 0;
		} else if (++lines >= pieceLines || next - start > 4 * pieceChars) {
			result.push(text.slice(start, next));
			start = next;
			lines = 0;
		}
		end = next;
	}
	if (start < text.length) {
		result.push(text.slice(start));
	}
	return result;
}

/** True when one line alone is longer than a piece. */
export function hasLongLine(text: string, most: number): boolean {
	for (let at = 0; at + most < text.length; ) {
		const newline = text.indexOf("\n", at);
		if (newline < 0 || newline - at > most) {
			return true;
		}
		at = newline + 1;
	}
	return false;
}
