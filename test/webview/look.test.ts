import assert from "node:assert/strict";
import { after, test } from "node:test";
import { everyday } from "./fixtures.ts";
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
