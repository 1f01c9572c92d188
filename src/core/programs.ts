import { access } from "node:fs/promises";
import * as path from "node:path";

/** Whether there is such a file, in the folders of PATH when only a name is given. */
export async function isProgram(
	command: string,
	searchPath: string | undefined = process.env["PATH"],
): Promise<boolean> {
	const isPath = command.includes("/") || command.includes(path.sep);
	const folders = isPath ? [""] : (searchPath ?? "").split(path.delimiter);
	const endings = process.platform === "win32" ? ["", ".exe", ".cmd", ".bat"] : [""];
	for (const folder of folders) {
		for (const ending of endings) {
			try {
				await access(path.join(folder, command + ending));
				return true;
			} catch {
				// Not there, or not for us: the next folder may have it.
			}
		}
	}
	return false;
}
