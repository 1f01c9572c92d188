/** A text in lines of at most `width` characters: nothing is left out, and no icon can be drawn by it. */
export function wrapped(text: string, width: number): string[] {
	return text
		.trimEnd()
		.split(/\r?\n/)
		.flatMap((line) => pieces(visible(line), width));
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

/** `$(name)` draws an icon in a label; characters that cannot be seen could hide or turn around what stands beside them. */
function visible(line: string): string {
	return line
		.replace(/\t/g, "    ")
		.replace(
			/\p{Cc}|\p{Cf}|[\u2028\u2029]/gu,
			(mark) => `\\u{${mark.codePointAt(0)?.toString(16)}}`,
		)
		.replace(/\$(?=\()/g, "$\u200b");
}
