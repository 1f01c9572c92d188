import assert from "node:assert/strict";
import { after, test } from "node:test";
import { everyday, FixtureBuilder, imageHash, long } from "./fixtures.ts";
import { closeHarness, Harness } from "./harness.ts";

after(closeHarness);

test("opens at the end, without asking for every page, and tells when it is painted", async () => {
	const harness = await Harness.open(long(5000));
	const painted = await harness.heard("painted");
	assert.ok(painted.rows > 0);
	await harness.settled();
	const { top, end } = await harness.scrolled();
	assert.ok(end - top < 2, `${end - top} px from the end`);
	const asked = new Set(harness.said.flatMap((one) => (one.type === "getPage" ? [one.page] : [])));
	assert.ok(asked.has(49));
	assert.ok(asked.size < 10, `asked for ${asked.size} of 50 pages`);
	await harness.close();
});

for (const rows of [5000, 100_000]) {
	test(`${rows} rows: only what is near the viewport is in the page, wherever one scrolls`, async () => {
		const harness = await Harness.open(long(rows));
		await harness.heard("painted");
		const articles = () => harness.page.locator("article").count();
		assert.ok((await articles()) < 800);
		for (const part of [0.5, 0.1, 0.9, 0]) {
			await harness.page.evaluate(
				`window.scrollTo(0, document.documentElement.scrollHeight * ${part})`,
			);
			await harness.settled();
			await harness.page.locator("article:not([aria-busy])").first().waitFor();
			assert.ok((await articles()) < 800, `${await articles()} articles at ${part}`);
		}
		assert.equal(await harness.page.locator("article[data-id=item-0]").count(), 1);
		await harness.close();
	});
}

test("100,000 rows: no scroll step takes long", async () => {
	const harness = await Harness.open(long(100_000));
	await harness.heard("painted");
	await harness.page.evaluate(`window.longest = 0; new PerformanceObserver((list) => {
		for (const one of list.getEntries()) window.longest = Math.max(window.longest, one.duration); }).observe({ type: "longtask" });`);
	await harness.page.mouse.move(500, 400);
	for (let i = 0; i < 40; i++) {
		await harness.page.mouse.wheel(0, -600);
		await harness.settled();
	}
	// A machine under load takes longer: this guards against work over all rows, the benchmark measures.
	const longest = await harness.page.evaluate<number>("window.longest");
	assert.ok(longest < 500, `${longest} ms`);
	await harness.close();
});

test("an item that is asked for before anything is drawn is gone to", async () => {
	const harness = await Harness.open(long(5000), { revealAtOnce: "item-2520" });
	await harness.heard("painted");
	await harness.settled();
	const top = await harness.page.evaluate<number>(
		"document.querySelector('[data-id=item-2520]').getBoundingClientRect().top",
	);
	assert.ok(Math.abs(top - 56) <= 2, `at ${top}`);
	await harness.close();
});

test("a row that Tab would come to already is told when it gets the focus", async () => {
	const harness = await Harness.open(long(3));
	await harness.heard("painted");
	await harness.settled();
	const first = await harness.page
		.locator("article[tabindex='0'], article:has([tabindex='0'])")
		.first();
	const id = (await first.getAttribute("data-id")) ?? "";
	await harness.send({ type: "reveal", id });
	await harness.heard("focus", (message) => message.item === id);
	await harness.close();
});

test("heights that come late do not move what is read", async () => {
	const harness = await Harness.open(long(5000), { reveal: "item-2520" });
	await harness.heard("painted");
	const top = () =>
		harness.page.evaluate<number>(
			"document.querySelector('[data-id=item-2520]').getBoundingClientRect().top",
		);
	await harness.settled();
	assert.ok(Math.abs((await top()) - 56) <= 2, `at ${await top()}`);
	await harness.page.setViewportSize({ width: 600, height: 800 });
	await harness.settled();
	assert.ok(Math.abs((await top()) - 56) <= 2, `at ${await top()} after a resize`);
	await harness.close();
});

