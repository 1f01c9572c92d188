import * as path from "node:path";
import type { TokenUsage } from "../../model/record.ts";
import type { SessionSummary } from "../../model/summary.ts";
import { chainOf, distinctRollouts, lastItemId, type Segment } from "./chain.ts";
import type { RolloutFacts } from "./facts.ts";

export const sourceName = "codex";

export function sessionId(thread: string): string {
	return `${sourceName}:${thread}`;
}

const shownFiles = 50;

/** What a summary needs to know besides the facts of the thread itself. */
export interface SummaryContext {
	/** Rollouts of any thread: ancestors. */
	readonly rolloutsOf: (thread: string) => readonly RolloutFacts[];
	/** The name that the user gave the thread in Codex. */
	readonly nameOf: (thread: string) => string | undefined;
	readonly isArchived: (file: string) => boolean;
}

/**
 * The one session that a thread's rollout files amount to. The newest file is the active one.
 * @param rollouts the thread's files, at least one.
 * @param active the file to show, instead of the newest.
 */
export function summarizeThread(
	rollouts: readonly RolloutFacts[],
	context: SummaryContext,
	active: RolloutFacts | undefined = distinctRollouts(rollouts).at(-1),
): SessionSummary {
	if (!active) {
		throw new RangeError("a thread has at least one rollout");
	}
	const own = distinctRollouts(rollouts);
	const { segments, missing } = chainOf(active, context.rolloutsOf);
	const turns = segments.flatMap(turnsOf);
	const files = new Set(turns.flatMap((turn) => turn.files ?? []));
	const thread = active.thread;
	const name =
		context.nameOf(thread) ?? own.findLast((each) => each.title !== undefined)?.title?.trim();
	const prompt = turns.find((turn) => turn.prompt)?.prompt;
	const items = segments.reduce((sum, segment) => sum + segment.items, 0);
	const created = own.map((each) => each.created).filter((time) => time > 0);
	const updated = Math.max(...own.map((each) => each.updated));
	const warning = own.find((each) => each.warning)?.warning ?? missing;
	return {
		id: sessionId(thread),
		source: sourceName,
		title: name || prompt || fallbackTitle(active, items),
		untitled: !name,
		agent: sourceName,
		model: turns.findLast((turn) => turn.model)?.model ?? active.model ?? null,
		cwd:
			own.find((each) => each.cwd)?.cwd ??
			segments.find((each) => each.facts.cwd)?.facts.cwd ??
			null,
		branch: active.branch ?? own.findLast((each) => each.branch)?.branch ?? null,
		createdAt: isoTime(created.length > 0 ? Math.min(...created) : updated),
		updatedAt: isoTime(updated),
		archived: context.isArchived(active.path),
		trashed: false,
		pinned: false,
		tags: [],
		notes: 0,
		parent: parentOf(active, own, segments),
		subagentOf: active.subagentOf ? sessionId(active.subagentOf) : null,
		origin: null,
		threads: [],
		items,
		turns: turns.length,
		tokens: sumOf(turns.flatMap((turn) => turn.usage ?? [])),
		changedFiles: [...files].slice(0, shownFiles),
		changedFileCount: files.size,
		diagnostics:
			own.reduce((sum, each) => sum + each.warnings, 0) + (missing === undefined ? 0 : 1),
		warning: warning ?? null,
		file: active.path,
		size: active.size,
		present: true,
	};
}

/** Turns of a segment; one that the segment ends in counts. */
function turnsOf(segment: Segment): RolloutFacts["turns"] {
	let left = segment.items;
	return segment.facts.turns.filter((turn) => {
		const inside = left > 0;
		left -= turn.items;
		return inside;
	});
}

function parentOf(
	active: RolloutFacts,
	own: readonly RolloutFacts[],
	segments: readonly Segment[],
): SessionSummary["parent"] {
	const inherited = segments.findLast(
		(each) => each.facts.thread !== active.thread && each.items > 0,
	);
	const named =
		own.find((each) => each.forkedFrom)?.forkedFrom ??
		own.find((each) => each.base && each.base.thread !== active.thread)?.base?.thread;
	// Codex 0.34 to 0.36 copied the history on resume and named the thread only in the copied header.
	const copied = active.subagentOf ? undefined : active.copiedFrom;
	const thread = named ?? copied;
	if (thread === undefined) {
		return null;
	}
	const at = inherited?.facts.thread === thread ? lastItemId(inherited) : undefined;
	return { session: sessionId(thread), at: at ?? null };
}

function fallbackTitle(facts: RolloutFacts, items: number): string {
	if (facts.nickname) {
		return facts.nickname;
	}
	if (facts.warning && items === 0) {
		return path.basename(facts.path);
	}
	return facts.turns.some((turn) => turn.users > 0) ? "Untitled session" : "Empty session";
}

function sumOf(usages: readonly TokenUsage[]): TokenUsage | null {
	if (usages.length === 0) {
		return null;
	}
	const sum = { input: 0, cachedInput: 0, output: 0, reasoning: 0, total: 0 };
	for (const usage of usages) {
		sum.input += usage.input;
		sum.cachedInput += usage.cachedInput ?? 0;
		sum.output += usage.output;
		sum.reasoning += usage.reasoning ?? 0;
		sum.total += usage.total;
	}
	return sum;
}

export function isoTime(time: number): string {
	return time > 0 ? new Date(time).toISOString() : "";
}
