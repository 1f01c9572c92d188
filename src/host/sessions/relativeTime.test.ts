import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { RelativeTime } from "./relativeTime.ts";

const now = new Date(2026, 10, 20, 12).getTime();
const ago = (ms: number) => new Date(now - ms).toISOString();
const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

describe("How long ago, in a row's words", () => {
	it('is short, and does not say "ago"', () => {
		const english = new RelativeTime("en");
		assert.deepEqual(
			[0, 44 * minute, 3 * hour, day, 6 * day, 40 * day, 400 * day].map((ms) =>
				english.format(ago(ms), now),
			),
			["now", "44m", "3h", "1d", "6d", "Oct 11", "Oct 16, 2025"],
		);
	});

	it("is nothing for what is no time", () => {
		assert.equal(new RelativeTime("en").format("", now), "");
	});
});
