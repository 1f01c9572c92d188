import assert from "node:assert/strict";
import { after, test } from "node:test";
import { FixtureBuilder } from "./fixtures.ts";
import { closeHarness } from "./harness.ts";
import { approval, openLive, run, running } from "./liveFixtures.ts";

// The agent's questions, and the way out of a turn.

after(closeHarness);

const fixture = () =>
	new FixtureBuilder()
		.add({ type: "userMessage", text: "Go" })
		.add({ type: "commandExecution", command: "rm -r build" }, "running")
		.build();
const waiting = { ...running, run: { ...run, status: "waiting" as const } };

test("an answer that could not be given can be given again", async () => {
	for (const item of ["item-1", null]) {
		const harness = await openLive(waiting, fixture());
		const card = harness.page.getByRole("group", { name: "Run this command?" });
		await harness.send({ type: "approvals", open: [{ ...approval, item }], answered: [] });
		await card.getByRole("button", { name: "Allow" }).click();
		assert.equal((await harness.heard("answer")).option, "accept");
		assert.ok(await card.getByRole("button", { name: "Decline" }).isDisabled());
		await harness.send({ type: "released", approval: approval.id });
		await card.getByRole("button", { name: "Decline" }).click();
		await harness.heard("answer", ({ option }) => option === "decline");
		await harness.close();
	}
});

test("a turn that could not be stopped can be stopped again", async () => {
	const harness = await openLive(running);
	const stop = harness.page.getByRole("button", { name: "Stop" });
	await stop.click();
	await harness.heard("stop");
	assert.ok(await stop.isDisabled());
	await harness.send({ type: "stopFailed" });
	await stop.click();
	await harness.settled();
	assert.equal(harness.said.filter((each) => each.type === "stop").length, 2);
	await harness.close();
});
