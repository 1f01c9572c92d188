import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { SessionSummary } from "../../core/model/summary.ts";
import { SessionList } from "./sessionList.ts";
import { summary } from "./testRows.ts";

function rows(list: SessionList, scope: string, of: readonly SessionSummary[]): void {
	list.apply({
		type: "rows",
		scope: scope.startsWith("/")
			? { kind: "folder", folder: scope }
			: { kind: "source", source: scope },
		reset: true,
		rows: of,
		removed: [],
	});
}

describe("The list of sessions", () => {
	it("puts a source's session into the deepest open folder that holds its cwd", () => {
		const list = new SessionList();
		list.setFolders(["/work", "/work/deep"]);
		rows(list, "codex", [
			summary("codex:a", { cwd: "/work/deep/er" }),
			summary("codex:b", { cwd: "/workshop" }),
		]);
		assert.equal(list.get("codex:a")?.folder, "/work/deep");
		assert.equal(list.get("codex:b")?.folder, null);
	});

	it("has a row for each open folder that has the same session", () => {
		const list = new SessionList();
		list.setFolders(["/work", "/tree"]);
		rows(list, "/work", [summary("01OURS", { title: "Here" })]);
		rows(list, "/tree", [summary("01OURS", { title: "There" })]);
		assert.deepEqual(
			list.copies("01OURS").map((row) => [row.folder, row.summary.title]),
			[
				["/work", "Here"],
				["/tree", "There"],
			],
		);
		assert.equal(list.get("01OURS", "/tree")?.summary.title, "There");
		assert.deepEqual(list.copies("01NONE"), []);
	});

	it("lists an adopted session once, as ours, and finds it by both ids", () => {
		const list = new SessionList();
		list.setFolders(["/work"]);
		rows(list, "codex", [summary("codex:x")]);
		rows(list, "/work", [summary("01OURS", { origin: { source: "codex", id: "x" } })]);
		assert.deepEqual(
			list.rows.map((row) => row.summary.id),
			["01OURS"],
		);
		assert.equal(list.get("codex:x")?.summary.id, "01OURS");
		assert.equal(list.sourceRow("codex", "x")?.id, "codex:x");
	});

	it("lists the agent's own record of a session of ours once, as ours, and finds it by both ids", () => {
		const list = new SessionList();
		list.setFolders(["/work"]);
		rows(list, "codex", [summary("codex:x"), summary("codex:y"), summary("codex:z")]);
		rows(list, "/work", [summary("01OURS", { threads: ["codex:x", "codex:y"] })]);
		assert.deepEqual(list.rows.map((row) => row.summary.id).sort(), ["01OURS", "codex:z"]);
		assert.equal(list.get("codex:y")?.summary.id, "01OURS");
	});

	it("names a source's session among what changed when it is adopted, so that its open transcript follows", () => {
		const list = new SessionList();
		list.setFolders(["/work"]);
		rows(list, "codex", [summary("codex:x")]);
		const ids: (ReadonlySet<string> | undefined)[] = [];
		list.onDidChange((change) => ids.push(change.ids));
		rows(list, "/work", [summary("01OURS", { origin: { source: "codex", id: "x" } })]);
		assert.deepEqual(ids, [new Set(["01OURS", "codex:x"])]);
	});

	it("applies what was added and removed", () => {
		const list = new SessionList();
		list.setFolders(["/work"]);
		rows(list, "/work", [summary("a"), summary("b")]);
		const ids: (ReadonlySet<string> | undefined)[] = [];
		list.onDidChange((change) => ids.push(change.ids));
		list.apply({
			type: "rows",
			scope: { kind: "folder", folder: "/work" },
			reset: false,
			rows: [summary("c")],
			removed: ["a"],
		});
		assert.deepEqual(list.rows.map((row) => row.summary.id).sort(), ["b", "c"]);
		assert.deepEqual(ids, [new Set(["a", "c"])]);
	});

	it("forgets the rows of a folder that was closed, and takes no late ones", () => {
		const list = new SessionList();
		list.setFolders(["/work"]);
		rows(list, "/work", [summary("a")]);
		list.setFolders([]);
		rows(list, "/work", [summary("a")]);
		assert.equal(list.rows.length, 0);
	});
});
