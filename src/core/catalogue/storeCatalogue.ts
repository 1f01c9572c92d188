import { lstatSync } from "node:fs";
import * as path from "node:path";
import * as z from "zod/mini";
import { mapLimit } from "../../base/async.ts";
import { causeInWords, errorSentence, HumanError, systemErrorCode } from "../../base/errors.ts";
import { nodeFiles } from "../files.ts";
import { isUlid } from "../journal/ids.ts";
import { Journal } from "../journal/journal.ts";
import { SessionSummary } from "../model/summary.ts";
import type { KeptSession, StoreStatus } from "../store/status.ts";
import { unreadableRow } from "../store/unreadableRow.ts";
import type { WorkspaceStore } from "../store/workspaceStore.ts";
import { resolveLineage } from "../transcript/lineage.ts";
import { summarizeSession } from "../transcript/summarize.ts";
import { CatalogueCache } from "./cache.ts";
import type { CatalogueChange, ReportProgress } from "./change.ts";

const Stamp = z.object({ size: z.number(), mtimeMs: z.number() });
type Stamp = z.infer<typeof Stamp>;

/** A session's row as it is cached, with all it was made from. */
export const CachedRow = z.object({
	row: SessionSummary,
	/** The row was made while its chain was not complete, or a line was being written: it is made again. */
	open: z.boolean(),
	/** The journals of ancestors as they were. */
	ancestors: z.record(z.string(), Stamp),
});
export type CachedRow = z.infer<typeof CachedRow>;

/** Journals kept read, so that a session that grows is not read from its beginning each time. */
const readLimit = 16;

/** Rows that are told before their files are looked at: more than fit on any screen. */
const expectedRows = 200;

interface ListedFile {
	readonly id: string;
	readonly size: number;
	readonly mtimeMs: number;
	/** Why the file is not opened at all. */
	readonly refused?: string;
}

/**
 * The sessions of one store as rows. Reads only journals that have changed since their row was made, whichever process
 * made it; a journal that cannot be read has a row that says so (design: J9). Writes only the cache.
 */
export class StoreCatalogue {
	readonly store: WorkspaceStore;
	readonly rows = new Map<string, SessionSummary>();
	status: StoreStatus = { kind: "none" };
	kept: readonly KeptSession[] = [];
	problems: readonly string[] = [];
	private cache: CatalogueCache | undefined;
	private readonly journals = new Map<string, Promise<Journal>>();
	/** Size and time of every journal at the last look. */
	private readonly stamps = new Map<string, Stamp>();
	/** Ancestors of the sessions that were forked. */
	private readonly ancestors = new Map<string, readonly string[]>();
	/** Sessions that were told without having been looked at. */
	private readonly shown = new Set<string>();
	/** Sessions whose last line may still be in the making. */
	private readonly unsettled = new Set<string>();

	constructor(store: WorkspaceStore) {
		this.store = store;
	}

	/**
	 * Rows of the newest sessions as they were when they were last looked at: something to show while ten thousand files
	 * are compared. The first {@link scan} tells what has become of them.
	 */
	expected(): SessionSummary[] {
		const rows = this.openCache()
			.last(expectedRows)
			.map((value) => (value as CachedRow).row);
		for (const { id } of rows) {
			this.shown.add(id);
		}
		return rows;
	}

	/** Compares all files with the rows and brings these up to date. */
	async scan(report: ReportProgress = () => undefined): Promise<CatalogueChange> {
		const problems: string[] = [];
		this.status = await this.store.status();
		if (this.status.kind === "unreadable") {
			problems.push(this.status.reason);
		}
		const files = await this.list(problems);
		const present = new Set(files.map((file) => file.id));
		const gone = [...new Set([...this.shown, ...this.rows.keys()])].filter(
			(id) => !present.has(id),
		);
		this.shown.clear();
		for (const id of gone) {
			this.forget(id);
		}
		const change = await this.update(files, report);
		this.kept = await this.findKept(problems);
		this.problems = problems;
		this.cache?.save();
		return { rows: change, removed: gone };
	}

	/** True while a line of some journal may still be in the making: worth another look in two seconds. */
	get isUnsettled(): boolean {
		return this.unsettled.size > 0;
	}

	/** Looks at some sessions only, those whose files the system says have changed, and at their forks. */
	async scanSome(ids: Iterable<string>): Promise<CatalogueChange> {
		const removed: string[] = [];
		const files: ListedFile[] = [];
		for (const id of this.withForks(ids)) {
			const file = await this.look(id);
			if (file) {
				files.push(file);
			} else if (this.rows.has(id)) {
				this.forget(id);
				removed.push(id);
			}
		}
		const rows = await this.update(files, () => undefined);
		this.cache?.save();
		return { rows, removed };
	}

	private async update(
		files: readonly ListedFile[],
		report: ReportProgress,
	): Promise<SessionSummary[]> {
		const cache = this.openCache();
		const changed: SessionSummary[] = [];
		const stale: ListedFile[] = [];
		for (const { id, size, mtimeMs } of files) {
			this.stamps.set(id, { size, mtimeMs });
		}
		for (const file of files) {
			// The cache vouches for what it gives back; a schema would take longer than the rest for ten thousand rows.
			const cached = cache.get(file.id, file) as CachedRow | undefined;
			if (!cached || !this.isCurrent(cached)) {
				stale.push(file);
			} else if (!this.rows.has(file.id)) {
				this.take(file.id, cached);
				changed.push(cached.row);
			}
		}
		let done = 0;
		report(0, stale.length);
		await mapLimit(stale, 4, async (file) => {
			const made = await this.read(file);
			cache.set(file.id, { size: file.size, mtimeMs: file.mtimeMs, value: made });
			if (JSON.stringify(this.rows.get(file.id)) !== JSON.stringify(made.row)) {
				changed.push(made.row);
			}
			this.take(file.id, made);
			report(++done, stale.length);
		});
		return changed;
	}

