// What an agent wants to do or to know, as VS Code's lists and questions show it.

/** A text in lines of at most `width` characters: nothing is left out, and no icon and no link can be made by it. */
export function wrapped(text: string, width: number): string[] {
	return text
		.trimEnd()
		.split(/\r?\n/)
		.flatMap((line) => pieces(visible(line), width));
}

/** The first of those lines, with a mark if there are more. */
export function firstLine(text: string, width: number): string {
	const [first = "", ...more] = wrapped(text, width);
	return more.length > 0 ? `${first} …` : first;
}

/** The same in one line, however long. */
export function inOneLine(text: string): string {
	return visible(text.trim().replace(/\s*\r?\n\s*/g, " "));
}

function pieces(line: string, width: number): string[] {
	const characters = [...line];
	const found: string[] = [];
	for (let start = 0; start < Math.max(1, characters.length); start += width) {
		// Labels drop white space at their beginning; indentation is part of a command.
		found.push(
			characters
				.slice(start, start + width)
				.join("")
				.replace(/^ +/, nonBreaking),
		);
	}
	return found;
}

const nonBreaking = (spaces: string) => "\u00a0".repeat(spaces.length);

/**
 * `$(name)` draws an icon in a label, and `[words](command:id)` is a link in an input box, to commands too; characters
 * that cannot be seen could hide or turn around what stands beside them.
 */
function visible(line: string): string {
	return line
		.replace(/\t/g, "    ")
		.replace(
			/\p{Cc}|\p{Cf}|[\u2028\u2029]/gu,
			(mark) => `\\u{${mark.codePointAt(0)?.toString(16)}}`,
		)
		.replace(/[$\]](?=\()/g, "$&\u200b");
}
