import type { Dirent } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import * as path from "node:path";
import { mapLimit } from "../../../base/async.ts";
import { causeInWords, systemErrorCode } from "../../../base/errors.ts";
import type { Locations } from "../../locations.ts";
import type { SourceFile } from "../source.ts";
import { parseRolloutName } from "./names.ts";
import { IndexLine, parseObject } from "./schema.ts";

type Report = (path: string, reason: string) => void;

/** Codex's own folder (`CODEX_HOME`, else `~/.codex`) and what lies where in it (formats: Codex 1.1). */
export class CodexHome {
	readonly folder: string;
	readonly sessions: string;
	readonly archived: string;
	/** Names that users gave to threads. */
	readonly indexFile: string;
	private names: {
		readonly stamp: string;
		readonly byThread: ReadonlyMap<string, string>;
		readonly bad: number;
	} = {
		stamp: "",
		byThread: new Map(),
		bad: 0,
	};

	constructor(folder: string) {
		this.folder = folder;
		this.sessions = path.join(folder, "sessions");
		this.archived = path.join(folder, "archived_sessions");
		this.indexFile = path.join(folder, "session_index.jsonl");
	}

	static of(locations: Locations): CodexHome {
		const asked = locations.env["CODEX_HOME"];
		return new CodexHome(
			asked && path.isAbsolute(asked) ? asked : path.join(locations.home, ".codex"),
		);
	}

	/** The home that a rollout's path lies in, wherever that is; undefined when it lies in none. */
	static around(file: string): CodexHome | undefined {
		const parts = path.resolve(file).split(path.sep);
		const at = Math.max(parts.lastIndexOf("sessions"), parts.lastIndexOf("archived_sessions"));
		return at > 0 ? new CodexHome(parts.slice(0, at).join(path.sep) || path.sep) : undefined;
	}

	isArchived(file: string): boolean {
		return path.resolve(file).startsWith(this.archived + path.sep);
	}

	/** All rollouts, live and archived. A compressed file whose plain sibling is there is left out. */
	async rollouts(report: Report): Promise<SourceFile[]> {
		const wanted = await this.rolloutPaths(report);
		const found = await mapLimit(wanted, 16, async (file): Promise<SourceFile | undefined> => {
			try {
				const { size, mtimeMs } = await stat(file);
				return { path: file, size, mtimeMs };
			} catch (thrown) {
				if (systemErrorCode(thrown) !== "ENOENT") {
					report(file, `It could not be looked at: ${causeInWords(thrown)}.`);
				}
				return undefined;
			}
		});
		return found.filter((file) => file !== undefined);
	}

	private async rolloutPaths(report: Report): Promise<string[]> {
		const paths = [
			...(await filesUnder(this.sessions, report)),
			...(await filesUnder(this.archived, report)),
		].filter(isSessionFile);
		const all = new Set(paths);
		return paths.filter((file) => !file.endsWith(".zst") || !all.has(file.slice(0, -4)));
	}

	/** Paths of a thread's rollouts, by their names alone. */
	async rolloutsNamed(thread: string): Promise<string[]> {
		const paths = await this.rolloutPaths(ignore);
		return paths.filter((file) => parseRolloutName(file).thread === thread);
	}

	/** Paths of a thread's rollouts that lie beside known ones, or where Codex would write a new one now. */
	async rolloutsBeside(thread: string, known: readonly string[], now: Date): Promise<string[]> {
		const two = (value: number) => String(value).padStart(2, "0");
		const today = path.join(
			this.sessions,
			String(now.getFullYear()),
			two(now.getMonth() + 1),
			two(now.getDate()),
		);
		const folders = new Set([...known.map((file) => path.dirname(file)), today]);
		const found: string[] = [];
		for (const folder of folders) {
			for (const name of await namesIn(folder)) {
				if (
					name.includes(thread) &&
					isSessionFile(name) &&
					parseRolloutName(name).thread === thread
				) {
					found.push(path.join(folder, name));
				}
			}
		}
		const all = new Set(found);
		return found.filter((file) => !file.endsWith(".zst") || !all.has(file.slice(0, -4)));
	}

	/** Names of threads: the last line of each in `session_index.jsonl`. Bad lines are left out and reported. */
	async threadNames(report: Report = ignore): Promise<ReadonlyMap<string, string>> {
		try {
			const { size, mtimeMs } = await stat(this.indexFile);
			const stamp = `${size}:${mtimeMs}`;
			if (stamp !== this.names.stamp) {
				this.names = { stamp, ...readNames(await readFile(this.indexFile, "utf8")) };
			}
			if (this.names.bad > 0) {
				const lines = this.names.bad === 1 ? "One line" : `${this.names.bad} lines`;
				report(this.indexFile, `${lines} in the list of session names could not be read.`);
			}
		} catch (thrown) {
			this.names = { stamp: "", byThread: new Map(), bad: 0 };
			if (systemErrorCode(thrown) !== "ENOENT" && systemErrorCode(thrown) !== "ENOTDIR") {
				report(
					this.indexFile,
					`The list of session names could not be read: ${causeInWords(thrown)}.`,
				);
			}
		}
		return this.names.byThread;
	}
}

function readNames(text: string): { byThread: Map<string, string>; bad: number } {
	const byThread = new Map<string, string>();
	let bad = 0;
	for (const line of text.split("\n")) {
		if (line.trim() === "") {
			continue;
		}
		const parsed = IndexLine.safeParse(parseObject(line));
		if (parsed.success) {
			byThread.set(parsed.data.id, parsed.data.thread_name.trim());
		} else {
			bad++;
		}
	}
	return { byThread, bad };
}

function isSessionFile(file: string): boolean {
	return /\.jsonl(\.zst)?$/.test(file) || /^rollout-.*\.json$/.test(path.basename(file));
}

async function filesUnder(folder: string, report: Report): Promise<string[]> {
	let entries: Dirent[];
	try {
		entries = await readdir(folder, { withFileTypes: true });
	} catch (thrown) {
		const code = systemErrorCode(thrown);
		if (code !== "ENOENT" && code !== "ENOTDIR") {
			report(folder, `It could not be read: ${causeInWords(thrown)}.`);
		}
		return [];
	}
	const files: string[] = [];
	const folders: string[] = [];
	for (const entry of entries) {
		const full = path.join(folder, entry.name);
		if (entry.isDirectory()) {
			folders.push(full);
		} else if (entry.isFile() || entry.isSymbolicLink()) {
			files.push(full);
		}
	}
	const below = await mapLimit(folders, 8, (each) => filesUnder(each, report));
	return [...files, ...below.flat()];
}

async function namesIn(folder: string): Promise<string[]> {
	try {
		return await readdir(folder);
	} catch {
		// A folder that is gone or closed to us holds nothing new; its known files say so themselves.
		return [];
	}
}

function ignore(): void {
	// Nobody asked.
}
