import assert from "node:assert/strict";
import { startCodex } from "../../scripts/lib/codexClient.ts";
import { installCodex } from "../../scripts/lib/install.ts";
import { personEnv } from "./harness.ts";
import { codexTest } from "./liveAgents.ts";

// Rows of Codex's own sessions, which the real Codex itself renames and archives when Skein asks it to.
codexTest(
	"a session of Codex's is renamed and archived where it is, and Codex's own list says so",
	{ workspace: "sample", sessions: "sample" },
	async (window) => {
		const { page, folders } = window;
		const row = "Fix the word count";
		await window.openSkein();
		await window.row(row).waitFor();

		await window.step("the menu of its row", async () => {
			await window.row(row).click({ button: "right" });
			const entry = (name: string) =>
				page.locator(".monaco-menu").getByRole("menuitem", { name }).first();
			await entry("Rename Session…").waitFor();
			await entry("Archive Session").waitFor();
			assert.equal(await entry("Delete Session").count(), 0);
			await window.keepScreenshot("codex-row-menu");
			await page.keyboard.press("Escape");
		});

		await window.step("rename", async () => {
			await window.rowMenu(row, "Rename Session…");
			await window.answer("Count words");
			await window.row("Count words").waitFor();
			await window.rowGone(row);
		});

		await window.step("archive, undo it, and archive again", async () => {
			await window.rowMenu("Count words", "Archive Session");
			await window.rowGone("Count words");
			await window.clickNotification('Archived "Count words".', "Undo");
			await window.row("Count words").waitFor();
			await window.rowMenu("Count words", "Archive Session");
			await window.rowGone("Count words");
			await window.openView("Archived");
			await window.row("Count words").waitFor();
			await window.keepScreenshot("codex-row-archived");
		});

		await window.step("Codex has it so", async () => {
			const codex = await startCodex(await installCodex(), {
				cwd: folders.folder,
				env: personEnv(folders),
			});
			try {
				const listed = await codex.call("thread/list", { modelProviders: [], archived: true });
				const names = (listed["data"] as { name: string | null }[]).map(({ name }) => name);
				assert.ok(names.includes("Count words"), names.join());
			} finally {
				await codex.close();
			}
		});
	},
);
