import assert from "node:assert/strict";
import type { FrameLocator } from "playwright-core";
import { append, create, itemsOf, listed } from "./command.ts";
import { eventually, type VSCodeWindow, windowTest } from "./harness.ts";

/** One of our sessions with 5,000 items: a prompt, three commands and an answer, again and again. */
const long = {
	title: "Five thousand items",
	items: Array.from({ length: 1000 }, (_, i) => [
		{ type: "userMessage", text: `Prompt ${i}: what does module ${i} do?` },
		...[0, 1, 2].map((part) => ({
			type: "commandExecution",
			command: `cat src/module${i}/part${part}.ts`,
			output: `${"export const x = 1;\n".repeat(5)}`,
			exitCode: 0,
		})),
		{ type: "agentMessage", text: `Module ${i} does **one** thing.` },
	]).flat(),
};

/** The sentence that a screen reader is told while replaying. */
async function position(page: FrameLocator, sentence: RegExp): Promise<void> {
	await eventually(
		async () => (await page.locator(".announcer").textContent()) ?? "",
		(text) => sentence.test(text),
		`The position announced, for ${sentence}`,
	);
}

/** Presses Tab until the control that has this name has the focus. */
async function tabTo(window: VSCodeWindow, name: string): Promise<void> {
	const control = window.transcript().getByRole("button", { name, exact: true });
	for (let i = 0; i < 40; i++) {
		if (await control.evaluate((element) => element === element.ownerDocument.activeElement)) {
			return;
		}
		await window.page.keyboard.press("Tab");
	}
	assert.fail(`Tab does not reach ${name}`);
}

