/** A block that has not ended is cut where it can be once it is longer than this, in characters. */
const longBlock = 8_000;

const fenceStart = /^( *)(`{3,}|~{3,})/;
const listItem = /^(?:[-+*]|\d{1,9}[.)])(?:\s|$)/;
const heading = /^#{1,6}(?:\s|$)/;
const definition = /^ {0,3}\[[^\]]+\]:/;

/**
 * Finds how much of a markdown text that still grows is made of whole blocks: rendering those once and the rest again and
 * again shows the same as rendering all of it.
 * Guarantees: {@link end} only grows; blocks cut at it render alone as they do together, unless {@link isExact} is false
 * (the definition of a link, which counts for the text before it; code in a list that ends without its mark; a block too
 * long to wait for).
 */
export class BlockCutter {
	/** Everything before is whole blocks. */
	end = 0;
	isExact = true;
	/** The text after {@link end} begins with a code fence that stands by itself. */
	inFence = false;
	private fence: { readonly mark: string; readonly indent: number } | undefined;
	/** Where the next line begins, and what has come of it. */
	private at = 0;
	private begun = "";
	private afterBlank = false;
	private block: "list" | "other" | undefined;

	/** Reads on: what has been added to the text. */
	read(added: string): void {
		let from = 0;
		for (;;) {
			const newline = added.indexOf("\n", from);
			if (newline < 0) {
				this.begun += added.slice(from);
				return;
			}
			const line = this.begun + added.slice(from, newline);
			const next = this.at + line.length + 1;
			this.begun = "";
			this.line(line, next);
			this.at = next;
			from = newline + 1;
		}
	}

	private line(line: string, next: number): void {
		if (this.fence?.indent && /^\S/.test(line)) {
			// It ends with the list it stands in, or it stands in none: too rare to tell.
			this.isExact = false;
			this.fence = undefined;
		}
		if (this.fence) {
			this.inside(line, next, this.fence);
			return;
		}
		const fence = fenceStart.exec(line);
		if (fence) {
			const [, indent = "", mark = ""] = fence;
			this.fence = { mark, indent: indent.length };
			if (indent === "") {
				this.cut(this.at);
				this.inFence = true;
			}
			this.block ??= "other";
			this.afterBlank = false;
			return;
		}
		if (line.trim() === "") {
			this.afterBlank = true;
			return;
		}
		this.isExact &&= !definition.test(line);
		if (heading.test(line)) {
			this.cut(this.at);
			this.cut(next);
		} else {
			this.begin(line);
		}
		this.afterBlank = false;
	}

	private inside(line: string, next: number, { mark, indent }: { mark: string; indent: number }) {
		const closing = fenceStart.exec(line);
		const closes =
			closing?.[2]?.startsWith(mark) &&
			line.trim() === closing[2] &&
			(indent > 0 || (closing[1] ?? "").length < 4);
		if (closes) {
			this.fence = undefined;
			if (indent === 0) {
				this.cut(next);
			}
		}
	}

	/** A line outside of code that may begin a block of its own. */
	private begin(line: string): void {
		const isItem = listItem.test(line);
		const isIndented = /^\s/.test(line);
		const isLong = this.at - this.end > longBlock;
		// What is indented, and an item after a list, may go on what stands before.
		const isOwn = this.afterBlank && !isIndented && !(isItem && this.block === "list");
		if (isOwn) {
			this.cut(this.at);
		} else if (isLong && !isIndented && (isItem || this.afterBlank)) {
			this.isExact = false;
			this.cut(this.at);
		}
		this.block = isItem ? "list" : (this.block ?? "other");
	}

	private cut(at: number): void {
		this.end = at;
		this.inFence = false;
		this.block = undefined;
	}
}
