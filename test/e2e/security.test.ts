import assert from "node:assert/strict";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import * as path from "node:path";
import { hostile } from "../webview/fixtures.ts";
import { create, listed } from "./command.ts";
import { eventually, type Folders, type VSCodeWindow, windowTest } from "./harness.ts";

/** What the page's own test tries, as items of a journal; images in blobs are left out: there are none. */
const hostileItems = hostile()
	.items.flatMap((item) => (item ? [item.content] : []))
	.filter((content) => content.type !== "image");
/** All attacks in one text. */
const attack = hostileItems
	.flatMap((content) => (content.type === "reasoning" ? [String(content.text)] : []))
	.join();

/** The same in the words of Codex. */
async function writeHostileRollout({ folder, codexHome }: Folders): Promise<void> {
	const id = "0199a213-81c0-7800-8aa1-bbab2a035a53";
	const message = (role: string, type: string, text: string) => ({
		type: "response_item",
		payload: { type: "message", role, content: [{ type, text }] },
	});
	const lines = [
		{
			type: "session_meta",
			payload: { id, cwd: folder, originator: "codex_cli_rs", cli_version: "0.34.0" },
		},
		message("user", "input_text", `Rollout of an attacker\n\n${attack}`),
		{ type: "event_msg", payload: { type: "user_message", message: attack } },
		{
			type: "response_item",
			payload: { type: "reasoning", summary: [{ type: "summary_text", text: attack }] },
		},
		{
			type: "response_item",
			payload: {
				type: "function_call",
				name: "shell",
				call_id: "c1",
				arguments: JSON.stringify({ command: ["bash", "-lc", attack] }),
			},
		},
		{
			type: "response_item",
			payload: { type: "function_call_output", call_id: "c1", output: attack },
		},
		{
			type: "response_item",
			payload: {
				type: "custom_tool_call",
				name: "apply_patch",
				call_id: "c2",
				input: `*** Begin Patch\n*** Add File: ../../${attack.replaceAll("\n", " ")}\n+${attack.replaceAll("\n", "\n+")}\n*** End Patch`,
			},
		},
		message("assistant", "output_text", attack),
		{ type: "made_up", payload: { html: attack } },
	];
	const day = path.join(codexHome, "sessions/2026/11/20");
	await mkdir(day, { recursive: true });
	await writeFile(
		path.join(day, `rollout-2026-11-20T14-00-00-${id}.jsonl`),
		lines
			.map((line) => `${JSON.stringify({ timestamp: "2026-11-20T14:00:00.000Z", ...line })}\n`)
			.join(""),
	);
}

/** Opens everything that can be opened, and brings every part of the transcript on screen once. */
async function lookAtAll(window: VSCodeWindow): Promise<void> {
	for (let i = 0; i < 3; i++) {
		await window.openSteps();
		await window.inTranscript(`(async () => {
			const end = Math.min(document.documentElement.scrollHeight, 200000);
			for (let at = 0; at < end; at += 2000) {
				window.scrollTo(0, at);
				await new Promise((resolve) => requestAnimationFrame(resolve));
			}
			window.scrollTo(0, 0);
		})()`);
	}
}

/** No script of a transcript ran in any frame. */
async function nothingRan({ page }: VSCodeWindow): Promise<void> {
	for (const frame of page.frames()) {
		const pwned = await frame.evaluate<boolean>("'pwned' in window").catch(() => false);
		assert.equal(pwned, false, frame.url());
	}
}

async function files(folder: string): Promise<string[]> {
	return (await readdir(folder, { recursive: true })).sort();
}

windowTest(
	"security: a hostile transcript runs nothing, fetches nothing and violates no policy",
	{
		prepare: async (folders) => {
			await create(folders, "Journal of an attacker", ...hostileItems);
			await writeHostileRollout(folders);
		},
	},
	async (window) => {
		await window.openSkein();
		for (const name of ["Journal of an attacker", "Rollout of an attacker"]) {
			await window.step(name, async () => {
				await window.openSession(name, /constructor\.constructor/);
				await lookAtAll(window);
				const transcript = window.transcript();
				assert.ok((await transcript.locator("article").count()) > 4);
				for (const selector of [
					"script",
					"style",
					"iframe",
					"svg",
					"base",
					"a[href]",
					"[onerror]",
				]) {
					assert.equal(
						await transcript.locator(`skein-transcript ${selector}`).count(),
						0,
						`${selector} in the transcript`,
					);
				}
				await nothingRan(window);
			});
		}
		await window.step("the row and its tooltip", async () => {
			await window.row("Journal of an attacker").hover();
			await window.page.locator(".workbench-hover:visible").first().waitFor();
			await nothingRan(window);
		});
		assert.deepEqual(window.observed.cspViolations, []);
		window.assertNothingFetched();
	},
);

windowTest(
	"security: in Restricted Mode sessions are listed, opened and played, and nothing is written",
	{
		restricted: true,
		prepare: async (folders) => {
			await create(
				folders,
				"Looked at only",
				{ type: "userMessage", text: "One" },
				{ type: "agentMessage", text: "Two" },
			);
		},
	},
	async (window) => {
		const { page, folders } = window;
		const before = await files(folders.folder);
		const keptBefore = await files(folders.home);
		await window.openSkein();
		await window.row("Looked at only").waitFor();
		await window.row("Fix the word count").waitFor();

		await window.step("open and play", async () => {
			const transcript = await window.openSession("Looked at only", "Two");
			await window.runCommand("Skein: Replay Session");
			await transcript.getByRole("toolbar", { name: "Replay" }).waitFor();
			assert.equal(await transcript.getByRole("button", { name: "Fork from Here" }).count(), 0);
			await page.keyboard.press("Escape");
		});

		await window.step("commands that write are not offered", async () => {
			const offered = await window.findCommands("Skein: ");
			assert.ok(
				offered.some((title) => title.includes("Skein: Open Session")),
				String(offered),
			);
			const writing =
				/New Session|Rename|Fork|Archive S|Delete|Restore|Purge|Pin|Tag|Note|Revert|Switch|Import|Resume|Acknowledge/;
			assert.deepEqual(
				offered.filter((title) => title.startsWith("Skein: ") && writing.test(title)),
				[],
			);
		});

		await window.step("nor from the row, its menu and its keys", async () => {
			await window.row("Looked at only").click({ button: "right" });
			const rename = page
				.locator(".monaco-menu")
				.getByRole("menuitem", { name: "Rename Session…" });
			await rename.waitFor();
			assert.equal(await rename.getAttribute("aria-disabled"), "true");
			await page.keyboard.press("Escape");
			await window.row("Looked at only").click();
			await page.keyboard.press("F2");
			await page.keyboard.press("Delete");
			await window.itemMenu("Two", "Copy Item");
			await eventually(
				() => page.evaluate<string>("navigator.clipboard.readText()"),
				(text) => text === "Two",
				"The clipboard",
			);
			assert.equal(await window.quickInput().count(), 0);
			assert.equal(await page.locator(".monaco-dialog-box").count(), 0);
		});

		assert.deepEqual(await files(folders.folder), before);
		const ours = (names: string[]) => names.filter((name) => name.includes("share/skein"));
		assert.deepEqual(ours(await files(folders.home)), ours(keptBefore));
		assert.equal((await listed(folders)).filter((each) => each.source === "skein").length, 1);
		window.assertNothingFetched();
	},
);
