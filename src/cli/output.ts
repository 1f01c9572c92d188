import { once } from "node:events";
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
				await Promise.race([once(this.stream, "drain"), once(this.stream, "close")]);
			}
		}
		return bytes;
	}
}
