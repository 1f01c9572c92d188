import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { QueuedPrompt } from "../../src/protocol/live.ts";
import { closeHarness } from "./harness.ts";
import { idle, openLive } from "./liveFixtures.ts";

// Prompts that wait for a turn to end.

after(closeHarness);

const prompt = (id: string, text: string): QueuedPrompt => ({ id, text, mentions: [], images: [] });

test("a prompt that could not be sent says why", async () => {
	const queueReason = "dot.png is not there any more. Remove it and attach it again.";
	const queue = [prompt("1", "first")];
	const harness = await openLive({ ...idle, queue, queueHeld: true, queueReason });
	const held = harness.page.getByRole("region", { name: "Not sent", exact: true });
	await held.getByText(queueReason).waitFor();
	assert.equal(await held.getByText("did not complete").count(), 0);
	await harness.close();
});
