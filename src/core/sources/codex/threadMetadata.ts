import { constants } from "node:fs";
import { TaskQueue } from "../../../base/async.ts";
import { causeInWords, errorSentence, HumanError } from "../../../base/errors.ts";
import { type Files, isThere, nodeFiles, sameFile } from "../../files.ts";
import type { Locations } from "../../locations.ts";
import { CodexHome } from "./home.ts";
import { firstLine, lastLine } from "./lastLine.ts";
import {
	checkHead,
	type MemoryMode,
	nameIn,
	needsCodex,
	patched,
	type ThreadPatch,
} from "./metadataLines.ts";
import { parseRolloutName } from "./names.ts";
import { asJson, asText, type Json } from "./schema.ts";
import { type ThreadFile, ThreadFiles } from "./threadFiles.ts";
import { type UnfinishedName, UnfinishedNames } from "./unfinishedNames.ts";

/** What Codex's files say of a thread. */
export interface ThreadMetadata {
	readonly thread: string;
	/** Its rollout. */
	readonly file: string;
	readonly archived: boolean;
	readonly name: string | null;
	readonly memoryMode: MemoryMode | null;
	readonly git: {
		readonly commit: string | null;
		readonly branch: string | null;
		readonly repositoryUrl: string | null;
	};
}

export interface ThreadMetadataOptions {
	readonly files?: Files;
	/** ms since the epoch. */
	readonly clock?: () => number;
	/** Where a program that writes the thread now has its rollout, inside of the home or not; that one is used. */
	readonly liveRollout?: (thread: string) => Promise<ThreadFile | undefined>;
}

interface Found extends ThreadFile {
	/** The last `session_meta` line of the thread. */
	readonly meta: Json;
}

/**
 * Names, memory modes and git facts of Codex's own threads, read and written in Codex's own files: what
 * `codex app-server` does, for where there is none.
 * Guarantees: a patch is one write to the rollout, so it is there whole or not at all; a name that a crash kept out of
 * `session_index.jsonl` is put there by the next {@link finishNames} or update; what is returned was read back.
 * Threads of the paginated generation are refused: Codex keeps their metadata in its database and counts their lines.
 */
export class CodexThreadMetadata {
	private readonly home: CodexHome;
	private readonly files: Files;
	private readonly threads: ThreadFiles;
	private readonly unfinished: UnfinishedNames;
	private readonly clock: () => number;
	private readonly liveRollout: ThreadMetadataOptions["liveRollout"];
	private readonly queue = new TaskQueue();

	constructor(locations: Locations, options: ThreadMetadataOptions = {}) {
		this.home = CodexHome.of(locations);
		this.files = options.files ?? nodeFiles;
		this.clock = options.clock ?? Date.now;
		this.liveRollout = options.liveRollout;
		this.threads = new ThreadFiles(this.home, this.files);
		this.unfinished = new UnfinishedNames(locations.data, this.home.folder, this.files);
	}

	/** Throws a HumanError: `no-such-thread`, `id-mismatch`, `needs-codex`, `unknown-layout`, `outside-codex`. */
	read(thread: string, { includeArchived = true } = {}): Promise<ThreadMetadata> {
		return this.queue.run(async () => this.readBack(await this.find(thread, includeArchived)));
	}

	/** Whether Codex keeps the metadata of this thread in its files, so that they can be changed without it. */
	async isInFiles(thread: string): Promise<boolean> {
		try {
			await this.read(thread);
			return true;
		} catch (error) {
			if (error instanceof HumanError) {
				return false;
			}
			throw error;
		}
	}

	/** Throws what {@link read} throws, `empty-name`, `not-writable`, `not-stored`, `half-stored`, `moved-meanwhile`. */
	update(
		thread: string,
		patch: ThreadPatch,
		{ includeArchived = false } = {},
	): Promise<ThreadMetadata> {
		return this.queue.run(async () => {
			const name = patch.name?.trim();
			if (name === "") {
				throw new HumanError("empty-name", "A session needs a name. Nothing was changed.");
			}
			await this.finishUnfinished();
			const found = await this.find(thread, includeArchived);
			await this.write(found, { ...patch, ...(name === undefined ? {} : { name }) });
			return this.readBack(await this.find(thread, includeArchived));
		});
	}

	/** Moves a thread into the archive, or out of it; done already is done. Throws what {@link read} throws, and `not-moved`. */
	setArchived(thread: string, archived: boolean): Promise<ThreadMetadata> {
		return this.queue.run(async () => {
			const found = await this.find(thread, true);
			if (found.archived !== archived) {
				await this.threads.move(found);
			}
			return this.readBack(await this.find(thread, true));
		});
	}

	/** Completes the names that a crash has left half given. */
	finishNames(): Promise<void> {
		return this.queue.run(() => this.finishUnfinished());
	}

