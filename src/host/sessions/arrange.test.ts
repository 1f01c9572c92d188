import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ArrangeInput, Arrangement } from "./arrange.ts";
import { arrange, rootKey } from "./arrange.ts";
import { noFilter } from "./filter.ts";
import type { SessionRow } from "./sessionList.ts";
import { row } from "./testRows.ts";
import { nodesToRedraw } from "./treeDiff.ts";

const now = new Date(2026, 5, 15, 12).getTime();
const daysAgo = (days: number, ms = 0) => new Date(now - days * 86_400_000 - ms).toISOString();
const base: ArrangeInput = {
	shelf: "sessions",
	rows: [],
	folders: ["/work"],
	groupBy: "none",
	sortBy: "updated",
	filter: noFilter,
	kept: new Map(),
	problems: new Map(),
	now,
};

/** The tree as indented words. */
function draw(tree: Arrangement, key = rootKey, indent = ""): string[] {
	return (tree.children.get(key) ?? []).flatMap((node) => {
		const words =
			node.kind === "session"
				? node.id
				: node.kind === "group"
					? Object.values(node.name).join(" ")
					: node.kind;
		return [indent + words, ...draw(tree, node.key, `${indent}  `)];
	});
}

describe("The sessions tree", () => {
	it("groups by calendar day, newest first, with pinned sessions on top", () => {
		const rows = [
			row("old", { updatedAt: daysAgo(400) }),
			row("today", { updatedAt: daysAgo(0) }),
			row("yesterday", { updatedAt: daysAgo(1) }),
			row("week", { updatedAt: daysAgo(5) }),
			row("month", { updatedAt: daysAgo(20) }),
			row("pin", { updatedAt: daysAgo(100), pinned: true }),
		];
		assert.deepEqual(draw(arrange({ ...base, rows, groupBy: "date" })), [
			"pinned",
			"  pin",
			"date today",
			"  today",
			"date yesterday",
			"  yesterday",
			"date week",
			"  week",
			"date month",
			"  month",
			"date older",
			"  old",
		]);
	});

	it("groups what is long ago by month where it is much", () => {
		const many = Array.from({ length: 250 }, (_, index) =>
			row(`s${index}`, {
				updatedAt: new Date(2026, 3, 20 - Math.floor(index / 5), 12).toISOString(),
			}),
		);
		const rows = [
			row("today", { updatedAt: daysAgo(0) }),
			row("undated", { updatedAt: "" }),
			...many,
		];
		const groups = (of: typeof rows) =>
			draw(arrange({ ...base, rows: of, groupBy: "date" })).filter((line) => !line.startsWith(" "));
		assert.deepEqual(groups(rows), ["date today", "month 2026-04", "month 2026-03", "date older"]);
		assert.equal(arrange({ ...base, rows, groupBy: "date" }).shown, 252);
		assert.deepEqual(groups(rows.slice(0, 201)), ["date today", "date older"]);
	});

	it("puts sessions of other folders below one row, one group a folder", () => {
		const rows = [
			row("here"),
			row("codex:a", { cwd: "/else/one", updatedAt: daysAgo(3) }, null),
			row("codex:b", { cwd: "/else/two", updatedAt: daysAgo(0) }, null),
			row("codex:c", { updatedAt: daysAgo(1) }, null),
		];
		assert.deepEqual(draw(arrange({ ...base, rows })), [
			"here",
			"otherFolders",
			"  cwd /else/two",
			"    codex:b",
			"  cwd ",
			"    codex:c",
			"  cwd /else/one",
			"    codex:a",
		]);
	});

	it("shows a root for each folder when there are several", () => {
		const rows = [row("a"), row("b", {}, "/second")];
		assert.deepEqual(draw(arrange({ ...base, rows, folders: ["/work", "/second"] })), [
			"folder",
			"  a",
			"folder",
			"  b",
		]);
	});

	it("nests forks and sub-agents below the session they come from, and keeps orphans at the top", () => {
		const rows = [
			row("parent", { updatedAt: daysAgo(0) }),
			row("fork", { parent: { session: "parent", at: "x" } }),
			row("grandchild", { parent: { session: "fork", at: "x" } }),
			row("codex:helper", { subagentOf: "parent" }),
			row("orphan", { parent: { session: "gone", at: null } }),
		];
		assert.deepEqual(draw(arrange({ ...base, rows, groupBy: "lineage" })), [
			"parent",
			"  fork",
			"    grandchild",
			"  codex:helper",
			"orphan",
		]);
	});

	it("loses nobody in a cycle", () => {
		const rows = [
			row("a", { parent: { session: "b", at: null } }),
			row("b", { parent: { session: "a", at: null } }),
		];
		assert.equal(draw(arrange({ ...base, rows, groupBy: "lineage" })).length, 2);
	});

	it("takes a lineage of 10,000 forks", () => {
		const rows = Array.from({ length: 10_000 }, (_, n) =>
			row(`s${n}`, n > 0 ? { parent: { session: `s${n - 1}`, at: null } } : {}),
		);
		assert.equal(arrange({ ...base, rows, groupBy: "lineage" }).shown, 10_000);
	});

	it("counts what a filter hides", () => {
		const rows = [row("apple"), row("pear", { tags: ["fruit"] }), row("fig", { archived: true })];
		const tree = arrange({ ...base, rows, filter: { ...noFilter, text: "fruit" } });
		assert.deepEqual(draw(tree), ["pear"]);
		assert.equal(tree.hidden, 1);
	});

	it("says whether sessions of several agents are shown", () => {
		const rows = [row("a"), row("b", { agent: "codex" }), row("c", { agent: "codex" })];
		assert.equal(arrange({ ...base, rows }).severalAgents, false);
		const more = [...rows, row("d", { agent: "claude" })];
		assert.equal(arrange({ ...base, rows: more }).severalAgents, true);
		const archived = [...rows, row("d", { agent: "claude", archived: true })];
		assert.equal(arrange({ ...base, rows: archived }).severalAgents, false);
	});

	it("keeps archived and trashed sessions on their own shelves", () => {
		const rows = [
			row("a"),
			row("b", { archived: true }),
			row("c", { archived: true, trashed: true }),
		];
		assert.deepEqual(draw(arrange({ ...base, rows, shelf: "archived" })), ["b"]);
		assert.deepEqual(draw(arrange({ ...base, rows, shelf: "trash" })), ["c"]);
	});

	it("announces removed sessions and problems above everything else", () => {
		const tree = arrange({
			...base,
			rows: [row("a")],
			kept: new Map([["/work", 2]]),
			problems: new Map([["/work", ["Cannot be read."]]]),
		});
		assert.deepEqual(draw(tree), ["problem", "kept", "a"]);
	});
});

