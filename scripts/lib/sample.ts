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
 * home. The sessions are moved with it: they then say that they ran in the copy. A copy that is there already stays as it is.
 */
export async function copySample(target: string): Promise<{ folder: string; codexHome: string }> {
	const folder = path.join(target, "demo");
	const codexHome = path.join(target, "codex");
	if (existsSync(target)) {
		return { folder, codexHome };
	}
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
		.map((entry) => path.relative(from, path.join(entry.parentPath, entry.name)))
		// Rollouts are named by time, so that a fork comes after what it continues.
		.sort((a, b) => (path.basename(a) < path.basename(b) ? -1 : 1));
	const moved = new Map<string, LineEnds>();
	for (const file of files) {
		const old = await readFile(path.join(from, file), "utf8");
		const lineEnds = new Map<number, number>();
		let text = "";
		let before = 0;
		let after = 0;
		for (const line of old.split(/(?<=\n)/)) {
			const now = moveForkPoint(moveLine(line, moves), moved);
			before += Buffer.byteLength(line);
			after += Buffer.byteLength(now);
			lineEnds.set(before, after);
			text += now;
		}
		moved.set(file, lineEnds);
		await mkdir(path.dirname(path.join(to, file)), { recursive: true });
		await writeFile(path.join(to, file), text);
	}
}

/** Byte offsets of the line ends of a file, as they were, and where they are now. */
type LineEnds = ReadonlyMap<number, number>;

function moveLine(line: string, moves: Moves): string {
	let now = line;
	for (const [from, to] of moves) {
		now = now.replaceAll(from, JSON.stringify(to).slice(1, -1));
	}
	return now;
}

function moveForkPoint(line: string, moved: ReadonlyMap<string, LineEnds>): string {
	return line.replace(
		/("thread_id":"([0-9a-f-]{36})","end_ordinal_exclusive":\d+,"end_byte_offset":)(\d+)/,
		(whole, start: string, thread: string, offset: string) => {
			const parents = [...moved].filter(([name]) => name.includes(thread));
			const now = parents
				.map(([, lineEnds]) => lineEnds.get(Number(offset)))
				.find((each) => each !== undefined);
			return now === undefined ? whole : start + now;
		},
	);
}
