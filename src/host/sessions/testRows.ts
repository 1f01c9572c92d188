import type { SessionSummary } from "../../core/model/summary.ts";
import type { SessionRow } from "./sessionList.ts";

/** A row for tests: only what a test is about needs to be said. */
export function summary(id: string, facts: Partial<SessionSummary> = {}): SessionSummary {
	return {
		id,
		source: id.includes(":") ? (id.split(":")[0] ?? "") : "skein",
		title: id,
		untitled: false,
		agent: null,
		model: null,
		cwd: null,
		branch: null,
		createdAt: "2026-01-01T00:00:00.000Z",
		updatedAt: "2026-01-01T00:00:00.000Z",
		archived: false,
		trashed: false,
		pinned: false,
		tags: [],
		notes: 0,
		parent: null,
		subagentOf: null,
		origin: null,
		threads: [],
		items: 0,
		turns: 0,
		tokens: null,
		changedFiles: [],
		changedFileCount: 0,
		diagnostics: 0,
		warning: null,
		file: `/${id}`,
		size: 0,
		present: true,
		...facts,
	};
}

export function row(
	id: string,
	facts: Partial<SessionSummary> = {},
	folder: string | null = "/work",
): SessionRow {
	return { summary: summary(id, facts), folder };
}
