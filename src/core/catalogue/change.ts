import type { SessionSummary } from "../model/summary.ts";

/** What a scan found different: rows that are new or changed, and ids that are gone. */
export interface CatalogueChange {
	readonly rows: readonly SessionSummary[];
	readonly removed: readonly string[];
}

/** Told how many of the changed files have been read. */
export type ReportProgress = (done: number, total: number) => void;
