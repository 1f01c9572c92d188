import assert from "node:assert/strict";
import { test } from "node:test";
import { tally } from "../src/tally.js";

test("counts words", () => {
	assert.equal(tally("one two three\n").words, 3);
});

test("counts words on several lines", () => {
	assert.equal(tally("one two\nthree\n").words, 3);
});

test("counts lines", () => {
	assert.equal(tally("one\ntwo\n").lines, 2);
});
