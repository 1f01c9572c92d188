import assert from "node:assert/strict";
import { after, test } from "node:test";
import { FixtureBuilder, hostile } from "./fixtures.ts";
import { closeHarness, Harness } from "./harness.ts";

after(closeHarness);

const openAll =
	"(async () => { for (let i = 0; i < 4; i++) { for (const one of document.querySelectorAll('[aria-expanded=false]')) { one.click(); await null; } } })()";

test("a hostile transcript executes nothing, fetches nothing, and violates no policy", async () => {
	const harness = await Harness.open(hostile(), { height: 4000 });
	await harness.heard("painted");
	await harness.page.evaluate(openAll);
	await harness.settled();
	await harness.page.evaluate("window.scrollTo(0, 0)");
	await harness.settled();
	assert.equal(await harness.page.evaluate("window.pwned"), undefined);
	assert.deepEqual(harness.fetched, []);
	assert.deepEqual(await harness.violations(), []);
	assert.deepEqual(
		harness.said.filter((one) => one.type === "error"),
		[],
	);
	const inPage = (selector: string) => harness.page.locator(`skein-transcript ${selector}`).count();
	for (const selector of [
		"script",
		"style",
		"iframe",
		"svg",
		"base",
		"a[href]",
		"[onclick]",
		"[onerror]",
	]) {
		assert.equal(await inPage(selector), 0, selector);
	}
	assert.ok((await inPage("article")) > 10);
	await harness.close();
});

test("a hostile transcript does not widen the page, at any width", async () => {
	for (const width of [300, 1000]) {
		const harness = await Harness.open(hostile(), { width, height: 2000 });
		await harness.heard("painted");
		await harness.page.evaluate(openAll);
		await harness.settled();
		const wider = await harness.page.evaluate<number>(
			"document.documentElement.scrollWidth - document.documentElement.clientWidth",
		);
		assert.equal(wider, 0, `at ${width} px`);
		await harness.close();
	}
});

test("links navigate nowhere: the host is asked, and only for what may be followed", async () => {
	const harness = await Harness.open(hostile(), { height: 4000 });
	await harness.heard("painted");
	await harness.settled();
	const hrefs = await harness.page.evaluate<string[]>(
		"[...document.querySelectorAll('a[data-href]')].map((one) => one.dataset.href)",
	);
	assert.ok(hrefs.includes("https://example.com/page"));
	assert.deepEqual(
		hrefs.filter((href) => !/^(https?|mailto):/.test(href)),
		[],
	);
	await harness.page.locator("a[data-href='https://example.com/page']").first().click();
	const asked = await harness.heard("openLink");
	assert.equal(asked.href, "https://example.com/page");
	assert.equal(harness.page.url(), "https://webview.test/");
	await harness.close();
});

test("bidi controls are visible, not obeyed, and terminal codes are colours, not text", async () => {
	const harness = await Harness.open(hostile(), { height: 4000 });
	await harness.heard("painted");
	await harness.page.evaluate(openAll);
	await harness.settled();
	const text = await harness.page.evaluate<string>(
		"document.querySelector('skein-transcript').textContent",
	);
	assert.ok(text.includes("[U+202E]"));
	assert.ok(!/[\u202a-\u202e\u2066-\u2069]/.test(text));
	// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
	assert.ok(!/[\u0000\u0007\u001b]/.test(text));
	assert.ok((await harness.page.locator(".output .ansi-red").count()) > 0);
	await harness.close();
});

test("an item that cannot be drawn says so; the others are drawn", async () => {
	const cut = { cut: "x".repeat(100), length: 99_999 };
	const builder = new FixtureBuilder()
		.add({ type: "userMessage", text: "Go" })
		.addCut({ type: "plan", steps: [null] })
		.addCut({ type: "toolCall", tool: cut, server: cut, input: cut, output: null })
		.addCut({
			type: "fileChange",
			changes: [{ path: cut, kind: "update", diff: cut, movedTo: cut }],
		})
		.addCut({ type: "image", image: { path: cut, url: cut, alt: cut } })
		.addCut({ type: "raw", label: cut, value: null })
		.add({ type: "agentMessage", text: "Still here." });
	const harness = await Harness.open(builder.build());
	await harness.heard("painted");
	await harness.page.evaluate(openAll);
	await harness.settled();
	await harness.page.getByText("Still here.").waitFor();
	await harness.page.getByText("This item cannot be shown.").waitFor();
	assert.equal(harness.said.filter((one) => one.type === "error").length > 0, true);
	await harness.close();
});
