import assert from "node:assert/strict";
import { after, test } from "node:test";
import { toColumns } from "../../src/protocol/rowColumns.ts";
import { pageSize, type ToTranscript } from "../../src/protocol/webview.ts";
import { type Fixture, long } from "./fixtures.ts";
import { closeHarness, Harness } from "./harness.ts";

after(closeHarness);

const count = 5000;

/** A page that is shown rows `from` to `to` first, with the contents of the page of rows `filled`. */
async function openAt(
	from: number,
	to: number,
	more: { reveal?: string; replay?: boolean } = {},
	filled = to - pageSize,
): Promise<{ harness: Harness; rest: () => Promise<void>; fixture: Fixture }> {
	const fixture = long(count);
	const { header, rows, items } = fixture;
	const shown = items.slice(filled, filled + pageSize).filter((item) => item !== undefined);
	const load: ToTranscript = {
		type: "load",
		uri: "skein:/skein/fixture",
		header,
		rows: rows.slice(from, to),
		isPartial: true,
		pages: [{ page: (filled - from) / pageSize, items: shown }],
		strings: {},
		locale: "en",
		replay: false,
		...more,
	};
	// The harness answers for pages by their number in the whole, as the host does once all rows were sent.
	const harness = await Harness.open({ ...fixture, rows: [] }, { silent: true });
	await harness.heard("ready");
	await harness.send(load);
	const rest = async () => {
		harness.answers = true;
		harness.fixture = fixture;
		const before = toColumns(rows.slice(0, from));
		await harness.send({ type: "rows", header, before, after: toColumns(rows.slice(to)) });
		await harness.settled();
	};
	return { harness, rest, fixture };
}

const topOf = (id: string) =>
	`document.querySelector("[data-id='${id}']")?.getBoundingClientRect().top`;

test("the last rows are painted before the others are known, and stay where they are", async () => {
	const { harness, rest } = await openAt(4700, 5000);
	const { rows } = await harness.heard("painted");
	assert.ok(rows > 0);
	assert.equal(harness.said.filter(({ type }) => type === "getPage").length, 0);
	await rest();
	const { top, end } = await harness.scrolled();
	assert.ok(end > 20_000, "the whole transcript has its height");
	assert.ok(end - top < 2, `${end - top} px from the end`);
	await harness.page.locator("[data-id=item-4999]:not([aria-busy])").waitFor();
	await harness.page.evaluate("window.scrollTo(0, 0)");
	await harness.page.locator("[data-id=item-0]:not([aria-busy])").waitFor();
	const asked = harness.said.flatMap((one) => (one.type === "getPage" ? [one.page] : []));
	assert.ok(!asked.includes(49), "what was sent first is not asked for again");
	await harness.close();
});

test("where the reader has scrolled to is kept when the other rows come", async () => {
	const { harness, rest } = await openAt(4700, 5000);
	await harness.heard("painted");
	await harness.page.mouse.move(500, 400);
	await harness.page.mouse.wheel(0, -700);
	await harness.settled();
	const id = await harness.page.evaluate<string>(
		`[...document.querySelectorAll("article[data-id^=item]")].find((one) => one.getBoundingClientRect().top > 100).dataset.id`,
	);
	const before = await harness.page.evaluate<number>(topOf(id));
	await rest();
	const now = await harness.page.evaluate<number>(topOf(id));
	assert.ok(Math.abs(now - before) < 3, `${id} moved by ${now - before} px`);
	await harness.close();
});

test("a row that is asked for is gone to, among the first rows or when it has come", async () => {
	const known = await openAt(2400, 2700, { reveal: "item-2520" }, 2500);
	await known.harness.heard("painted");
	await known.harness.settled();
	const before = await known.harness.page.evaluate<number>(topOf("item-2520"));
	assert.ok(before >= 0 && before < 300, `at ${before} px`);
	await known.rest();
	const after = await known.harness.page.evaluate<number>(topOf("item-2520"));
	assert.ok(Math.abs(after - before) < 3, `moved by ${after - before} px`);
	await known.harness.close();

	const unknown = await openAt(4700, 5000);
	await unknown.harness.heard("painted");
	await unknown.harness.send({ type: "reveal", id: "item-100" });
	await unknown.rest();
	const top = await unknown.harness.page.evaluate<number>(topOf("item-100"));
	assert.ok(top >= 0 && top < 300, `at ${top} px`);
	await unknown.harness.close();
});

test("a replay that is asked for at once begins when all rows are there", async () => {
	const { harness, rest } = await openAt(4700, 5000);
	await harness.heard("painted");
	await harness.send({ type: "replay", action: "start" });
	await rest();
	const state = await harness.heard("replayState", ({ active }) => active);
	assert.equal(state.position, 0);
	await harness.close();
});
