/** The longest line that is read; a longer one becomes a diagnostic (design: J1). */
export const maxLineBytes = 64 * 1024 * 1024;

export interface LineSink {
	/** One line without its end. `length` counts the bytes of the line without its newline. */
	line(bytes: Buffer, offset: number): void;
	/** A line over the limit, whose bytes were not kept. */
	tooLong(offset: number, length: number): void;
}

/**
 * Cuts a stream of chunks into lines.
 * Guarantees: `offset` counts from the first byte pushed (plus `start`); the same bytes give the same lines however they
 * are chunked; at most one unfinished line is held, and never more of it than the limit.
 */
export class LineSplitter {
	private readonly sink: LineSink;
	private readonly limit: number;
	private parts: Buffer[] = [];
	private held = 0;
	private skipping = false;
	/** Offset of the first byte of the unfinished line. */
	lineOffset: number;

	constructor(sink: LineSink, start = 0, limit = maxLineBytes) {
		this.sink = sink;
		this.lineOffset = start;
		this.limit = limit;
	}

	push(chunk: Buffer): void {
		let from = 0;
		for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, from)) {
			this.finish(chunk.subarray(from, end));
			from = end + 1;
		}
		this.hold(chunk.subarray(from));
	}

	/** Bytes of the unfinished last line; undefined when there is none or it is over the limit. */
	rest(): Buffer | undefined {
		if (this.held === 0 || this.skipping) {
			return undefined;
		}
		const whole = Buffer.concat(this.parts);
		this.parts = [whole];
		return whole;
	}

	/** Where the next byte to push stands. */
	get position(): number {
		return this.lineOffset + this.held;
	}

	private hold(part: Buffer): void {
		if (part.length === 0) {
			return;
		}
		this.held += part.length;
		if (this.held > this.limit) {
			this.skipping = true;
			this.parts = [];
		}
		if (!this.skipping) {
			// A copy: the caller reuses its chunk.
			this.parts.push(Buffer.from(part));
		}
	}

	private finish(part: Buffer): void {
		const offset = this.lineOffset;
		const length = this.held + part.length;
		if (this.skipping || length > this.limit) {
			this.sink.tooLong(offset, length);
		} else {
			this.sink.line(this.held === 0 ? part : Buffer.concat([...this.parts, part]), offset);
		}
		this.parts = [];
		this.held = 0;
		this.skipping = false;
		this.lineOffset = offset + length + 1;
	}
}
