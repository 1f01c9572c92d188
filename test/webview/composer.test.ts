import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { ComposerState, LiveText } from "../../src/protocol/live.ts";
import type { ToTranscript } from "../../src/protocol/webview.ts";
import { everyday, FixtureBuilder } from "./fixtures.ts";
import { closeHarness, Harness } from "./harness.ts";
import { approval, idle, run, running } from "./liveFixtures.ts";

after(closeHarness);

const composer = (state: ComposerState | null): ToTranscript => ({ type: "composer", state });

async function open(state: ComposerState, fixture = everyday()): Promise<Harness> {
	const harness = await Harness.open(fixture);
	await harness.heard("painted");
	await harness.send(composer(state));
	await harness.page.locator("skein-composer").first().waitFor();
	return harness;
}

const box = (harness: Harness) => harness.page.locator(".composer .box > textarea");

test("Enter sends, Shift+Enter begins a line, an input method's Enter is its own", async () => {
	const harness = await open(idle);
	const { page } = harness;
	await box(harness).click();
	await page.keyboard.type("first line");
	await page.keyboard.press("Shift+Enter");
	await page.keyboard.type("second");
	await page.evaluate(
		`document.querySelector(".composer textarea").dispatchEvent(
			new KeyboardEvent("keydown", { key: "Enter", isComposing: true, bubbles: true, cancelable: true }))`,
	);
	assert.equal(await box(harness).inputValue(), "first line\nsecond");
	await page.keyboard.press("Enter");
	const sent = await harness.heard("prompt");
	assert.equal(sent.way, "send");
	assert.deepEqual(sent.draft, { text: "first line\nsecond", mentions: [], images: [] });
	assert.equal(await box(harness).inputValue(), "");
	assert.equal(harness.said.filter((each) => each.type === "prompt").length, 1);
	await harness.send({ type: "prompted", id: sent.id, outcome: "failed", message: "No agent." });
	await page.getByText("No agent.").waitFor();
	assert.equal(await box(harness).inputValue(), "first line\nsecond", "what was not sent is back");
	await harness.close();
});

test("while a turn runs Enter queues, Ctrl+Enter steers, Escape stops", async () => {
	const harness = await open(running);
	const { page } = harness;
	await box(harness).fill("later");
	await page.keyboard.press("Enter");
	assert.equal((await harness.heard("prompt")).way, "queue");
	await box(harness).fill("now");
	await page.keyboard.press("Control+Enter");
	await harness.heard("prompt", (each) => each.way === "steer");
	await page.keyboard.press("Escape");
	await harness.heard("stop");
	assert.ok(await page.getByRole("button", { name: "Stop" }).isDisabled());
	await harness.send(composer(idle));
	await page.getByRole("button", { name: "Stop" }).waitFor({ state: "detached" });
	await harness.close();
});

test("Up and Down go through the prompts at the borders of the text only", async () => {
	const harness = await open(idle);
	const { page } = harness;
	await harness.send({ type: "history", prompts: ["one", "two\nlines"] });
	await box(harness).fill("mine");
	await page.keyboard.press("ArrowUp");
	assert.equal(await box(harness).inputValue(), "two\nlines");
	await page.keyboard.press("ArrowUp");
	assert.equal(await box(harness).inputValue(), "two\nlines", "the caret goes up a line first");
	await page.keyboard.press("Home");
	await page.keyboard.press("ArrowUp");
	assert.equal(await box(harness).inputValue(), "one");
	await page.keyboard.press("ArrowDown");
	await page.keyboard.press("ArrowDown");
	assert.equal(await box(harness).inputValue(), "mine");
	await harness.close();
});

test("an @ offers files, by keyboard, and what is chosen goes with the prompt", async () => {
	const harness = await open(idle);
	const { page } = harness;
	await box(harness).click();
	await page.keyboard.type("Read @up");
	const asked = await harness.heard("findFiles", ({ text }) => text === "up");
	const paths = ["src/upload.ts", "test/upload.test.ts"];
	await harness.send({ type: "files", query: asked.query, paths });
	const list = page.getByRole("listbox", { name: "Files" });
	await list.waitFor();
	const combobox = page.getByRole("combobox");
	await page.keyboard.press("ArrowDown");
	const active = await combobox.getAttribute("aria-activedescendant");
	assert.equal(
		await page.locator(`#${active}[aria-selected=true]`).innerText(),
		"upload.test.ts\ntest",
	);
	await page.keyboard.press("Enter");
	await list.waitFor({ state: "detached" });
	assert.equal(await box(harness).inputValue(), "Read @test/upload.test.ts ");
	assert.equal(await box(harness).getAttribute("role"), null);
	await page.keyboard.type("please @x");
	await harness.heard("findFiles", ({ text }) => text === "x");
	await page.keyboard.press("Enter");
	const { draft } = await harness.heard("prompt");
	assert.deepEqual(draft.mentions, ["test/upload.test.ts"]);
	await harness.close();
});