test("follows new rows at the end; elsewhere stays and offers to jump", async () => {
	const harness = await Harness.open(long(300));
	await harness.heard("painted");
	await harness.settled();
	const add = async (n: number) => {
		const bigger = long(harness.fixture.rows.length + n);
		const from = harness.fixture.rows.length;
		harness.fixture = bigger;
		await harness.send({
			type: "update",
			header: bigger.header,
			from,
			rows: bigger.rows.slice(from),
			changed: [],
		});
		await harness.settled();
	};
	await add(14);
	const followed = await harness.scrolled();
	assert.ok(followed.end - followed.top < 2);
	await harness.page.mouse.move(500, 400);
	await harness.page.mouse.wheel(0, -3000);
	await harness.page.locator("button.jump").waitFor();
	await harness.settled();
	const before = await harness.scrolled();
	await add(14);
	assert.equal((await harness.scrolled()).top, before.top);
	await harness.page.locator("button.jump", { hasText: "New items" }).click();
	await harness.settled();
	const { top, end } = await harness.scrolled();
	assert.ok(end - top < 2);
	assert.equal(await harness.page.locator("button.jump").count(), 0);
	await harness.close();
});

test("a running item is watched unfolded, and shows its new content", async () => {
	const builder = new FixtureBuilder().add({ type: "userMessage", text: "Go" });
	for (let i = 0; i < 4; i++) {
		builder.add({ type: "commandExecution", command: `step ${i}`, exitCode: 0 });
	}
	builder.add({ type: "commandExecution", command: "npm test", output: "one" }, "running");
	const harness = await Harness.open(builder.build());
	await harness.heard("painted");
	assert.equal(await harness.page.locator("article.commandExecution").count(), 5);
	assert.equal(await harness.page.locator(".spin").count(), 1);
	const done = new FixtureBuilder();
	done.rows.push(...builder.rows.slice(0, 5));
	const last = builder.rows[5];
	assert.ok(last?.kind === "item");
	harness.fixture.items[5] = {
		id: last.id,
		turn: last.turn,
		ts: "",
		status: "completed",
		content: { type: "commandExecution", command: "npm test", output: "two", exitCode: 0 },
	};
	await harness.send({
		type: "update",
		header: harness.fixture.header,
		from: 5,
		rows: [{ ...last, status: "completed" }],
		changed: [5],
	});
	await harness.page.locator("article.fold", { hasText: "5 steps" }).waitFor();
	await harness.close();
});

test("what an agent was told before the first prompt is one closed row that names it", async () => {
	const harness = await Harness.open(
		new FixtureBuilder()
			.add({ type: "raw", label: "Developer instructions", value: "Be terse." })
			.add({ type: "raw", label: "Environment", value: "/work" })
			.add({ type: "userMessage", text: "Go" })
			.build(),
	);
	const { page } = harness;
	const context = page.locator("article.fold");
	await context.getByText("Environment").waitFor();
	assert.equal(
		await context.locator(".line").innerText(),
		"Context\nDeveloper instructions\nEnvironment",
	);
	assert.equal(await page.locator("article.raw").count(), 0);
	await context.locator(".line").click();
	await page.locator("article.raw").nth(1).waitFor();
	await harness.close();
});

test("where the reader was, and what was open, is restored after a reload", async () => {
	const harness = await Harness.open(long(5000));
	await harness.heard("painted");
	await harness.page.evaluate("window.scrollTo(0, 40000)");
	await harness.page.mouse.move(500, 400);
	await harness.page.mouse.wheel(0, 37);
	await harness.settled();
	await harness.page.locator(".fold .line").first().waitFor();
	await harness.page.evaluate(
		"[...document.querySelectorAll('.fold .line')].find((one) => one.getBoundingClientRect().top > 100).click()",
	);
	await harness.settled();
	const { anchor, open } = await harness.until<{
		anchor: { id: string; offset: number };
		open: string[];
	}>(
		"(() => { const state = JSON.parse(sessionStorage.getItem('state')); return state?.open.length === 1 && state })()",
	);
	const said = harness.said.length;
	await harness.page.reload();
	await harness.heard("painted", undefined, said);
	await harness.settled();
	const top = await harness.page.evaluate<number>(
		`document.querySelector('article[data-id="${anchor.id}"], article[data-id="fold:${anchor.id}"]').getBoundingClientRect().top`,
	);
	assert.ok(Math.abs(top - anchor.offset) <= 2, `${top} instead of ${anchor.offset}`);
	assert.equal(
		await harness.page.locator(`article[data-id="${open[0]}"] [aria-expanded=true]`).count(),
		1,
	);
	await harness.close();
});

