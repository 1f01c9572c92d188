import { HumanError, systemErrorCode } from "../../base/errors.ts";
import { type Files, readRange } from "../files.ts";
import { isUlid } from "../journal/ids.ts";
import { Journal } from "../journal/journal.ts";
import { JournalScanner } from "../journal/scan.ts";
import { SessionCreated, type SessionHeader } from "../model/record.ts";
import type { StoreLayout } from "./layout.ts";

/** A journal begins with its header; this much holds it nearly always. Bytes. */
const headerBytes = 64 * 1024;

/**
 * The header of a journal, read from its beginning where it stands there, else from the whole file; undefined when it
 * is missing or damaged. Throws a HumanError when the file cannot be read.
 */
export async function readHeader(files: Files, file: string): Promise<SessionHeader | undefined> {
	const first = await readFirstRecord(files, file);
	if (first) {
		return first;
	}
	const journal = await Journal.open(file, files);
	return journal.state.header?.session;
}

async function readFirstRecord(files: Files, file: string): Promise<SessionHeader | undefined> {
	let bytes: Buffer;
	try {
		const handle = await files.open(file, "r");
		try {
			bytes = await readRange(handle, 0, headerBytes);
		} finally {
			await handle.close();
		}
	} catch (error) {
		throw new HumanError("unreadable-journal", `The journal ${file} could not be read.`, {
			cause: error,
		});
	}
	let header: SessionHeader | undefined;
	let isFirst = true;
	const scanner = new JournalScanner({
		record: ({ value }) => {
			const created = isFirst ? SessionCreated.safeParse(value) : undefined;
			isFirst = false;
			header ??= created?.success ? created.data.session : undefined;
		},
		damage: () => {
			isFirst = false;
		},
	});
	scanner.push(bytes);
	return header;
}

/** Ids of the sessions whose journals (or files of another extension) are in the store, in no order. */
export async function sessionIds(
	files: Files,
	layout: StoreLayout,
	extension = ".jsonl",
): Promise<string[]> {
	let names: string[];
	try {
		names = await files.readdir(layout.sessions);
	} catch (error) {
		const code = systemErrorCode(error);
		if (code === "ENOENT" || code === "ENOTDIR") {
			return [];
		}
		throw error;
	}
	return names
		.filter((name) => name.endsWith(extension))
		.map((name) => name.slice(0, -extension.length))
		.filter(isUlid);
}