test("an image that is pasted is attached, one of another type is refused in words", async () => {
	const harness = await open(idle);
	const paste = (type: string, name: string) =>
		harness.page.evaluate(`(() => {
			const transfer = new DataTransfer();
			transfer.items.add(new File([new Uint8Array([1, 2, 3])], "${name}", { type: "${type}" }));
			document.querySelector(".composer textarea").dispatchEvent(
				new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true, cancelable: true }));
		})()`);
	await paste("image/svg+xml", "drawing.svg");
	await harness.page.getByText("drawing.svg was not attached").waitFor();
	await paste("image/png", "screen.png");
	const { id } = await harness.heard("attach", ({ name }) => name === "screen.png");
	const image = { hash: "sha256:1", mime: "image/png", name: "screen.png" };
	await harness.send({ type: "attached", id, image });
	const remove = harness.page.getByRole("button", { name: "Remove screen.png" });
	await remove.waitFor();
	await box(harness).press("Enter");
	assert.deepEqual((await harness.heard("prompt")).draft.images, [image]);
	await remove.waitFor({ state: "detached" });
	await harness.close();
});

test("a draft is there again after a reload", async () => {
	const harness = await open(idle);
	await box(harness).fill("half a thought");
	await harness.until(
		`JSON.parse(sessionStorage.getItem("state"))?.draft?.text === "half a thought"`,
	);
	const said = harness.said.length;
	await harness.page.reload();
	const ready = await harness.heard("ready", () => true, said);
	assert.equal(ready.draft, true);
	await harness.heard("painted", () => true, said);
	await harness.send(composer(idle));
	await box(harness).waitFor();
	assert.equal(await box(harness).inputValue(), "half a thought");
	await harness.close();
});

test("what waits is shown, can be changed and taken out", async () => {
	const prompt = (id: string, text: string) => ({ id, text, mentions: [], images: [] });
	const queue = [prompt("1", "first"), prompt("2", "second")];
	const harness = await open({ ...running, queue });
	const { page } = harness;
	await page.getByRole("region", { name: "Sent when the turn ends" }).waitFor();
	const row = page.locator(".queue li").filter({ hasText: "second" });
	await row.getByRole("button", { name: "Edit Prompt" }).click();
	const field = page.getByRole("textbox", { name: "Edit Prompt" });
	await field.fill("second, changed");
	await field.press("Enter");
	assert.deepEqual(await harness.heard("editQueued"), {
		type: "editQueued",
		id: "2",
		text: "second, changed",
	});
	await page.locator(".queue li").first().getByRole("button", { name: "Remove" }).click();
	assert.equal((await harness.heard("removeQueued")).id, "1");
	await harness.close();
});

test("another window's turn is followed, not prompted", async () => {
	const harness = await open({ ...running, run: { ...run, mine: false } });
	await harness.page.getByText('the window "parcel" runs a turn of this session').waitFor();
	assert.equal(await box(harness).count(), 0);
	await harness.close();
});

const fixture = () =>
	new FixtureBuilder()
		.add({ type: "userMessage", text: "Go" })
		.add({ type: "agentMessage", text: "" }, "running")
		.build();

const live = (offset: number, text: string, field = "text"): ToTranscript => {
	const part: LiveText = { item: "item-1", itemType: "agentMessage", field, offset, text };
	return { type: "live", texts: [part] };
};

