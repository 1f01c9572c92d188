import type { SessionSummary } from "../../core/model/summary.ts";

/** What the lists show. Held in memory only: a window starts with everything in sight. */
export interface SessionFilter {
	/** Each word must occur in the title, a tag, the branch, the folder, the model or the agent. */
	readonly text: string;
	readonly agents: readonly string[];
	readonly tags: readonly string[];
	readonly pinned: boolean;
	readonly withWarnings: boolean;
}

export const noFilter: SessionFilter = {
	text: "",
	agents: [],
	tags: [],
	pinned: false,
	withWarnings: false,
};

export function isFiltering(filter: SessionFilter): boolean {
	return (
		filter.text.trim() !== "" ||
		filter.agents.length > 0 ||
		filter.tags.length > 0 ||
		filter.pinned ||
		filter.withWarnings
	);
}

/** A test of rows against `filter`. Toggles of one kind widen (any of these tags), kinds narrow. */
export function matcher(filter: SessionFilter): (row: SessionSummary) => boolean {
	const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
	return (row) =>
		words.every((word) => contains(row, word)) &&
		(filter.agents.length === 0 || filter.agents.includes(agentOf(row))) &&
		(filter.tags.length === 0 || filter.tags.some((tag) => row.tags.includes(tag))) &&
		(!filter.pinned || row.pinned) &&
		(!filter.withWarnings || row.diagnostics > 0);
}

/** The agent a row is grouped and filtered by. */
export function agentOf(row: SessionSummary): string {
	return row.agent ?? row.source;
}

function contains(row: SessionSummary, word: string): boolean {
	return (
		row.title.toLowerCase().includes(word) ||
		row.tags.some((tag) => tag.toLowerCase().includes(word)) ||
		has(row.branch, word) ||
		has(row.cwd, word) ||
		has(row.model, word) ||
		agentOf(row).toLowerCase().includes(word)
	);
}

function has(text: string | null, word: string): boolean {
	return text?.toLowerCase().includes(word) ?? false;
}
