/** A stretch of command output with the classes of its terminal colours (`styles/output.css` maps them to the theme). */
export interface AnsiSpan {
	readonly text: string;
	readonly classes: string;
}

const colours = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"] as const;

interface Look {
	fore: string;
	back: string;
	bold: boolean;
	dim: boolean;
	italic: boolean;
	underline: boolean;
	inverse: boolean;
}

const plain: Look = {
	fore: "",
	back: "",
	bold: false,
	dim: false,
	italic: false,
	underline: false,
	inverse: false,
};

function classesOf(look: Look): string {
	const classes: string[] = [];
	if (look.fore) {
		classes.push(`ansi-${look.fore}`);
	}
	if (look.back) {
		classes.push(`ansi-on-${look.back}`);
	}
	for (const key of ["bold", "dim", "italic", "underline", "inverse"] as const) {
		if (look[key]) {
			classes.push(`ansi-${key}`);
		}
	}
	return classes.join(" ");
}

function colourAt(index: number): string {
	const name = colours[index % 8] as string;
	return index >= 8 ? `bright-${name}` : name;
}

/** Applies the codes of one `ESC [ ... m`. Colours beyond the theme's 16 keep the default, so text stays readable. */
function apply(look: Look, codes: readonly number[]): void {
	for (let i = 0; i < codes.length; i++) {
		const code = codes[i] as number;
		if (code === 0) {
			Object.assign(look, plain);
		} else if (code === 1) {
			look.bold = true;
		} else if (code === 2) {
			look.dim = true;
		} else if (code === 3) {
			look.italic = true;
		} else if (code === 4) {
			look.underline = true;
		} else if (code === 7) {
			look.inverse = true;
		} else if (code === 22) {
			look.bold = false;
			look.dim = false;
		} else if (code === 23) {
			look.italic = false;
		} else if (code === 24) {
			look.underline = false;
		} else if (code === 27) {
			look.inverse = false;
		} else if (code >= 30 && code <= 37) {
			look.fore = colourAt(code - 30);
		} else if (code >= 90 && code <= 97) {
			look.fore = colourAt(code - 90 + 8);
		} else if (code >= 40 && code <= 47) {
			look.back = colourAt(code - 40);
		} else if (code >= 100 && code <= 107) {
			look.back = colourAt(code - 100 + 8);
		} else if (code === 39) {
			look.fore = "";
		} else if (code === 49) {
			look.back = "";
		} else if (code === 38 || code === 48) {
			const indexed = codes[i + 1] === 5;
			const index = codes[i + 2] ?? 16;
			const name = indexed && index < 16 ? colourAt(index) : "";
			if (code === 38) {
				look.fore = name;
			} else {
				look.back = name;
			}
			i += indexed ? 2 : 4;
		}
	}
}

// CSI; OSC, DCS, PM, APC, SOS up to their end (or the end of the line); two-character escapes; lone C1.
const sequence =
	// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
	/\u001b\[([0-9;:?<=>]*)[ -/]*([@-~])|\u001b[\]PX^_][^\u0007\u001b\n]*(?:\u0007|\u001b\\)?|\u001b[ -/]*[0-~]|[\u001b\u0080-\u009f]/g;

/** What a terminal would show after carriage returns: the last state of each line (progress bars draw over themselves). */
function settleReturns(text: string): string {
	if (!text.includes("\r")) {
		return text;
	}
	return text
		.split("\n")
		.map((line) => {
			// Windows ends lines with it, and some tools twice; a pattern for that would be quadratic.
			let end = line.length;
			while (end > 0 && line[end - 1] === "\r") {
				end--;
			}
			return line.slice(line.lastIndexOf("\r", end - 1) + 1, end);
		})
		.join("\n");
}

/** True when the text holds anything this module has to look at. */
export function hasEscapes(text: string): boolean {
	// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
	return /[\r\u001b\u0080-\u009f]/.test(text);
}

/** Splits command output into coloured spans. Every other escape sequence is dropped. Linear in the text's length. */
export function ansiSpans(source: string): AnsiSpan[] {
	const text = settleReturns(source);
	const spans: AnsiSpan[] = [];
	const look: Look = { ...plain };
	let last = 0;
	const push = (piece: string) => {
		if (piece === "") {
			return;
		}
		const classes = classesOf(look);
		const before = spans.at(-1);
		if (before && before.classes === classes) {
			spans[spans.length - 1] = { text: before.text + piece, classes };
		} else {
			spans.push({ text: piece, classes });
		}
	};
	for (const match of text.matchAll(sequence)) {
		push(text.slice(last, match.index));
		last = match.index + match[0].length;
		if (match[2] === "m" && !/[?<=>]/.test(match[1] ?? "")) {
			apply(look, (match[1] ?? "").split(/[;:]/).map(Number));
		}
	}
	push(text.slice(last));
	return spans;
}
