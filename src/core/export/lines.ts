import type { FileHandle } from "node:fs/promises";

const newline = 10;
const chunkSize = 256 * 1024;

/** The lines of an open file with the newline that ends them (the last may lack it). Memory: the longest line. */
export async function* fileLines(handle: Pick<FileHandle, "read">): AsyncGenerator<Buffer> {
	let position = 0;
	let parts: Buffer[] = [];
	while (true) {
		const chunk = Buffer.allocUnsafe(chunkSize);
		const { bytesRead } = await handle.read(chunk, 0, chunkSize, position);
		if (bytesRead === 0) {
			break;
		}
		position += bytesRead;
		const bytes = chunk.subarray(0, bytesRead);
		let from = 0;
		for (let end = bytes.indexOf(newline); end !== -1; end = bytes.indexOf(newline, from)) {
			parts.push(bytes.subarray(from, end + 1));
			yield parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
			parts = [];
			from = end + 1;
		}
		if (from < bytes.length) {
			parts.push(bytes.subarray(from));
		}
	}
	if (parts.length > 0) {
		yield Buffer.concat(parts);
	}
}
