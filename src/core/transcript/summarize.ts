import * as path from "node:path";
import { idTime, isUlid } from "../journal/ids.ts";
import type { Journal } from "../journal/journal.ts";
import type { TokenUsage } from "../model/record.ts";
import type { SessionState, TurnState } from "../model/state.ts";
import type { SessionSummary } from "../model/summary.ts";
import type { Lineage } from "./lineage.ts";

/** Changed files that a summary names; the rest are counted. */
const changedFileLimit = 50;

/** The row of a session of ours, from its journal and its chain. */
export function summarizeSession(
	journal: Journal,
	lineage: Lineage,
	folder: string | undefined,
): SessionSummary {
	const { state } = journal;
	const header = state.header?.session;
	const id = path.basename(journal.path, ".jsonl");
	const created = createdAt(journal, id);
	const turns = turnsOnChain(lineage);
	const warnings = journal.diagnostics.filter((diagnostic) => diagnostic.severity === "warning");
	const { title, untitled } = titleOf(state);
	const { changedFiles, changedFileCount } = changesOf(lineage);
	return {
		id,
		source: "skein",
		title,
		untitled,
		agent: header?.agent ?? state.agent.attachment?.agent ?? null,
		model:
			lastOf(turns, ({ turn, answeredBy }) => answeredBy ?? turn.model) ?? header?.model ?? null,
		cwd: absoluteCwd(header?.cwd ?? null, folder),
		branch: lastOf(turns, ({ turn }) => turn.branch) ?? null,
		createdAt: isoTime(created),
		updatedAt: isoTime(Number.isNaN(state.lastActivity) ? created : state.lastActivity),
		archived: state.archived,
		trashed: state.trashed,
		pinned: state.pinned,
		tags: state.tags,
		notes: state.notes.length,
		parent: state.parent ? { session: state.parent.session, at: state.parent.at } : null,
		subagentOf: null,
		origin: header?.origin ? { source: header.origin.source, id: header.origin.id } : null,
		threads: state.agent.threads.map(({ agent, thread }) => `${agent}:${thread}`),
		items: lineage.segments.reduce((sum, segment) => sum + segment.items.length, 0),
		turns: turns.length,
		tokens: sumTokens(turns),
		changedFiles,
		changedFileCount,
		diagnostics: warnings.length,
		warning: warnings[0]?.reason ?? null,
		file: journal.path,
		size: journal.size,
		present: true,
	};
}

function titleOf(state: SessionState): { title: string; untitled: boolean } {
	if (state.title !== "") {
		const given = state.titles.length > 1 || !state.header?.session.untitled;
		return { title: state.title, untitled: !given };
	}
	const firstLine = state.firstPrompt?.text.split("\n", 1)[0]?.trim() ?? "";
	return {
		title: firstLine.length > 80 ? `${firstLine.slice(0, 79)}\u2026` : firstLine,
		untitled: true,
	};
}

/** ms: what the header says, else the time in the id, else the file's own. */
function createdAt(journal: Journal, id: string): number {
	const said = Date.parse(journal.state.header?.ts ?? "");
	if (!Number.isNaN(said)) {
		return said;
	}
	return isUlid(id) ? idTime(id) : journal.mtimeMs;
}

function isoTime(time: number): string {
	return Number.isFinite(time) && Math.abs(time) <= 8.64e15 ? new Date(time).toISOString() : "";
}

function absoluteCwd(cwd: string | null, folder: string | undefined): string | null {
	if (cwd === null || folder === undefined || path.isAbsolute(cwd) || path.win32.isAbsolute(cwd)) {
		return cwd;
	}
	return path.join(folder, cwd);
}

interface ChainTurn {
	readonly turn: TurnState;
	/** The model that answered, as the agent told. */
	readonly answeredBy: string | undefined;
}

/** The turns on the chain, those of ancestors included, oldest first. */
function turnsOnChain(lineage: Lineage): ChainTurn[] {
	const turns = new Map<string, ChainTurn>();
	for (const { journal, items } of lineage.segments) {
		for (const id of items) {
			const turn = journal.state.turnOf(id);
			if (turn) {
				const answeredBy = journal.state.agent.attachments.get(turn.id)?.model;
				turns.set(turn.id, { turn, answeredBy });
			}
		}
	}
	return [...turns.values()];
}

function lastOf<T>(
	turns: readonly ChainTurn[],
	pick: (turn: ChainTurn) => T | undefined,
): T | undefined {
	for (let index = turns.length - 1; index >= 0; index--) {
		const value = pick(turns[index] as ChainTurn);
		if (value !== undefined) {
			return value;
		}
	}
	return undefined;
}

function sumTokens(turns: readonly ChainTurn[]): TokenUsage | null {
	const usages = turns.map(({ turn }) => turn.end?.usage).filter((usage) => usage !== undefined);
	const sum = (pick: (usage: TokenUsage) => number | undefined) =>
		usages.reduce((total, usage) => total + (pick(usage) ?? 0), 0);
	return usages.length === 0
		? null
		: {
				input: sum((usage) => usage.input),
				cachedInput: sum((usage) => usage.cachedInput),
				output: sum((usage) => usage.output),
				reasoning: sum((usage) => usage.reasoning),
				total: sum((usage) => usage.total),
			};
}

function changesOf(lineage: Lineage): { changedFiles: string[]; changedFileCount: number } {
	const files = new Set<string>();
	for (const { journal, items } of lineage.segments) {
		for (const id of items) {
			for (const file of journal.state.items.get(id)?.files ?? []) {
				files.add(file);
			}
		}
	}
	return { changedFiles: [...files].slice(0, changedFileLimit), changedFileCount: files.size };
}