	private async write({ path: file, meta }: Found, patch: ThreadPatch): Promise<void> {
		const timestamp = new Date(this.clock()).toISOString();
		const thread = asText(meta["id"]) ?? "";
		const { name } = patch;
		const lines: string[] = [];
		if (patch.memoryMode !== undefined || patch.git !== undefined) {
			lines.push(
				JSON.stringify({ timestamp, type: "session_meta", payload: patched(meta, patch) }),
			);
		}
		if (name !== undefined) {
			const payload = { type: "thread_name_updated", thread_id: thread, thread_name: name };
			lines.push(JSON.stringify({ timestamp, type: "event_msg", payload }));
			await this.note({ thread, name, at: timestamp, file });
		}
		if (lines.length > 0) {
			await this.appendTo(file, lines);
		}
		if (name !== undefined) {
			await this.index(thread, name, timestamp).catch((error: unknown) => {
				throw new HumanError(
					"half-stored",
					`The name is in the session's file, but not in Codex's list of names: ${errorSentence(error)} It is put there when sessions are next listed or renamed.`,
					{ cause: error },
				);
			});
			await this.unfinished.forget(thread);
		}
	}

	private async note(name: UnfinishedName): Promise<void> {
		try {
			await this.unfinished.note(name);
		} catch (error) {
			throw new HumanError(
				"not-stored",
				`The change could not be prepared: ${causeInWords(error)}. Nothing was changed.`,
				{ cause: error },
			);
		}
	}

	/** A file that was moved or replaced while it was written would keep the lines from everybody. */
	private async appendTo(file: string, lines: readonly string[]): Promise<void> {
		const before = await this.files.lstat(file, { bigint: true });
		await this.threads.append(file, lines);
		const after = await this.files.lstat(file, { bigint: true }).catch(() => undefined);
		if (!after || !sameFile(before, after)) {
			throw new HumanError(
				"moved-meanwhile",
				`${file} was moved or replaced while it was written, so the change may be lost. Look, and try again.`,
			);
		}
	}

	private async index(thread: string, name: string, at: string): Promise<void> {
		await this.threads.checkInside(this.home.indexFile);
		const line = JSON.stringify({ id: thread, thread_name: name, updated_at: at });
		await this.threads.append(this.home.indexFile, [line], { create: true });
	}

	private async finishUnfinished(): Promise<void> {
		for (const { thread, name, at, file } of await this.unfinished.list(this.clock())) {
			const given = await this.lastEvent(thread, file);
			const isGiven = given?.["timestamp"] === at && nameIn(given) === name;
			const indexed = await this.lastIndexed(thread);
			if (isGiven && !((asText(indexed?.["updated_at"]) ?? "") >= at)) {
				await this.index(thread, name, at);
			}
			await this.unfinished.forget(thread);
		}
	}

	/** The last line in the rollout that gave the thread a name; the rollout may have been archived since. */
	private async lastEvent(thread: string, known: string): Promise<Json | undefined> {
		const found = await this.locate(thread, true).catch(() => undefined);
		return this.look(found?.path ?? known, (handle, size) =>
			lastLine(handle, size, '"thread_name_updated"', (line) => nameIn(line) !== undefined),
		).catch(() => undefined);
	}

	private async lastIndexed(thread: string): Promise<Json | undefined> {
		if (!(await isThere(this.files, this.home.indexFile))) {
			return undefined;
		}
		return this.look(this.home.indexFile, (handle, size) =>
			lastLine(handle, size, `"${thread}"`, (line) => line["id"] === thread),
		);
	}

	private async locate(thread: string, includeArchived: boolean): Promise<ThreadFile> {
		const live = await this.liveRollout?.(thread);
		if (live) {
			return live;
		}
		const found = await this.threads.find(thread, includeArchived);
		await this.threads.checkInside(found.path);
		return found;
	}

	private async find(thread: string, includeArchived: boolean): Promise<Found> {
		const file = await this.locate(thread, includeArchived);
		if (parseRolloutName(file.path).compressed) {
			throw needsCodex("Codex has compressed this session");
		}
		const meta = await this.look(file.path, async (handle, size) => {
			const first = await firstLine(handle, size);
			checkHead(file.path, first, thread);
			const last = await lastLine(
				handle,
				size,
				'"session_meta"',
				(line) => line["type"] === "session_meta" && asJson(line["payload"])?.["id"] === thread,
			);
			return asJson((last ?? first)?.["payload"]) ?? {};
		});
		return { ...file, meta };
	}

	private async readBack({ path: file, archived, meta }: Found): Promise<ThreadMetadata> {
		const thread = asText(meta["id"]) ?? "";
		const git = asJson(meta["git"]);
		const mode = meta["memory_mode"];
		const indexed = asText((await this.lastIndexed(thread))?.["thread_name"])?.trim();
		const name = indexed ?? nameIn(await this.lastEvent(thread, file));
		return {
			thread,
			file,
			archived,
			name: name || null,
			memoryMode: mode === "enabled" || mode === "disabled" ? mode : null,
			git: {
				commit: asText(git?.["commit_hash"]) ?? null,
				branch: asText(git?.["branch"]) ?? null,
				repositoryUrl: asText(git?.["repository_url"]) ?? null,
			},
		};
	}

	private async look<T>(
		file: string,
		read: (handle: Awaited<ReturnType<ThreadFiles["open"]>>, size: number) => Promise<T>,
	): Promise<T> {
		const handle = await this.threads.open(file, constants.O_RDONLY);
		try {
			return await read(handle, (await handle.stat()).size);
		} finally {
			await handle.close();
		}
	}
}