	private isCurrent(cached: CachedRow): boolean {
		return (
			!cached.open &&
			Object.entries(cached.ancestors).every(([id, then]) => {
				const now = this.stamps.get(id);
				return now?.size === then.size && now.mtimeMs === then.mtimeMs;
			})
		);
	}

	private take(id: string, { row, ancestors }: CachedRow): void {
		this.rows.set(id, row);
		const names = Object.keys(ancestors);
		if (names.length > 0) {
			this.ancestors.set(id, names);
		} else {
			this.ancestors.delete(id);
		}
	}

	private withForks(ids: Iterable<string>): Set<string> {
		const changed = new Set(ids);
		const forks = [...this.ancestors].filter(([, names]) =>
			names.some((name) => changed.has(name)),
		);
		return new Set([...changed, ...forks.map(([id]) => id)]);
	}

	private async read(file: ListedFile): Promise<CachedRow> {
		if (file.refused !== undefined) {
			return {
				row: unreadableRow(this.store, file.id, file.size, file.refused),
				open: false,
				ancestors: {},
			};
		}
		try {
			const journal = await this.journal(file.id);
			const lineage = await resolveLineage(journal, (id) => this.journal(id));
			const row = summarizeSession(journal, lineage, this.store.folder);
			const journals = lineage.segments.map((segment) => segment.journal);
			const isUnsettled = journals.some((each) => each.isTailOpen);
			this.unsettled[isUnsettled ? "add" : "delete"](file.id);
			return {
				row,
				open: lineage.gap !== undefined || isUnsettled,
				ancestors: this.stampsOf(journals.filter((each) => each !== journal)),
			};
		} catch (error) {
			if (error instanceof HumanError) {
				return {
					row: unreadableRow(this.store, file.id, file.size, errorSentence(error)),
					open: true,
					ancestors: {},
				};
			}
			throw error;
		}
	}

	/** Ancestors whose stamps are not known yet (a scan of some files only) make the row open to the next full scan. */
	private stampsOf(journals: readonly Journal[]): Record<string, Stamp> {
		const unknown: Stamp = { size: -1, mtimeMs: 0 };
		return Object.fromEntries(
			journals.map(({ path: file }) => {
				const id = path.basename(file, ".jsonl");
				return [id, this.stamps.get(id) ?? unknown];
			}),
		);
	}

	private journal(id: string): Promise<Journal> {
		if (!isUlid(id)) {
			throw new HumanError("bad-id", `"${id}" is not the id of a session.`);
		}
		const known = this.journals.get(id);
		const reading = known
			? known.then(async (journal) => {
					await journal.refresh();
					return journal;
				})
			: this.openJournal(id);
		this.journals.delete(id);
		this.journals.set(id, reading);
		reading.catch(() => this.journals.delete(id));
		for (const oldest of this.journals.keys()) {
			if (this.journals.size <= readLimit) {
				break;
			}
			this.journals.delete(oldest);
		}
		return reading;
	}

	private async openJournal(id: string): Promise<Journal> {
		return Journal.open(await this.store.journalPath(id), this.store.files, this.store.clock);
	}

	private async list(problems: string[]): Promise<ListedFile[]> {
		let names: string[];
		try {
			names = await this.store.files.readdir(this.store.layout.sessions);
		} catch (error) {
			const code = systemErrorCode(error);
			if (code !== "ENOENT" && code !== "ENOTDIR") {
				problems.push(
					`The sessions in ${this.store.folder} could not be listed: ${causeInWords(error)}.`,
				);
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
					`${path.join(this.store.layout.sessions, name)} is not a journal of a session; it was passed over.`,
				);
			}
		}
		const files = await mapLimit(ids, 32, (id) => this.look(id));
		return files.filter((file) => file !== undefined);
	}

	private async look(id: string): Promise<ListedFile | undefined> {
		try {
			const file = this.store.layout.journal(id);
			// Blocking where it can be: a quarter of the time for ten thousand files, in a thread that may block.
			const stat =
				this.store.files === nodeFiles ? lstatSync(file) : await this.store.files.lstat(file);
			const { size, mtimeMs } = stat;
			return stat.isFile()
				? { id, size, mtimeMs }
				: {
						id,
						size,
						mtimeMs,
						refused: "This is a link or a folder where a journal should be; it was not opened.",
					};
		} catch (error) {
			const code = systemErrorCode(error);
			if (code === "ENOENT" || code === "ENOTDIR") {
				return undefined;
			}
			return {
				id,
				size: 0,
				mtimeMs: 0,
				refused: `The journal could not be read: ${causeInWords(error)}.`,
			};
		}
	}

	private async findKept(problems: string[]): Promise<readonly KeptSession[]> {
		try {
			return await this.store.kept();
		} catch (error) {
			problems.push(`Kept copies could not be looked for: ${errorSentence(error)}`);
			return [];
		}
	}

	private forget(id: string): void {
		this.rows.delete(id);
		this.stamps.delete(id);
		this.ancestors.delete(id);
		this.unsettled.delete(id);
		this.journals.delete(id);
		this.cache?.delete(id);
	}

	private openCache(): CatalogueCache {
		this.cache ??= CatalogueCache.open(this.store.locations.cache, this.store.root);
		return this.cache;
	}
}
