import { spawn } from "node:child_process";
import { mkdir, rm, symlink, writeFile } from "node:fs/promises";
import * as path from "node:path";
import type { InstalledServer } from "./install.ts";
import { endGroup, run } from "./processes.ts";

export interface ServerOptions {
	/** Holds everything the server keeps: settings, state, extensions, logs. */
	readonly dataFolder: string;
	/** Environment of the server and of its extension hosts. */
	readonly env?: NodeJS.ProcessEnv;
	/** User settings, besides those that keep the window quiet. */
	readonly settings?: Readonly<Record<string, unknown>>;
	/** Leaves workspace trust on: folders open in restricted mode. */
	readonly restricted?: boolean;
	/** A packaged extension to install first. */
	readonly vsix?: string;
	/** 0 (default) lets the system choose. */
	readonly port?: number;
}

export interface WindowOptions {
	/** A folder, a `.code-workspace` file, or nothing for an empty window. Absolute path. */
	readonly workspace?: string | undefined;
	readonly extensionDevelopmentPath?: string | undefined;
	readonly extensionTestsPath?: string | undefined;
}

export interface RunningServer {
	readonly port: number;
	/** The address that opens one window. */
	url(window: WindowOptions): string;
	/** Ends the server and its extension hosts; resolves when they are gone. */
	stop(): Promise<void>;
	/** Resolves when the server has ended, whoever ended it. */
	readonly ended: Promise<void>;
}

/** A window without start page, tips, telemetry and prompts. */
const quietSettings = {
	"chat.disableAIFeatures": true,
	"extensions.autoCheckUpdates": false,
	"extensions.autoUpdate": false,
	"extensions.ignoreRecommendations": true,
	"git.openRepositoryInParentFolders": "never",
	"security.workspace.trust.banner": "never",
	"security.workspace.trust.startupPrompt": "never",
	"telemetry.telemetryLevel": "off",
	"update.mode": "none",
	"window.autoDetectColorScheme": false,
	"window.autoDetectHighContrast": false,
	"workbench.secondarySideBar.defaultVisibility": "hidden",
	"workbench.startupEditor": "none",
	"workbench.tips.enabled": false,
	"workbench.welcomePage.walkthroughs.openOnInstall": false,
};

/** Starts VS Code's own server on loopback. */
export async function startServer(
	server: InstalledServer,
	options: ServerOptions,
): Promise<RunningServer> {
	const { dataFolder } = options;
	const folders = [
		"--server-data-dir",
		dataFolder,
		"--extensions-dir",
		path.join(dataFolder, "extensions"),
	];
	await writeSettings(dataFolder, options.settings);
	const env = { ...(options.env ?? process.env) };
	for (const name of Object.keys(env)) {
		if (name.startsWith("VSCODE_") || name === "ELECTRON_RUN_AS_NODE") {
			delete env[name];
		}
	}
	// Extension hosts get exactly this environment, not that of a login shell.
	env["VSCODE_CLI"] = "1";
	// No extension gallery: nothing is looked up outside of this machine.
	env["EXTENSIONS_GALLERY"] = '{"serviceUrl":""}';
	if (options.vsix) {
		await run(server.node, [server.entry, ...folders, "--install-extension", options.vsix], {
			env,
			quiet: true,
		});
	}
	const args = [
		server.entry,
		...folders,
		"--host",
		"127.0.0.1",
		"--port",
		String(options.port ?? 0),
		"--without-connection-token",
		"--accept-server-license-terms",
		"--disable-telemetry",
		"--enable-smoke-test-driver",
		...(options.restricted ? [] : ["--disable-workspace-trust"]),
	];
	const child = spawn(server.node, args, {
		env,
		detached: true,
		stdio: ["ignore", "pipe", "pipe"],
	});
	const ended = new Promise<void>((resolve) => {
		child.on("close", () => resolve());
	});
	const endNow = () => endGroup(child, "SIGKILL");
	process.on("exit", endNow);
	const port = await new Promise<number>((resolve, reject) => {
		let output = "";
		const read = (chunk: Buffer) => {
			output += chunk;
			const found = /agent listening on (\d+)/.exec(output);
			if (found) {
				resolve(Number(found[1]));
			}
		};
		child.stdout.on("data", read);
		child.stderr.on("data", read);
		child.on("error", reject);
		child.on("close", () => reject(new Error(`The VS Code server did not start:\n${output}`)));
	});
	return {
		port,
		ended,
		url: (window) => windowUrl(port, window),
		async stop() {
			endGroup(child);
			const timer = setTimeout(endNow, 5000);
			await ended;
			clearTimeout(timer);
			process.off("exit", endNow);
		},
	};
}

/**
 * The extension's folder under a path of its own. VS Code takes the themes of the extension in development, and by its
 * path the server's own themes would be among them: the server is installed inside the repository.
 */
export async function linkExtension(extension: string, folder: string): Promise<string> {
	const link = path.join(folder, "extension");
	await mkdir(folder, { recursive: true });
	await rm(link, { force: true });
	await symlink(extension, link, "junction");
	return link;
}

/** Writes settings where the server's windows read them, and again to change them while it runs. */
export async function writeSettings(
	dataFolder: string,
	settings: Readonly<Record<string, unknown>> = {},
): Promise<void> {
	const all = { ...quietSettings, ...settings };
	// Settings of the machine, such as paths of programs, are read from its own file.
	for (const name of ["User", "Machine"]) {
		const folder = path.join(dataFolder, "data", name);
		await mkdir(folder, { recursive: true });
		await writeFile(path.join(folder, "settings.json"), `${JSON.stringify(all, null, 2)}\n`);
	}
}

function windowUrl(port: number, window: WindowOptions): string {
	const query = new URLSearchParams();
	if (!window.workspace) {
		query.set("ew", "true");
	} else if (window.workspace.endsWith(".code-workspace")) {
		query.set("workspace", window.workspace);
	} else {
		query.set("folder", window.workspace);
	}
	const remote = (file: string) => `vscode-remote://127.0.0.1:${port}${file}`;
	const payload: [string, string][] = [];
	if (window.extensionDevelopmentPath) {
		payload.push(["extensionDevelopmentPath", remote(window.extensionDevelopmentPath)]);
	}
	if (window.extensionTestsPath) {
		payload.push(["extensionTestsPath", remote(window.extensionTestsPath)]);
	}
	if (payload.length > 0) {
		query.set("payload", JSON.stringify(payload));
	}
	return `http://127.0.0.1:${port}/?${query}`;
}
