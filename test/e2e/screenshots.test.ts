import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import * as path from "node:path";
import { installCodex } from "../../scripts/lib/install.ts";
import { everyday } from "../webview/fixtures.ts";
import { append, create, listed } from "./command.ts";
import { type Folders, runCli, type Theme, type VSCodeWindow, windowTest } from "./harness.ts";
import { calm, keep } from "./pictures.ts";

// Pictures of what Skein looks like; see pictures.ts.

/** As most people have it: with an agent installed. None is started here. */
const withCodex = { ...calm, "skein.codex.path": await installCodex() };

async function closeNotifications(window: VSCodeWindow): Promise<void> {
	await window.runCommand("Notifications: Clear All Notifications");
}

/** Sessions of every kind beside the sample's: own, forked, pinned, tagged, damaged. */
async function prepareSessions(folders: Folders): Promise<void> {
	const items = everyday().items.flatMap((item) => (item ? [item.content] : []));
	const id = await create(
		folders,
		"Retry uploads that fail with a 503",
		...items.map((content) =>
			content.type === "userMessage" ? { ...content, images: [] } : content,
		),
	);
	await runCli(folders, ["fork", id]);
	const pinned = await create(folders, "Plan the release", {
		type: "userMessage",
		text: "Plan it",
	});
	await runCli(folders, ["pin", pinned]);
	const archived = await create(folders, "Try a ring buffer", { type: "userMessage", text: "Try" });
	await runCli(folders, ["archive", archived]);
	const all = await listed(folders);
	const fork = all.find((each) => each.parent?.session === id);
	await append(
		folders,
		fork?.id ?? "",
		{ type: "userMessage", text: "Use a queue instead" },
		{ type: "agentMessage", text: "A queue it is." },
	);
	await runCli(folders, ["rename", fork?.id ?? "", "Uploads through a queue"]);
}

windowTest(
	"screenshots: tree, transcript and replay in four themes",
	{ settings: withCodex, prepare: prepareSessions },
	async (window) => {
		const { page } = window;
		await window.openSkein();
		await window.row("Uploads through a queue").waitFor();
		const names: Record<Theme, string> = {
			dark: "dark",
			light: "light",
			highContrast: "high-contrast",
			highContrastLight: "high-contrast-light",
		};
		for (const theme of Object.keys(names) as Theme[]) {
			await window.step(theme, async () => {
				await window.setTheme(theme);
				await window.openSession("Fix the word count", "It now splits at any white space");
				await keep(window, `tree-${names[theme]}`);

				await window.row("Retry uploads").dblclick();
				await window.shown("Pushed as");
				await window.runCommand("View: Toggle Primary Side Bar Visibility");
				await window.transcript().locator("article.agentMessage").first().click();
				await page.keyboard.press("Home");
				const step = window.transcript().locator("article.fileChange .line").first();
				await step.waitFor();
				if ((await step.getAttribute("aria-expanded")) === "false") {
					await step.click();
				}
				await window.transcript().locator("article.userMessage").first().click();
				await page.keyboard.press("Home");
				await page.keyboard.press("Escape");
				await keep(window, `transcript-${names[theme]}`);

				await window.runCommand("Skein: Replay Session");
				await window.transcript().getByRole("toolbar", { name: "Replay" }).waitFor();
				await page.keyboard.press("Space");
				await page.keyboard.press("Home");
				for (let i = 0; i < 10; i++) {
					await page.keyboard.press("ArrowRight");
				}
				await window.transcript().locator("article.current").waitFor();
				await keep(window, `replay-${names[theme]}`);
				await page.keyboard.press("Escape");
				await window.runCommand("View: Toggle Primary Side Bar Visibility");
				await page.keyboard.press("Control+F4");
			});
		}
	},
);

/** A thousand rollouts in some weeks, as small as rollouts are. */
async function manySessions({ folder: cwd, codexHome }: Folders): Promise<void> {
	const verbs = ["Fix", "Explain", "Test", "Rewrite", "Profile", "Document", "Port", "Review"];
	const things = ["the parser", "retries", "the cache", "uploads", "the date picker", "logging"];
	const now = Date.now();
	for (let i = 0; i < 1000; i++) {
		const time = new Date(now - i * i * 2700);
		const stamp = time.toISOString();
		const id = `0199a213-81c0-7800-8aa1-${String(i).padStart(12, "0")}`;
		const day = path.join(codexHome, "sessions", stamp.slice(0, 10).replaceAll("-", "/"));
		await mkdir(day, { recursive: true });
		const text = `${verbs[i % 8]} ${things[i % 6]}${i > 8 ? ` (${i})` : ""}`;
		const lines = [
			{
				type: "session_meta",
				payload: { id, cwd, originator: "codex_cli_rs", cli_version: "0.34.0" },
			},
			{
				type: "response_item",
				payload: { type: "message", role: "user", content: [{ type: "input_text", text }] },
			},
			{ type: "event_msg", payload: { type: "user_message", message: text } },
		];
		await writeFile(
			path.join(day, `rollout-${stamp.slice(0, 19).replaceAll(":", "-")}-${id}.jsonl`),
			lines.map((line) => `${JSON.stringify({ timestamp: stamp, ...line })}\n`).join(""),
		);
	}
}

windowTest(
	"screenshots: a thousand sessions, and a side bar of 300 px",
	{ sessions: "none", theme: "light", settings: withCodex, prepare: manySessions },
	async (window) => {
		const { page } = window;
		await window.openSkein();
		await window.row("Today").waitFor();
		await window.openSession("Rewrite uploads", "Rewrite uploads");
		await keep(window, "tree-1000-sessions");
		const edge = await window.sideBar().boundingBox();
		assert.ok(edge);
		const from = edge.x + edge.width;
		await page.mouse.move(from + 1, 400);
		await page.mouse.down();
		await page.mouse.move(from - (edge.width - 252), 400, { steps: 4 });
		await page.mouse.up();
		await keep(window, "tree-narrow");
	},
);

windowTest(
	"screenshots: no sessions yet",
	{ sessions: "none", workspace: "empty", theme: "light", settings: withCodex },
	async (window) => {
		await window.openSkein();
		// The extension runs when it asks something: the welcome from before is gone then, and the right one comes.
		await window.runCommand("Skein: Filter Sessions…");
		await window.quickInput().waitFor();
		await window.page.keyboard.press("Escape");
		const welcome = window.sideBar().getByRole("region", { name: "Welcome" });
		await welcome.getByRole("button", { name: "New Session", exact: true }).waitFor();
		await keep(window, "empty");
		await window.newSession("A first session");
		await window.transcript().getByText("Nothing has been said").waitFor();
		await closeNotifications(window);
		await keep(window, "empty-session");
	},
);

windowTest(
	"screenshots: restricted mode",
	{
		restricted: true,
		theme: "dark",
		settings: { ...calm, "security.workspace.trust.banner": "always" },
	},
	async (window) => {
		await window.openSkein();
		await window.openSession("Fix the word count", "It now splits at any white space");
		await keep(window, "restricted-mode");
	},
);
