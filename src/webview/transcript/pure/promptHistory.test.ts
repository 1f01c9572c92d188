import assert from "node:assert/strict";
import { test } from "node:test";
import { PromptHistory } from "./promptHistory.ts";

test("back to the oldest and forth to what stood in the box", () => {
	const history = new PromptHistory();
	history.set(["first", "second"]);
	assert.equal(history.previous("half typed"), "second");
	assert.equal(history.previous("second"), "first");
	assert.equal(history.previous("first"), undefined);
	assert.equal(history.next("first"), "second");
	assert.equal(history.next("second"), "half typed");
	assert.equal(history.next("half typed"), undefined);
});

test("a prompt of the past that was changed is the box's own from then on", () => {
	const history = new PromptHistory();
	history.set(["first", "second"]);
	assert.equal(history.previous(""), "second");
	assert.equal(history.next("second, changed"), undefined);
	assert.equal(history.previous("second, changed"), "second");
	assert.equal(history.next("second"), "second, changed");
});

test("without a past nothing happens", () => {
	const history = new PromptHistory();
	assert.equal(history.previous("a"), undefined);
	assert.equal(history.next("a"), undefined);
});
