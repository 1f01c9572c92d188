import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { access, realpath, stat } from "node:fs/promises";
import * as path from "node:path";
import { promisify } from "node:util";
import { systemErrorCode } from "../../base/errors.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** Meant for VS Code, its Node or ours, or telling git where to look: none of it is for the git that we start. */
const removed = /^(?:ELECTRON_|VSCODE_|NODE_|SKEIN_|GIT_)/i;
/** Where the user keeps the configuration that is not a repository's. */
const kept = new Set(["GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM"]);

/**
 * What a git of ours starts with: the user's environment without what would lead it to another repository or index, and
 * without folders on the PATH that depend on where it is started. It asks nobody anything, takes no lock that it can do
 * without, speaks English, and fetches nothing: a partial clone would start the programs its configuration names.
 */
export function gitEnvironment(env: Environment): Record<string, string> {
	const clean: Record<string, string> = {};
	for (const [name, value] of Object.entries(env)) {
		if (value !== undefined && (kept.has(name) || !removed.test(name))) {
			clean[name] = isPath(name) ? absoluteFolders(value).join(path.delimiter) : value;
		}
	}
	return {
		...clean,
		LC_ALL: "C",
		GIT_TERMINAL_PROMPT: "0",
		GIT_OPTIONAL_LOCKS: "0",
		GIT_NO_REPLACE_OBJECTS: "1",
		GIT_NO_LAZY_FETCH: "1",
		GIT_ALLOW_PROTOCOL: "none",
		GIT_ASKPASS: "",
		SSH_ASKPASS: "",
		GIT_EDITOR: ":",
		GIT_PAGER: "cat",
		GIT_AUTHOR_NAME: "Skein",
		GIT_AUTHOR_EMAIL: "skein@localhost",
		GIT_COMMITTER_NAME: "Skein",
		GIT_COMMITTER_EMAIL: "skein@localhost",
	};
}

/**
 * The git program: the first on the PATH, else where Git for Windows installs itself; undefined when there is none. Looked
 * for by hand, because a search by the system may begin in the folder it is started in, and never taken from `workspace`.
 */
export async function findGit(env: Environment, workspace: string): Promise<string | undefined> {
	const isWindows = process.platform === "win32";
	const name = Object.keys(env).find(isPath);
	const folders = absoluteFolders((name && env[name]) ?? "");
	if (isWindows) {
		for (const root of [env["ProgramFiles"], env["ProgramFiles(x86)"], env["LOCALAPPDATA"]]) {
			if (root) {
				folders.push(path.join(root, "Git", "cmd"), path.join(root, "Programs", "Git", "cmd"));
			}
		}
	}
	for (const folder of folders) {
		const program = path.join(folder, isWindows ? "git.exe" : "git");
		if (!isInside(program, workspace) && (await isProgram(program)) && (await isReal(program))) {
			return program;
		}
	}
	return undefined;
}

function isPath(name: string): boolean {
	return name.toUpperCase() === "PATH";
}

function absoluteFolders(value: string): string[] {
	return value.split(path.delimiter).filter((folder) => path.isAbsolute(folder));
}

export function isInside(place: string, folder: string): boolean {
	const relative = path.relative(folder, place);
	return relative !== ".." && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative);
}

async function isProgram(file: string): Promise<boolean> {
	try {
		await access(file, constants.X_OK);
		return (await stat(file)).isFile();
	} catch (error) {
		if (systemErrorCode(error) !== undefined) {
			return false;
		}
		throw error;
	}
}

/** On a Mac without developer tools `/usr/bin/git` is there, and opens a dialog that offers to install them. */
async function isReal(program: string): Promise<boolean> {
	if (process.platform !== "darwin" || (await realpath(program)) !== "/usr/bin/git") {
		return true;
	}
	return promisify(execFile)("/usr/bin/xcode-select", ["-p"]).then(
		() => true,
		() => false,
	);
}
