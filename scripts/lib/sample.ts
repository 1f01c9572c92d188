import { existsSync } from "node:fs";
import { cp, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import * as path from "node:path";
import { repository } from "./paths.ts";

/** The demo project, and the Codex home with its sessions. */
export const sampleFolder = path.join(repository, "sample");
/** Where the recorded sessions say they ran, and where their Codex home was. */
export const recordedFolder = "/workspace/demo";
export const recordedCodexHome = "/home/dev/.codex";

/**
 * Copies the sample into `target`, so that the committed one stays clean, and returns the workspace folder and its Codex
 * home. The sessions are moved with it: they then say that they ran in the copy.
 */
export async function copySample(target: string): Promise<{ folder: string; codexHome: string }> {
	const folder = path.join(target, "demo");
	const codexHome = path.join(target, "codex");
	await mkdir(target, { recursive: true });
	await cp(path.join(sampleFolder, "demo"), folder, { recursive: true });
	await moveSessions(path.join(sampleFolder, "codex"), codexHome, [
		[recordedFolder, folder],
		[recordedCodexHome, codexHome],
	]);
	return { folder, codexHome };
}

/** Pairs of a path as it stands in session files and the path that takes its place. */
export type Moves = readonly (readonly [from: string, to: string])[];

/**
 * Copies a Codex home and replaces paths in its text files. A fork names the byte where its parent's part ends
 * (`history_base.end_byte_offset`), which moves with the paths: it is computed anew.
 */
export async function moveSessions(from: string, to: string, moves: Moves): Promise<void> {
	await mkdir(to, { recursive: true });
	if (!existsSync(from)) {
		return;
	}
	const files = (await readdir(from, { recursive: true, withFileTypes: true }))
		.filter((entry) => entry.isFile())
		.map((entry) => path.relative(from, path.join(entry.parentPath, entry.name)));
	const moved = new Map<string, MovedFile>();
	for (const file of files) {
		moved.set(file, moveText(await readFile(path.join(from, file), "utf8"), moves));
	}
	for (const [file, { text }] of moved) {
		const fixed = text.replaceAll(
			/"thread_id":"([0-9a-f-]{36})","end_ordinal_exclusive":(\d+),"end_byte_offset":(\d+)/g,
			(whole, thread, ordinal, offset) => {
				const parent = [...moved].find(([name]) => name !== file && name.includes(thread));
				const now = parent?.[1].offsets.get(Number(offset));
				return now === undefined
					? whole
					: `"thread_id":"${thread}","end_ordinal_exclusive":${ordinal},"end_byte_offset":${now}`;
			},
		);
		await mkdir(path.dirname(path.join(to, file)), { recursive: true });
		await writeFile(path.join(to, file), fixed);
	}
}

interface MovedFile {
	readonly text: string;
	/** Byte offset of every line's end in the old file, and where it is now. */
	readonly offsets: ReadonlyMap<number, number>;
}

function moveText(text: string, moves: Moves): MovedFile {
	const offsets = new Map<number, number>();
	let result = "";
	let before = 0;
	let after = 0;
	for (const line of text.split(/(?<=\n)/)) {
		let now = line;
		for (const [from, to] of moves) {
			// In JSON, a path stands escaped once, or twice inside a tool's arguments; only Windows' paths differ by that.
			now = now.replaceAll(from, JSON.stringify(to).slice(1, -1));
		}
		before += Buffer.byteLength(line);
		after += Buffer.byteLength(now);
		offsets.set(before, after);
		result += now;
	}
	return { text: result, offsets };
}
