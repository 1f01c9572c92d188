import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { JournalRecord } from "./record.ts";
import { SessionState } from "./state.ts";

fc.configureGlobal({ seed: 8 });

const base = { v: 1, ts: "2026-11-20T00:00:00.000Z" } as const;
const id = (n: number) => `01K${String(n).padStart(23, "0")}`;
const span = { offset: 0, length: 1 };

const records: JournalRecord[] = [
	{ ...base, id: id(1), type: "turn.started", after: null, run: { id: "r1", host: "here" } },
	{
		...base,
		id: id(2),
		type: "agent.attached",
		agent: "codex",
		thread: "t1",
		how: "started",
		turn: id(1),
		agentTurn: "a1",
		model: "gpt-5",
	},
	{
		...base,
		id: id(3),
		type: "approval.requested",
		turn: id(1),
		kind: "command",
		title: "rm -r build",
		options: [{ id: "accept", label: "Allow", kind: "allowOnce" }],
	},
	{
		...base,
		id: id(4),
		type: "approval.answered",
		approval: id(3),
		outcome: "allowed",
		option: "accept",
		by: "the window at home",
	},
	{ ...base, id: id(5), type: "approval.answered", approval: id(3), outcome: "withdrawn" },
	{ ...base, id: id(6), type: "turn.started", after: null, run: { id: "r2", host: "here" } },
	{
		...base,
		id: id(7),
		type: "agent.attached",
		agent: "codex",
		thread: "t2",
		how: "primed",
		turn: id(6),
	},
];

function fold(all: readonly JournalRecord[]): SessionState {
	const state = new SessionState();
	for (const record of all) {
		state.apply(JournalRecord.parse(record), span);
	}
	return state;
}

test("the newest attachment names the thread a session lives in, and each turn keeps its own", () => {
	const { agent } = fold(records);
	assert.equal(agent.attachment?.thread, "t2");
	assert.equal(agent.attachments.get(id(1))?.agentTurn, "a1");
	assert.equal(agent.attachments.get(id(1))?.model, "gpt-5");
	assert.deepEqual(agent.threads, [
		{ agent: "codex", thread: "t1" },
		{ agent: "codex", thread: "t2" },
	]);
	assert.deepEqual([...agent.runs.values()].map((run) => run.id).sort(), ["r1", "r2"]);
});

test("an approval is answered once: the first answer counts", () => {
	const [approval] = fold(records).agent.approvals;
	const answered = { by: id(4), outcome: "allowed", label: "Allow", client: "the window at home" };
	assert.deepEqual(approval?.answered, answered);
	assert.equal(fold(records.slice(0, 3)).agent.approvals[0]?.answered, undefined);
});

test("the order in which the records of an agent are read does not matter", () => {
	const expected = fold(records).agent;
	fc.assert(
		fc.property(fc.shuffledSubarray(records, { minLength: records.length }), (shuffled) => {
			const { agent } = fold(shuffled);
			assert.deepEqual(agent.approvals, expected.approvals);
			assert.deepEqual(agent.attachment, expected.attachment);
			assert.deepEqual(new Map([...agent.attachments].sort()), expected.attachments);
		}),
	);
});
