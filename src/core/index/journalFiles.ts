import * as fs from "node:fs";
import * as path from "node:path";
import { mapLimit } from "../../base/async.ts";
import { causeInWords, systemErrorCode } from "../../base/errors.ts";
import { nodeFiles } from "../files.ts";
import { isUlid } from "../journal/ids.ts";
import type { WorkspaceStore } from "../store/workspaceStore.ts";
import { type FileStamp, stampOf } from "./stamp.ts";

/** A file that stands where a journal of a store should. */
export interface JournalFile {
	readonly id: string;
	readonly stamp: FileStamp;
	/** Why it is not opened at all, as a sentence. */
	readonly refused?: string;
}

const noStamp: FileStamp = { size: 0, mtime: 0, ctime: 0, inode: "" };

/** All journals of a store, and a sentence for each file among them that is none. */
export async function listJournals(
	store: WorkspaceStore,
	problems: string[],
): Promise<JournalFile[]> {
	const { sessions } = store.layout;
	let names: string[];
	try {
		names = await store.files.readdir(sessions);
	} catch (error) {
		const code = systemErrorCode(error);
		if (code !== "ENOENT" && code !== "ENOTDIR") {
			problems.push(`The sessions in ${store.folder} could not be listed: ${causeInWords(error)}.`);
		}
		return [];
	}
	const ids: string[] = [];
	for (const name of names) {
		const id = name.endsWith(".jsonl") ? name.slice(0, -".jsonl".length) : "";
		if (isUlid(id)) {
			ids.push(id);
		} else if (!name.endsWith(".tmp") && !name.endsWith(".purging")) {
			problems.push(
				`${path.join(sessions, name)} is not a journal of a session; it was passed over.`,
			);
		}
	}
	const files = await mapLimit(ids, 32, (id) => lookAtJournal(store, id));
	return files.filter((file) => file !== undefined);
}

/** One journal's file; undefined when there is none. */
export async function lookAtJournal(
	store: WorkspaceStore,
	id: string,
): Promise<JournalFile | undefined> {
	const file = store.layout.journal(id);
	try {
		// Blocking where it can be: a tenth of the time for ten thousand files, in a thread that may block.
		const stat = store.files === nodeFiles ? fs.lstatSync(file) : await store.files.lstat(file);
		const stamp = stampOf(stat);
		return stat.isFile()
			? { id, stamp }
			: {
					id,
					stamp,
					refused: "This is a link or a folder where a journal should be; it was not opened.",
				};
	} catch (error) {
		const code = systemErrorCode(error);
		if (code === "ENOENT" || code === "ENOTDIR") {
			return undefined;
		}
		return {
			id,
			stamp: noStamp,
			refused: `The journal could not be read: ${causeInWords(error)}.`,
		};
	}
}
