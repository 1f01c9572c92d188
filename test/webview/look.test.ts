import assert from "node:assert/strict";
import { after, test } from "node:test";
import { everyday, FixtureBuilder } from "./fixtures.ts";
import { closeHarness, Harness, themes } from "./harness.ts";

after(closeHarness);

test("the title stands a step above the prompts", async () => {
	const harness = await Harness.open(everyday());
	await harness.heard("painted");
	const sizes = await harness.page.evaluate<number[]>(
		"['h1', '.prompt p'].map((one) => Math.round(parseFloat(getComputedStyle(document.querySelector(one)).fontSize)))",
	);
	assert.deepEqual(sizes, [15, 13]);
	await harness.close();
});

test("a note on the session keeps its distance, has no box, and offers its removal on hover", async () => {
	const note = { id: "n", item: null, text: "Ask Grace.", ts: "" };
	const builder = new FixtureBuilder().add({ type: "agentMessage", text: "Hello" });
	builder.notes.push(note);
	const harness = await Harness.open(builder.build());
	const { page } = harness;
	await harness.heard("painted");
	const look = await page.evaluate(
		`(() => {
			const note = document.querySelector(".note");
			const header = document.querySelector("header").getBoundingClientRect();
			return [note.getBoundingClientRect().top - header.bottom, getComputedStyle(note).backgroundColor];
		})()`,
	);
	assert.deepEqual(look, [20, "rgba(0, 0, 0, 0)"]);
	const opacity = () =>
		page.evaluate("getComputedStyle(document.querySelector('.note button')).opacity");
	assert.equal(await opacity(), "0");
	await page.locator(".note").hover();
	assert.equal(await opacity(), "1");
	await page.mouse.move(0, 0);
	await page.keyboard.press("Tab");
	assert.equal(await opacity(), "1", "by keyboard, too");
	await harness.close();
});

test("a long title has two lines where it is narrow, and shows whole on hover where it is cut", async () => {
	const title =
		"Retry uploads that fail with a 503 and tell people how long they will have to wait";
	const titled = new FixtureBuilder()
		.add({ type: "agentMessage", text: "Hello" })
		.build({ summary: { title } });
	const narrow = await Harness.open(titled, { width: 300 });
	await narrow.heard("painted");
	const height = "document.querySelector('h1').clientHeight";
	assert.equal(await narrow.page.evaluate(height), 44);
	await narrow.settled();
	await narrow.page.locator("h1").hover();
	await narrow.page.locator(".tooltip", { hasText: title }).waitFor();
	await narrow.close();
});

test("a path loses its folders before its name, and shows whole on focus", async () => {
	const path = "packages/parcel/src/upload/uploader.ts";
	const edit = { path, kind: "update", diff: "@@ -1 +1 @@\n-a\n+b\n" } as const;
	const builder = new FixtureBuilder().add({ type: "fileChange", changes: [edit] });
	const harness = await Harness.open(builder.build(), { width: 300 });
	const { page } = harness;
	await page.locator(".name").waitFor();
	assert.deepEqual(
		await page.evaluate(
			"['.folders', '.name'].map((one) => document.querySelector(one)).map((one) => one.scrollWidth > one.clientWidth)",
		),
		[true, false],
	);
	await harness.heard("painted");
	const scrolls = "document.documentElement.scrollHeight > innerHeight";
	assert.equal(await page.evaluate(scrolls), false, "a short page does not scroll");
	await page.keyboard.press("Tab");
	await page.locator(".tooltip", { hasText: path }).waitFor();
	await harness.close();
});

test("a command that its line shows whole is not repeated, where it is narrow it is", async () => {
	for (const [width, shown] of [
		[1000, false],
		[300, true],
	] as const) {
		const harness = await Harness.open(everyday(), { width, height: 2000 });
		await harness.heard("painted");
		const command = harness.page.locator("article[data-id=item-10]");
		await command.locator(".line").click();
		await command.locator(".output", { hasText: "1 passed" }).waitFor();
		assert.equal(await command.locator(".whole").isVisible(), shown);
		await harness.close();
	}
});

test("a step after a pause has its actions beside its line", async () => {
	const builder = new FixtureBuilder()
		.add({ type: "userMessage", text: "Go" })
		.wait(3600)
		.add({ type: "commandExecution", command: "make", output: "ok", exitCode: 0 });
	const harness = await Harness.open(builder.build());
	const { page } = harness;
	await harness.heard("painted");
	await page.locator(".line").focus();
	await page.locator(".line").press("Enter");
	const tops = await page.evaluate<number[]>(
		"['.line', '.actions'].map((one) => document.querySelector(one).getBoundingClientRect().top)",
	);
	assert.ok(Math.abs((tops[0] ?? 0) - (tops[1] ?? 99)) < 4, tops.join(" and "));
	await page.keyboard.press("Tab");
	assert.equal(
		await page.evaluate("document.activeElement.getAttribute('aria-label')"),
		"Copy Item",
	);
	await harness.close();
});

for (const theme of themes) {
	test(`at 300 px nothing is wider than the page, ${theme}`, async () => {
		const harness = await Harness.open(everyday(), { theme, width: 300, height: 3000 });
		await harness.heard("painted");
		await harness.page.evaluate(
			"(async () => { for (let i = 0; i < 3; i++) { for (const line of document.querySelectorAll('[aria-expanded=false]')) { line.click(); await null; } } })()",
		);
		await harness.settled();
		const wider = await harness.page.evaluate<string[]>(
			`[...document.querySelectorAll("body *")]
				.filter((one) => one.getBoundingClientRect().right > innerWidth + 0.5 && !one.closest("pre, table, .tooltip, .line .target"))
				.map((one) => one.outerHTML.slice(0, 120))`,
		);
		assert.deepEqual(wider, []);
		assert.equal(await harness.page.evaluate("document.documentElement.scrollWidth"), 300);
		await harness.close();
	});
}
