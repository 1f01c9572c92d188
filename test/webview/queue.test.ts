import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { QueuedPrompt } from "../../src/protocol/live.ts";
import { closeHarness } from "./harness.ts";
import { box, composer, idle, openLive, running } from "./liveFixtures.ts";

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

test("a prompt that is being changed is announced, and what was written survives a reload", async () => {
	const state = { ...running, queue: [prompt("1", "first")] };
	const harness = await openLive(state);
	const { page } = harness;
	const field = page.getByRole("textbox", { name: "Edit Prompt" });
	await page.getByRole("button", { name: "Edit Prompt" }).click();
	await harness.heard("editingQueued", ({ id }) => id === "1");
	await field.fill("first, carefully");
	await harness.send(composer({ ...idle, queue: state.queue }));
	await page.getByRole("region", { name: "Sent when you have changed it" }).waitFor();
	await harness.until(
		`JSON.parse(sessionStorage.getItem("state")).editing?.text === "first, carefully"`,
	);

	const said = harness.said.length;
	await page.reload();
	assert.equal((await harness.heard("resume", () => true, said)).editing, "1");
	await harness.send(composer(state));
	assert.equal(await field.inputValue(), "first, carefully");
	await field.press("Enter");
	const { text } = await harness.heard("editQueued", ({ id }) => id === "1");
	assert.equal(text, "first, carefully");

	await page.getByRole("button", { name: "Edit Prompt" }).click();
	await field.fill("never mind");
	await field.press("Escape");
	await harness.heard("editingQueued", ({ id }) => id === null, said);
	assert.equal(harness.said.filter((each) => each.type === "editQueued").length, 1);
	await harness.close();
});

test("what was written for a prompt that does not wait any more is in the box", async () => {
	const harness = await openLive({ ...running, queue: [prompt("1", "first")] });
	const { page } = harness;
	await box(harness).fill("next");
	await page.getByRole("button", { name: "Edit Prompt" }).click();
	await page.getByRole("textbox", { name: "Edit Prompt" }).fill("first, carefully");
	await harness.send(composer(running));
	await page.getByText("does not wait any more").waitFor();
	assert.equal(await box(harness).inputValue(), "first, carefully\n\nnext");
	await harness.send({ type: "returned", text: "too late" });
	await harness.until(`document.querySelector(".box > textarea").value.startsWith("too late")`);

	await harness.send(composer({ ...running, queue: [prompt("2", "second")] }));
	await page.getByRole("button", { name: "Edit Prompt" }).click();
	await harness.send(composer(running));
	await page.locator(".queue").waitFor({ state: "detached" });
	assert.equal(
		await box(harness).inputValue(),
		"too late\n\nfirst, carefully\n\nnext",
		"nothing was written, so nothing is given back",
	);
	await harness.close();
});

test("the box has the focus after a waiting prompt was changed, left, sent or taken out", async () => {
	const queue = ["1", "2", "3"].map((id) => prompt(id, `prompt ${id}`));
	const harness = await openLive({ ...running, queue });
	const { page } = harness;
	const isInBox = () =>
		page.evaluate("document.activeElement === document.querySelector('.box > textarea')");
	for (const key of ["Enter", "Escape"]) {
		await page.getByRole("button", { name: "Edit Prompt" }).first().click();
		await page.getByRole("textbox", { name: "Edit Prompt" }).fill(`changed and ${key}`);
		await page.keyboard.press(key);
		await harness.settled();
		assert.ok(await isInBox(), key);
	}
	for (const name of ["Add to the Running Turn", "Remove from Queue"]) {
		await page.getByRole("button", { name }).first().click();
		await harness.settled();
		assert.ok(await isInBox(), name);
	}
	await harness.close();
});
