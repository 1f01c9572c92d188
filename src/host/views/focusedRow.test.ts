import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FocusedRow } from "./focusedRow.ts";

const [a, b, c] = [{ id: "a" }, { id: "b" }, { id: "c" }];

/** What a key is meant for, after these selections. */
function meant(...selections: (readonly object[])[]): readonly object[] | undefined {
	const row = new FocusedRow<object>();
	for (const selection of selections) {
		row.selected(selection);
	}
	return row.take();
}

describe("A key in a tree is meant for", () => {
	it("the focused row, when nothing is selected", () => {
		assert.deepEqual(meant([b], []), [b]);
	});

	it("the focused row, when another one is selected", () => {
		assert.deepEqual(meant([a], [a, b], [a]), [b]);
	});

	it("all selected rows, the focused one first, when it is one of them", () => {
		assert.deepEqual(meant([a, b, c], [a, c], [a, c, b]), [b, a, c]);
	});

	it("the focused row alone, when others are selected", () => {
		assert.deepEqual(meant([a, b], [a, b, c], [a, b]), [c]);
	});

	it("what the selection says, when the key did not ask", () => {
		assert.equal(meant(), undefined);
		assert.equal(meant([a]), undefined);
		assert.equal(meant([a], [b], [a]), undefined);
	});

	it("what it was meant for once, not again", () => {
		const row = new FocusedRow<object>();
		row.selected([b]);
		row.selected([]);
		assert.deepEqual(row.take(), [b]);
		assert.equal(row.take(), undefined);
	});
});
