import { execFile } from "node:child_process";
import { readdir, readFile, readlink, stat } from "node:fs/promises";
import { promisify } from "node:util";
import { systemErrorCode } from "../../base/errors.ts";
import { childVariable } from "./environment.ts";

/** What tells one process from every other, a later one with the same pid too. */
export interface ProcessIdentity {
	readonly pid: number;
	/** When it started, in the system's own terms; compared, never read. */
	readonly start: string;
	/** The program and its arguments, or as much of them as the system shows. */
	readonly commandLine: string;
}

/** The system's processes, as far as a supervisor must know them. */
export interface ProcessTable {
	/** Undefined when there is no such process, or it has ended and only waits for its parent. */
	find(pid: number): Promise<ProcessIdentity | undefined>;
	/** Processes of this user whose environment has `SKEIN_CHILD` with this beginning; empty where that cannot be seen. */
	findMarked(prefix: string): Promise<(ProcessIdentity & { readonly mark: string })[]>;
}

export function systemProcesses(platform: NodeJS.Platform = process.platform): ProcessTable {
	switch (platform) {
		case "linux":
			return linuxProcesses;
		case "win32":
			return windowsProcesses;
		default:
			return posixProcesses;
	}
}

const run = promisify(execFile);

/** From /proc (proc(5)): start time in clock ticks since boot, with the boot's id; environment of own processes. */
const linuxProcesses: ProcessTable = {
	async find(pid) {
		return readOrGone(async () => {
			const [text, boot] = await Promise.all([
				readFile(`/proc/${pid}/stat`, "utf8"),
				readFile("/proc/sys/kernel/random/boot_id", "utf8"),
			]);
			// The second field is the program's name in parentheses and may hold anything; the rest are 3 to 52.
			const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
			if (fields[0] === "Z" || fields[0] === "X") {
				return undefined;
			}
			const commandLine = (await readFile(`/proc/${pid}/cmdline`, "utf8"))
				.split("\0")
				.filter((part) => part !== "")
				.join(" ");
			return { pid, start: `${boot.trim()}:${fields[19]}`, commandLine };
		});
	},
	async findMarked(prefix) {
		const own = process.getuid?.();
		const found: (ProcessIdentity & { mark: string })[] = [];
		for (const name of await readdir("/proc")) {
			if (!/^\d+$/.test(name)) {
				continue;
			}
			const mark = await readOrGone(async () => {
				if ((await stat(`/proc/${name}`)).uid !== own) {
					return undefined;
				}
				const environ = await readFile(`/proc/${name}/environ`, "latin1");
				const entry = environ.split("\0").find((part) => part.startsWith(`${childVariable}=`));
				return entry?.slice(childVariable.length + 1);
			});
			const identity = mark?.startsWith(prefix) ? await this.find(Number(name)) : undefined;
			if (mark !== undefined && identity) {
				found.push({ ...identity, mark });
			}
		}
		return found;
	},
};

async function readOrGone<T>(read: () => Promise<T>): Promise<T | undefined> {
	try {
		return await read();
	} catch (error) {
		const code = systemErrorCode(error);
		if (code === "ENOENT" || code === "ESRCH" || code === "EACCES" || code === "EPERM") {
			return undefined;
		}
		throw error;
	}
}

/** From ps(1), on macOS and other Unixes. */
const posixProcesses: ProcessTable = {
	async find(pid) {
		const fields = ["-o", "lstart=", "-o", "stat=", "-o", "command="];
		const text = await output("ps", ["-p", String(pid), "-ww", ...fields]);
		const match = /^(\w{3} +\w{3} +\d+ +[\d:]+ +\d{4}) +(\S+) +(.*)$/m.exec(text);
		return match && !match[2]?.startsWith("Z")
			? { pid, start: match[1] ?? "", commandLine: match[3] ?? "" }
			: undefined;
	},
	async findMarked(prefix) {
		// `-E` shows the environment after the command, to the owner only.
		const text = await output("ps", ["-xww", "-E", "-o", "pid=", "-o", "command="]);
		const found: (ProcessIdentity & { mark: string })[] = [];
		for (const line of text.split("\n")) {
			const match = new RegExp(`^ *(\\d+) .* ${childVariable}=(\\S+)`).exec(line);
			const mark = match?.[2] ?? "";
			const identity = mark.startsWith(prefix) ? await this.find(Number(match?.[1])) : undefined;
			if (match && identity) {
				found.push({ ...identity, mark });
			}
		}
		return found;
	},
};

/** From CIM. Another process's environment cannot be seen: there only recorded processes are found. */
const windowsProcesses: ProcessTable = {
	async find(pid) {
		const query = `Get-CimInstance Win32_Process -Filter 'ProcessId=${Math.trunc(pid)}' | ForEach-Object { $_.CreationDate.ToFileTimeUtc(); $_.CommandLine }`;
		const text = await output("powershell.exe", [
			"-NoProfile",
			"-NonInteractive",
			"-Command",
			query,
		]);
		const [start, ...rest] = text.split(/\r?\n/);
		return start?.trim()
			? { pid, start: start.trim(), commandLine: rest.join("\n").trim() }
			: undefined;
	},
	findMarked: async () => [],
};

/** Output of a system program; empty when it fails, which is how ps says that there is no such process. */
async function output(command: string, args: readonly string[]): Promise<string> {
	try {
		return (await run(command, args, { maxBuffer: 64 * 1024 * 1024, windowsHide: true })).stdout;
	} catch (error) {
		if (systemErrorCode(error) === undefined) {
			return "";
		}
		throw error;
	}
}

/** The program a process runs, resolved; undefined where that cannot be seen. */
export async function programOf(pid: number): Promise<string | undefined> {
	return process.platform === "linux" ? readOrGone(() => readlink(`/proc/${pid}/exe`)) : undefined;
}
