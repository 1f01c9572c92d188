import * as path from "node:path";
import { SharedRun } from "../../base/async.ts";
import type { Disposable } from "../../base/disposable.ts";
import { DisposableStore } from "../../base/disposable.ts";
import { errorSentence } from "../../base/errors.ts";
import { settleTime } from "../journal/journal.ts";
import type { Locations } from "../locations.ts";
import { type SessionSummary, standsFor } from "../model/summary.ts";
import type { Source } from "../sources/source.ts";
import { WorkspaceStore } from "../store/workspaceStore.ts";
import type { CatalogueChange, ReportProgress } from "./change.ts";
import { SourceCatalogue } from "./sourceCatalogue.ts";
import { StoreCatalogue } from "./storeCatalogue.ts";
import { FolderWatch } from "./watch.ts";

/** What a watched catalogue tells. */
export interface CatalogueListener {
	/** Rows to show while the first scan goes on, which then tells what is different. */
	storeExpected?(catalogue: StoreCatalogue, rows: readonly SessionSummary[]): void;
	storeChanged(catalogue: StoreCatalogue, change: CatalogueChange, first: boolean): void;
	sourceChanged(catalogue: SourceCatalogue, change: CatalogueChange, first: boolean): void;
	readonly progress: ReportProgress;
	failed(message: string): void;
}

export interface CatalogueOptions {
	readonly folders: readonly string[];
	readonly sources: readonly Source[];
	readonly locations: Locations;
	/** Keep copies of the folders' sessions (never in a workspace that is not trusted). */
	readonly keepCopies: boolean;
	/** Of which sessions of sources copies are kept; none when absent. */
	readonly keepSources?: "thisFolder" | "all" | "off";
}

/**
 * All sessions of some folders and sources. Used as it is by the CLI ({@link list}), and inside a worker by the
 * extension, which {@link watch}es it.
 */
export class Catalogue implements Disposable {
	readonly stores: readonly StoreCatalogue[];
	readonly sources: readonly SourceCatalogue[];
	private readonly keepCopies: boolean;
	private readonly keepsSource: (row: SessionSummary) => boolean;
	private readonly watches = new DisposableStore();
	private readonly scans: (() => Promise<void>)[] = [];

	constructor(options: CatalogueOptions) {
		this.stores = options.folders.map(
			(folder) => new StoreCatalogue(new WorkspaceStore(folder, options.locations)),
		);
		this.sources = options.sources.map((source) => new SourceCatalogue(source, options.locations));
		this.keepCopies = options.keepCopies;
		const { keepSources = "off", folders } = options;
		this.keepsSource = (row) =>
			keepSources === "all" ||
			(keepSources === "thisFolder" && folders.some((folder) => isWithin(row.cwd, folder)));
	}

	/**
	 * All rows, newest first. A source's session that one of the folders has as ours is left out (design: section 5).
	 */
	async list(): Promise<SessionSummary[]> {
		await Promise.all([
			...this.stores.map((store) => store.scan()),
			...this.sources.map((source) => source.scan()),
		]);
		const own = this.stores.flatMap((store) => [...store.rows.values()]);
		const others = this.sources.flatMap((source) => [...source.rows.values()]);
		return [...own, ...withoutOurs(others, own)].sort(newestFirst);
	}

	/** Scans everything once, tells the listener, and goes on telling it what changes. */
	watch(listener: CatalogueListener): void {
		for (const store of this.stores) {
			this.watchStore(store, listener);
		}
		for (const source of this.sources) {
			this.watchSource(source, listener);
		}
	}

	/** Looks at everything again; resolves when the listener knows all that stood on disk at the call. */
	async refresh(): Promise<void> {
		await Promise.all(this.scans.map((scan) => scan()));
	}

	dispose(): void {
		this.watches.dispose();
	}