windowTest(
	"transcript: replayed by keyboard, restored after a reload, followed live, paged",
	{
		prepare: async (folders) => {
			await create(folders, long.title, ...long.items);
			await create(
				folders,
				"Watch me",
				{ type: "userMessage", text: "Start" },
				{ type: "agentMessage", text: "Started." },
			);
		},
	},
	async (window) => {
		const { page, folders } = window;
		await window.openSkein();
		await window.row("A tour of the code").waitFor();

		await window.step("5,000 items open at once, at the end, and scroll to the start", async () => {
			const transcript = await window.openSession(long.title, "Module 999 does one thing.");
			const articles = transcript.locator("article");
			assert.ok((await articles.count()) < 800);
			await articles.filter({ hasText: "Module 999 does one thing." }).click();
			await page.keyboard.press("Home");
			await window.shown("Prompt 0: what does module 0 do?");
			await page.keyboard.press("ArrowDown");
			await transcript.locator("article:focus-within", { hasText: "3 steps" }).waitFor();
			assert.ok((await articles.count()) < 800);
		});

		await window.step("replay by keyboard", async () => {
			const transcript = await window.openSession("A tour of the code", /./);
			await window.runCommand("Skein: Replay Session");
			const bar = transcript.getByRole("toolbar", { name: "Replay" });
			await bar.getByRole("button", { name: "Pause" }).waitFor();
			// It plays by itself.
			await position(transcript, /^Item ([2-9]|\d\d) of 65, turn \d+$/);
			await page.keyboard.press("Space");
			await bar.getByRole("button", { name: "Play", exact: true }).waitFor();
			await page.keyboard.press("Home");
			await position(transcript, /^Item 1 of 65/);
			await page.keyboard.press("ArrowRight");
			await position(transcript, /^Item 2 of 65/);
			await page.keyboard.press("ArrowLeft");
			await position(transcript, /^Item 1 of 65/);
			await page.keyboard.press("Control+ArrowRight");
			await position(transcript, /, turn 2$/);
			await page.keyboard.press("Control+ArrowLeft");
			await position(transcript, /, turn 1$/);
			const speed = transcript.getByRole("combobox", { name: "Speed" });
			await page.keyboard.press("=");
			await eventually(
				() => speed.inputValue(),
				(value) => value === "2",
				"The speed",
			);
			await page.keyboard.press("-");
			await eventually(
				() => speed.inputValue(),
				(value) => value === "1",
				"The speed",
			);
			await page.keyboard.press("Home");
			for (let i = 0; i < 4; i++) {
				await page.keyboard.press("ArrowRight");
			}
			await position(transcript, /^Item 5 of 65, turn 1$/);
			const item = await transcript.locator("article.current").getAttribute("data-id");
			await tabTo(window, "Fork from Here");
			await page.keyboard.press("Enter");
			await window.activeTab("A tour of the code (fork)");
			const all = await listed(folders);
			const fork = all.find((each) => each.title === "A tour of the code (fork)");
			const items = await itemsOf(folders, fork?.id ?? "");
			const source = all.find((each) => each.title === "A tour of the code")?.id ?? "";
			assert.equal(items.length, 5);
			assert.equal(items[4]?.id, fork?.parent?.at);
			const parent = await itemsOf(folders, source);
			assert.equal(items[4]?.text, parent[4]?.text);
			assert.ok(item);
		});

		await window.step("play to the end, and close the replay", async () => {
			await window.openSession("Watch me", "Started.");
			const transcript = window.transcript();
			await window.runCommand("Skein: Replay Session");
			await position(transcript, /^Item 2 of 2, turn 1$/);
			await transcript.getByRole("button", { name: "Play", exact: true }).waitFor();
			await page.keyboard.press("Escape");
			await transcript.getByRole("toolbar", { name: "Replay" }).waitFor({ state: "detached" });
		});

		await window.step("what another process appends shows, and is followed", async () => {
			const id = (await listed(folders)).find((each) => each.title === "Watch me")?.id ?? "";
			for (let i = 0; i < 3; i++) {
				await append(
					folders,
					id,
					{ type: "userMessage", text: `Next ${i}` },
					{ type: "agentMessage", text: `Answer ${i}.\n\n${"It goes on.\n\n".repeat(20)}` },
				);
				await window.shown(`Answer ${i}.`);
			}
			const transcript = window.transcript();
			await eventually(
				() =>
					transcript
						.locator("html")
						.evaluate((page) => page.scrollHeight - page.clientHeight - page.scrollTop),
				(left) => left < 40,
				"Pixels below what is in view",
			);
		});

		await window.step("copy and note an item from its context menu", async () => {
			await window.itemMenu("Started.", "Copy Item");
			await eventually(
				() => page.evaluate<string>("navigator.clipboard.readText()"),
				(text) => text === "Started.",
				"The clipboard",
			);
			await window.itemMenu("Started.", "Add Note to Item…");
			await window.answer("Why so terse?");
			await window.shown(/Started\.\s*Why so terse\?/);
		});

		await window.step("a reload brings the editor back as it was", async () => {
			await window.row(long.title).dblclick();
			await window.shown("Module 999 does one thing.");
			const transcript = window.transcript();
			const steps = transcript.locator("article.fold");
			await page.mouse.move(800, 500);
			await page.mouse.wheel(0, -1500);
			const id = await steps.nth(-12).getAttribute("data-id");
			const row = () => window.transcript().locator(`article[data-id="${id}"]`);
			await row().locator(".line").click();
			await row().locator('[aria-expanded="true"]').first().waitFor();
			const top = () => row().evaluate((article) => article.getBoundingClientRect().top);
			await eventually(
				async () => [await top(), await top()],
				([a, b]) => a === b,
				"The place of the row",
			);
			const before = await top();
			// The page keeps its state a moment after the last move.
			await transcript
				.locator("html")
				.evaluate(() => new Promise((resolve) => setTimeout(resolve, 1000)));
			const titles = new Set<string>();
			const reloaded = page.waitForEvent("load");
			await window.runCommand("Developer: Reload Window");
			await reloaded;
			await eventually(
				async () => {
					for (const tab of await window.editorTabs().allInnerTexts()) {
						titles.add(tab.trim());
					}
					return row().locator('[aria-expanded="true"]').count();
				},
				(count) => count > 0,
				"Opened rows after the reload",
			);
			assert.deepEqual(
				[...titles].filter((title) => /[0-9A-Z]{26}|[0-9a-f]{8}-[0-9a-f]{4}/.test(title)),
				[],
			);
			await window.activeTab(long.title);
			await eventually(
				top,
				(now) => Math.abs(now - before) < 4,
				`The place of the row, which was ${before}`,
			);
		});

		window.assertNothingFetched();
	},
);
