import type { RolloutFacts } from "./facts.ts";
import { compareAge } from "./names.ts";

/** Ancestors beyond this many are not followed: nobody's session is that deep, a hostile one may be. */
export const maxAncestors = 1000;

/** A part of a chain: the first `items` items of one rollout's own chain. */
export interface Segment {
	readonly facts: RolloutFacts;
	readonly items: number;
}

export interface Chain {
	/** Oldest ancestor first; the last is the rollout asked for. */
	readonly segments: readonly Segment[];
	/** A sentence when the beginning is missing. */
	readonly missing?: string;
}

/**
 * The chain of a rollout through its `history_base`, back to the first file (formats: Codex 1.4). Copy-on-write forks and
 * reverts copy nothing: what came before is the base's own chain as far as the ordinal that the base names.
 * Any number of ancestors, a cycle and a missing one are answered, not thrown.
 * @param rolloutsOf the rollouts of a thread that are known, in any order.
 */
export function chainOf(
	active: RolloutFacts,
	rolloutsOf: (thread: string) => readonly RolloutFacts[],
): Chain {
	const line: { facts: RolloutFacts; cut: number }[] = [
		{ facts: active, cut: Number.POSITIVE_INFINITY },
	];
	const seen = new Set([active.path]);
	let missing: string | undefined;
	for (let current = active; current.base; ) {
		const base = baseOf(current, rolloutsOf(current.base.thread));
		if (!base) {
			missing = `The beginning of this session is in the Codex session ${current.base.thread}, which was not found.`;
			break;
		}
		if (seen.has(base.path)) {
			missing =
				"The beginning of this session cannot be shown: its history goes round in a circle.";
			break;
		}
		if (seen.size > maxAncestors) {
			missing = `The beginning of this session is not shown: it goes back more than ${maxAncestors} files.`;
			break;
		}
		seen.add(base.path);
		line.push({ facts: base, cut: current.base.ordinal });
		current = base;
	}
	let cut = Number.POSITIVE_INFINITY;
	const segments = line.map((each): Segment => {
		// A later cut also ends what its base took from older files.
		cut = Math.min(cut, each.cut);
		return { facts: each.facts, items: itemsBefore(each.facts, cut) };
	});
	return { segments: segments.reverse(), ...(missing === undefined ? {} : { missing }) };
}

/** The file that a rollout continues: the newest before it, and rather one that has a line's start where the base ends. */
function baseOf(facts: RolloutFacts, rollouts: readonly RolloutFacts[]): RolloutFacts | undefined {
	const older = rollouts
		.filter((each) => each.path !== facts.path && compareAge(each, facts) < 0)
		.sort(compareAge)
		.reverse();
	const offset = facts.base?.offset ?? -1;
	const fits = older.find(
		(each) => each.length === offset || each.turns.some((turn) => turn.offset === offset),
	);
	return fits ?? older[0];
}

export function itemCount(facts: RolloutFacts): number {
	return facts.turns.reduce((sum, turn) => sum + turn.items, 0);
}

function itemsBefore(facts: RolloutFacts, cut: number): number {
	if (cut === Number.POSITIVE_INFINITY || !facts.spine) {
		return itemCount(facts);
	}
	let ordinal = 0;
	for (let at = 0; at < facts.spine.length; at += 2) {
		ordinal += facts.spine[at] ?? 0;
		if (ordinal >= cut) {
			return at / 2;
		}
	}
	return facts.spine.length / 2;
}

/** Id of the last item of a segment that came through ordinals; undefined when it has none. */
export function lastItemId(segment: Segment): string | undefined {
	const { spine, rollout } = segment.facts;
	if (!spine || segment.items === 0) {
		return undefined;
	}
	let offset = 0;
	for (let at = 0; at < segment.items; at++) {
		offset += spine[at * 2 + 1] ?? 0;
	}
	return `${rollout}:${offset}`;
}

/** The rollouts of one thread, each once, oldest first: a file and its copy elsewhere are one, the longer wins. */
export function distinctRollouts(rollouts: readonly RolloutFacts[]): RolloutFacts[] {
	const byId = new Map<string, RolloutFacts>();
	for (const each of rollouts) {
		const known = byId.get(each.rollout);
		if (!known || itemCount(each) > itemCount(known)) {
			byId.set(each.rollout, each);
		}
	}
	return [...byId.values()].sort(compareAge);
}
