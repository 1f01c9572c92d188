import * as fs from "node:fs";
import { causeInWords } from "../../base/errors.ts";
import type { SourceKeep } from "../catalogue/sourceKeep.ts";
import { nodeFiles } from "../files.ts";
import type { SessionSummary } from "../model/summary.ts";
import type { Source, SourceFile, SourceFileFacts } from "../sources/source.ts";
import { CodexReader } from "./codexReader.ts";
import type { IndexDatabase } from "./database.ts";
import type { IndexedItem } from "./indexedItem.ts";
import { ItemBatch } from "./itemBatch.ts";
import { breathe, Turns, type UpdateOptions } from "./progress.ts";
import { type FileRecord, type KnownFile, Projection, summaryCheck } from "./projection.ts";
import type { SourceReader, SourceReading } from "./sourceReader.ts";
import { compareStamps, type FileStamp, stampOf } from "./stamp.ts";
import { SteadyWrites } from "./steadyWrites.ts";
import { stillThere } from "./tailProbe.ts";

export interface SourceUpdate {
	readonly read: number;
	readonly removed: number;
	readonly changed: number;
}

export interface SourceEntry extends SourceFile {
	readonly stamp: FileStamp;
}

/** The reader of a source's items; undefined for a source whose sessions are listed but not searched yet. */
export function createReader(source: Source): SourceReader | undefined {
	return source.name === "codex" ? new CodexReader(source) : undefined;
}

/** The projection of the sessions of one source, in the index that all sources of the machine share. */
export class SourceIndex {
	readonly source: Source;
	readonly reader: SourceReader | undefined;
	readonly projection: Projection;
	private readonly db: IndexDatabase;
	private readonly kept: SourceKeep | undefined;
	/** Of the update under way, or of the last one. */
	private writes: SteadyWrites;

	/** @param kept copies of session files that the tool itself may have deleted: found like any other. */
	constructor(source: Source, db: IndexDatabase, kept?: SourceKeep) {
		this.source = source;
		this.kept = kept;
		this.reader = createReader(source);
		this.db = db;
		this.writes = new SteadyWrites(db);
		this.projection = new Projection(db);
	}

	/**
	 * Reads what has changed on disk since the last time, whichever process did that. Throws a ReplacedIndex when another
	 * file has come in the index's place meanwhile: it has to begin anew.
	 */
	async update(problems: string[], options: UpdateOptions): Promise<SourceUpdate> {
		const { signal, progress } = options;
		const { name } = this.source;
		const files = await this.list(problems);
		this.writes = new SteadyWrites(this.db);
		const known = this.projection.files(name);
		const stale: SourceEntry[] = [];
		for (const file of files) {
			if (await this.isStale(file, known.get(file.path))) {
				stale.push(file);
			}
		}
		const present = new Set(files.map(({ path }) => path));
		const gone = [...known].filter(([path]) => !present.has(path)).map(([, file]) => file.id);
		this.remove(gone);
		const facts = new Map<string, unknown>();
		const batch = new ItemBatch(this.db, this.writes, this.projection);
		// Oldest first: full-text search is fastest to build in the order of time.
		stale.sort((a, b) => a.mtimeMs - b.mtimeMs || (a.path < b.path ? -1 : 1));
		progress?.(0, stale.length);
		const turns = new Turns();
		for (const [index, file] of stale.entries()) {
			await turns.next();
			if (signal?.aborted) {
				batch.store();
				throw signal.reason;
			}
			facts.set(file.path, await this.read(file, known.get(file.path), batch));
			if (batch.full) {
				batch.store();
				await breathe();
			}
			progress?.(index + 1, stale.length);
		}
		batch.store();
		await this.summarize(files, facts);
		this.writes.check();
		return { read: stale.length, removed: gone.length, changed: batch.changed };
	}

	/** One file as a full reading gives it. */
	async replay(file: SourceFile): Promise<SourceReading | { readonly facts: unknown }> {
		const reader = createReader(this.source);
		return (await reader?.read(file)) ?? { facts: await this.source.readFacts(file) };
	}

	/** Paths of files that the next update would read again or forget, whatever the index says of them. */
	async pending(files: readonly SourceEntry[]): Promise<Set<string>> {
		const known = this.projection.files(this.source.name);
		const found = new Set<string>();
		for (const file of files) {
			if ((await this.stateOf(file, known.get(file.path))) === "changed") {
				found.add(file.path);
			}
			known.delete(file.path);
		}
		return new Set([...found, ...known.keys()]);
	}

