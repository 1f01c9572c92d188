import type * as z from "zod/mini";
import { systemErrorCode } from "../../base/errors.ts";
import { type Files, writeWhole } from "../../core/files.ts";

/** Replaces a JSON file whole: temporary name, fsync, rename. Mode 0600. */
export async function writeJson(files: Files, path: string, value: unknown): Promise<void> {
	await writeWhole(files, path, `${JSON.stringify(value, null, "\t")}\n`, { replace: true });
}

/** The content of a JSON file; undefined when it is missing, torn, or not what `schema` says. */
export async function readJson<T>(
	files: Pick<Files, "readFile">,
	path: string,
	schema: z.ZodMiniType<T>,
): Promise<T | undefined> {
	let text: string;
	try {
		text = await files.readFile(path, "utf8");
	} catch (error) {
		if (systemErrorCode(error) === "ENOENT") {
			return undefined;
		}
		throw error;
	}
	const parsed = schema.safeParse(parseJson(text));
	return parsed.success ? parsed.data : undefined;
}

/** The value of a JSON text; undefined when it is none. */
export function parseJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}