test("an answer streams into its row: whole blocks are drawn once and stay the same elements", async () => {
	const harness = await open(running, fixture());
	const { page } = harness;
	await harness.send(live(0, "# Title\n\nFirst **para"));
	const prose = page.locator("article[data-id=item-1] .prose");
	await prose.locator("h1").waitFor();
	await page.evaluate(`window.kept = document.querySelector("article[data-id=item-1] h1")`);
	await harness.send(live(21, "graph**.\n\n```ts\nconst a"));
	await prose.locator("strong", { hasText: "paragraph" }).waitFor();
	await harness.send(live(44, " = 1;\n```\n\nEnd."));
	await prose.locator("p", { hasText: "End." }).waitFor();
	assert.ok(
		await page.evaluate(`window.kept === document.querySelector("article[data-id=item-1] h1")`),
	);
	const whole = "# Title\n\nFirst **paragraph**.\n\n```ts\nconst a = 1;\n```\n\nEnd.";
	const before = await prose.innerHTML();
	const [row, item] = [harness.fixture.rows[1], harness.fixture.items[1]];
	assert.ok(row?.kind === "item" && item);
	const done = {
		...item,
		status: "completed",
		content: { type: "agentMessage", text: whole },
	} as const;
	harness.fixture.items[1] = done;
	harness.fixture.rows[1] = { ...row, status: "completed" };
	await harness.send({
		type: "update",
		header: harness.fixture.header,
		from: 1,
		rows: harness.fixture.rows.slice(1),
		changed: [],
	});
	await page.locator("article[data-id=item-1] .answer:not(.running)").waitFor();
	assert.equal(await prose.innerHTML(), before, "nothing is drawn again at the end");
	assert.deepEqual(await harness.violations(), []);
	await harness.close();
});

test("a long answer that has streamed looks as it does when it is read again", async () => {
	const step = "## Step\n\nSome **words**.\n\n- one\n- two\n\n```js\nconst a = 1;\n```\n\n";
	const code = `\`\`\`js\n${"const b = 2;\n".repeat(900)}\`\`\`\n\n`;
	const text = `${step.repeat(60)}${code}${"many words ".repeat(1200)}\n\nThe end.\n`;
	const harness = await open(
		running,
		new FixtureBuilder()
			.add({ type: "userMessage", text: "Go" })
			.add({ type: "agentMessage", text: "" }, "running")
			.add({ type: "agentMessage", text })
			.build(),
	);
	const { page } = harness;
	for (let at = 0; at < text.length; at += 997) {
		await harness.send(live(at, text.slice(at, at + 997)));
		await harness.settled();
	}
	await page.locator("article[data-id=item-1] .prose p", { hasText: "The end." }).waitFor();
	const places = (item: string) =>
		page.evaluate<number[]>(`(() => {
			const prose = document.querySelector("article[data-id=${item}] .prose");
			const { top, height } = prose.getBoundingClientRect();
			return [height, ...Array.from(prose.querySelectorAll("h2, p, ul, pre"), (block) =>
				Math.round(block.getBoundingClientRect().top - top))];
		})()`);
	const streamed = await places("item-1");
	assert.equal(streamed.length, 1 + 60 * 4 + 3);
	assert.deepEqual(streamed, await places("item-2"));
	await harness.close();
});

test("a running command's output streams, its end in view", async () => {
	const harness = await open(
		running,
		new FixtureBuilder()
			.add({ type: "userMessage", text: "Go" })
			.add({ type: "commandExecution", command: "npm test" }, "running")
			.build(),
	);
	const lines = Array.from({ length: 300 }, (_, index) => `line ${index}\n`).join("");
	await harness.send(live(0, lines, "output"));
	const output = harness.page.locator("article[data-id=item-1] .output.live");
	await output.getByText("line 299").waitFor();
	await harness.until(
		`(() => { const { scrollTop, scrollHeight, clientHeight } = document.querySelector(".output.live");
		return scrollHeight - scrollTop - clientHeight < 8 && scrollTop > 0; })()`,
	);
	await harness.send(live(lines.length, "\u001b[31mred\u001b[0m\n", "output"));
	await output.locator("span", { hasText: "red" }).waitFor();
	await harness.close();
});

const asking = () =>
	open(
		{ ...running, run: { ...run, status: "waiting" } },
		new FixtureBuilder()
			.add({ type: "userMessage", text: "Go" })
			.add({ type: "commandExecution", command: "rm -r build" }, "running")
			.build(),
	);

