import * as path from "node:path";
import { isDeepStrictEqual } from "node:util";
import { CatalogueCache } from "../catalogue/cache.ts";
import { CachedRow } from "../catalogue/storeCatalogue.ts";
import type { Journal } from "../journal/journal.ts";
import type { Difference } from "../model/difference.ts";
import type { SessionSummary } from "../model/summary.ts";
import type { WorkspaceStore } from "../store/workspaceStore.ts";

/** The rows that a list of sessions would show without reading the journals again. */
export class CachedRows {
	private readonly cache: CatalogueCache;

	private constructor(cache: CatalogueCache) {
		this.cache = cache;
	}

	static open(store: WorkspaceStore): CachedRows {
		return new CachedRows(CatalogueCache.open(store.locations.cache, store.root));
	}

	/**
	 * How the cached row of a session differs from the one made by replaying its journal; nothing when there is none, or
	 * when the journal or an ancestor's has changed since, so that the list would not use it.
	 */
	compare(row: SessionSummary, journal: Journal, ancestors: readonly Journal[]): Difference[] {
		const entry = this.cache.entries.get(row.id);
		const cached = CachedRow.safeParse(entry?.value);
		if (!cached.success || cached.data.open || !isOf(entry, journal)) {
			return [];
		}
		const then = cached.data.ancestors;
		if (!ancestors.every((each) => isOf(then[path.basename(each.path, ".jsonl")], each))) {
			return [];
		}
		const expected: Record<string, unknown> = { ...row };
		const found: Record<string, unknown> = { ...cached.data.row };
		return Object.keys(expected)
			.filter((field) => !isDeepStrictEqual(found[field], expected[field]))
			.map((field) => ({
				session: row.id,
				projection: "catalogue" as const,
				field,
				found: found[field],
				expected: expected[field],
			}));
	}
}

function isOf(stamp: { size: number; mtimeMs: number } | undefined, journal: Journal): boolean {
	return stamp?.size === journal.size && Math.floor(stamp.mtimeMs) === journal.mtimeMs;
}
