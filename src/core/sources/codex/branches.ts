import type { Branch } from "../../transcript/transcript.ts";
import type { ThreadTurn } from "./thread.ts";

/**
 * The ways a session went on that its chain does not show: what a revert or a rollback left behind.
 * @param turns all turns, in the order they were written.
 * @param chain ids of the chain's items.
 */
export function branchesOf(turns: readonly ThreadTurn[], chain: ReadonlySet<string>): Branch[] {
	const off: { id: string; after: string | null; last: string; turn: ThreadTurn; items: number }[] =
		[];
	const ownerOf = new Map<string, number>();
	for (const turn of turns) {
		const ids = turn.items.map((item) => turn.rollout.itemId(item));
		const first = ids.findIndex((id) => !chain.has(id));
		const last = ids.at(-1);
		if (first === -1 || last === undefined) {
			continue;
		}
		for (const id of ids.slice(first)) {
			ownerOf.set(id, off.length);
		}
		const after = first === 0 ? turn.after : (ids[first - 1] ?? null);
		off.push({ id: turn.rollout.turnId(turn.turn), after, last, turn, items: ids.length - first });
	}
	const continued = new Set(
		off.map((each) => ownerOf.get(each.after ?? "")).filter((at) => at !== undefined),
	);
	const branches: Branch[] = [];
	for (const [index, leaf] of off.entries()) {
		if (continued.has(index)) {
			continue;
		}
		let root = leaf;
		let items = leaf.items;
		for (const seen = new Set([index]); ; ) {
			const before = ownerOf.get(root.after ?? "");
			const next = before === undefined ? undefined : off[before];
			if (before === undefined || !next || seen.has(before)) {
				break;
			}
			seen.add(before);
			root = next;
			items += next.items;
		}
		branches.push({
			head: leaf.last,
			after: root.after,
			label: root.turn.turn.prompt || leaf.turn.turn.prompt,
			items,
			time: leaf.turn.items.findLast((item) => item.time > 0)?.time ?? 0,
		});
	}
	return branches;
}
