import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import type { Browser, FrameLocator, Locator, Page } from "playwright-core";
import { startBrowser } from "../../scripts/lib/browser.ts";
import { installServer, type ServerVersion, serverVersions } from "../../scripts/lib/install.ts";
import { repository } from "../../scripts/lib/paths.ts";
import { copySample } from "../../scripts/lib/sample.ts";
import {
	linkExtension,
	type RunningServer,
	startServer,
	writeSettings,
} from "../../scripts/lib/server.ts";
import { findDaemon } from "../../src/daemon/client/connect.ts";
import { untilGone } from "../daemon/support.ts";

/** The four themes everything is looked at in. */
export const themes = {
	light: { id: "Light Modern", label: "Light Modern", className: "vs" },
	dark: { id: "Dark Modern", label: "Dark Modern", className: "vs-dark" },
	highContrast: { id: "Default High Contrast", label: "Dark High Contrast", className: "hc-black" },
	highContrastLight: {
		id: "Default High Contrast Light",
		label: "Light High Contrast",
		className: "hc-light",
	},
} as const;
export type Theme = keyof typeof themes;

export interface WindowSetup {
	/** A copy of the sample project (default), an empty folder, or no folder at all. */
	readonly workspace?: "sample" | "empty" | "none";
	/** The sample's sessions (default), or a Codex home without any. */
	readonly sessions?: "sample" | "none";
	/** Puts files into the scratch folders before VS Code opens. */
	readonly prepare?: (folders: Folders) => Promise<void> | void;
	readonly settings?: Readonly<Record<string, unknown>>;
	readonly theme?: Theme;
	/** Installs this packaged extension instead of opening the development one. */
	readonly vsix?: string;
	/** Opens this development extension instead of the repository. */
	readonly extension?: string;
	readonly restricted?: boolean;
	readonly env?: Readonly<Record<string, string>>;
	readonly version?: ServerVersion;
}

/** The scratch folders of one test window; all go when it closes. */
export interface Folders {
	readonly scratch: string;
	/** The workspace folder (it exists also when the window has none open). */
	readonly folder: string;
	readonly codexHome: string;
	readonly home: string;
}

/** What a test asserts about a window's behaviour besides what it shows. */
export interface Observed {
	/** Texts of Content-Security-Policy violations, of all frames. */
	readonly cspViolations: string[];
	/** Console errors and uncaught exceptions, CSP violations included. */
	readonly errors: string[];
	/** Addresses of all requests that were made, of all frames. */
	readonly requests: string[];
}

/** A test with a window of its own; when it fails, a screenshot and the logs are kept in `out/`. */
export function windowTest(
	name: string,
	setup: WindowSetup,
	body: (window: VSCodeWindow) => Promise<void>,
): void {
	void test(name, { timeout: 300_000 }, async () => {
		await using window = await openVSCode(setup);
		try {
			await body(window);
		} catch (error) {
			const file = `failed-${name.replaceAll(/\W+/g, "-").slice(0, 60)}`;
			await window.keepScreenshot(file);
			window.keepLogs(file);
			throw error;
		}
	});
}

/** Opens VS Code in Chromium with Skein, in scratch folders of its own. Close it with `await using` or {@link VSCodeWindow.close}. */
export async function openVSCode(setup: WindowSetup = {}): Promise<VSCodeWindow> {
	const scratch = await mkdtemp(path.join(tmpdir(), "skein-e2e-"));
	const folders = await makeFolders(scratch, setup);
	await setup.prepare?.(folders);
	const theme = setup.theme ?? "dark";
	const settings = { ...setup.settings, "workbench.colorTheme": themes[theme].id };
	const server = await startServer(await installServer(setup.version ?? serverVersions.current), {
		dataFolder: path.join(scratch, "server"),
		env: { ...personEnv(folders), ...setup.env },
		settings,
		restricted: setup.restricted ?? false,
		...(setup.vsix && { vsix: setup.vsix }),
	});
	const browser = await startBrowser();
	const page = await newPage(browser);
	const window = new VSCodeWindow({
		page,
		browser,
		server,
		folders,
		settings,
		observed: observe(page),
	});
	try {
		const url = server.url({
			workspace: setup.workspace === "none" ? undefined : folders.folder,
			extensionDevelopmentPath: setup.vsix
				? undefined
				: await linkExtension(
						setup.extension ?? process.env["SKEIN_EXTENSION"] ?? repository,
						scratch,
					),
		});
		await page.goto(url);
		await window.settled();
		await window.showsTheme(theme);
		return window;
	} catch (error) {
		await window.keepScreenshot("did-not-open");
		await window.close();
		throw error;
	}
}

