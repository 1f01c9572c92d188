import { existsSync } from "node:fs";
import { mkdir, stat, writeFile } from "node:fs/promises";
import * as path from "node:path";
import { downloadAndUnzipVSCode } from "@vscode/test-electron";
import { cacheFolder } from "./paths.ts";
import { errorText } from "./processes.ts";

const dayMs = 24 * 60 * 60 * 1000;

/**
 * The executable of a desktop VS Code, downloaded once, or undefined where there is no screen or the download cannot
 * be reached (asked again after a day).
 */
export async function findDesktop(version: string): Promise<string | undefined> {
	const unreachable = path.join(cacheFolder, "no-desktop");
	if (!hasScreen() || (await isFresh(unreachable))) {
		return undefined;
	}
	try {
		return await downloadAndUnzipVSCode({ version, cachePath: cacheFolder, timeout: 5000 });
	} catch (error) {
		await mkdir(cacheFolder, { recursive: true });
		await writeFile(unreachable, `${errorText(error)}\n`);
		return undefined;
	}
}

/** False on a Linux machine without a display. SKEIN_HOST=server says so of any machine. */
export function hasScreen(): boolean {
	return (
		process.env["SKEIN_HOST"] !== "server" &&
		(process.platform !== "linux" ||
			Boolean(process.env["DISPLAY"] || process.env["WAYLAND_DISPLAY"]))
	);
}

async function isFresh(file: string): Promise<boolean> {
	return existsSync(file) && Date.now() - (await stat(file)).mtimeMs < dayMs;
}