	private watchStore(catalogue: StoreCatalogue, listener: CatalogueListener): void {
		let first = true;
		let scanned = false;
		let pending: Set<string> | undefined;
		const scan = new SharedRun(() =>
			this.guarded(listener, async () => {
				const ids = pending;
				pending = new Set();
				if (!scanned && listener.storeExpected) {
					const rows = catalogue.expected();
					first = rows.length === 0;
					listener.storeExpected(catalogue, rows);
				}
				const change =
					ids === undefined || !scanned
						? await catalogue.scan(listener.progress)
						: await catalogue.scanSome(ids);
				scanned = true;
				listener.storeChanged(catalogue, change, first);
				first = false;
				await this.keep(catalogue, change);
				if (catalogue.isUnsettled) {
					this.lookAgain(() => void scanAll());
				}
			}),
		);
		const scanAll = () => {
			pending = undefined;
			return scan.run();
		};
		this.scans.push(scanAll);
		const { sessions } = catalogue.store.layout;
		this.watches.add(
			new FolderWatch(sessions, false, (names) => {
				if (names === undefined || ![...names].every(isJournalName)) {
					pending = undefined;
				} else {
					for (const name of names) {
						pending?.add(name.slice(0, -".jsonl".length));
					}
				}
				void scan.run();
			}),
		);
	}

	/** Damage at the end of a journal shows only once nobody can be writing there any more. */
	private lookAgain(scan: () => void): void {
		const timer = setTimeout(scan, settleTime + 100).unref();
		this.watches.add({ dispose: () => clearTimeout(timer) });
	}

	private watchSource(catalogue: SourceCatalogue, listener: CatalogueListener): void {
		let first = true;
		const scan = new SharedRun(() =>
			this.guarded(listener, async () => {
				const tell = (change: CatalogueChange) => {
					listener.sourceChanged(catalogue, change, first);
					first = false;
				};
				const change = await catalogue.scan(listener.progress, tell);
				tell(change);
				await catalogue.keep(change.rows.filter(this.keepsSource));
				if (this.keepCopies) {
					// In a trusted workspace only. The watch on what it writes shows it.
					await catalogue.source.metadata?.finishNames();
				}
			}),
		);
		this.scans.push(() => scan.run());
		for (const root of catalogue.source.roots) {
			this.watches.add(new FolderWatch(root, true, () => void scan.run()));
		}
		for (const file of catalogue.source.sideFiles) {
			const name = path.basename(file);
			const look = (names: ReadonlySet<string> | undefined) => {
				if (names === undefined || names.has(name)) {
					void scan.run();
				}
			};
			this.watches.add(new FolderWatch(path.dirname(file), false, look));
		}
	}

	private async keep(catalogue: StoreCatalogue, change: CatalogueChange): Promise<void> {
		if (this.keepCopies && catalogue.status.kind === "ready") {
			for (const row of change.rows) {
				await catalogue.store.keepJournal(row.id);
			}
		}
	}

	private async guarded(listener: CatalogueListener, task: () => Promise<void>): Promise<void> {
		try {
			await task();
		} catch (error) {
			listener.failed(errorSentence(error));
		}
	}
}

/** Source rows but for those that one of `own` stands for. */
export function withoutOurs(
	rows: readonly SessionSummary[],
	own: readonly SessionSummary[],
): SessionSummary[] {
	const known = new Set(own.flatMap(standsFor));
	return rows.filter((row) => !known.has(row.id));
}

/** Order of `updatedAt`, newest first; the id decides between equals. */
export function newestFirst(a: SessionSummary, b: SessionSummary): number {
	return b.updatedAt.localeCompare(a.updatedAt) || b.id.localeCompare(a.id);
}

function isWithin(cwd: string | null, folder: string): boolean {
	const relative = cwd === null ? ".." : path.relative(folder, cwd);
	return relative !== ".." && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative);
}

function isJournalName(name: string): boolean {
	return name.endsWith(".jsonl");
}