test("a late answer to an old page lands on no other row", async () => {
	const harness = await Harness.open(everyday(), { silent: true });
	await harness.heard("ready");
	await harness.load();
	await harness.heard("getPage");
	await harness.send({
		type: "update",
		header: harness.fixture.header,
		from: 1,
		rows: harness.fixture.rows.slice(5),
		changed: [],
	});
	const items = harness.fixture.items.filter((item) => item !== undefined);
	await harness.send({ type: "page", page: 0, items });
	await harness.settled();
	const shown = await harness.page.locator("article").evaluateAll((all) => all.length);
	assert.ok(shown > 0);
	assert.equal(await harness.page.locator("article[data-id=item-1]").count(), 0);
	await harness.close();
});

test("images come from the host as bytes, and of allowed types only", async () => {
	const harness = await Harness.open(everyday(), { height: 2000 });
	await harness.heard("getBlob", (one) => one.hash === imageHash);
	const image = harness.page.locator("skein-image img");
	await image.waitFor();
	assert.match((await image.getAttribute("src")) ?? "", /^blob:/);
	assert.deepEqual(await harness.violations(), []);
	await harness.close();
	const svg = everyday();
	svg.blobs[imageHash] = {
		mime: "image/svg+xml",
		base64: btoa("<svg xmlns='http://www.w3.org/2000/svg' onload='pwned=1'/>"),
	};
	const refused = await Harness.open(svg, { height: 2000 });
	await refused.page.locator("skein-image .hint").waitFor();
	assert.equal(await refused.page.locator("skein-image img").count(), 0);
	await refused.close();
});

test("a cut output is fetched whole on demand", async () => {
	const builder = new FixtureBuilder().add({ type: "userMessage", text: "Go" }).addCut({
		type: "commandExecution",
		command: "make",
		output: { cut: "beginning", length: 40_000 },
		exitCode: 0,
	});
	builder.texts["item-1\noutput"] = `beginning${"\nline".repeat(100)}\nthe end`;
	const harness = await Harness.open(builder.build());
	await harness.heard("painted");
	await harness.page.locator(".commandExecution .line").click();
	await harness.page.getByText("Show all (40,000 characters)").click();
	await harness.page.getByText("the end").waitFor();
	await harness.close();
});

test("branch points, notes, lineage, damage and the context menu reach the host", async () => {
	const builder = new FixtureBuilder()
		.inherit("parent")
		.add({ type: "userMessage", text: "From the parent" })
		.inherit(undefined)
		.add({ type: "agentMessage", text: "Own" })
		.note("A note")
		.branch("Other way");
	const harness = await Harness.open(
		builder.build({
			warnings: ["Line 3 is damaged.", "Line 9 is damaged."],
			summary: { parent: { session: "P", at: "item-0" } },
			parentTitle: "The parent",
		}),
	);
	const { page } = harness;
	await harness.heard("painted");
	assert.equal(await page.locator(".lineage", { hasText: "Continues The parent" }).count(), 1);
	await page.locator(".lineage").click();
	assert.equal((await harness.heard("openSession")).id, "P");
	await page.getByText("2 branches").click();
	await harness.heard("switchBranch");
	await page.getByLabel("Remove Note").click();
	assert.equal((await harness.heard("removeNote")).note, "note-0");
	await page.getByText("Show 1 more").click();
	await page.getByText("Line 9 is damaged.").waitFor();
	await page.getByText("Dismiss").click();
	await harness.heard("acknowledgeDamage");
	const context = await page.locator("article[data-id=item-1]").getAttribute("data-vscode-context");
	assert.deepEqual(JSON.parse(context ?? ""), {
		webviewSection: "item",
		itemId: "item-1",
		itemType: "agentMessage",
		canFork: true,
		canWrite: true,
	});
	await page.locator("article[data-id=item-1]").hover();
	await page.getByLabel("Fork from Here").click();
	const fork = await harness.heard("itemAction");
	assert.deepEqual(fork, { type: "itemAction", action: "fork", item: "item-1" });
	await harness.close();
});

