import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Approval, RunRecord, RunStatus } from "../../protocol/daemon.ts";
import { arrangeRuns, topKey } from "./runsNodes.ts";

function run(id: string, status: RunStatus, minute: number): RunRecord {
	const time = `2026-11-20T16:${String(minute).padStart(2, "0")}:00.000Z`;
	const isOver = status === "completed" || status === "failed" || status === "interrupted";
	return {
		id,
		session: `session of ${id}`,
		turn: "",
		agent: "codex",
		model: null,
		status,
		startedAt: time,
		endedAt: isOver ? time : null,
		reason: null,
		client: "a test",
	};
}

function approval(id: string, of: string): Approval {
	return {
		id,
		session: `session of ${of}`,
		turn: "",
		run: of,
		item: null,
		kind: "command",
		title: "ls",
		reason: null,
		options: [],
		questions: [],
		requestedAt: "2026-11-20T16:00:00.000Z",
	};
}

/** The tree as indented keys. */
function drawn(...daemons: Parameters<typeof arrangeRuns>[0]): string[] {
	const { children } = arrangeRuns(daemons);
	const below = (key: string, indent: string): string[] =>
		(children.get(key) ?? []).flatMap((node) => [
			indent + node.key,
			...below(node.key, `${indent}  `),
		]);
	return below(topKey, "");
}

describe("The Runs view", () => {
	it("shows what waits first, then what works, the newest first, then what is over", () => {
		assert.deepEqual(
			drawn({
				folder: "/a",
				runs: [
					run("old", "completed", 1),
					run("works", "running", 2),
					run("works later", "starting", 4),
					run("waits", "waiting", 3),
					run("failed", "failed", 5),
				],
				approvals: [approval("one", "waits"), approval("two", "waits")],
			}),
			[
				"run:waits+questions",
				"  approval:one",
				"  approval:two",
				"run:works later",
				"run:works",
				"recent",
				"  run:failed",
				"  run:old",
			],
		);
	});

	it("mixes the runs of several folders", () => {
		assert.deepEqual(
			drawn(
				{ folder: "/a", runs: [run("a", "running", 1)], approvals: [] },
				{ folder: "/b", runs: [run("b", "waiting", 0)], approvals: [approval("one", "b")] },
			),
			["run:b+questions", "  approval:one", "run:a"],
		);
	});

	it("is empty when nothing ever ran", () => {
		assert.deepEqual(drawn({ folder: "/a", runs: [], approvals: [] }), []);
	});
});
