import { type SessionSummary, standsFor } from "../../core/model/summary.ts";
import { ownSource } from "./sessionList.ts";

/** Codex's thread ids. Nothing else is ever handed to a process. */
const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Codex's id of a session of its own, or of the one that ours lives in or was imported from; undefined where there is none. */
export function codexThread(row: SessionSummary): string | undefined {
	const ids = row.source === "codex" ? [row.id] : standsFor(row);
	const newest = ids.findLast((id) => id.startsWith("codex:"))?.slice("codex:".length);
	return newest !== undefined && uuidPattern.test(newest) ? newest : undefined;
}

/** Whether a session's name and archive mark can be changed: ours, and Codex's own unless Codex has deleted it. */
export function isNameable(row: SessionSummary): boolean {
	const { source, present } = row;
	return source === ownSource || (source === "codex" && present && codexThread(row) !== undefined);
}