describe("Redrawing the tree", () => {
	const group = { ...base, groupBy: "date" } as const;
	const before = arrange({
		...group,
		rows: [row("a", { updatedAt: daysAgo(0) }), row("b", { updatedAt: daysAgo(1) })],
	});

	it("draws one row for one row's change", () => {
		const nodes = nodesToRedraw(before, before, new Set(["a"]));
		assert.deepEqual(nodes === "all" ? "all" : nodes.map((node) => node.key), ["session:a@/work"]);
	});

	it("draws one group when a row comes into it", () => {
		const after = arrange({
			...group,
			rows: [
				row("a", { updatedAt: daysAgo(0) }),
				row("c", { updatedAt: daysAgo(0) }),
				row("b", { updatedAt: daysAgo(1) }),
			],
		});
		const nodes = nodesToRedraw(before, after, new Set(["c"]));
		assert.deepEqual(nodes === "all" ? "all" : nodes.map((node) => node.key), [
			"group::date:today",
		]);
	});

	const keys = (nodes: ReturnType<typeof nodesToRedraw>) =>
		nodes === "all" ? nodes : nodes.map((node) => node.key);
	const counted = (groupBy: ArrangeInput["groupBy"], rows: readonly SessionRow[]) =>
		arrange({ ...base, groupBy, folders: ["/work", "/more"], rows: [row("z"), ...rows] });

	it("draws what counts the rows below it when a row comes into one of its groups", () => {
		const today = { updatedAt: daysAgo(0) };
		const one = counted("date", [row("a", today), row("o", { cwd: "/else" }, null)]);
		const two = counted("date", [
			row("a", today),
			row("b", today),
			row("o", { cwd: "/else" }, null),
			row("p", { cwd: "/else" }, null),
		]);
		assert.deepEqual(keys(nodesToRedraw(one, two, new Set(["b", "p"]))), [
			"folder:/work",
			"others:sessions",
		]);
	});

	it("draws what counts the forks below it, and no more where nothing does", () => {
		const family = [row("a"), row("b", { parent: { session: "a", at: null } })];
		const more = [...family, row("c", { parent: { session: "b", at: null } })];
		const isNew = new Set(["c"]);
		assert.deepEqual(
			keys(nodesToRedraw(counted("lineage", family), counted("lineage", more), isNew)),
			["folder:/work"],
		);
		const alone = (rows: readonly SessionRow[]) => arrange({ ...base, groupBy: "lineage", rows });
		assert.deepEqual(keys(nodesToRedraw(alone(family), alone(more), isNew)), ["session:b@/work"]);
	});

	it("draws one group when its rows change places: nothing is counted anew", () => {
		const at = (a: number, b: number) =>
			counted("date", [
				row("a", { updatedAt: daysAgo(0, a) }),
				row("b", { updatedAt: daysAgo(0, b) }),
			]);
		assert.deepEqual(keys(nodesToRedraw(at(1, 2), at(2, 1), new Set(["a"]))), [
			"group:folder:/work:date:today",
		]);
	});

	it("draws everything only when the top level differs", () => {
		assert.equal(nodesToRedraw(before, arrange({ ...group, rows: [] }), new Set()), "all");
	});
});
