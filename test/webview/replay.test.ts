import assert from "node:assert/strict";
import { after, test } from "node:test";
import { everyday, FixtureBuilder, long } from "./fixtures.ts";
import { closeHarness, Harness } from "./harness.ts";
import { approval } from "./liveFixtures.ts";

after(closeHarness);

const shownIds =
	"[...document.querySelectorAll('article')].filter((one) => one.offsetParent).map((one) => one.dataset.id)";

test("replay by keyboard: pause, item by item, turn by turn, speed, close", async () => {
	const harness = await Harness.open(everyday(), { replay: true, height: 1600 });
	const { page } = harness;
	await harness.heard("replayState", (one) => one.active && one.playing);
	await page.keyboard.press("Space");
	await harness.heard("replayState", (one) => one.active && !one.playing);
	await page.keyboard.press("Home");
	const at = async (position: number) => {
		await page
			.getByText(new RegExp(`^Item ${position + 1} of \\d+, turn \\d+$`))
			.waitFor({ state: "attached" });
	};
	await at(0);
	assert.deepEqual(await page.evaluate(shownIds), ["item-0"]);
	await page.keyboard.press("ArrowRight");
	await at(1);
	assert.deepEqual(await page.evaluate(shownIds), ["item-0", "item-1"]);
	await page.keyboard.press("ArrowLeft");
	await at(0);
	await page.keyboard.press("ArrowDown");
	await at(12);
	assert.equal(await page.locator(".announcer").textContent(), "Item 13 of 21, turn 2");
	await page.keyboard.press("ArrowUp");
	await at(0);
	await page.keyboard.press("Control+ArrowRight");
	await at(12);
	await page.keyboard.press("+");
	assert.equal(await page.locator(".replay select").inputValue(), "2");
	await page.getByLabel("Fork from here").click();
	assert.deepEqual(await harness.heard("itemAction"), {
		type: "itemAction",
		action: "fork",
		item: "item-12",
	});
	await page.keyboard.press("Escape");
	await harness.heard("replayState", (one) => !one.active);
	await page.locator("skein-replay-bar").waitFor({ state: "detached" });
	assert.ok((await page.evaluate<string[]>(shownIds)).length > 10);
	await harness.close();
});

test("replay plays by itself, steps stand open while they are shown, and it ends paused", async () => {
	const harness = await Harness.open(everyday(), { replay: true });
	await harness.heard("replayState", (one) => one.active);
	for (let i = 0; i < 4; i++) {
		await harness.send({ type: "replay", action: "faster" });
	}
	await harness.heard("replayState", (one) => one.position === 4);
	const ended = await harness.heard("replayState", (one) => one.position === 20);
	assert.equal(ended.active, true);
	assert.equal(ended.playing, false);
	await harness.close();
});

test("commands of the host drive it, and its place survives a reload", async () => {
	const harness = await Harness.open(long(5000));
	await harness.heard("painted");
	await harness.send({ type: "replay", action: "start" });
	await harness.send({ type: "replay", action: "toggle" });
	for (let i = 0; i < 3; i++) {
		await harness.send({ type: "replay", action: "nextTurn" });
	}
	await harness.heard("replayState", (one) => one.position === 21 && !one.playing);
	await harness.until(
		"JSON.parse(sessionStorage.getItem('state') ?? '{}').replay?.position === 21",
	);
	const said = harness.said.length;
	await harness.page.reload();
	const again = await harness.heard("replayState", undefined, said);
	assert.equal(again.position, 21);
	assert.equal(again.playing, false);
	await harness.send({ type: "replay", action: "toEnd" });
	await harness.heard("replayState", (one) => one.position === 4999, said);
	await harness.settled();
	const { top, end } = await harness.scrolled();
	assert.ok(end - top < 2);
	assert.ok((await harness.page.locator("article").count()) < 800);
	await harness.close();
});

test("the bar says where it stands, with the turn where there is room", async () => {
	for (const [width, text] of [
		[1000, "2 of 21 \u00b7 turn 1"],
		[300, "2 of 21"],
	] as const) {
		const harness = await Harness.open(everyday(), { replay: true, width });
		await harness.heard("replayState", (one) => one.playing);
		await harness.page.keyboard.press("Space");
		await harness.page.keyboard.press("Home");
		await harness.page.keyboard.press("ArrowRight");
		await harness.page.locator(".position").getByText(text, { exact: true }).waitFor();
		const { right } = await harness.page.evaluate<{ right: number }>(
			"document.querySelector('.replay .controls > :last-child').getBoundingClientRect().toJSON()",
		);
		assert.ok(right <= width, `${right} of ${width} px`);
		await harness.close();
	}
});

test("Space on a control of the bar presses it, and does not toggle twice", async () => {
	const harness = await Harness.open(everyday(), { replay: true });
	await harness.heard("replayState", (one) => one.playing);
	await harness.page.getByLabel("Pause", { exact: true }).focus();
	await harness.page.keyboard.press("Space");
	await harness.page.getByLabel("Play", { exact: true }).waitFor();
	await harness.close();
});

test("replay leaves VS Code its keys, and what is typed into a field", async () => {
	const fixture = new FixtureBuilder()
		.add({ type: "userMessage", text: "Go" })
		.add({ type: "commandExecution", command: "rm -r build" }, "running")
		.build();
	const harness = await Harness.open(fixture, { replay: true });
	await harness.heard("replayState", (one) => one.active);
	const question = {
		...approval,
		kind: "question" as const,
		questions: [
			{ id: "q", header: "Q", question: "Which?", secret: false, options: [], free: true },
		],
	};
	await harness.send({ type: "approvals", open: [question], answered: [] });
	await harness.send({ type: "replay", action: "toEnd" });
	const prevented =
		await harness.page.evaluate(`["=", "-", "+", " ", "Home", "ArrowDown"].filter((key) => {
		const event = new KeyboardEvent("keydown", { key, ctrlKey: true, bubbles: true, cancelable: true });
		document.body.dispatchEvent(event);
		return event.defaultPrevented;
	})`);
	assert.deepEqual(prevented, []);
	const field = harness.page.getByRole("textbox", { name: "Answer: Q" });
	await field.focus();
	await harness.page.keyboard.type("a b-c=d");
	await harness.page.keyboard.press("Home");
	await harness.page.keyboard.type("+");
	assert.equal(await field.inputValue(), "+a b-c=d");
	assert.equal(harness.said.findLast((each) => each.type === "replayState")?.position, 1);
	await harness.close();
});