/** What a test process gets to be the same person as the window. */
export function personEnv(folders: Folders): NodeJS.ProcessEnv {
	return {
		...process.env,
		HOME: folders.home,
		XDG_DATA_HOME: path.join(folders.home, ".local/share"),
		XDG_CACHE_HOME: path.join(folders.home, ".cache"),
		XDG_RUNTIME_DIR: path.join(folders.scratch, "run"),
		CODEX_HOME: folders.codexHome,
	};
}

/** Runs the built `skein` command in the window's folder; fails when the command does. */
export async function runCli(
	folders: Folders,
	args: readonly string[],
	input = "",
): Promise<string> {
	const child = spawn(process.execPath, [path.join(repository, "dist/cli.js"), ...args], {
		cwd: folders.folder,
		env: personEnv(folders),
		stdio: ["pipe", "pipe", "pipe"],
	});
	child.stdin.end(input);
	const [out, err, [code]] = await Promise.all([
		text(child.stdout),
		text(child.stderr),
		once(child, "close"),
	]);
	assert.equal(code, 0, `skein ${args.join(" ")}: ${err}`);
	return out;
}

/** Ends the daemon of the window's folder, whatever it does; it outlives the window. */
async function endDaemon(folders: Folders): Promise<void> {
	const client = await findDaemon(folders.folder, "the end of a test", personEnv(folders));
	if (client) {
		await client.call("stop", { force: true });
		await untilGone(client.pid);
	}
}

async function makeFolders(scratch: string, setup: WindowSetup): Promise<Folders> {
	const home = path.join(scratch, "home");
	await mkdir(home);
	await mkdir(path.join(scratch, "run"), { mode: 0o700 });
	const sample = await copySample(path.join(scratch, "sample"));
	const folder = path.join(scratch, "work");
	await mkdir(folder);
	const emptyCodexHome = path.join(scratch, "codex");
	await mkdir(emptyCodexHome);
	return {
		scratch,
		home,
		folder: (setup.workspace ?? "sample") === "sample" ? sample.folder : folder,
		codexHome: setup.sessions === "none" ? emptyCodexHome : sample.codexHome,
	};
}

function observe(page: Page): Observed {
	const observed: Observed = { cspViolations: [], errors: [], requests: [] };
	page.on("console", (message) => {
		const text = message.text();
		if (/Content[- ]Security[- ]Policy/i.test(text)) {
			observed.cspViolations.push(text);
		}
		if (message.type() === "error") {
			observed.errors.push(text);
		}
	});
	page.on("pageerror", (error) => observed.errors.push(String(error)));
	// A request that a security policy stopped was not made; the policy's violation is counted above.
	page.context().on("response", (response) => {
		// What a web view loads of its extension is given by VS Code's service worker, whatever its address says.
		if (!response.fromServiceWorker()) {
			observed.requests.push(response.url());
		}
	});
	page.context().on("requestfailed", (request) => {
		if (request.failure()?.errorText !== "csp") {
			observed.requests.push(request.url());
		}
	});
	return observed;
}

interface Parts {
	readonly page: Page;
	readonly browser: Browser;
	readonly server: RunningServer;
	readonly folders: Folders;
	readonly settings: Readonly<Record<string, unknown>>;
	readonly observed: Observed;
}

