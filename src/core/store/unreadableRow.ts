import { idTime } from "../journal/ids.ts";
import type { SessionSummary } from "../model/summary.ts";
import type { WorkspaceStore } from "./workspaceStore.ts";

/** The row of a session that cannot be read: it stays in the list, with the reason (design: J9). */
export function unreadableRow(
	store: WorkspaceStore,
	id: string,
	size: number,
	reason: string,
): SessionSummary {
	const time = new Date(idTime(id)).toISOString();
	return {
		id,
		source: "skein",
		title: "",
		untitled: true,
		agent: null,
		model: null,
		cwd: null,
		branch: null,
		createdAt: time,
		updatedAt: time,
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
		diagnostics: 1,
		warning: reason,
		file: store.layout.journal(id),
		size,
		present: true,
	};
}
