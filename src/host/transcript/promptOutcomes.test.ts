import assert from "node:assert/strict";
import { test } from "node:test";
import { PromptOutcomes } from "./promptOutcomes.ts";

test("a page that comes back is told what is known, nothing of what is on its way, and what nobody knows", () => {
	const outcomes = new PromptOutcomes();
	outcomes.begin("sent");
	outcomes.begin("slow");
	const sent = { type: "prompted", id: "sent", outcome: "sent" } as const;
	outcomes.settle(sent);
	assert.ok(outcomes.isSettled("sent"));
	assert.ok(!outcomes.isSettled("slow"));
	assert.deepEqual(outcomes.of(["sent", "slow", "of another window"]), [
		sent,
		{ type: "prompted", id: "of another window", outcome: "unknown" },
	]);
});

test("the oldest are forgotten, and none that is on its way", () => {
	const outcomes = new PromptOutcomes();
	outcomes.begin("slow");
	for (let i = 0; i < 200; i++) {
		outcomes.begin(`${i}`);
		outcomes.settle({ type: "prompted", id: `${i}`, outcome: "sent" });
	}
	assert.deepEqual(outcomes.of(["slow"]), []);
	assert.equal(outcomes.of(["0"])[0]?.outcome, "unknown");
	assert.equal(outcomes.of(["199"])[0]?.outcome, "sent");
});
