import type { SessionSummary } from "../../core/model/summary.ts";
import type { GroupBy, Shelf, SortBy } from "../contributions.ts";
import type { Pausable } from "../slices.ts";
import { atOnce, filtered, forEach, sorted } from "../slices.ts";
import type { DateGroup } from "./dateGroups.ts";
import { dateGrouper, dateGroups, monthOf } from "./dateGroups.ts";
import type { SessionFilter } from "./filter.ts";
import { agentOf, isFiltering, matcher } from "./filter.ts";
import { nestByLineage } from "./lineage.ts";
import type { SessionRow } from "./sessionList.ts";
import { sorter } from "./sorting.ts";

export type GroupName =
	| { readonly by: "pinned" }
	| { readonly by: "date"; readonly date: DateGroup }
	/** One month of what is long ago, where that is much: `2026-10`. */
	| { readonly by: "month"; readonly month: string }
	| { readonly by: "agent"; readonly agent: string }
	/** In *Other Folders*: the sessions of one folder; null for those that name none. */
	| { readonly by: "cwd"; readonly cwd: string | null };

/** A row of a tree: a plain object, known by its key. What it says is looked up when it is drawn. */
export type TreeNode =
	| { readonly kind: "folder"; readonly key: string; readonly folder: string }
	| { readonly kind: "group"; readonly key: string; readonly name: GroupName }
	| { readonly kind: "otherFolders"; readonly key: string }
	| {
			readonly kind: "session";
			readonly key: string;
			readonly id: string;
			readonly folder: string | null;
	  }
	/** Sessions that are gone from the folder and can be restored. */
	| { readonly kind: "kept"; readonly key: string; readonly folder: string }
	| { readonly kind: "problem"; readonly key: string; readonly sentence: string };

export interface ArrangeInput {
	readonly shelf: Shelf;
	readonly rows: readonly SessionRow[];
	/** The open folders, in the workspace's order. */
	readonly folders: readonly string[];
	readonly groupBy: GroupBy;
	readonly sortBy: SortBy;
	readonly filter: SessionFilter;
	/** Sessions that can be restored, by folder. */
	readonly kept: ReadonlyMap<string, number>;
	/** Sentences about stores, by folder; about sources under "". */
	readonly problems: ReadonlyMap<string, readonly string[]>;
	/** ms since the epoch. */
	readonly now: number;
}

/** A whole tree, as keys: what stands under what. The root's key is the empty string. */
export interface Arrangement {
	readonly children: ReadonlyMap<string, readonly TreeNode[]>;
	readonly parents: ReadonlyMap<string, TreeNode>;
	readonly nodes: ReadonlyMap<string, TreeNode>;
	/** Rows of the shelf that the filter hides. */
	readonly hidden: number;
	/** Rows of the shelf that are shown, collapsed or not. */
	readonly shown: number;
	/** Whether sessions of several agents are shown. */
	readonly severalAgents: boolean;
}

export const rootKey = "";

/** More sessions than this from over 30 days ago are grouped by month. */
const olderLimit = 200;

/** Arranges one shelf. Pure, and linear but for the sort. It can be paused: 10,000 rows by title take some 30 ms. */
export function* arranging(input: ArrangeInput): Pausable<Arrangement> {
	const builder = new Builder();
	const onShelf = yield* filtered(input.rows, (row) => shelfOf(row.summary) === input.shelf);
	const matches = matcher(input.filter);
	const visible = isFiltering(input.filter)
		? yield* filtered(onShelf, (row) => matches(row.summary))
		: onShelf;
	const rows = yield* sorted(visible, sorter(input.sortBy));
	const byFolder = new Map<string | undefined, SessionRow[]>(
		[...input.folders, undefined].map((folder) => [folder, []]),
	);
	yield* forEach(rows, (row) => {
		const own = byFolder.get(row.folder ?? undefined) ?? byFolder.get(undefined);
		own?.push(row);
	});
	const of = (folder: string | undefined) => byFolder.get(folder) ?? [];

	addProblems(builder, input, "", rootKey);
	const [only, ...others] = input.folders;
	if (only === undefined) {
		yield* addGroups(builder, rootKey, rows, input);
	} else if (others.length === 0) {
		addNotices(builder, input, only, rootKey);
		yield* addGroups(builder, rootKey, of(only), input);
	} else {
		for (const folder of input.folders) {
			const key = `folder:${folder}`;
			if (input.shelf === "sessions" || of(folder).length > 0) {
				builder.add(rootKey, { kind: "folder", key, folder });
				addNotices(builder, input, folder, key);
				yield* addGroups(builder, key, of(folder), input);
			}
		}
	}
	if (only !== undefined) {
		yield* addOthers(builder, of(undefined), input);
	}
	return builder.done(onShelf.length - visible.length, visible);
}