test("a question takes the focus when nobody types; its number keys answer, once", async () => {
	const harness = await asking();
	const { page } = harness;
	await page.evaluate("document.activeElement?.blur()");
	await harness.send({ type: "approvals", open: [approval], answered: [] });
	const card = page.getByRole("group", { name: "Run this command?" });
	await card.getByText("rm -r build").waitFor();
	await harness.until(`document.activeElement?.dataset.approval === "a1"`);
	assert.deepEqual(await card.getByRole("button").allInnerTexts(), ["Allow", "Decline"]);
	await page.keyboard.press("Enter");
	await harness.settled();
	assert.equal(
		harness.said.some((each) => each.type === "answer"),
		false,
		"Enter, meant for something else, answers nothing",
	);
	// Its keys are not its own in the first moment.
	while (!harness.said.some((each) => each.type === "answer")) {
		await page.keyboard.press("2");
		await harness.settled();
	}
	const given = await harness.heard("answer");
	assert.deepEqual(given, { type: "answer", approval: "a1", option: "decline", answers: {} });
	await page.keyboard.press("1");
	await harness.settled();
	assert.equal(harness.said.filter((each) => each.type === "answer").length, 1);
	await harness.send({
		type: "approvals",
		open: [],
		answered: [
			{
				id: "a1",
				item: "item-1",
				turn: "t",
				title: "rm -r build",
				outcome: "rejected",
				label: "Decline",
				by: 'the window "other"',
			},
		],
	});
	await page.getByText('Decline, by the window "other"').waitFor();
	await harness.close();
});

test("a question does not take the focus from somebody who types, and gives it back to who goes on", async () => {
	const harness = await asking();
	const { page } = harness;
	await box(harness).fill("half");
	await harness.send({ type: "approvals", open: [approval], answered: [] });
	await page.getByRole("group", { name: "Run this command?" }).waitFor();
	await harness.settled();
	await page.keyboard.type(" 1 2");
	assert.equal(await box(harness).inputValue(), "half 1 2");
	await page.locator("section.approval").focus();
	await page.keyboard.press("x");
	await harness.until(`document.activeElement?.tagName === "TEXTAREA"`);
	assert.equal(await box(harness).inputValue(), "half 1 2x");
	await harness.close();
});

test("questions with fields are sent when they are filled in", async () => {
	const harness = await asking();
	const { page } = harness;
	const question: typeof approval = {
		...approval,
		item: null,
		kind: "question",
		title: "Which port?",
		questions: [
			{
				id: "port",
				header: "Port",
				question: "Which port?",
				secret: false,
				options: [{ label: "8080", description: "The usual one" }],
				free: true,
			},
		],
	};
	await harness.send({ type: "approvals", open: [question], answered: [] });
	const card = page.getByRole("group", { name: "The agent has a question" });
	const allow = card.getByRole("button", { name: "Allow" });
	assert.ok(await allow.isDisabled());
	await card.getByRole("textbox", { name: "Answer: Port" }).fill("9000");
	await allow.click();
	assert.deepEqual((await harness.heard("answer")).answers, { port: ["9000"] });
	await harness.close();
});

test("a composer that blocks says why and links the setting", async () => {
	const blocked = { text: "Codex cannot be started.", setting: "skein.codex.path" };
	const harness = await open({ ...idle, blocked });
	await harness.page.getByRole("button", { name: "Open Settings" }).click();
	assert.equal((await harness.heard("openSetting")).setting, "skein.codex.path");
	await box(harness).fill("text");
	await box(harness).press("Enter");
	await harness.settled();
	assert.equal(
		harness.said.some((each) => each.type === "prompt"),
		false,
	);
	await harness.until(`JSON.parse(sessionStorage.getItem("state"))?.draft?.text === "text"`);
	await harness.close();
});

test("the end is followed after a replay, during which there is no composer", async () => {
	const short = new FixtureBuilder()
		.add({ type: "userMessage", text: "Go" })
		.add({ type: "agentMessage", text: "Started.\n\n".repeat(14) })
		.build();
	const harness = await open(idle, short);
	const { page } = harness;
	await harness.send({ type: "replay", action: "start" });
	await page.locator("skein-composer").waitFor({ state: "detached" });
	await harness.settled();
	await harness.send({ type: "replay", action: "stop" });
	await page.locator("skein-composer").waitFor();
	await harness.settled();
	const answer = new FixtureBuilder()
		.add({ type: "userMessage", text: "Go" })
		.add({ type: "agentMessage", text: "Started.\n\n".repeat(14) })
		.add({ type: "userMessage", text: "More" })
		.add({ type: "agentMessage", text: "It goes on.\n\n".repeat(60) })
		.build();
	harness.fixture = answer;
	await harness.send({
		type: "update",
		header: answer.header,
		from: 2,
		rows: answer.rows.slice(2),
		changed: [],
	});
	await page.locator("article[data-id=item-3] p").last().waitFor();
	await harness.until(
		"document.documentElement.scrollHeight - innerHeight - scrollY < 2 && scrollY > 0",
	);
	await harness.close();
});
