// Builds Skein and opens it in VS Code on a copy of the sample workspace: in the desktop where there is one, else in the
// VS Code server, whose address it prints. The copy stays for the next time. Options: --fresh (a new copy), --smoke (look
// for the Skein view in Chromium, then end), --port N.
import { spawn } from "node:child_process";
import { rm } from "node:fs/promises";
import * as path from "node:path";
import { parseArgs } from "node:util";
import { startBrowser } from "./lib/browser.ts";
import { findDesktop, hasScreen } from "./lib/desktop.ts";
import { installServer, serverVersions } from "./lib/install.ts";
import { cacheFolder, repository } from "./lib/paths.ts";
import { errorText, findProgram, run } from "./lib/processes.ts";
import { copySample } from "./lib/sample.ts";
import { linkExtension, startServer } from "./lib/server.ts";

const { values } = parseArgs({
	options: {
		smoke: { type: "boolean", default: Boolean(process.env["SKEIN_SMOKE"]) },
		fresh: { type: "boolean", default: false },
		port: { type: "string", default: "0" },
	},
});

try {
	await start();
} catch (error) {
	console.error(errorText(error));
	process.exitCode = 1;
}

async function start(): Promise<void> {
	await run(process.execPath, ["esbuild.mjs"], { cwd: repository, quiet: true });
	const scratch = path.join(cacheFolder, values.smoke ? "smoke" : "start");
	if (values.fresh || values.smoke) {
		await rm(scratch, { recursive: true, force: true });
	}
	const sample = await copySample(path.join(scratch, "sample"));
	const env = {
		...process.env,
		CODEX_HOME: sample.codexHome,
		XDG_DATA_HOME: path.join(scratch, "data"),
		XDG_CACHE_HOME: path.join(scratch, "cache"),
	};
	const desktop = values.smoke ? undefined : await findDesktopToStart();
	if (desktop) {
		openDesktop(desktop, sample.folder, path.join(scratch, "desktop"), env);
	} else {
		await openInServer(sample.folder, path.join(scratch, "server"), env);
	}
}

/** The machine's own `code`, else the downloaded desktop, if there is a screen for it. */
async function findDesktopToStart(): Promise<string | undefined> {
	return (hasScreen() && findProgram("code")) || (await findDesktop("stable"));
}

function openDesktop(
	executable: string,
	folder: string,
	dataFolder: string,
	env: NodeJS.ProcessEnv,
): void {
	const args = [
		folder,
		`--extensionDevelopmentPath=${repository}`,
		`--user-data-dir=${dataFolder}`,
		"--disable-workspace-trust",
		"--skip-welcome",
		...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
	];
	console.log("Opening VS Code on a copy of the sample workspace.");
	spawn(executable, args, { env, stdio: "ignore", detached: true }).unref();
}

async function openInServer(
	folder: string,
	dataFolder: string,
	env: NodeJS.ProcessEnv,
): Promise<void> {
	const server = await startServer(await installServer(serverVersions.current), {
		dataFolder,
		env,
		port: Number(values.port),
	});
	const url = server.url({
		workspace: folder,
		extensionDevelopmentPath: await linkExtension(repository, dataFolder),
	});
	try {
		if (values.smoke) {
			await lookForSkein(url);
			return;
		}
		console.log(`\nOpen this address in a browser (Ctrl-C ends it):\n\n  ${url}\n`);
		await Promise.race([
			server.ended,
			new Promise((resolve) => {
				process.once("SIGINT", resolve);
				process.once("SIGTERM", resolve);
			}),
		]);
	} finally {
		await server.stop();
	}
}

async function lookForSkein(url: string): Promise<void> {
	const browser = await startBrowser();
	try {
		const page = await browser.newPage();
		await page.goto(url);
		await page.getByRole("tab", { name: "Skein" }).first().waitFor();
		console.log("VS Code is open, and the Skein view container is there.");
	} finally {
		await browser.close();
	}
}
