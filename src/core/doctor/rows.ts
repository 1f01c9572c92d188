import { isDeepStrictEqual } from "node:util";
import * as z from "zod/mini";
import { CatalogueCache } from "../catalogue/cache.ts";
import type { Journal } from "../journal/journal.ts";
import type { SessionSummary } from "../model/summary.ts";
import type { WorkspaceStore } from "../store/workspaceStore.ts";
import type { Difference } from "./doctor.ts";

/** A cached row as the catalogue stores it; `open` marks one that it makes anew at every look. */
const CachedRow = z.object({ row: z.record(z.string(), z.unknown()), open: z.boolean() });

/** The rows that a list of sessions would show without reading the journals again. */
export class CachedRows {
	private readonly cache: CatalogueCache;

	private constructor(cache: CatalogueCache) {
		this.cache = cache;
	}

	static async open(store: WorkspaceStore): Promise<CachedRows> {
		return new CachedRows(
			await CatalogueCache.open(store.files, store.locations.cache, store.root),
		);
	}

	/**
	 * How the cached row of a session differs from the one made by replaying its journal; nothing when there is none, or
	 * when the journal has changed since, so that the list would not use it.
	 */
	compare(row: SessionSummary, journal: Journal): Difference[] {
		const entry = this.cache.entries.get(row.id);
		const cached = CachedRow.safeParse(entry?.value);
		const current = entry?.size === journal.size && Math.floor(entry.mtimeMs) === journal.mtimeMs;
		if (!current || !cached.success || cached.data.open) {
			return [];
		}
		const expected: Record<string, unknown> = { ...row };
		const found = cached.data.row;
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
