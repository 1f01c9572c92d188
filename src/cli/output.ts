import { systemErrorCode } from "../base/errors.ts";

/**
 * A standard stream of the process. A reader that goes away early (`| head`) is no error: what is written after that
 * goes nowhere, and {@link closed} tells long outputs to stop.
 */
export class Output {
	closed = false;
	private readonly stream: NodeJS.WriteStream;

	constructor(stream: NodeJS.WriteStream) {
		this.stream = stream;
		stream.on("error", (error: unknown) => {
			if (systemErrorCode(error) !== "EPIPE") {
				throw error;
			}
			this.closed = true;
		});
	}

	get isTerminal(): boolean {
		return this.stream.isTTY === true;
	}

	write(text: string | Uint8Array): void {
		if (!this.closed) {
			this.stream.write(text);
		}
	}

	/** Writes, and waits while the reader is slower than we are. */
	async writeAll(pieces: AsyncIterable<string | Uint8Array>): Promise<number> {
		let bytes = 0;
		for await (const piece of pieces) {
			if (this.closed) {
				break;
			}
			bytes += Buffer.byteLength(piece);
			if (!this.stream.write(piece)) {
				await this.drained();
			}
		}
		return bytes;
	}

	/** Resolves when more can be written, or nothing more will ever be read. */
	private drained(): Promise<void> {
		return new Promise((resolve) => {
			const done = () => {
				for (const event of ["drain", "close", "error"]) {
					this.stream.off(event, done);
				}
				resolve();
			};
			for (const event of ["drain", "close", "error"]) {
				this.stream.on(event, done);
			}
		});
	}
}
