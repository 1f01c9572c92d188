import * as path from "node:path";
import { causeInWords, HumanError } from "../../base/errors.ts";
import { type Files, nodeFiles, readRange } from "../files.ts";
import { recordMarkBytes } from "../journal/framing.ts";
import { isUlid } from "../journal/ids.ts";
import { Journal } from "../journal/journal.ts";
import type { Source } from "../sources/source.ts";
import { Blobs } from "../store/blobs.ts";
import { JournalTranscript } from "./journalTranscript.ts";
import type { Transcript } from "./transcript.ts";

/** As much of a file as tells what it is. Bytes. */
const headSize = 4096;

/**
 * Opens one session file by its path, wherever it lies: a journal of ours (with the ancestors and blobs that lie beside
 * it) or a file of one of `sources`. Reads only. Throws a HumanError: `unreadable-file`; `foreign-file` for a file that
 * is nobody's session.
 */
export async function openTranscriptFile(
	file: string,
	sources: readonly Source[],
	files: Files = nodeFiles,
): Promise<Transcript> {
	const head = await readHead(files, file);
	if (head.includes(recordMarkBytes)) {
		return openJournalFile(file, files);
	}
	const source = sources.find((candidate) => candidate.claims(file, head));
	if (source) {
		return source.openFile(file);
	}
	if (isUlid(path.basename(file, ".jsonl"))) {
		return openJournalFile(file, files);
	}
	throw new HumanError(
		"foreign-file",
		`${path.basename(file)} is not a session that Skein knows. It was not opened as a transcript; open it as text instead.`,
	);
}

async function openJournalFile(file: string, files: Files): Promise<Transcript> {
	const folder = path.dirname(file);
	const load = (id: string) => {
		if (!isUlid(id)) {
			throw new HumanError("bad-id", `"${id}" is not the id of a session.`);
		}
		return Journal.open(path.join(folder, `${id}.jsonl`), files);
	};
	const blobs = new Blobs(files, path.join(path.dirname(folder), "blobs"));
	return JournalTranscript.open(await Journal.open(file, files), {
		load,
		blobs,
		folder: undefined,
	});
}

async function readHead(files: Files, file: string): Promise<Buffer> {
	try {
		const handle = await files.open(file, "r");
		try {
			return await readRange(handle, 0, headSize);
		} finally {
			await handle.close();
		}
	} catch (error) {
		throw new HumanError("unreadable-file", `${file} could not be read: ${causeInWords(error)}.`, {
			cause: error,
		});
	}
}