export function arrange(input: ArrangeInput): Arrangement {
	return atOnce(arranging(input));
}

export function shelfOf(row: SessionSummary): Shelf {
	if (row.trashed) {
		return "trash";
	}
	return row.archived ? "archived" : "sessions";
}

export function sessionNode(row: SessionRow): TreeNode & { kind: "session" } {
	const { id } = row.summary;
	return {
		kind: "session",
		key: `session:${id}${row.summary.source === "skein" ? `@${row.folder}` : ""}`,
		id,
		folder: row.folder,
	};
}

class Builder {
	private readonly children = new Map<string, TreeNode[]>();
	private readonly parents = new Map<string, TreeNode>();
	private readonly nodes = new Map<string, TreeNode>();

	add(parent: string, node: TreeNode): void {
		const siblings = this.children.get(parent);
		if (siblings) {
			siblings.push(node);
		} else {
			this.children.set(parent, [node]);
		}
		this.nodes.set(node.key, node);
		const above = this.nodes.get(parent);
		if (above) {
			this.parents.set(node.key, above);
		}
	}

	done(hidden: number, visible: readonly SessionRow[]): Arrangement {
		return {
			children: this.children,
			parents: this.parents,
			nodes: this.nodes,
			hidden,
			shown: visible.length,
			severalAgents: haveSeveralAgents(visible),
		};
	}
}

/** A session that no agent has worked in yet names none either way. */
function haveSeveralAgents(rows: readonly SessionRow[]): boolean {
	let first: string | undefined;
	for (const { summary } of rows) {
		first ??= summary.agent ?? undefined;
		if (summary.agent !== null && summary.agent !== first) {
			return true;
		}
	}
	return false;
}

function addNotices(builder: Builder, input: ArrangeInput, folder: string, parent: string): void {
	addProblems(builder, input, folder, parent);
	if (input.shelf === "sessions" && (input.kept.get(folder) ?? 0) > 0) {
		builder.add(parent, { kind: "kept", key: `kept:${folder}`, folder });
	}
}

function addProblems(builder: Builder, input: ArrangeInput, of: string, parent: string): void {
	if (input.shelf === "sessions") {
		for (const sentence of new Set(input.problems.get(of))) {
			builder.add(parent, { kind: "problem", key: `problem:${of}:${sentence}`, sentence });
		}
	}
}

/** The rows of one folder below `parent`. Archive and trash are short lists that need no groups of their own. */
function* addGroups(
	builder: Builder,
	parent: string,
	rows: readonly SessionRow[],
	input: ArrangeInput,
): Pausable<void> {
	const groupBy = input.shelf === "sessions" ? input.groupBy : "none";
	if (groupBy === "none" || groupBy === "lineage") {
		const pinnedFirst = [
			...rows.filter((row) => row.summary.pinned),
			...rows.filter((row) => !row.summary.pinned),
		];
		if (groupBy === "lineage") {
			yield* nestByLineage(pinnedFirst, (above, row) =>
				builder.add(above ? sessionNode(above).key : parent, sessionNode(row)),
			);
		} else {
			yield* forEach(pinnedFirst, (row) => builder.add(parent, sessionNode(row)));
		}
		return;
	}
	const nameOf = groupBy === "date" ? dateName(input) : agentName;
	const groups = new Map<string, { name: GroupName; rows: SessionRow[] }>();
	yield* forEach(rows, (row) => {
		const name: GroupName = row.summary.pinned ? { by: "pinned" } : nameOf(row.summary);
		const key = groupKey(name);
		const group = groups.get(key);
		if (group) {
			group.rows.push(row);
		} else {
			groups.set(key, { name, rows: [row] });
		}
	});
	if (groupBy === "date") {
		splitOlder(groups, input);
	}
	for (const group of [...groups.values()].sort((a, b) => groupOrder(a.name, b.name))) {
		yield* addGroup(builder, parent, group.name, group.rows);
	}
}

