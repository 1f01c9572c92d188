import type { SortBy } from "../contributions.ts";
import type { SessionRow } from "./sessionList.ts";

// One collator for all comparisons: `localeCompare` makes one per call, which 10,000 rows would feel.
const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

/** The order of rows: newest first, or by title. Ties are broken by id, so the order never flickers. */
export function sorter(sortBy: SortBy): (a: SessionRow, b: SessionRow) => number {
	switch (sortBy) {
		case "updated":
			return (a, b) =>
				descending(a.summary.updatedAt, b.summary.updatedAt) ||
				descending(a.summary.id, b.summary.id);
		case "created":
			return (a, b) =>
				descending(a.summary.createdAt, b.summary.createdAt) ||
				descending(a.summary.id, b.summary.id);
		case "title":
			return (a, b) =>
				collator.compare(a.summary.title, b.summary.title) ||
				descending(a.summary.id, b.summary.id);
	}
}

function descending(a: string, b: string): number {
	if (a === b) {
		return 0;
	}
	return a < b ? 1 : -1;
}
