import type { Arrangement, TreeNode } from "./arrange.ts";
import { rootKey } from "./arrange.ts";

/**
 * The nodes to redraw so that a tree that shows `before` shows `after`: containers whose rows came, went or moved,
 * and sessions of `changed` (undefined: every one). "all" when rows of the top level differ.
 */
export function nodesToRedraw(
	before: Arrangement,
	after: Arrangement,
	changed: ReadonlySet<string>,
): readonly TreeNode[] | "all" {
	if (!sameNodes(before.children.get(rootKey), after.children.get(rootKey))) {
		return "all";
	}
	const redraw: TreeNode[] = [];
	const redrawn = new Set<string>();
	const visit = (key: string) => {
		for (const node of after.children.get(key) ?? []) {
			if (!sameNodes(before.children.get(node.key), after.children.get(node.key))) {
				redraw.push(node);
				redrawn.add(node.key);
			} else if (node.kind === "session" && changed.has(node.id)) {
				redraw.push(node);
			} else if (node.kind === "kept") {
				redraw.push(node);
			}
		}
	};
	for (const key of after.children.keys()) {
		visit(key);
	}
	// A container that is redrawn fetches everything below it again: what stands below need not be named.
	return redraw.filter((node) => !isBelow(node, redrawn, after));
}

function isBelow(node: TreeNode, keys: ReadonlySet<string>, tree: Arrangement): boolean {
	const seen = new Set<string>();
	for (
		let above = tree.parents.get(node.key);
		above && !seen.has(above.key);
		above = tree.parents.get(above.key)
	) {
		if (keys.has(above.key)) {
			return true;
		}
		seen.add(above.key);
	}
	return false;
}

function sameNodes(a: readonly TreeNode[] = [], b: readonly TreeNode[] = []): boolean {
	return a.length === b.length && a.every((node, index) => node.key === b[index]?.key);
}
