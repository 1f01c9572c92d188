import * as path from "node:path";
import { mapLimit } from "../../base/async.ts";
import { causeInWords } from "../../base/errors.ts";
import { type Files, nodeFiles } from "../files.ts";
import type { Locations } from "../locations.ts";
import type { SessionSummary } from "../model/summary.ts";
import type { Source, SourceFile, SourceFileFacts } from "../sources/source.ts";
import { CatalogueCache } from "./cache.ts";
import type { CatalogueChange, ReportProgress } from "./change.ts";
import { SourceKeep } from "./sourceKeep.ts";

/** Files read before a first scan shows what it has found so far; then whenever that has doubled. */
const batch = 500;

/**
 * The sessions of one source as rows. What each file says is cached for the whole machine, so a file is parsed once
 * until it changes, whichever window or command sees it first.
 */
export class SourceCatalogue {
	readonly source: Source;
	readonly rows = new Map<string, SessionSummary>();
	problems: readonly string[] = [];
	/** Kept copies: also read for sessions that the tool itself has deleted. */
	private readonly kept: SourceKeep;
	private readonly locations: Locations;
	private cache: CatalogueCache | undefined;
	private present: readonly string[] = [];

	constructor(source: Source, locations: Locations, files: Files = nodeFiles) {
		this.source = source;
		this.locations = locations;
		this.kept = new SourceKeep(files, locations.data, source);
	}

	/** Keeps copies of the files of sessions. A failure is one of {@link problems}. */
	async keep(rows: Iterable<SessionSummary>): Promise<void> {
		try {
			await this.kept.keep(
				[...rows].filter((row) => row.present).flatMap((row) => this.filesOf(row)),
			);
		} catch (error) {
			this.problems = [
				...this.problems,
				`Copies of ${this.source.label} sessions cannot be kept: ${causeInWords(error)}.`,
			];
		}
	}

	/**
	 * Compares all files with what is known and reads those that changed. `partial` gets the changes found so far while a
	 * long first scan goes on.
	 */
	async scan(
		report: ReportProgress = () => undefined,
		partial: (change: CatalogueChange) => void = () => undefined,
	): Promise<CatalogueChange> {
		this.cache ??= CatalogueCache.open(
			this.locations.cache,
			`${this.source.name} ${this.source.roots.join(" ")}`,
		);
		const { cache } = this;
		const problems: string[] = [];
		const present = await this.source.discover((file, reason) =>
			problems.push(`${file}: ${reason}`),
		);
		this.problems = problems;
		this.present = present.map((file) => file.path);
		const files = [...present, ...(await this.deleted(present, problems))];
		const facts: SourceFileFacts[] = [];
		const stale: SourceFile[] = [];
		for (const file of files) {
			const known = cache.get(file.path, file);
			if (known === undefined) {
				stale.push(file);
			} else {
				facts.push({ path: file.path, facts: known });
			}
		}
		this.forgetMissing(cache, files);
		report(0, stale.length);
		// Every look goes through all that was found: looks at equal distances would cost its square.
		let shown = batch / 2;
		for (let start = 0; start < stale.length; start += batch) {
			const part = stale.slice(start, start + batch);
			let done = start;
			const found = await mapLimit(part, 4, async (file) => {
				const said = await this.source.readFacts(file);
				cache.set(file.path, { size: file.size, mtimeMs: file.mtimeMs, value: said });
				report(++done, stale.length);
				return { path: file.path, facts: said };
			});
			facts.push(...found);
			if (start + batch < stale.length && facts.length >= shown * 2) {
				shown = facts.length;
				partial(this.apply(await this.source.summarize(facts), false));
			}
		}
		const change = this.apply(await this.source.summarize(facts), true);
		cache.save();
		return change;
	}

	/** What cannot be read of the kept copies must not hide what the tool itself has. */
	private async deleted(
		present: readonly SourceFile[],
		problems: string[],
	): Promise<readonly SourceFile[]> {
		try {
			return await this.kept.deleted(present);
		} catch (error) {
			problems.push(
				`Kept copies of ${this.source.label} sessions could not be read: ${causeInWords(error)}.`,
			);
			return [];
		}
	}

	/** A session may have several files (a revert writes another one); the tools put its id into all their names. */
	private filesOf(row: SessionSummary): string[] {
		const nativeId = row.id.slice(this.source.name.length + 1);
		const named = this.present.filter((file) => path.basename(file).includes(nativeId));
		return [...new Set([row.file, ...named])];
	}

	private apply(summaries: readonly SessionSummary[], complete: boolean): CatalogueChange {
		const rows: SessionSummary[] = [];
		const present = new Set<string>();
		for (const listed of summaries) {
			const summary = { ...listed, present: !this.kept.holds(listed.file) };
			present.add(summary.id);
			const known = this.rows.get(summary.id);
			if (!known || JSON.stringify(known) !== JSON.stringify(summary)) {
				this.rows.set(summary.id, summary);
				rows.push(summary);
			}
		}
		const removed = complete ? [...this.rows.keys()].filter((id) => !present.has(id)) : [];
		for (const id of removed) {
			this.rows.delete(id);
		}
		return { rows, removed };
	}

	private forgetMissing(cache: CatalogueCache, files: readonly SourceFile[]): void {
		const present = new Set(files.map((file) => file.path));
		for (const path of cache.entries.keys()) {
			if (!present.has(path)) {
				cache.delete(path);
			}
		}
	}
}
