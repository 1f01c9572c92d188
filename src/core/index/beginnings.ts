import { crc32 } from "node:zlib";
import { type Files, readRange } from "../files.ts";

/** So much of a file's beginning is compared when it has grown. Bytes. */
const checkedSize = 4 * 1024 * 1024;

/**
 * Tells files that were appended to from files that were edited in place and became longer by that.
 * Guarantees: an edit within the first 4 MiB of what was remembered is noticed; what cannot be read, or was never
 * remembered, does not count as appended to.
 */
export class Beginnings {
	private readonly files: Files;
	private readonly known = new Map<string, { readonly size: number; readonly check: number }>();

	constructor(files: Files) {
		this.files = files;
	}

	/** Whether the file still begins with the bytes that were remembered of it. */
	async continues(path: string): Promise<boolean> {
		const known = this.known.get(path);
		return known !== undefined && (await this.checkOf(path, known.size)) === known.check;
	}

	/** Remembers the file's first `size` bytes, which have been read. */
	async remember(path: string, size: number): Promise<void> {
		const checked = Math.min(size, checkedSize);
		const check = await this.checkOf(path, checked);
		if (check === undefined) {
			this.known.delete(path);
		} else {
			this.known.set(path, { size: checked, check });
		}
	}

	forget(path: string): void {
		this.known.delete(path);
	}

	private async checkOf(path: string, size: number): Promise<number | undefined> {
		try {
			const handle = await this.files.open(path, "r");
			try {
				const bytes = await readRange(handle, 0, size);
				return bytes.length === size ? crc32(bytes) : undefined;
			} finally {
				await handle.close();
			}
		} catch {
			// Reading the file says what is wrong with it.
			return undefined;
		}
	}
}
