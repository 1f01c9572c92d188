import assert from "node:assert/strict";
import { readdir, readFile, rm } from "node:fs/promises";
import * as path from "node:path";
import { append, create, itemsOf, listed } from "./command.ts";
import { eventually, type VSCodeWindow, windowTest } from "./harness.ts";

const prompt = (text: string) => ({ type: "userMessage", text });
const answer = (text: string) => ({ type: "agentMessage", text });
const journals = (window: VSCodeWindow) =>
	readdir(path.join(window.folders.folder, ".vscode/skein/sessions"));

windowTest(
	"sessions: made, opened, forked, renamed, archived, deleted, purged",
	{},
	async (window) => {
		const { page, folders } = window;
		await window.openSkein();
		await window.row("Fix the word count").waitFor();

		await window.step("create", async () => {
			await window.newSession("Plan the release");
			await window.row("Plan the release").waitFor();
			await window.activeTab("Plan the release");
			const files = await journals(window);
			assert.equal(files.length, 1);
			const journal = path.join(folders.folder, ".vscode/skein/sessions", files[0] ?? "");
			const records = (await readFile(journal, "utf8"))
				.trim()
				.split("\n")
				.map((line) => JSON.parse(line) as { type: string; title?: string });
			assert.deepEqual(
				records.map(({ type, title }) => [type, title]),
				[
					["session.created", undefined],
					["session.renamed", "Plan the release"],
				],
			);
			await window.transcript().getByText("Nothing has been said in this session yet.").waitFor();
		});

		await window.step("open by click and by Enter", async () => {
			await window.openSession("Fix the word count", "It now splits at any white space");
			await window.activeTab("Fix the word count");
			await window.row("A --json option").focus();
			await window.row("Fix the word count").click();
			await page.keyboard.press("ArrowUp");
			await page.keyboard.press("Enter");
			await window.activeTab("A --json option");
			await window.shown("--json");
		});

		await window.step(
			"fork at an item of an agent's session, which is imported first",
			async () => {
				await window.openSession("Fix the word count", "It now splits at any white space");
				await window.itemMenu("It now splits at any white space", "Fork from Here");
				await page
					.locator(".part.statusbar")
					.getByText(/^Forked "Fix the word count" up to and including "Fixed\. [^`]*"$/)
					.waitFor();
				const all = await listed(folders);
				const fork = all.find((each) => each.parent && each.source === "skein");
				assert.ok(fork, JSON.stringify(all));
				const parent = all.find((each) => each.id === fork.parent?.session);
				assert.equal(parent?.title, "Fix the word count");
				assert.equal(parent?.source, "skein");
				const items = await itemsOf(folders, fork.id);
				assert.match(items.at(-1)?.text ?? "", /^Fixed\. .*any white space/s);
				assert.equal(items.at(-1)?.id, fork.parent?.at);
				const last = window.transcript().locator("article").last();
				await last.filter({ hasText: "It now splits at any white space" }).waitFor();
				await last.getByText("Continues Fix the word count").waitFor();
			},
		);

		await window.step("rename by F2", async () => {
			await window.row("Plan the release").click();
			await window.activeTab("Plan the release");
			await page.keyboard.press("F2");
			await eventually(
				() => window.quickInput().inputValue(),
				(value) => value === "Plan the release",
				"The name to change",
			);
			await window.answer("Plan version 2");
			await window.row("Plan version 2").waitFor();
			await window.activeTab("Plan version 2");
			await window.rowGone("Plan the release");
		});

		await window.step("archive, and undo it", async () => {
			await window.rowMenu("Plan version 2", "Archive Session");
			await window.rowGone("Plan version 2");
			await window.clickNotification('Archived "Plan version 2".', "Undo");
			await window.row("Plan version 2").waitFor();
			await eventually(
				() => listed(folders),
				(all) => all.some((each) => each.title === "Plan version 2" && !each.archived),
				"The session in the list",
			);
		});

		await window.step("delete, look into the trash, restore", async () => {
			await window.row("Plan version 2").click();
			await page.keyboard.press("Delete");
			await page.locator(".monaco-dialog-box").getByText("Nothing is removed from disk").waitFor();
			await window.clickDialog("Move to Trash");
			await window.rowGone("Plan version 2");
			await window.openView("Trash");
			await window.view("Trash").getByText("Plan version 2").waitFor();
			await window.rowMenu("Plan version 2", "Restore Session");
			await window.view("Sessions").getByText("Plan version 2").waitFor();
			await eventually(
				() => window.view("Trash").getByRole("treeitem").count(),
				(count) => count === 0,
				"Rows in the trash",
			);
		});

		await window.step("purge asks, and removes from disk", async () => {
			const before = await journals(window);
			await window.rowMenu("Plan version 2", "Delete Session");
			await window.clickDialog("Move to Trash");
			await window.view("Trash").getByText("Plan version 2").waitFor();
			await window.rowMenu("Plan version 2", "Purge Session…");
			await page.locator(".monaco-dialog-box").getByText("This cannot be undone.").waitFor();
			await window.clickDialog("Cancel");
			await window.view("Trash").getByText("Plan version 2").waitFor();
			assert.deepEqual(await journals(window), before);
			await window.rowMenu("Plan version 2", "Purge Session…");
			await window.clickDialog("Purge");
			await window.rowGone("Plan version 2");
			assert.equal((await journals(window)).length, before.length - 1);
		});

		window.assertNothingFetched();
	},
);

