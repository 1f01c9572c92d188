import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { after, test } from "node:test";
import { everyday, FixtureBuilder, hostile } from "./fixtures.ts";
import { closeHarness, Harness, themes } from "./harness.ts";
import { approval, run, running } from "./liveFixtures.ts";

after(closeHarness);

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

interface Finding {
	readonly id: string;
	readonly impact: string;
	readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

/** Serious and critical findings of axe, one line each. */
async function findings(harness: Harness): Promise<string[]> {
	await harness.page.evaluate(axe);
	const violations = await harness.page.evaluate<Finding[]>(
		"axe.run(document, { resultTypes: ['violations'] }).then((result) => result.violations)",
	);
	return violations
		.filter((one) => one.impact === "serious" || one.impact === "critical")
		.flatMap((one) =>
			one.nodes.map((node) => `${one.id}: ${node.html.slice(0, 200)} ${node.failureSummary}`),
		);
}

for (const theme of themes) {
	test(`axe finds nothing serious with everything open, ${theme}`, async () => {
		const harness = await Harness.open(everyday(), { theme, height: 3000 });
		await harness.heard("painted");
		await harness.page.evaluate(
			"(async () => { for (let i = 0; i < 3; i++) { for (const line of document.querySelectorAll('[aria-expanded=false]')) { line.click(); await null; } } })()",
		);
		await harness.settled();
		assert.deepEqual(await findings(harness), []);
		assert.deepEqual(await harness.violations(), []);
		await harness.close();
	});

	test(`axe finds nothing serious while replaying, ${theme}`, async () => {
		const harness = await Harness.open(everyday(), { theme, replay: true });
		await harness.heard("painted");
		await harness.page.keyboard.press("Space");
		await harness.page.keyboard.press("ArrowRight");
		await harness.settled();
		assert.deepEqual(await findings(harness), []);
		await harness.close();
	});
}

for (const theme of themes) {
	test(`axe finds nothing serious in the composer and in the agent's questions, ${theme}`, async () => {
		const fixture = new FixtureBuilder()
			.add({ type: "userMessage", text: "Go" })
			.add({ type: "commandExecution", command: "rm -r build" }, "running")
			.build();
		const harness = await Harness.open(fixture, { theme });
		await harness.heard("painted");
		const draft = { text: "Then this", mentions: [], images: [] };
		const blocked = { text: "Codex cannot be started.", setting: "skein.codex.path" };
		await harness.send({
			type: "composer",
			state: { ...running, blocked, queue: [{ id: "1", ...draft }] },
		});
		const question = {
			id: "q",
			header: "Port",
			question: "Which port?",
			secret: false,
			options: [{ label: "8080", description: "The usual one" }],
			free: true,
		};
		const other: typeof approval = {
			...approval,
			id: "a2",
			item: null,
			kind: "question",
			questions: [question],
		};
		const box = harness.page.locator(".composer .box > textarea");
		await box.fill("@u");
		const { query } = await harness.heard("findFiles", ({ text }) => text === "u");
		await harness.send(
			{ type: "approvals", open: [approval, other], answered: [] },
			{ type: "files", query, paths: ["src/upload.ts", "test/upload.test.ts"] },
		);
		await harness.page.getByRole("listbox").waitFor();
		await harness.settled();
		assert.deepEqual(await findings(harness), []);
		await box.fill("");
		const answered = {
			id: "a1",
			item: "item-1",
			turn: "t",
			title: "",
			label: "Allow",
			by: "another",
		};
		await harness.send(
			{ type: "composer", state: { ...running, run: { ...run, mine: false } } },
			{ type: "approvals", open: [], answered: [{ ...answered, outcome: "allowed" }] },
			{
				type: "live",
				texts: [
					{
						item: "item-1",
						itemType: "commandExecution",
						field: "output",
						offset: 0,
						text: "built",
					},
				],
			},
		);
		await harness.page.locator(".output.live").waitFor();
		await harness.settled();
		assert.deepEqual(await findings(harness), []);
		assert.deepEqual(await harness.violations(), []);
		await harness.close();
	});
}

test("axe finds nothing serious in an empty, a failed and a hostile transcript", async () => {
	const empty = await Harness.open(new FixtureBuilder().build());
	await empty.heard("painted");
	assert.deepEqual(await findings(empty), []);
	await empty.send({ type: "failed", message: "The file is gone." });
	await empty.settled();
	assert.deepEqual(await findings(empty), []);
	await empty.close();
	const bad = await Harness.open(hostile());
	await bad.heard("painted");
	await bad.settled();
	assert.deepEqual(await findings(bad), []);
	await bad.close();
});

for (const theme of ["hcDark", "hcLight"] as const) {
	test(`high contrast draws one line around a run of changed lines, ${theme}`, async () => {
		const harness = await Harness.open(everyday(), { theme, height: 2000 });
		await harness.heard("painted");
		await harness.page.locator("article[data-id=item-9] .line").click();
		await harness.page.locator("article[data-id=item-9] tr.added").first().waitFor();
		const edges = await harness.page.evaluate<string[]>(
			`[...document.querySelectorAll("article[data-id=item-9] tr.added")].map((row) => {
				const style = getComputedStyle(row);
				return [style.borderTopStyle, style.borderBottomStyle, style.outlineStyle].join(" ");
			})`,
		);
		const inner = "none none none";
		assert.deepEqual(edges, [
			"dashed none none",
			...[inner, inner, inner, inner],
			"none dashed none",
			"dashed dashed none",
		]);
		await harness.close();
	});
}

test("arrows, Home and End move the focus between items, Enter opens a step, Escape leaves", async () => {
	const harness = await Harness.open(everyday(), { height: 1400 });
	const { page } = harness;
	await harness.heard("painted");
	const focused = () =>
		page.evaluate<string>(
			"document.activeElement?.closest('article')?.getAttribute('data-id') ?? document.activeElement?.tagName",
		);
	await page.keyboard.press("Tab");
	assert.match(await focused(), /^(item|fold)/);
	await page.keyboard.press("Home");
	assert.equal(await focused(), "item-0");
	await page.keyboard.press("ArrowDown");
	assert.equal(await focused(), "item-1");
	assert.equal((await harness.heard("focus", (m) => m.item === "item-1")).item, "item-1");
	await page.keyboard.press("Enter");
	await page.locator("article[data-id=item-1] .detail").waitFor();
	await page.keyboard.press("ArrowDown");
	await page.keyboard.press("ArrowDown");
	assert.equal(await focused(), "fold:item-3");
	await page.keyboard.press("Space");
	await page.keyboard.press("ArrowDown");
	assert.equal(await focused(), "item-3");
	await page.keyboard.press("End");
	assert.equal(await focused(), `item-${harness.fixture.rows.length - 1}`);
	await page.keyboard.press("Escape");
	assert.equal(await focused(), "BODY");
	await harness.heard("focus", (m) => m.item === null);
	await harness.close();
});

test("the focus is always visible and tooltips show on focus", async () => {
	const harness = await Harness.open(everyday());
	const { page } = harness;
	await harness.heard("painted");
	await page.keyboard.press("Tab");
	await page.keyboard.press("Home");
	await page.keyboard.press("Tab");
	await page.locator(".tooltip:visible").waitFor();
	assert.equal(await page.locator(".tooltip").textContent(), "Copy Item");
	await harness.close();
});
