import assert from "node:assert/strict";
import { create, listed } from "./command.ts";
import { eventually, runCli, windowTest } from "./harness.ts";

const prompt = (text: string) => ({ type: "userMessage", text });
const answer = (text: string) => ({ type: "agentMessage", text });

windowTest(
	"tree: keys act on the focused row; what is made is selected; counts show while collapsed; tabs show no ids",
	{
		prepare: async (folders) => {
			for (const title of ["One", "Two", "Three"]) {
				await create(folders, title, prompt(`Do ${title}`), answer(`Did ${title}.`));
			}
			const archived = await create(folders, "Old", prompt("Try"), answer("No."));
			await runCli(folders, ["archive", archived]);
		},
	},
	async (window) => {
		const { page, folders } = window;
		await window.openSkein();
		await window.row("One").waitFor();
		const asked = () =>
			eventually(
				() => window.quickInput().inputValue(),
				(value) => value !== "",
				"The name to change",
			);

		// One that the test archived, and one of the sample's.
		await window.step("a collapsed view says how many it has", async () => {
			await window.view("Archived").getByText("Archived (2)").waitFor();
			assert.equal(await window.view("Trash").getByText(/\d/).count(), 0);
		});

		await window.step("F2 renames the row with the focus, not the one selected", async () => {
			// The rows stand newest first: Three, Two, One.
			await window.row("Three").click();
			await window.activeTab("Three");
			await page.keyboard.press("ArrowDown");
			await page.keyboard.press("F2");
			assert.equal(await asked(), "Two");
			await window.answer("Two, renamed");
			await window.row("Two, renamed").waitFor();
			// Nothing was opened by it.
			await window.activeTab("Three");
			assert.equal(await window.editorTabs().count(), 1);
		});

		await window.step("Delete moves the row with the focus to the trash", async () => {
			await window.row("Three").click();
			await page.keyboard.press("ArrowDown");
			await page.keyboard.press("Delete");
			await page.locator(".monaco-dialog-box").getByText('Delete "Two, renamed"?').waitFor();
			await window.clickDialog("Move to Trash");
			await window.rowGone("Two, renamed");
			await window.view("Trash").getByText("Trash (1)").waitFor();
		});

		await window.step("Delete on one of several selected rows means all of them", async () => {
			await window.row("Three").click();
			await window.row("One").click({ modifiers: ["Control"] });
			await page.keyboard.press("Delete");
			await page.locator(".monaco-dialog-box").getByText("Delete 2 sessions?").waitFor();
			await window.clickDialog("Cancel");
		});

		await window.step("keys on a group do nothing", async () => {
			await window.row("Three").click();
			await page.keyboard.press("Home");
			await page.keyboard.press("F2");
			await page.keyboard.press("Delete");
			await page.keyboard.press("ArrowDown");
			await page.keyboard.press("F2");
			assert.equal(await asked(), "Three");
			await page.keyboard.press("Escape");
			assert.equal(await page.locator(".monaco-dialog-box").count(), 0);
		});

		await window.step(
			"a session's row is whole at the narrowest width: title and time",
			async () => {
				const description = window.row("Three").locator(".label-description");
				assert.match(await description.innerText(), /^(now|\d+m)$/);
			},
		);

		await window.step("what is made is selected, in a tab to keep", async () => {
			await window.newSession("Just made");
			await window.activeTab("Just made");
			await window
				.sideBar()
				.locator(".monaco-list-row.selected", { hasText: "Just made" })
				.waitFor();
			assert.equal(
				await page
					.locator(".tabs-container .tab.active .italic, .tabs-container .tab.active.italic")
					.count(),
				0,
			);
		});

		await window.step(
			"an adopted session's tab becomes ours; tabs of one title show no ids",
			async () => {
				await window.row("A tour of the code").dblclick();
				await window.shown(/./);
				await window.runCommand("Skein: Fork Session");
				await window.activeTab("A tour of the code (fork)");
				await window.row(/^A tour of the code(?! \(fork\))/).click();
				await window.activeTab(/^A tour of the code$/);
				const all = await listed(folders);
				const ours = all.find(
					(each) => each.title === "A tour of the code" && each.source === "skein",
				);
				assert.ok(ours);
				await window.cli(["rename", ours.id, "The tour"]);
				await window.activeTab("The tour");
				await window.cli(["rename", ours.id, "A tour of the code (fork)"]);
				const both = window.editorTabs().filter({ hasText: "A tour of the code (fork)" });
				await eventually(
					() => both.allInnerTexts(),
					(texts) => texts.length === 2,
					"Tabs of one title",
				);
				const titles = await window.editorTabs().allInnerTexts();
				assert.deepEqual(
					titles.filter((title) => /[0-9A-Z]{10}|[0-9a-f]{8}-/.test(title)),
					[],
				);
				await window.keepScreenshot("tree");
			},
		);
	},
);
