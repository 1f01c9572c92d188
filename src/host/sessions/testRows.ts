import { blankSummary, type SessionSummary } from "../../core/model/summary.ts";
import type { SessionRow } from "./sessionList.ts";

/** A row for tests: only what a test is about needs to be said. */
export function summary(id: string, facts: Partial<SessionSummary> = {}): SessionSummary {
	const source = id.includes(":") ? (id.split(":")[0] ?? "") : "skein";
	return blankSummary(
		{ id, source, title: id, untitled: false, file: `/${id}`, ...facts },
		"2026-01-01T00:00:00.000Z",
	);
}

export function row(
	id: string,
	facts: Partial<SessionSummary> = {},
	folder: string | null = "/work",
): SessionRow {
	return { summary: summary(id, facts), folder };
}
