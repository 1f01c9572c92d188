import assert from "node:assert/strict";
import test from "node:test";
import { timeOf } from "./times.ts";

test("a time is what Date.parse says, whatever form it has", () => {
	const odd = [
		"2026-02-30T08:00:59.999Z",
		"2026-01-05T24:00:00.000Z",
		"2026-01-05T24:00:00.500Z",
		"2026-13-05T08:00:00.123Z",
		"2026-01-05T08:61:00.123Z",
		"2026-01-05T08:00:00Z",
		"2026-01-05T08:00:00.123456Z",
		"2026-01-05T08:00:00.123+02:00",
		"yesterday",
		"",
	];
	for (const text of odd) {
		assert.equal(timeOf(text), Date.parse(text) || 0, text);
	}
	for (let ms = 0; ms < 60_000; ms += 7) {
		const text = new Date(Date.UTC(2026, 10, 20, 16, ms % 60, 0, ms)).toISOString();
		assert.equal(timeOf(text), Date.parse(text), text);
	}
	assert.equal(timeOf(undefined), 0);
	assert.equal(timeOf(5), 0);
});
