import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { ToTranscript } from "../../src/protocol/webview.ts";
import { FixtureBuilder } from "./fixtures.ts";
import { closeHarness, type Harness } from "./harness.ts";
import { approval, box, openLive, run, running } from "./liveFixtures.ts";

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

const active = (harness: Harness) =>
	harness.page.evaluate(`(() => {
		const element = document.activeElement;
		return element.matches(".box > textarea") ? "box"
			: element.closest("[data-approval]") ? "card " + element.tagName : element.tagName;
	})()`);
const answered: ToTranscript = {
	type: "approvals",
	open: [],
	answered: [{ id: "a1", item: "item-1", turn: "t", title: "rm -r build", outcome: "allowed" }],
};

test("what had the focus before a question has it again after the answer", async () => {
	const harness = await openLive(waiting, fixture());
	const { page } = harness;
	await box(harness).focus();
	await harness.send({ type: "approvals", open: [approval], answered: [] });
	await harness.until(`document.activeElement?.dataset.approval === "a1"`);
	while (!harness.said.some(({ type }) => type === "answer")) {
		await page.keyboard.press("1");
		await harness.settled();
	}
	await harness.send(answered);
	await harness.settled();
	assert.equal(await active(harness), "box");

	const row = page.locator("article[data-id=item-1] button").first();
	for (const press of [
		() => page.getByRole("button", { name: "Decline" }).click(),
		async () => {
			await page.getByRole("button", { name: "Decline" }).focus();
			await page.keyboard.press("Enter");
		},
	]) {
		const from = harness.said.length;
		await harness.send({ type: "approvals", open: [approval], answered: [] });
		await row.focus();
		await press();
		await harness.heard("answer", () => true, from);
		await harness.send(answered);
		await harness.settled();
		assert.ok(
			await page.evaluate(
				"document.activeElement === document.querySelector('article[data-id=item-1] button')",
			),
		);
	}
	await harness.close();
});

test("who takes the focus off a question is not given it back", async () => {
	const harness = await openLive(waiting, fixture());
	await harness.send({ type: "approvals", open: [{ ...approval, item: null }], answered: [] });
	await harness.until(`document.activeElement?.dataset.approval === "a1"`);
	await harness.page.evaluate("document.activeElement.blur()");
	await harness.send(answered);
	await harness.settled();
	assert.equal(await active(harness), "BODY");
	await harness.close();
});

test("a question keeps the focus, and what is filled in, when the row it is about appears", async () => {
	const whole = fixture();
	const before = { ...whole, rows: whole.rows.slice(0, 1), items: whole.items.slice(0, 1) };
	const harness = await openLive(waiting, before);
	const { page } = harness;
	const question = {
		...approval,
		questions: [
			{ id: "q", header: "Q", question: "Which?", secret: false, options: [], free: true },
		],
	};
	await harness.send({ type: "approvals", open: [question], answered: [] });
	const field = page.getByRole("textbox", { name: "Answer: Q" });
	await field.fill("this");
	assert.equal(await page.locator("article section.approval").count(), 0);
	harness.fixture = whole;
	const { header, rows } = whole;
	await harness.send({ type: "update", header, from: 1, rows: rows.slice(1), changed: [] });
	await page.locator("article section.approval").waitFor();
	await harness.until("document.querySelectorAll('section.approval').length === 1");
	await harness.settled();
	assert.equal(await active(harness), "card INPUT");
	await page.keyboard.type(" one");
	assert.equal(await field.inputValue(), "this one");
	await harness.close();
});