windowTest(
	"sessions: found, marked, branched, changed elsewhere, linked, restored",
	{
		prepare: async (folders) => {
			await create(folders, "Parse dates", prompt("Parse ISO dates"), answer("They are parsed."));
			await create(folders, "Draw the chart", prompt("Draw bars"), answer("Bars are drawn."));
			await create(folders, "Old idea", prompt("Try a ring buffer"), answer("It is slower."));
		},
	},
	async (window) => {
		const { page, folders } = window;
		await window.openSkein();
		await window.row("Parse dates").waitFor();
		const sessions = window.view("Sessions");
		const shown = () => sessions.getByRole("treeitem").allInnerTexts();

		await window.step("a filter says what it hides, and is cleared", async () => {
			await window.runCommand("Skein: Filter Sessions…");
			await window.answer("chart");
			await sessions.getByText(/^chart · \d+ hidden$/).waitFor();
			await window.rowGone("Parse dates");
			await window.row("Draw the chart").waitFor();
			await sessions.hover();
			await sessions.getByRole("button", { name: "Clear Filter" }).click();
			await window.row("Parse dates").waitFor();
			assert.equal(await sessions.getByText(/hidden/).count(), 0);
		});

		await window.step("grouping", async () => {
			await window.runCommand("Skein: Group Sessions By…");
			await window.pick("Lineage");
			// Without groups, a fork stands below what it continues.
			await window.rowGone("Today");
			await sessions
				.locator('[role=treeitem][aria-level="2"]', { hasText: "Words without" })
				.waitFor();
			await window.runCommand("Skein: Group Sessions By…");
			await window.pick("Agent");
			await sessions
				.getByRole("treeitem", { name: /^Codex/ })
				.first()
				.waitFor();
			await window.runCommand("Skein: Group Sessions By…");
			await window.pick("Date");
			await window.row("Today").waitFor();
		});

		await window.step("pin, tag and note", async () => {
			await window.rowMenu("Draw the chart", "Pin Session");
			await window.row("Pinned").waitFor();
			assert.match((await shown())[1] ?? "", /Draw the chart/);
			await window.rowMenu("Draw the chart", "Add Tag…");
			await window.answer("graphics, later");
			await window.rowMenu("Draw the chart", "Add Note to Session…");
			await window.answer("Ask Grace about colours.");
			await window.openSession("Draw the chart", "Bars are drawn.");
			await window.transcript().getByText("Ask Grace about colours.").waitFor();
			await page.mouse.move(700, 600);
			await window.row("Draw the chart").hover();
			await page
				.locator(".workbench-hover", { hasText: "graphics, later" })
				.filter({ hasText: "Notes: 1" })
				.waitFor();
		});

		await window.step("revert to an item, go another way, and back", async () => {
			const id = await create(folders, "Two ways", prompt("Way one"), answer("First answer."));
			await append(folders, id, prompt("Go on"), answer("Second answer."));
			await window.openSession("Two ways", "Second answer.");
			await window.itemMenu("First answer.", "Revert to Here");
			await eventually(
				() => window.transcript().locator("article").allInnerTexts(),
				(texts) => !texts.join().includes("Second answer."),
				"What the transcript shows",
			);
			await window.notification(
				/Reverted "Two ways" to "First answer"\. What came after is kept\./,
			);
			await append(folders, id, prompt("Another way"), answer("Third answer."));
			await window.shown("Third answer.");
			await window.transcript().getByRole("button", { name: "2 branches" }).click();
			await window.pick("Go on");
			await window.shown("Second answer.");
			await window.runCommand("Skein: Switch Branch…");
			await window.pick("Another way");
			await window.shown("Third answer.");
		});

		await window.step("several at once", async () => {
			await window.row("Parse dates").click();
			await window.row("Old idea").click({ modifiers: ["Control"] });
			await window.rowMenu("Old idea", "Archive Session");
			await window.rowGone("Parse dates");
			await window.rowGone("Old idea");
			await window.notification("Archived 2 sessions.");
			await window.openView("Archived");
			await window.view("Archived").getByText("Parse dates").waitFor();
			await window.view("Archived").getByText("Old idea").waitFor();
		});

		await window.step("another process renames and creates", async () => {
			const id = (await listed(folders)).find((each) => each.title === "Two ways")?.id ?? "";
			await window.openSession("Two ways", "Third answer.");
			await window.cli(["rename", id, "Two ways, one end"]);
			await window.row("Two ways, one end").waitFor();
			await window.activeTab("Two ways, one end");
			await window.cli(["create", "--title", "Made by a script"]);
			await window.row("Made by a script").waitFor();
		});

		await window.step("a copied link opens the session from outside", async () => {
			await window.rowMenu("Draw the chart", "Copy Link to Session");
			const link = await eventually(
				() => page.evaluate<string>("navigator.clipboard.readText()"),
				(text) => text.includes("/session/"),
				"The clipboard",
			);
			assert.match(link, /^[\w-]+:\/\/skein\.skein\/session\/[0-9A-Z]{26}$/);
			await window.runCommand("Developer: Open URL");
			await window.answer(link);
			await window.clickDialog("Open");
			await window.activeTab("Draw the chart");
		});

		await window.step("sessions that git clean removed are announced and restored", async () => {
			const store = path.join(folders.folder, ".vscode/skein");
			const before = (await listed(folders)).filter((each) => each.source === "skein").length;
			await rm(store, { recursive: true });
			const notice = window.row(/removed sessions can be restored/);
			await notice.waitFor();
			await window.rowGone("Draw the chart");
			await notice.hover();
			await notice.getByRole("button", { name: "Restore" }).click();
			await window.row("Draw the chart").waitFor();
			await window.row("Made by a script").waitFor();
			await window.rowGone(/removed sessions can be restored/);
			assert.equal(
				(await listed(folders)).filter((each) => each.source === "skein").length,
				before,
			);
		});

		window.assertNothingFetched();
	},
);
