import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { eventually, type VSCodeWindow } from "./harness.ts";
import { begun, codexTest, say, turnEnded } from "./liveAgents.ts";

function git(folder: string, ...args: string[]): string {
	const who = ["-c", "user.name=Ann", "-c", "user.email=ann@example.com"];
	return execFileSync("git", [...who, ...args], { cwd: folder, encoding: "utf8" }).trim();
}

/** A picture to look at, where one is asked for. */
async function picture(window: VSCodeWindow, name: string): Promise<void> {
	if (process.env["SKEIN_PICTURES"]) {
		await window.keepScreenshot(name);
	}
}

codexTest(
	"a turn that was prompted in the composer can be looked at, taken back and brought back",
	{
		settings: { "skein.sandbox": "danger-full-access", "skein.approvals": "never" },
		prepare({ folder }) {
			writeFileSync(path.join(folder, "greeting.ts"), 'export const hello = "Hello";\n');
			writeFileSync(path.join(folder, "old.ts"), "export const old = 1;\n");
			git(folder, "init", "--quiet");
			git(folder, "add", "--all");
			git(folder, "commit", "--quiet", "--message", "First");
		},
	},
	async (window, model) => {
		const { folders, page } = window;
		const file = (name: string) => path.join(folders.folder, name);
		const hello = () =>
			existsSync(file("greeting.ts")) ? readFileSync(file("greeting.ts"), "utf8") : "";
		await begun(window);
		await window.runCommand("Skein: New Session");
		const script =
			"echo 'export const hello = \"Hi\";' > greeting.ts && rm old.ts && echo 'export {};' > new.ts";
		model.script([[{ run: script }], [{ say: "It says Hi now, and the old file is gone." }]]);
		await say(window, "Say Hi instead, and tidy up");
		await window.shown("It says Hi now");
		await turnEnded(window);
		assert.equal(hello(), 'export const hello = "Hi";\n');
		await eventually(
			() =>
				git(folders.folder, "for-each-ref", "--format=%(refname)", "refs/skein").split("\n").length,
			(count) => count === 2,
			"The checkpoints",
		);

		await window.step("Show Turn's Changes from the answer's menu", async () => {
			await window.itemMenu("It says Hi now", "Show Turn's Changes");
			await window.activeTab(/^Changes of "Say Hi instead, and tidy up"/);
			const editor = page.locator(".multiDiffEditor");
			for (const name of ["greeting.ts", "new.ts", "old.ts"]) {
				await editor.getByText(name).first().waitFor();
			}
			await editor.getByText('"Hi"').first().waitFor();
			await picture(window, "checkpoints-changes");
		});

		await window.step("Restore Files to Here from the prompt's menu, and Undo", async () => {
			await window.runCommand("View: Close All Editors");
			await window.openSession("Say Hi instead, and tidy up", "It says Hi now");
			await window.itemMenu("Say Hi instead", "Restore Files to Here…");
			await page.locator(".monaco-dialog-box").getByText("1 changed back: greeting.ts").waitFor();
			await picture(window, "checkpoints-restore");
			await window.clickDialog("Restore");
			await eventually(hello, (text) => text === 'export const hello = "Hello";\n', "The file");
			assert.ok(existsSync(file("old.ts")) && !existsSync(file("new.ts")));
			await window.notification("Restored 3 files");
			await picture(window, "checkpoints-restored");
			await window.clickNotification("Restored 3 files", "Undo");
			await eventually(hello, (text) => text === 'export const hello = "Hi";\n', "The file");
		});

		await window.step("the menus hold them", async () => {
			const entry = window.transcript().locator("article.userMessage").first();
			await entry.click({ button: "right", position: { x: 60, y: 20 } });
			await page.getByRole("menuitem", { name: "Fork into Worktree…" }).waitFor();
			await picture(window, "checkpoints-menu");
			await page.keyboard.press("Escape");
		});
	},
);
