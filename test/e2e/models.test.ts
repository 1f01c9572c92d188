import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { after } from "node:test";
import { installCodex } from "../../scripts/lib/install.ts";
import { codexTest, say, turnEnded } from "./liveAgents.ts";

// The real Codex, behind a gate: it notes that it was started, and goes on when a file is there.
const folder = await mkdtemp(path.join(tmpdir(), "skein-gate-"));
const codex = path.join(folder, "codex");
const started = path.join(folder, "started");
const gate = path.join(folder, "gate");
after(() => rm(folder, { recursive: true }));

codexTest(
	"the models of the real Codex: asked for when the picker opens, seen ones meanwhile, the chosen one answers",
	{
		workspace: "sample",
		sessions: "sample",
		settings: { "skein.codex.path": codex },
		prepare: async () => {
			const real = await installCodex();
			const lines = [
				"#!/bin/sh",
				`echo started >> '${started}'`,
				`while [ ! -e '${gate}' ]; do sleep 0.1; done`,
				`exec '${real}' "$@"`,
			];
			await writeFile(codex, `${lines.join("\n")}\n`);
			await chmod(codex, 0o755);
		},
	},
	async (window, model) => {
		const { page } = window;
		const rows = page.locator(".quick-input-list .monaco-list-row");
		const row = (text: string | RegExp) => rows.filter({ hasText: text }).first();
		const busy = page.locator(".quick-input-widget:visible .monaco-progress-container.active");
		const open = async () => {
			await window.transcript().locator(".composer .picker.model").click();
			await row("Default model").waitFor();
		};
		/** A box that takes the focus closes the list: it has to have it first. */
		const caretInBox = () => window.transcript().locator(".composer textarea:focus").waitFor();
		const dismiss = async () => {
			await page.keyboard.press("Escape");
			await caretInBox();
		};
		await window.openSkein();
		await window.row("Fix the word count").waitFor();
		await window.runCommand("Skein: New Session");
		await caretInBox();
		assert.ok(!existsSync(started), "Codex is not started before somebody asks");

		await window.step("what is known is shown at once, and can be dismissed", async () => {
			await open();
			await busy.waitFor();
			await row("Another model…").waitFor();
			await row("gpt-5.5").waitFor();
			await window.keepScreenshot("models-asking");
			await dismiss();
		});

		await window.step("Codex' own models follow, with the default marked", async () => {
			await open();
			await busy.waitFor();
			await writeFile(gate, "");
			await row("GPT-6-Luna").waitFor();
			await busy.waitFor({ state: "hidden" });
			await row(/Default model.*GPT-5\.5, what Codex is set to/).waitFor();
			for (const theme of ["light", "highContrast", "dark"] as const) {
				await dismiss();
				await window.setTheme(theme);
				await open();
				await row("GPT-6-Luna").waitFor();
				await window.keepScreenshot(`models-${theme}`);
			}
			await window.quickInput().fill("luna");
			await row(/GPT-6-Luna.*Fast and affordable/).click();
			await window.transcript().locator(".picker.model", { hasText: "gpt-6-luna" }).waitFor();
		});

		await window.step("the chosen model is asked, by one Codex for all of this", async () => {
			model.script([[{ say: "Here I am." }]]);
			await say(window, "Who are you?");
			await window.transcript().getByText("Here I am.").waitFor();
			await turnEnded(window);
			assert.equal((model.requests.at(-1) as { model: string }).model, "gpt-6-luna");
			assert.equal(await readFile(started, "utf8"), "started\n");
		});
	},
);
