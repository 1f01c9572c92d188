import { existsSync } from "node:fs";
import { cp, mkdir, rm, writeFile } from "node:fs/promises";
import * as path from "node:path";
import { cacheFolder } from "./paths.ts";
import { findProgram, run, withProgress } from "./processes.ts";

/** The VS Code servers that tests run in, by the npm version of code-server: the newest one and the oldest one supported. */
export const serverVersions = { current: "4.139.1", minimum: "4.116.0" } as const;
export type ServerVersion = (typeof serverVersions)[keyof typeof serverVersions];

const codexVersion = "0.169.0";

/** Debian packages: the browser with fonts, and what the VS Code server's native modules are compiled with. */
const packages = [
	"chromium",
	"fonts-dejavu-core",
	"g++",
	"libkrb5-dev",
	"libsecret-1-dev",
	"make",
	"pkg-config",
	"python3",
];

/** A VS Code server that is installed: the program that runs it and its entry point. */
export interface InstalledServer {
	readonly version: ServerVersion;
	readonly node: string;
	readonly entry: string;
}

/** Installs what the server host needs, as far as it is not there: Debian packages, then the VS Code server. */
export async function installServer(version: ServerVersion): Promise<InstalledServer> {
	await installPackages();
	const folder = path.join(cacheFolder, `code-server-${version}`);
	const title = `Installing the VS Code server (code-server ${version}; once, about 2 minutes)`;
	await installOnce(folder, title, async () => {
		const npm = await installNode(
			folder,
			version === serverVersions.minimum ? "22.23.3" : "24.21.0",
		);
		if (version === serverVersions.minimum) {
			await installOldServer(folder, npm);
		} else {
			await npm(["install", `code-server@${version}`]);
		}
	});
	return {
		version,
		node: path.join(folder, "node_modules", nodePackage(), "bin/node"),
		entry: path.join(folder, "node_modules/code-server/lib/vscode/out/server-main.js"),
	};
}

/** Installs the real Codex, which records the sample sessions; returns its command. */
export async function installCodex(): Promise<string> {
	const folder = path.join(cacheFolder, "codex");
	await installOnce(folder, `Installing Codex ${codexVersion} (once)`, async () => {
		await npmIn(folder, process.env)(["install", `@openai/codex@${codexVersion}`]);
	});
	return path.join(folder, "node_modules/.bin/codex");
}

type Npm = (args: readonly string[], cwd?: string) => Promise<string>;

function npmIn(folder: string, env: NodeJS.ProcessEnv): Npm {
	return (args, cwd = folder) =>
		run("npm", [...args, "--no-audit", "--no-fund"], { cwd, env, quiet: true });
}

/** The package that holds Node itself for this platform, with the headers that native modules are compiled with. */
function nodePackage(): string {
	const platform = process.platform === "win32" ? "win" : process.platform;
	const name = platform === "darwin" && process.arch === "arm64" ? "node-bin" : "node";
	return `${name}-${platform}-${process.arch}`;
}

/**
 * Gives a folder a Node of its own: a server's native modules fit one Node only. Returns npm on that Node, with its
 * headers (some set-ups point npm to those of another Node).
 */
async function installNode(folder: string, version: string): Promise<Npm> {
	const name = nodePackage();
	await npmIn(folder, process.env)(["install", `${name}@${version}`]);
	const home = path.join(folder, "node_modules", name);
	return npmIn(folder, {
		...process.env,
		// Set by the npm that runs this script, perhaps on another Node; code-server's install script asks for its version.
		npm_config_user_agent: undefined,
		npm_node_execpath: undefined,
		PATH: [path.join(home, "bin"), process.env["PATH"]].join(path.delimiter),
		npm_config_nodedir: home,
	});
}

/** code-server 4.116 fetches ripgrep from GitHub while it installs; here it gets the one that npm carries. */
async function installOldServer(folder: string, npm: Npm): Promise<void> {
	const ripgrep = "@vscode/ripgrep-universal";
	const server = `code-server@${serverVersions.minimum}`;
	await npm(["install", "--ignore-scripts", server, `${ripgrep}@1.18.0`]);
	const vscode = path.join(folder, "node_modules/code-server/lib/vscode");
	await npm(["install", "--omit=dev", "--ignore-scripts"], vscode);
	await cp(
		path.join(folder, "node_modules", ripgrep, "bin", `${process.platform}-${process.arch}`),
		path.join(vscode, "node_modules/@vscode/ripgrep/bin"),
		{ recursive: true },
	);
	await npm(["rebuild"], vscode);
}

/** Fills a folder of the cache. One whose marker is missing was left half-finished and is made anew. */
async function installOnce(
	folder: string,
	title: string,
	fill: () => Promise<void>,
): Promise<void> {
	const marker = path.join(folder, ".complete");
	if (existsSync(marker)) {
		return;
	}
	await rm(folder, { recursive: true, force: true });
	await mkdir(folder, { recursive: true });
	await writeFile(path.join(folder, "package.json"), '{"private":true}\n');
	await withProgress(title, fill());
	await writeFile(marker, "");
}

/** The installed Chromium (or Chrome), or undefined. `SKEIN_CHROMIUM` names another one. */
export function findChromium(): string | undefined {
	return (
		process.env["SKEIN_CHROMIUM"] ??
		findProgram("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
	);
}

async function installPackages(): Promise<void> {
	const missing = await whatIsMissing();
	if (missing.length === 0) {
		return;
	}
	const apt = findProgram("apt-get");
	const install = ["install", "-y", "--no-install-recommends", ...packages];
	if (process.getuid?.() !== 0 || !apt) {
		throw new Error(
			`Missing on this machine: ${missing.join(", ")}. Please run: sudo apt-get ${install.join(" ")}`,
		);
	}
	const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
	const options = { env, quiet: true };
	await withProgress("Reading the list of Debian packages", run(apt, ["update"], options));
	await withProgress(
		`Installing Debian packages for ${missing.join(", ")}`,
		run(apt, install, options),
	);
	const still = await whatIsMissing();
	if (still.length > 0) {
		throw new Error(`Still missing after apt-get: ${still.join(", ")}.`);
	}
}

async function whatIsMissing(): Promise<string[]> {
	const missing = ["g++", "make", "python3", "pkg-config"].filter((name) => !findProgram(name));
	if (!findChromium()) {
		missing.push("chromium");
	}
	const pkgConfig = findProgram("pkg-config");
	for (const library of ["krb5-gssapi", "libsecret-1"]) {
		const there =
			pkgConfig &&
			(await run(pkgConfig, ["--exists", library], { quiet: true }).then(
				() => true,
				() => false,
			));
		if (!there) {
			missing.push(library);
		}
	}
	return missing;
}
