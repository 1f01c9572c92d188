#!/usr/bin/env node
// Stands in for the desktop's executable: takes the arguments that `runTests` of @vscode/test-electron passes, and runs
// the suite in the desktop that SKEIN_CODE_DESKTOP names, or in a window of the VS Code server (SKEIN_CODE_SERVER names
// its version). SKEIN_RESTRICTED=1 keeps workspace trust on, which `runTests` itself cannot.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import * as path from "node:path";
import { parseArgs } from "node:util";
import { installServer, serverVersions } from "./lib/install.ts";
import { runInServer } from "./lib/testWindow.ts";

const restricted = process.env["SKEIN_RESTRICTED"] === "1";
const desktop = process.env["SKEIN_CODE_DESKTOP"];
process.exitCode = desktop ? await runDesktop(desktop) : await runServer();

async function runDesktop(executable: string): Promise<number> {
	const args = process.argv
		.slice(2)
		.filter((arg) => !(restricted && arg === "--disable-workspace-trust"));
	const child = spawn(executable, args, { stdio: "inherit" });
	const [code] = await once(child, "close");
	return typeof code === "number" ? code : 1;
}

async function runServer(): Promise<number> {
	const { values, positionals } = parseArgs({
		strict: false,
		allowPositionals: true,
		options: {
			extensionDevelopmentPath: { type: "string" },
			extensionTestsPath: { type: "string" },
			"user-data-dir": { type: "string" },
			"extensions-dir": { type: "string" },
		},
	});
	const file = (value: unknown) => (typeof value === "string" ? path.resolve(value) : undefined);
	const version =
		process.env["SKEIN_CODE_SERVER"] === serverVersions.minimum
			? serverVersions.minimum
			: serverVersions.current;
	const userData = file(values["user-data-dir"]);
	return runInServer(
		await installServer(version),
		{
			workspace: file(positionals[0]),
			extensionDevelopmentPath: file(values["extensionDevelopmentPath"]),
			extensionTestsPath: file(values["extensionTestsPath"]),
		},
		{ restricted, ...(userData && { settings: await readSettings(userData) }) },
	);
}

/** The settings a caller has put where the desktop keeps them. */
async function readSettings(folder: string): Promise<Record<string, unknown>> {
	try {
		return JSON.parse(await readFile(path.join(folder, "User", "settings.json"), "utf8"));
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "ENOENT") {
			return {};
		}
		throw error;
	}
}
