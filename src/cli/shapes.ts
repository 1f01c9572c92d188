import type { Diagnostic } from "../core/model/diagnostic.ts";
import type { SessionSummary } from "../core/model/summary.ts";

/** A session as `list --json` prints it: exactly the fields of the design's section 9. */
export function listShape(row: SessionSummary) {
	return {
		id: row.id,
		title: row.title,
		agent: row.agent,
		model: row.model,
		cwd: row.cwd,
		source: row.source,
		createdAt: row.createdAt,
		updatedAt: row.updatedAt,
		archived: row.archived,
		trashed: row.trashed,
		parent: row.parent && { session: row.parent.session, at: row.parent.at },
		items: row.items,
		diagnostics: row.diagnostics,
	};
}

/** A session as the other verbs print it: the same fields, and those that a list has no room for. */
export function sessionShape(row: SessionSummary) {
	return {
		...listShape(row),
		untitled: row.untitled,
		pinned: row.pinned,
		tags: row.tags,
		notes: row.notes,
		branch: row.branch,
		turns: row.turns,
		tokens: row.tokens,
		changedFiles: row.changedFileCount,
		origin: row.origin,
		subagentOf: row.subagentOf,
		warning: row.warning,
		file: row.file,
	};
}

export function diagnosticShape({ offset, line, severity, reason }: Diagnostic) {
	return { offset, line, severity, reason };
}