test("one changed file shows its lines at once, several say whose they are", async () => {
	const harness = await Harness.open(everyday(), { height: 2000 });
	const { page } = harness;
	await harness.heard("painted");
	const one = page.locator("article[data-id=item-9]");
	const two = page.locator("article[data-id=item-13]");
	await one.locator(".line").click();
	await two.locator(".line").click();
	await two.locator(".diff").nth(1).waitFor();
	assert.equal(await one.locator(".diff").count(), 1);
	assert.equal(await one.locator(".path").count(), 0);
	assert.deepEqual(await two.locator(".path").allInnerTexts(), [
		"src/upload/retry.test.ts",
		"src/upload/progress.ts",
	]);
	await two.locator(".line").hover();
	assert.equal(await page.getByLabel("Open Changes").count(), 0);
	await one.locator(".line").hover();
	await page.getByLabel("Open Changes").click();
	assert.equal((await harness.heard("openFile")).path, "src/upload/uploader.ts");
	await harness.close();
});

test("the context menu has no Cut and Paste, and knows of a selection", async () => {
	const harness = await Harness.open(everyday());
	const { page } = harness;
	await harness.heard("painted");
	const told = async () => {
		await page.locator("article[data-id=item-0] .body").click({ button: "right" });
		return JSON.parse((await page.locator("body").getAttribute("data-vscode-context")) ?? "");
	};
	assert.deepEqual(await told(), { preventDefaultContextMenuItems: true, hasSelection: false });
	await page.evaluate("getSelection().selectAllChildren(document.querySelector('.prose'))");
	assert.deepEqual(await told(), { preventDefaultContextMenuItems: true, hasSelection: true });
	await harness.close();
});

test("a day stands between rules whatever follows it, and is called by its name", async () => {
	const harness = await Harness.open(new FixtureBuilder().build(), { silent: true });
	const { page } = harness;
	await harness.heard("ready");
	await page.clock.install({ time: "2026-03-04T23:59:50Z" });
	harness.fixture = new FixtureBuilder()
		.add({ type: "agentMessage", text: "Hello" })
		.wait(86_400)
		.add({ type: "userMessage", text: "Go" })
		.build();
	await harness.load();
	await page.clock.runFor(1000);
	const day = page.locator(".time").first();
	await day.getByText("Today").waitFor();
	const rules = await page.evaluate<string[]>(
		"[...document.querySelectorAll('.time')].map((one) => getComputedStyle(one, '::before').borderTopStyle)",
	);
	assert.deepEqual(rules, ["solid", "solid"]);
	await page.clock.runFor(30_000);
	await day.getByText("Yesterday").waitFor();
	await harness.close();
});

test("an empty session offers what the host names, until something is said", async () => {
	const harness = await Harness.open(
		new FixtureBuilder().build({ actions: ["resumeInTerminal", "addNote"] }),
	);
	const { page } = harness;
	await harness.heard("painted");
	assert.deepEqual(await page.locator(".offer").allInnerTexts(), [
		"Resume in Terminal",
		"Add Note to Session\u2026",
	]);
	await page.keyboard.press("Tab");
	await page.keyboard.press("Tab");
	await page.keyboard.press("Enter");
	assert.equal((await harness.heard("sessionAction")).action, "addNote");
	const { header } = new FixtureBuilder().add({ type: "userMessage", text: "Go" }).build();
	const { rows } = new FixtureBuilder().add({ type: "userMessage", text: "Go" });
	await harness.send({ type: "update", header, from: 0, rows, changed: [] });
	await page.locator(".empty").waitFor({ state: "detached" });
	await harness.close();
});

