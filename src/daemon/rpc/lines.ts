/** One line, or a note that one was longer than the limit and was thrown away. */
export type Line =
	| { readonly kind: "line"; readonly text: string }
	| { readonly kind: "oversize"; readonly bytes: number };

const newline = 10;
const carriageReturn = 13;

/**
 * Cuts a stream of bytes into lines.
 * Guarantees: holds at most `limit` bytes however long a line is; a line longer than that is thrown away whole and
 * reported once, when it ends, and the next one is read as usual; a chunk may end anywhere, inside a character too.
 */
export class LineSplitter {
	/** Longest line in bytes; a change counts from the next bytes on. */
	limit: number;
	private parts: Buffer[] = [];
	private held = 0;
	private skipped = 0;

	constructor(limit: number) {
		this.limit = limit;
	}

	/** Bytes of a line that has not ended yet, thrown away ones included. */
	get pending(): number {
		return this.held + this.skipped;
	}

	/** True while the line that has not ended is over the limit. */
	get overflowing(): boolean {
		return this.skipped > 0;
	}

	/** The lines that `chunk` completes. */
	*push(chunk: Buffer): Generator<Line> {
		let start = 0;
		while (start < chunk.length) {
			const end = chunk.indexOf(newline, start);
			this.take(chunk.subarray(start, end === -1 ? chunk.length : end));
			if (end === -1) {
				return;
			}
			start = end + 1;
			yield this.finish();
		}
	}

	/** What stands after the last line end, when the stream has ended; undefined when there is nothing. */
	end(): Line | undefined {
		return this.pending > 0 ? this.finish() : undefined;
	}

	private take(bytes: Buffer): void {
		if (bytes.length === 0) {
			return;
		}
		if (this.skipped > 0 || this.held + bytes.length > this.limit) {
			this.skipped += this.held + bytes.length;
			this.held = 0;
			this.parts = [];
			return;
		}
		this.parts.push(bytes);
		this.held += bytes.length;
	}

	private finish(): Line {
		const { skipped } = this;
		let whole = this.parts.length === 1 ? (this.parts[0] as Buffer) : Buffer.concat(this.parts);
		this.parts = [];
		this.held = 0;
		this.skipped = 0;
		if (skipped > 0) {
			return { kind: "oversize", bytes: skipped };
		}
		if (whole.at(-1) === carriageReturn) {
			whole = whole.subarray(0, -1);
		}
		return { kind: "line", text: whole.toString("utf8") };
	}
}
