import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { startBrowser } from "./browser.ts";
import type { InstalledServer } from "./install.ts";
import { type ServerOptions, startServer, type WindowOptions } from "./server.ts";

/** What the workbench says of itself; shown only with SKEIN_VERBOSE=1. */
const chatter =
	/^(?:Resolv(?:ing|ed) connection|Creating a socket|\[reconnection|\[Service Worker|\[AgentHost|\[AccountPolicy|Updating additional|Ignoring |Unable to create workbench contribution 'workbench.contrib.agentHost)/;

/**
 * Runs an extension's test suite in a window of the VS Code server, as the desktop does with `--extensionTestsPath`.
 * Returns the suite's exit code: 0 when its `run()` resolved.
 */
export async function runInServer(
	server: InstalledServer,
	window: WindowOptions,
	options: Omit<ServerOptions, "dataFolder">,
): Promise<number> {
	const dataFolder = await mkdtemp(path.join(tmpdir(), "skein-vscode-"));
	const running = await startServer(server, { ...options, dataFolder });
	const browser = await startBrowser();
	try {
		const page = await browser.newPage();
		const exit = new Promise<number>((resolve) => {
			page.on("crash", () => resolve(1));
			page.on("close", () => resolve(1));
			void running.ended.then(() => resolve(1));
			void page.exposeFunction("codeAutomationExit", (code: number) => resolve(code));
		});
		await page.exposeFunction("codeAutomationLog", (type: string, args: unknown[]) => {
			if (chatter.test(String(args[0])) && !process.env["SKEIN_VERBOSE"]) {
				return;
			}
			if (type === "error" || type === "warn") {
				console.error(...args);
			} else {
				console.log(...args);
			}
		});
		await page.goto(running.url(window));
		return await exit;
	} finally {
		await browser.close();
		await running.stop();
		await rm(dataFolder, { recursive: true, force: true });
	}
}
