import type { Arrangement, TreeNode } from "./arrange.ts";
import { rootKey } from "./arrange.ts";

/**
 * The nodes to redraw so that a tree that shows `before` shows `after`: containers whose rows came, went or moved, with
 * what counts those rows, and sessions of `changed`. "all" when rows of the top level differ.
 */
export function nodesToRedraw(
	before: Arrangement,
	after: Arrangement,
	changed: ReadonlySet<string>,
): readonly TreeNode[] | "all" {
	if (!sameNodes(before.children.get(rootKey), after.children.get(rootKey))) {
		return "all";
	}
	const containers = new Map<string, TreeNode>();
	const rows: TreeNode[] = [];
	for (const nodes of after.children.values()) {
		for (const node of nodes) {
			const [shown, next] = [before.children.get(node.key), after.children.get(node.key)];
			if (!sameNodes(shown, next)) {
				const container = areSameRows(shown, next) ? node : counterOf(node, after);
				containers.set(container.key, container);
			} else if (node.kind === "kept" || (node.kind === "session" && changed.has(node.id))) {
				rows.push(node);
			}
		}
	}
	// A container that is redrawn fetches everything below it again: what stands below need not be named.
	const isBelow = (node: TreeNode) => above(node, after).some(({ key }) => containers.has(key));
	return [...containers.values(), ...rows].filter((node) => !isBelow(node));
}

/** The topmost container that says how many rows stand below it, `node` among them; itself when there is none. */
function counterOf(node: TreeNode, tree: Arrangement): TreeNode {
	return above(node, tree).findLast(({ kind }) => kind !== "session") ?? node;
}

/** What stands above a node, the nearest first. */
function above(node: TreeNode, { parents }: Arrangement): TreeNode[] {
	const found = new Set<TreeNode>();
	for (let next = parents.get(node.key); next && !found.has(next); next = parents.get(next.key)) {
		found.add(next);
	}
	return [...found];
}

function sameNodes(a: readonly TreeNode[] = [], b: readonly TreeNode[] = []): boolean {
	return a.length === b.length && a.every((node, index) => node.key === b[index]?.key);
}

/** Whether the same rows stand there, in whatever order. */
function areSameRows(a: readonly TreeNode[] = [], b: readonly TreeNode[] = []): boolean {
	const keys = new Set(a.map(({ key }) => key));
	return a.length === b.length && b.every(({ key }) => keys.has(key));
}
