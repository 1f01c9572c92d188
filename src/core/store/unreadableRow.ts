import { idTime } from "../journal/ids.ts";
import { blankSummary, type SessionSummary } from "../model/summary.ts";
import type { WorkspaceStore } from "./workspaceStore.ts";

/** The row of a session that cannot be read: it stays in the list, with the reason (design: J9). */
export function unreadableRow(
	store: WorkspaceStore,
	id: string,
	size: number,
	reason: string,
): SessionSummary {
	const facts = { id, source: "skein", file: store.layout.journal(id), size };
	return blankSummary(
		{ ...facts, diagnostics: 1, warning: reason },
		new Date(idTime(id)).toISOString(),
	);
}
