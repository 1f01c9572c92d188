import { standsFor } from "../../core/model/summary.ts";
import type { Pausable } from "../slices.ts";
import { forEach, stride } from "../slices.ts";
import type { SessionRow } from "./sessionList.ts";
import { ownSource } from "./sessionList.ts";

/**
 * Hands out rows below the session they were forked from or started by, each after its parent. A parent that is not
 * among `rows` (filtered, elsewhere, gone) leaves its children at the top; so does a cycle.
 */
export function* nestByLineage(
	rows: readonly SessionRow[],
	add: (parent: SessionRow | undefined, row: SessionRow) => void,
): Pausable<void> {
	const byId = new Map<string, SessionRow>();
	yield* forEach(rows, (row) => {
		byId.set(row.summary.id, row);
		for (const id of standsFor(row.summary)) {
			byId.set(id, row);
		}
	});
	const below = new Map<SessionRow, SessionRow[]>();
	const roots: SessionRow[] = [];
	yield* forEach(rows, (row) => {
		const parent = parentOf(row, byId);
		if (parent && parent !== row) {
			const siblings = below.get(parent);
			if (siblings) {
				siblings.push(row);
			} else {
				below.set(parent, [row]);
			}
		} else {
			roots.push(row);
		}
	});
	const placed = new Set<SessionRow>();
	// What is no root and below none stands in a cycle: nothing disappears.
	for (const root of [...roots, ...rows]) {
		// A stack of our own: lineages of 10,000 forks must not overflow the call stack.
		const open: { parent: SessionRow | undefined; row: SessionRow }[] = [
			{ parent: undefined, row: root },
		];
		for (let next = open.pop(); next; next = open.pop()) {
			const { parent, row } = next;
			if (!placed.has(row)) {
				placed.add(row);
				add(parent, row);
				for (const child of [...(below.get(row) ?? [])].reverse()) {
					open.push({ parent: row, row: child });
				}
				if (placed.size % stride === 0) {
					yield;
				}
			}
		}
	}
}

function parentOf(row: SessionRow, byId: ReadonlyMap<string, SessionRow>): SessionRow | undefined {
	const { parent, subagentOf, source } = row.summary;
	for (const id of [subagentOf, parent?.session]) {
		if (id) {
			const found =
				byId.get(id) ?? (source === ownSource ? undefined : byId.get(`${source}:${id}`));
			if (found) {
				return found;
			}
		}
	}
	return undefined;
}
