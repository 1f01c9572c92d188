import * as path from "node:path";
import type { Event } from "../../base/event.ts";
import { Emitter } from "../../base/event.ts";
import { type SessionSummary, standsFor } from "../../core/model/summary.ts";
import type { CatalogueScope, FromCatalogue, StoreReport } from "../../protocol/catalogue.ts";

/** A session with the workspace folder it belongs to. */
export interface SessionRow {
	readonly summary: SessionSummary;
	/** Ours: the folder of its store. A source's: the open folder that holds its cwd; null for "elsewhere". */
	readonly folder: string | null;
}

export interface SessionListChange {
	/** Ids of the sessions that came, went or changed; undefined when it may be any of them. */
	readonly ids: ReadonlySet<string> | undefined;
}

/** The name of our own sessions' source. */
export const ownSource = "skein";

/**
 * All sessions the catalogue knows, ours and the sources', as the last message left them.
 * Guarantees: a session of a source that one of ours stands for is listed once, as ours; every other row is listed.
 */
export class SessionList {
	private readonly scopes = new Map<string, Scope>();
	private readonly reports = new Map<string, StoreReport>();
	private readonly sourceSentences = new Map<string, readonly string[]>();
	private readonly changed = new Emitter<SessionListChange>();
	private folders: readonly string[] = [];
	private listed: Listed | undefined;

	readonly onDidChange: Event<SessionListChange> = this.changed.event;

	/** The open workspace folders; rows of folders that were closed go. */
	setFolders(folders: readonly string[]): void {
		this.folders = folders;
		for (const [key, scope] of this.scopes) {
			if (scope.of.kind === "folder" && !folders.includes(scope.of.folder)) {
				this.scopes.delete(key);
			}
		}
		for (const folder of this.reports.keys()) {
			if (!folders.includes(folder)) {
				this.reports.delete(folder);
			}
		}
		this.touch(undefined);
	}

	apply(message: FromCatalogue): void {
		switch (message.type) {
			case "rows":
				this.applyRows(message.scope, message);
				return;
			case "store":
				if (this.folders.includes(message.report.folder)) {
					this.reports.set(message.report.folder, message.report);
					this.touch(new Set());
				}
				return;
			case "sourceProblems":
				this.sourceSentences.set(message.source, message.problems);
				this.touch(new Set());
				return;
			default:
				// The rest is no news of rows.
				return;
		}
	}

	/** Every row, in no particular order. */
	get rows(): readonly SessionRow[] {
		return this.list().rows;
	}

	get stores(): readonly StoreReport[] {
		return [...this.reports.values()];
	}

	get sourceProblems(): readonly string[] {
		return [...this.sourceSentences.values()].flat();
	}

	/** The row of a session; one of ours is found by the ids of the source sessions it stands for, too. */
	get(id: string, folder?: string | null): SessionRow | undefined {
		const rows = this.copies(id);
		return rows.find((row) => folder === undefined || row.folder === folder) ?? rows[0];
	}

	/** The rows of a session: several where open folders have the same one, as a worktree and its repository may. */
	copies(id: string): readonly SessionRow[] {
		const { byId, adopted } = this.list();
		return byId.get(id) ?? byId.get(adopted.get(id) ?? "") ?? [];
	}

	/** The source's own row, even where ours stands for it in the list: to import what it has grown by. */
	sourceRow(source: string, id: string): SessionSummary | undefined {
		return this.scopes.get(`source:${source}`)?.rows.get(sourceSessionId(source, id));
	}

	private applyRows(of: CatalogueScope, message: FromCatalogue & { type: "rows" }): void {
		if (of.kind === "folder" && !this.folders.includes(of.folder)) {
			return;
		}
		const key = scopeKey(of);
		const scope = this.scopes.get(key) ?? { of, rows: new Map<string, SessionSummary>() };
		this.scopes.set(key, scope);
		const ids = new Set<string>();
		if (message.reset) {
			for (const id of scope.rows.keys()) {
				ids.add(id);
			}
			scope.rows.clear();
		}
		for (const row of message.rows) {
			scope.rows.set(row.id, row);
			ids.add(row.id);
			for (const id of standsFor(row)) {
				// It is this one from now on.
				ids.add(id);
			}
		}
		for (const id of message.removed) {
			scope.rows.delete(id);
			ids.add(id);
		}
		this.touch(ids);
	}

	private touch(ids: ReadonlySet<string> | undefined): void {
		this.listed = undefined;
		this.changed.fire({ ids });
	}

	private list(): Listed {
		this.listed ??= join(this.scopes.values(), this.folders);
		return this.listed;
	}
}

interface Scope {
	readonly of: CatalogueScope;
	readonly rows: Map<string, SessionSummary>;
}

interface Listed {
	readonly rows: readonly SessionRow[];
	readonly byId: ReadonlyMap<string, readonly SessionRow[]>;
	/** From a source's id to the id of ours that stands for it. */
	readonly adopted: ReadonlyMap<string, string>;
}

function join(scopes: Iterable<Scope>, folders: readonly string[]): Listed {
	const all = [...scopes];
	const adopted = new Map<string, string>();
	for (const { of, rows } of all) {
		if (of.kind === "folder") {
			for (const row of rows.values()) {
				for (const id of standsFor(row)) {
					adopted.set(id, row.id);
				}
			}
		}
	}
	const rows: SessionRow[] = [];
	const byId = new Map<string, SessionRow[]>();
	const homes = new Map<string, string | null>();
	for (const scope of all) {
		for (const summary of scope.rows.values()) {
			if (scope.of.kind === "source" && adopted.has(summary.id)) {
				continue;
			}
			const row: SessionRow = {
				summary,
				folder: scope.of.kind === "folder" ? scope.of.folder : home(summary.cwd, folders, homes),
			};
			rows.push(row);
			const same = byId.get(summary.id);
			if (same) {
				same.push(row);
			} else {
				byId.set(summary.id, [row]);
			}
		}
	}
	return { rows, byId, adopted };
}

/** The open folder that holds `cwd`, the deepest one where they nest. Thousands of rows share few folders, hence the cache. */
function home(
	cwd: string | null,
	folders: readonly string[],
	known: Map<string, string | null>,
): string | null {
	if (!cwd) {
		return null;
	}
	const seen = known.get(cwd);
	if (seen !== undefined) {
		return seen;
	}
	let best: string | null = null;
	for (const folder of folders) {
		const way = path.relative(folder, cwd);
		const inside = way === "" || !(way.startsWith("..") || path.isAbsolute(way));
		if (inside && folder.length > (best?.length ?? -1)) {
			best = folder;
		}
	}
	known.set(cwd, best);
	return best;
}

function scopeKey(of: CatalogueScope): string {
	return of.kind === "folder" ? `folder:${of.folder}` : `source:${of.source}`;
}

/** The id in our lists of a source's session. */
export function sourceSessionId(source: string, id: string): string {
	return id.startsWith(`${source}:`) ? id : `${source}:${id}`;
}