test("words come from the host where it sends them", async () => {
	const harness = await Harness.open(everyday(), { silent: true });
	await harness.heard("ready");
	await harness.send({
		type: "load",
		uri: "skein:/skein/x",
		header: harness.fixture.header,
		rows: [],
		isPartial: false,
		pages: [],
		strings: { "page.empty": "Noch nichts.", "header.turns.many": "{0} Runden" },
		locale: "de",
		replay: false,
	});
	await harness.page.getByText("Noch nichts.").waitFor();
	await harness.page.getByText("3 Runden").waitFor();
	assert.equal(await harness.page.locator("html").getAttribute("lang"), "de");
	await harness.close();
});

test("the header folds away on the way down and comes back on the way up", async () => {
	const harness = await Harness.open(long(300));
	await harness.heard("painted");
	await harness.settled();
	const folded = () => harness.page.locator("header.session.folded").count();
	assert.equal(await folded(), 0, "opening at the end is no scroll by hand");
	await harness.page.mouse.move(500, 400);
	await harness.page.mouse.wheel(0, -1500);
	await harness.settled();
	assert.equal(await folded(), 0);
	await harness.page.mouse.wheel(0, 600);
	await harness.page.locator("header.session.folded").waitFor({ state: "attached" });
	await harness.page.mouse.wheel(0, -200);
	await harness.page.locator("header.session:not(.folded)").waitFor();
	await harness.close();
});

test("paths in answers are links, with their line, and reach the host as they stand", async () => {
	const text = "See [a](src/a.ts:12), [b](/abs/b.ts#L3), [c](c.ts:4:5) and [no](vscode://x/y).";
	const harness = await Harness.open(
		new FixtureBuilder().add({ type: "agentMessage", text }).build(),
	);
	await harness.heard("painted");
	const links = harness.page.locator("a[data-href]");
	const hrefs = await links.evaluateAll((all) => all.map((one) => one.getAttribute("data-href")));
	assert.deepEqual(hrefs, ["src/a.ts:12", "/abs/b.ts#L3", "c.ts:4:5"]);
	await harness.close();
});

test("an image inside its item is shown from its bytes, and nothing is asked of anybody", async () => {
	const url = `data:image/png;base64,${everyday().blobs[imageHash]?.base64}`;
	const svg = "data:image/svg+xml;base64,PHN2Zy8+";
	const builder = new FixtureBuilder()
		.add({ type: "userMessage", text: "Look", images: [{ url }] })
		.add({ type: "image", image: { url: svg } });
	const harness = await Harness.open(builder.build());
	await harness.page.locator("skein-image img").waitFor();
	assert.equal(await harness.page.locator("skein-image img").count(), 1);
	assert.equal(await harness.page.locator("[data-id=item-1] .hint").count(), 1);
	assert.deepEqual(await harness.violations(), []);
	assert.deepEqual(harness.fetched, []);
	await harness.close();
});

test("a page that is loaded again shows the transcript once, and hears of a click once", async () => {
	const fixture = new FixtureBuilder()
		.add({ type: "userMessage", text: "Go" })
		.add({ type: "agentMessage", text: "[There](https://example.com/x)" })
		.build();
	const harness = await Harness.open(fixture);
	await harness.heard("painted");
	const said = harness.said.length;
	await harness.load();
	await harness.heard("painted", () => true, said);
	await harness.settled();
	assert.equal(await harness.page.locator("article").count(), 2);
	await harness.page.getByText("There").click();
	await harness.heard("openLink");
	await harness.settled();
	assert.equal(harness.said.filter((each) => each.type === "openLink").length, 1);
	await harness.close();
});