/** Waits until what `read` gives is what `fits` wants, and returns it; fails with what it was at last. */
export async function eventually<T>(
	read: () => Promise<T> | T,
	fits: (value: T) => boolean,
	what: string,
): Promise<T> {
	const deadline = Date.now() + 30_000;
	for (;;) {
		const value = await read();
		if (fits(value)) {
			return value;
		}
		if (Date.now() > deadline) {
			throw new Error(`${what}: it is ${JSON.stringify(value)} still.`);
		}
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
}

/** Whether a text stands in what the window keeps in the browser. */
const findsInStorage = `async (text) => {
	const done = (request) => new Promise((resolve, reject) => {
		request.onsuccess = () => resolve(request.result);
		request.onerror = () => reject(request.error);
	});
	for (const { name } of await indexedDB.databases()) {
		const database = await done(indexedDB.open(name));
		try {
			for (const store of database.objectStoreNames) {
				const values = await done(database.transaction(store).objectStore(store).getAll());
				if (values.some((value) => JSON.stringify(value)?.includes(text))) {
					return true;
				}
			}
		} finally {
			database.close();
		}
	}
	return false;
}`;

/** A page of a person of its own: nothing is shared with the others but the server. */
async function newPage(browser: Browser): Promise<Page> {
	const context = await browser.newContext({
		viewport: { width: 1280, height: 800 },
		reducedMotion: "reduce",
		permissions: ["clipboard-read", "clipboard-write"],
	});
	const page = await context.newPage();
	page.setDefaultTimeout(30_000);
	return page;
}

/** Waits until `read` fails (its element is gone) or its value is no longer as `still` says. */
async function expectGone<T>(read: () => Promise<T>, still: (value: T) => boolean): Promise<void> {
	for (let tries = 0; tries < 300; tries++) {
		const value = await read().catch(() => undefined);
		if (value === undefined || !still(value)) {
			return;
		}
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
	throw new Error("The command palette did not close.");
}

/** One VS Code window in Chromium, and how a person would use it. */
export class VSCodeWindow implements AsyncDisposable {
	readonly page: Page;
	readonly folders: Folders;
	readonly observed: Observed;
	private readonly browser: Browser;
	private readonly server: RunningServer;
	private settings: Readonly<Record<string, unknown>>;

	constructor(parts: Parts) {
		this.page = parts.page;
		this.folders = parts.folders;
		this.observed = parts.observed;
		this.browser = parts.browser;
		this.server = parts.server;
		this.settings = parts.settings;
	}

	/** A second window on the same folder; it closes with this one. */
	async another(): Promise<VSCodeWindow> {
		const { browser, server, folders, settings } = this;
		const page = await newPage(browser);
		const parts = { page, browser, server, folders, settings, observed: observe(page) };
		const window = new VSCodeWindow(parts);
		await page.goto(this.page.url());
		await window.settled();
		return window;
	}

	/** One of the things a window's test does, so that a failure says which. */
	async step(name: string, work: () => Promise<void>): Promise<void> {
		try {
			await work();
		} catch (error) {
			throw new Error(`${name}: ${error instanceof Error ? error.message : error}`, {
				cause: error,
			});
		}
	}

	/** Resolves when the workbench is there and its extensions have been started. */
	async settled(): Promise<void> {
		await this.page.locator(".monaco-workbench .part.activitybar").waitFor();
		await this.page.locator(".monaco-workbench .part.statusbar .statusbar-item").first().waitFor();
	}

	/** Runs a command by its title in the Command Palette ("Skein: New Session"). */
	async runCommand(title: string): Promise<void> {
		const input = await this.openQuickInput("F1");
		await input.fill(`>${title}`);
		const entry = this.page
			.locator(".quick-input-list .monaco-list-row")
			.filter({ has: this.page.getByText(title, { exact: true }) })
			.first();
		await entry.click();
		// The same field may open again at once for the command's own question.
		await expectGone(
			() => input.inputValue({ timeout: 100 }),
			(value) => value.startsWith(">"),
		);
	}

	/** Makes a session and names it, which is what has it written. */
	async newSession(title: string): Promise<void> {
		await this.runCommand("Skein: New Session");
		await this.transcript().locator(".composer").waitFor();
		await this.runCommand("Skein: Rename Session…");
		await this.answer(title);
		await this.activeTab(title);
	}

	/** Titles of the commands that the Command Palette offers for what is typed. */
	async findCommands(typed: string): Promise<string[]> {
		const input = await this.openQuickInput("F1");
		await input.fill(`>${typed}`);
		const rows = this.page.locator(".quick-input-list .monaco-list-row");
		await rows.first().waitFor();
		const titles = await rows.locator(".quick-input-list-label-meta, .label-name").allInnerTexts();
		await this.page.keyboard.press("Escape");
		return titles.map((title) => title.trim()).filter(Boolean);
	}

	private async openQuickInput(key: string): Promise<Locator> {
		const input = this.quickInput();
		await this.page.keyboard.press(key);
		await input.waitFor();
		return input;
	}

	/** The text field of the quick input that is open (palette, input box or pick). */
	quickInput(): Locator {
		return this.page.locator(".quick-input-widget:visible .quick-input-box input");
	}

	/** Answers an input box: replaces its text and accepts. */
	async answer(text: string): Promise<void> {
		const input = this.quickInput();
		await input.waitFor();
		await input.fill(text);
		await this.page.keyboard.press("Enter");
	}

	/** Picks the entry of an open quick pick whose label contains the text. */
	async pick(text: string): Promise<void> {
		await this.page
			.locator(".quick-input-list .monaco-list-row")
			.filter({ hasText: text })
			.first()
			.click();
	}

	/** Clicks a button of a modal dialog. */
	async clickDialog(button: string): Promise<void> {
		await this.page.locator(".monaco-dialog-box").getByRole("button", { name: button }).click();
	}

	/**
	 * The newest notification whose text contains `text`, in the notification center: under test, VS Code shows no toasts.
	 */
	async notification(text: string | RegExp): Promise<Locator> {
		const center = this.page.locator(".notifications-center.visible");
		if (!(await center.isVisible())) {
			await this.page.locator("#status\\.notifications").click();
		}
		const found = center.locator(".notification-list-item").filter({ hasText: text }).first();
		await found.waitFor();
		return found;
	}

	/** Clicks a button of a notification. */
	async clickNotification(text: string | RegExp, button: string): Promise<void> {
		const notification = await this.notification(text);
		await notification.hover();
		await notification.getByRole("button", { name: button }).first().click();
	}

	/** The entry of the Skein container in the activity bar. */
	skeinTab(): Locator {
		return this.page.locator(".part.activitybar").getByRole("tab", { name: /^Skein/ });
	}

	/** Shows the Skein container with the Sessions tree. */
	async openSkein(): Promise<void> {
		const tab = this.skeinTab();
		await tab.waitFor();
		if ((await tab.getAttribute("aria-selected")) !== "true") {
			await tab.click();
		}
		await this.sideBar().locator(".composite.title").getByText(/skein/i).first().waitFor();
	}

	sideBar(): Locator {
		return this.page.locator(".part.sidebar");
	}

	/** Rows of the trees in the side bar that are on screen. */
	treeRows(): Locator {
		return this.sideBar().getByRole("treeitem");
	}

	/** The row whose text (or accessible name) contains `name`. */
	row(name: string | RegExp): Locator {
		return this.treeRows().filter({ hasText: name }).first();
	}

	/** Resolves when no row is on screen whose text contains `name`. */
	async rowGone(name: string | RegExp): Promise<void> {
		await eventually(
			() => this.treeRows().filter({ hasText: name }).count(),
			(count) => count === 0,
			`The row ${name} is there`,
		);
	}

	/** Opens a row's context menu and chooses an entry. */
	async rowMenu(name: string | RegExp, entry: string): Promise<void> {
		await this.row(name).click({ button: "right" });
		await this.chooseMenu(entry);
	}

	/** A view of the side bar by its title ("Sessions"). */
	view(title: string): Locator {
		return this.sideBar()
			.locator(".pane")
			.filter({ has: this.page.locator(`.pane-header[aria-label^="${title}"]`) });
	}

	/** Unfolds a view of the side bar. */
	async openView(title: string): Promise<void> {
		const header = this.view(title).locator(".pane-header");
		if ((await header.getAttribute("aria-expanded")) !== "true") {
			await header.click();
		}
		await this.view(title).locator('.pane-header[aria-expanded="true"]').waitFor();
	}

	/** Chooses an entry of the open context menu. */
	async chooseMenu(entry: string): Promise<void> {
		const menu = this.page.locator(".monaco-menu");
		const item = menu.getByRole("menuitem", { name: entry }).first();
		await item.waitFor();
		// A menu takes no click in its first moment: the click that opened it might still be on its way up.
		await eventually(
			async () => {
				await item.click({ timeout: 1000 }).catch(() => undefined);
				return menu.count();
			},
			(count) => count === 0,
			`Menus open after ${entry}`,
		);
	}

	/** The tabs of the open editors. */
	editorTabs(): Locator {
		return this.page.locator(".part.editor .tabs-container").getByRole("tab");
	}

	/** The document inside the transcript's webview (of the active editor, or the only one). */
	transcript(): FrameLocator {
		return this.page
			.locator("iframe.webview.ready:visible")
			.last()
			.contentFrame()
			.locator("iframe#active-frame")
			.contentFrame();
	}

	/** Runs an expression in the transcript in front. */
	async inTranscript<T>(expression: string): Promise<T> {
		const element = await this.transcript().owner().elementHandle();
		const frame = await element?.contentFrame();
		assert.ok(frame, "There is no transcript.");
		return frame.evaluate<T>(expression);
	}

	/** Opens every step and fold of the transcript in front that is near its view. */
	async openSteps(): Promise<void> {
		await this.inTranscript(`(async () => {
			for (let i = 0; i < 3; i++) {
				for (const one of document.querySelectorAll("[aria-expanded=false]")) {
					one.click();
					await null;
				}
			}
		})()`);
	}

	/** The tab of the editor in front, once its title contains `title`. */
	async activeTab(title: string | RegExp): Promise<Locator> {
		const tab = this.page
			.locator(".part.editor .tabs-container .tab.active")
			.filter({ hasText: title });
		await tab.waitFor();
		return tab;
	}

	/** Opens the session of a row, and waits until its transcript shows `text`. */
	async openSession(row: string | RegExp, text: string | RegExp): Promise<FrameLocator> {
		await this.row(row).click();
		await this.shown(text);
		return this.transcript();
	}

	/** Resolves when the transcript in front shows a row with `text`. */
	async shown(text: string | RegExp): Promise<void> {
		await this.transcript().locator("article").filter({ hasText: text }).first().waitFor();
	}

	/** Opens the context menu of a transcript's row, and chooses an entry. */
	async itemMenu(text: string | RegExp, entry: string): Promise<void> {
		const body = this.transcript()
			.locator("article[data-vscode-context] .body")
			.filter({ hasText: text })
			.last();
		await body.click({ button: "right", position: { x: 60, y: 20 } });
		await this.chooseMenu(entry);
	}

	/** Runs the `skein` command on the window's folder, as another process of the same person; returns what it prints. */
	async cli(args: readonly string[], input = ""): Promise<string> {
		return runCli(this.folders, args, input);
	}

	/** Switches the colour theme, as a person does with *Preferences: Color Theme*. */
	async setTheme(theme: Theme): Promise<void> {
		await this.runCommand("Preferences: Color Theme");
		await this.answer(themes[theme].label);
		await this.showsTheme(theme);
	}

	/** Resolves when the theme is on. */
	async showsTheme(theme: Theme): Promise<void> {
		await this.page.locator(`.monaco-workbench.${themes[theme].className}`).waitFor();
	}

	/** Changes user settings and reloads the window, which reads them. */
	async changeSettings(changes: Readonly<Record<string, unknown>>): Promise<void> {
		this.settings = { ...this.settings, ...changes };
		await writeSettings(path.join(this.folders.scratch, "server"), this.settings);
		await this.reload();
	}

	/** Resolves when VS Code has written down what an editor keeps: in a browser it does so every few seconds only. */
	async keeps(text: string): Promise<void> {
		await eventually(
			() => this.page.evaluate<boolean>(`(${findsInStorage})(${JSON.stringify(text)})`),
			(found) => found,
			`VS Code keeps "${text}"`,
		);
	}

	/** Reloads the window, as *Developer: Reload Window* does. */
	async reload(): Promise<void> {
		await this.page.reload();
		await this.settled();
	}

	/** A picture of the window: kept in `out/screenshots/`, and returned as its path. */
	async keepScreenshot(name: string): Promise<string> {
		const file = path.join(repository, "out/screenshots", `${name}.png`);
		await mkdir(path.dirname(file), { recursive: true });
		await this.page.screenshot({ path: file });
		return file;
	}

	/** Every request went to this VS Code (its own address, or the webview's documents); nothing else was fetched. */
	assertNothingFetched(): void {
		const own = `127.0.0.1:${this.server.port}`;
		const others = this.observed.requests.filter((address) => {
			const url = new URL(address);
			return !(
				["data:", "blob:", "about:"].includes(url.protocol) ||
				url.host === own ||
				url.host.endsWith(`.${own}`)
			);
		});
		assert.deepEqual(others, []);
	}

	/** Keeps the logs of the extension host beside the screenshots, for a test that failed. */
	keepLogs(name: string): void {
		const logs = path.join(this.folders.scratch, "server", "data", "logs");
		if (existsSync(logs)) {
			cpSync(logs, path.join(repository, "out/logs", name), { recursive: true });
		}
	}

	async close(): Promise<void> {
		await this.browser.close();
		await this.server.stop();
		await endDaemon(this.folders);
		await rm(this.folders.scratch, { recursive: true, force: true });
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.close();
	}
}