/**
 * What is long ago is one group, unless that were a long list: then it is one a month, which is also how people remember
 * it. VS Code takes in all rows of a group at once when it is opened, a millisecond for every fifty.
 */
function splitOlder(
	groups: Map<string, { name: GroupName; rows: SessionRow[] }>,
	input: ArrangeInput,
): void {
	const key = groupKey({ by: "date", date: "older" });
	const older = groups.get(key);
	if (!older || older.rows.length <= olderLimit) {
		return;
	}
	groups.delete(key);
	for (const row of older.rows) {
		const month = monthOf(timeOf(row.summary, input));
		const name: GroupName =
			month === undefined ? { by: "date", date: "older" } : { by: "month", month };
		const group = groups.get(groupKey(name));
		if (group) {
			group.rows.push(row);
		} else {
			groups.set(groupKey(name), { name, rows: [row] });
		}
	}
}

function* addOthers(
	builder: Builder,
	rows: readonly SessionRow[],
	input: ArrangeInput,
): Pausable<void> {
	if (rows.length === 0) {
		return;
	}
	const key = `others:${input.shelf}`;
	builder.add(rootKey, { kind: "otherFolders", key });
	const byCwd = new Map<string | null, SessionRow[]>();
	yield* forEach(rows, (row) => {
		const group = byCwd.get(row.summary.cwd);
		if (group) {
			group.push(row);
		} else {
			byCwd.set(row.summary.cwd, [row]);
		}
	});
	// Folders stand in the order of their best row, so the one last worked in comes first.
	for (const [cwd, group] of byCwd) {
		yield* addGroup(builder, key, { by: "cwd", cwd }, group);
	}
}

function* addGroup(
	builder: Builder,
	parent: string,
	name: GroupName,
	rows: readonly SessionRow[],
): Pausable<void> {
	const key = `group:${parent}:${groupKey(name)}`;
	builder.add(parent, { kind: "group", key, name });
	yield* forEach(rows, (row) => builder.add(key, sessionNode(row)));
}

function dateName(input: ArrangeInput): (row: SessionSummary) => GroupName {
	const group = dateGrouper(input.now);
	return (row) => ({ by: "date", date: group(timeOf(row, input)) });
}

/** The time that a session is grouped by, ms since the epoch. */
function timeOf(row: SessionSummary, { sortBy }: ArrangeInput): number {
	return Date.parse(sortBy === "created" ? row.createdAt : row.updatedAt);
}

function agentName(row: SessionSummary): GroupName {
	return { by: "agent", agent: agentOf(row) };
}

function groupKey(name: GroupName): string {
	switch (name.by) {
		case "pinned":
			return "pinned";
		case "date":
			return `date:${name.date}`;
		case "month":
			return `month:${name.month}`;
		case "agent":
			return `agent:${name.agent}`;
		case "cwd":
			return `cwd:${name.cwd ?? ""}`;
	}
}

function groupOrder(a: GroupName, b: GroupName): number {
	if (a.by === "pinned" || b.by === "pinned") {
		return Number(b.by === "pinned") - Number(a.by === "pinned");
	}
	if (a.by === "date" && b.by === "date") {
		return dateGroups.indexOf(a.date) - dateGroups.indexOf(b.date);
	}
	if (a.by === "month" && b.by === "month") {
		return a.month < b.month ? 1 : -1;
	}
	if (a.by === "month" || b.by === "month") {
		// Between what is lately and what has no date.
		const date = a.by === "date" ? a.date : b.by === "date" ? b.date : undefined;
		return (date === "older" ? -1 : 1) * (a.by === "month" ? 1 : -1);
	}
	return groupKey(a).localeCompare(groupKey(b));
}
