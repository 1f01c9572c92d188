import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { record, recordId } from "../../../test/property/lab.ts";
import { headItem, sideBranches, walkChain } from "./chain.ts";
import type { JournalRecord } from "./record.ts";
import { SessionState } from "./state.ts";

const span = { offset: 0, length: 0 };

function fold(
	records: readonly JournalRecord[],
	ahead: ReadonlySet<string> = new Set(),
): SessionState {
	const state = new SessionState();
	for (const each of records) {
		state.apply(each, span, !ahead.has(each.id));
	}
	return state;
}

function plain(state: SessionState): unknown {
	const byId = <T extends { id: string }>(values: Iterable<T>) =>
		[...values].sort((a, b) => (a.id < b.id ? -1 : 1));
	const { items } = walkChain(state, headItem(state));
	return structuredClone({
		title: state.title,
		titles: state.titles,
		flags: [state.archived, state.trashed, state.pinned],
		tags: state.tags,
		notes: state.notes,
		heads: state.heads,
		first: state.firstPrompt,
		newest: state.lastActivity,
		header: state.header,
		turns: byId(state.turns.values()),
		items: byId(state.items.values()),
		chain: items,
		branches: sideBranches(state, new Set(items)),
	});
}

const turn = fc.integer({ min: 1, max: 4 }).map(recordId);
const item = fc.integer({ min: 5, max: 12 }).map(recordId);
const text = fc.constantFrom("", "a", "b c", "__proto__");
const content = fc.oneof(
	fc.record({ type: fc.constant("userMessage"), text }),
	fc.record({ type: fc.constant("agentMessage"), text, sourceId: text }),
	fc.record({
		type: fc.constant("fileChange"),
		changes: fc.constant([{ path: "p", kind: "add" }]),
	}),
);
const anyRecord = fc.oneof(
	fc.record({ type: fc.constant("turn.started"), after: fc.option(item) }),
	fc.record({
		type: fc.constant("turn.completed"),
		turn,
		status: fc.constantFrom("completed", "failed"),
	}),
	fc.record({ type: fc.constant("item.started"), turn, item: content }),
	fc.record({ type: fc.constant("item.completed"), turn, itemId: item, item: content }),
	fc.record({ type: fc.constant("item.completed"), turn, item: content }),
	fc.record({
		type: fc.constant("item.updated"),
		itemId: item,
		append: fc.dictionary(text, text),
	}),
	fc.record({ type: fc.constant("head.moved"), to: fc.option(item) }),
	fc.record({ type: fc.constant("session.renamed"), title: text }),
	fc.record({
		type: fc.constantFrom(
			"session.archived",
			"session.unarchived",
			"session.trashed",
			"session.restored",
			"session.pinned",
			"session.unpinned",
		),
	}),
	fc.record({ type: fc.constantFrom("session.tagged", "session.untagged"), tags: fc.array(text) }),
	fc.record({ type: fc.constant("note.added"), text }),
	fc.record({ type: fc.constant("note.removed"), note: item }),
);

test("the fold of a set of records depends neither on their order nor on how often they come", () => {
	const records = fc.array(anyRecord, { maxLength: 14 }).map((list) =>
		// Ids from 1 up: turns, items and notes name each other by accident, as hostile files do.
		list.map((fields, n) => record(n + 1, fields)),
	);
	fc.assert(
		fc.property(
			records.chain((list) =>
				fc.tuple(
					fc.constant(list),
					fc.shuffledSubarray(list, { minLength: list.length }),
					fc.subarray(list),
					fc.subarray(list.map((each) => each.id)),
				),
			),
			([list, shuffled, again, ahead]) => {
				assert.deepEqual(
					plain(fold([...shuffled, ...again], new Set(ahead))),
					plain(fold(list, new Set(ahead))),
				);
			},
		),
		{ seed: 11, numRuns: 2000 },
	);
});

test("a session made while the clock was days ahead can be renamed", () => {
	const session = {
		id: recordId(9),
		title: "Future",
		agent: null,
		model: null,
		cwd: null,
		origin: null,
	};
	const created = record(9, { type: "session.created", format: "skein-journal", session });
	const renamed = record(5, { type: "session.renamed", title: "Now" });
	assert.equal(fold([created], new Set([recordId(9)])).title, "Future");
	assert.equal(fold([created, renamed], new Set([recordId(9)])).title, "Now");
	assert.equal(fold([renamed, created], new Set([recordId(9)])).title, "Now");
});

test("100,000 turns without a beginning are folded and walked in linear time", () => {
	const state = new SessionState();
	const count = 100_000;
	for (let n = count; n > 0; n--) {
		state.apply(
			record(2 * n, {
				type: "item.completed",
				turn: recordId(2 * n - 1),
				item: { type: "note", text: "" },
			}),
			span,
		);
	}
	// With a search through all items for each turn this takes hours, not a second.
	assert.equal(walkChain(state, headItem(state)).items.length, count);
});