	/** The rows that the files' facts amount to, stored where they differ. */
	private async summarize(
		files: readonly SourceEntry[],
		fresh: ReadonlyMap<string, unknown>,
	): Promise<void> {
		const complete = files.every(({ path }) => fresh.has(path));
		const stored = complete ? fresh : this.projection.facts(this.source.name);
		const summaries = await this.rowsOf(
			files.map(({ path }) => ({ path, facts: fresh.get(path) ?? stored.get(path) })),
		);
		const known = this.projection.summaryMarks(this.source.name);
		const changed = summaries.filter((summary) => {
			const same = known.get(summary.id) === summaryCheck(summary);
			known.delete(summary.id);
			return !same;
		});
		if (changed.length > 0 || known.size > 0) {
			this.writes.write(() => {
				for (const summary of changed) {
					this.projection.putSession(summary, aboutOf(summary));
				}
				for (const id of known.keys()) {
					this.projection.removeSession(id);
				}
			});
		}
	}

	/** The source's files as they are on disk now. */
	async list(problems: string[]): Promise<SourceEntry[]> {
		const present = await this.source.discover((path, reason) =>
			problems.push(`${path}: ${reason}`),
		);
		const files = [...present, ...(await this.deleted(present, problems))];
		const entries: SourceEntry[] = [];
		for (const file of files) {
			const stat = fs.statSync(file.path, { throwIfNoEntry: false });
			if (stat?.isFile()) {
				entries.push({ ...file, stamp: stampOf(stat) });
			} else if (stat) {
				problems.push(`${file.path}: This is not a file; it was not opened.`);
			}
		}
		return entries;
	}

	/** The rows that files with these facts amount to. */
	async rowsOf(facts: readonly SourceFileFacts[]): Promise<SessionSummary[]> {
		const rows = await this.source.summarize(facts);
		return rows.map((row) => ({ ...row, present: !this.kept?.holds(row.file) }));
	}

	/** What cannot be read of the kept copies must not hide what the tool itself has. */
	private async deleted(
		present: readonly SourceFile[],
		problems: string[],
	): Promise<readonly SourceFile[]> {
		try {
			return (await this.kept?.deleted(present)) ?? [];
		} catch (error) {
			problems.push(
				`Kept copies of ${this.source.label} sessions could not be read: ${causeInWords(error)}.`,
			);
			return [];
		}
	}

	private async isStale(file: SourceEntry, known: KnownFile | undefined): Promise<boolean> {
		const state = await this.stateOf(file, known);
		if (state === "touched" && known) {
			this.writes.write(() => this.projection.setStamp(known.id, file.stamp));
		}
		return state === "changed";
	}

	/** `touched`: only the stamp is another. */
	private async stateOf(
		file: SourceEntry,
		known: KnownFile | undefined,
	): Promise<"current" | "touched" | "changed"> {
		if (!known || known.open || known.depth === 0) {
			return "changed";
		}
		const change = compareStamps(known, file.stamp);
		if (change !== "maybe") {
			return change === "changed" ? "changed" : "current";
		}
		const last = this.projection.lastRecord(known.id);
		return last && (await stillThere(nodeFiles, file.path, last)) ? "touched" : "changed";
	}

	private remove(files: readonly number[]): void {
		if (files.length > 0) {
			this.writes.write(() => {
				this.projection.tiers.prepare();
				for (const file of files) {
					this.projection.removeFile(file);
				}
				this.projection.tiers.finish();
			});
		}
	}

	private record(
		file: SourceEntry,
		reading: Partial<SourceReading> & { readonly facts: unknown },
		depth: 0 | 1,
	): FileRecord {
		return {
			...file.stamp,
			source: this.source.name,
			path: file.path,
			depth,
			open: false,
			last: depth === 1 ? reading.last : undefined,
			session: reading.session ?? "",
			prefix: reading.prefix ?? "",
			cwd: reading.cwd ?? null,
			facts: reading.facts,
		};
	}

	private async read(
		file: SourceEntry,
		known: KnownFile | undefined,
		batch: ItemBatch,
	): Promise<unknown> {
		const reading = await this.reader?.read(file, known);
		if (!reading) {
			const facts = await this.source.readFacts(file);
			batch.add({ file: this.record(file, { facts }, 1) });
			return facts;
		}
		const items = known && this.projection.knownItems(known.id);
		let last: readonly IndexedItem[] | undefined;
		for await (const put of reading.pages) {
			if (last) {
				// Until its last page is stored, the file counts as not read.
				batch.add({ file: this.record(file, reading, 0), known: items, put: last });
				if (batch.full) {
					batch.store();
					await breathe();
				}
			}
			last = put;
		}
		batch.add({
			file: this.record(file, reading, 1),
			known: items,
			put: last ?? [],
			turns: reading.turns,
			seen: reading.ids,
		});
		return reading.facts;
	}
}

function aboutOf(summary: SessionSummary): string {
	return [summary.untitled ? "" : summary.title, ...summary.tags].filter((text) => text).join("\n");
}
