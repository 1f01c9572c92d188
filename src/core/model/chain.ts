import type { SessionState, TurnState } from "./state.ts";

/** Why a walk back through the turns of one journal ended. */
export type ChainEnd =
	| { readonly kind: "root" }
	/** The chain goes on at an item that is not in this journal: inherited, or not (yet) there. */
	| { readonly kind: "outside"; readonly item: string }
	| { readonly kind: "cycle" };

export interface ChainSegment {
	/** Item ids, oldest first. */
	readonly items: readonly string[];
	readonly end: ChainEnd;
}

/**
 * The items from the root of `state`'s own turns to `last`, back through `after` (design: J4). `last` may be an item of
 * another journal (then the segment is empty) or null for the very beginning.
 */
export function walkChain(state: SessionState, last: string | null): ChainSegment {
	const parts: (readonly string[])[] = [];
	const visited = new Set<string>();
	let at = last;
	let end: ChainEnd = { kind: "root" };
	while (at !== null) {
		const turn = state.turnOf(at);
		if (!turn) {
			end = { kind: "outside", item: at };
			break;
		}
		if (visited.has(turn.id)) {
			end = { kind: "cycle" };
			break;
		}
		visited.add(turn.id);
		parts.push(turn.items.slice(0, turn.items.indexOf(at) + 1));
		at = afterOf(state, turn);
	}
	return { items: parts.reverse().flat(), end };
}

/** The item a turn continues: what it says or, when its first record is damaged, the newest item before it. */
export function afterOf(state: SessionState, turn: TurnState): string | null {
	if (!turn.implicit) {
		return turn.after;
	}
	// Its own items are all newer than itself.
	return state.newestItemBelow(orderOf(turn)) ?? state.parent?.at ?? null;
}

/** Where a turn stands among the others: a lost one that is named by no id, or by a later one, counts by its first item. */
function orderOf(turn: TurnState): string {
	const first = turn.items[0];
	return turn.implicit &&
		first !== undefined &&
		!(turn.id.length === first.length && turn.id < first)
		? first
		: turn.id;
}

/**
 * The item that the next prompt continues; null before the first. The newest turn or `head.moved` decides; a turn whose
 * first record was lost counts by its id; without any the head is where the session was forked.
 */
export function headItem(state: SessionState): string | null {
	return positionAfter(state, state.heads.length - 1);
}

/** The head as it was when `state.heads[index]` was the newest decision; where the session was forked for -1. */
export function positionAfter(state: SessionState, index: number): string | null {
	const decision = state.heads[index];
	const isNewest = index === state.heads.length - 1;
	const lost = isNewest ? newestImplicitTurn(state) : undefined;
	if (lost && orderOf(lost) > (decision?.by ?? "")) {
		return lost.items.at(-1) ?? null;
	}
	if (!decision) {
		return state.parent?.at ?? null;
	}
	if (decision.kind === "move") {
		return decision.to;
	}
	const turn = state.turns.get(decision.turn);
	return turn?.items.at(-1) ?? (turn ? afterOf(state, turn) : null);
}

function placeOf(turn: TurnState): string {
	return `${orderOf(turn)} ${turn.id}`;
}

function newestImplicitTurn(state: SessionState): TurnState | undefined {
	let newest: TurnState | undefined;
	for (const turn of state.turns.values()) {
		const counts = turn.implicit && turn.decides && turn.items.length > 0;
		// Two that claim one place are told apart by their own ids, so that every reader sees the same.
		if (counts && (!newest || placeOf(turn) > placeOf(newest))) {
			newest = turn;
		}
	}
	return newest;
}

/** A way on that the chain does not show. */
export interface SideBranch {
	/** Its last item. */
	readonly head: string;
	/** The item at which it leaves the chain; null when it shares nothing with it. */
	readonly after: string | null;
	/** Its own items, oldest first. */
	readonly items: readonly string[];
}

/** The branches of a journal beside the chain that holds `onChain`, newest first. */
export function sideBranches(state: SessionState, onChain: ReadonlySet<string>): SideBranch[] {
	const continued = new Set<string>();
	for (const turn of state.turns.values()) {
		const after = turn.items.length > 0 ? afterOf(state, turn) : null;
		if (after !== null) {
			continued.add(after);
		}
	}
	const branches: SideBranch[] = [];
	for (const turn of state.turns.values()) {
		const tip = turn.items.at(-1);
		if (tip === undefined || continued.has(tip) || onChain.has(tip)) {
			continue;
		}
		const { items, end } = walkChain(state, tip);
		let from = items.length;
		while (from > 0 && !onChain.has(items[from - 1] as string)) {
			from--;
		}
		const joins = from > 0 ? (items[from - 1] as string) : end.kind === "outside" ? end.item : null;
		branches.push({ head: tip, after: joins, items: items.slice(from) });
	}
	return branches.sort((a, b) => (a.head < b.head ? 1 : -1));
}
