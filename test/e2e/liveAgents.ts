import { writeFile } from "node:fs/promises";
import * as path from "node:path";
import { test } from "node:test";
import { installCodex } from "../../scripts/lib/install.ts";
import { type ModelEndpoint, startModelEndpoint } from "../../scripts/lib/modelEndpoint.ts";
import { type ChatEndpoint, startChatEndpoint } from "../daemon/chatEndpoint.ts";
import { installOpenCode, openCodeConfig } from "../daemon/support.ts";
import { eventually, openVSCode, type VSCodeWindow, type WindowSetup } from "./harness.ts";

// Windows whose agents are the real programs, with a model on loopback that answers by a script.

/** A test in a window with the real Codex. It asks before it runs what it does not know. */
export function codexTest(
	name: string,
	setup: WindowSetup,
	body: (window: VSCodeWindow, model: ModelEndpoint) => Promise<void>,
): void {
	void test(name, { timeout: 600_000 }, async () => {
		const command = await installCodex();
		const model = await startModelEndpoint();
		try {
			await inWindow(
				name,
				{
					workspace: "empty",
					sessions: "none",
					...setup,
					settings: {
						"skein.codex.path": command,
						"skein.approvals": "untrusted",
						...setup.settings,
					},
					prepare: async (folders) => {
						await writeFile(path.join(folders.codexHome, "config.toml"), codexConfig(model));
						await setup.prepare?.(folders);
					},
				},
				(window) => body(window, model),
			);
		} finally {
			model.close();
		}
	});
}

/** The same with the real OpenCode, over the Agent Client Protocol. */
export function openCodeTest(
	name: string,
	body: (window: VSCodeWindow, model: ChatEndpoint) => Promise<void>,
): void {
	void test(name, { timeout: 600_000 }, async () => {
		const command = await installOpenCode();
		const model = await startChatEndpoint();
		const env = {
			OPENCODE_CONFIG_CONTENT: JSON.stringify(openCodeConfig(model.baseUrl)),
			OPENCODE_DISABLE_AUTOUPDATE: "1",
		};
		const agents = { opencode: { command, args: ["acp"], env } };
		const settings = { "skein.agents": agents, "skein.codex.path": "/nowhere/codex" };
		try {
			const setup = { workspace: "empty", sessions: "none", settings } as const;
			await inWindow(name, setup, (window) => body(window, model));
		} finally {
			model.close();
		}
	});
}

function codexConfig(model: ModelEndpoint): string {
	return [
		'model = "gpt-5.5"',
		'model_provider = "demo"',
		"[model_providers.demo]",
		'name = "demo"',
		`base_url = "${model.baseUrl}"`,
		'wire_api = "responses"',
		"",
	].join("\n");
}

async function inWindow(
	name: string,
	setup: WindowSetup,
	body: (window: VSCodeWindow) => Promise<void>,
): Promise<void> {
	await using window = await openVSCode(setup);
	// Real agents take their time to start, on a busy machine a minute.
	window.page.setDefaultTimeout(120_000);
	try {
		await body(window);
	} catch (error) {
		const file = `failed-${name.replaceAll(/\W+/g, "-").slice(0, 60)}`;
		await window.keepScreenshot(file);
		window.keepLogs(file);
		throw error;
	}
}

/** The box of the composer in front. */
export function composerBox(window: VSCodeWindow) {
	return window.transcript().locator(".composer .box > textarea");
}

/** Types a prompt into the composer in front and sends it. */
export async function say(window: VSCodeWindow, text: string): Promise<void> {
	const box = composerBox(window);
	await box.click();
	await box.fill(text);
	await box.press("Enter");
}

/** Resolves when no turn runs in the transcript in front. */
export async function turnEnded(window: VSCodeWindow): Promise<void> {
	await window.transcript().locator(".working").waitFor({ state: "detached" });
}

/** The card of the question that is open in the transcript in front. */
export function card(window: VSCodeWindow) {
	return window.transcript().locator("section.approval");
}

/** Shows the sessions; the extension runs then, and VS Code knows that the folder is trusted. */
export async function begun(window: VSCodeWindow): Promise<void> {
	await window.openSkein();
	await window.view("Sessions").locator(".monaco-button", { hasText: "New Session" }).waitFor();
	await eventually(
		() => window.findCommands("Skein: New Session"),
		(titles) => titles.includes("Skein: New Session"),
		"The commands for a new session",
	);
}
