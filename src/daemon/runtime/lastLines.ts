import { open } from "node:fs/promises";
import { systemErrorCode } from "../../base/errors.ts";

/** The last whole lines of a file, `bytes` at most; empty when there is none. */
export async function lastLines(path: string, bytes: number): Promise<string> {
	try {
		const handle = await open(path, "r");
		try {
			const { size } = await handle.stat();
			const buffer = Buffer.alloc(Math.min(size, bytes));
			await handle.read(buffer, 0, buffer.length, size - buffer.length);
			const text = buffer.toString("utf8");
			return size > bytes ? text.slice(text.indexOf("\n") + 1) : text;
		} finally {
			await handle.close();
		}
	} catch (error) {
		if (systemErrorCode(error) === "ENOENT") {
			return "";
		}
		throw error;
	}
}
