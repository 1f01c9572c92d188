import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import * as path from "node:path";

export interface RunOptions {
	readonly cwd?: string;
	readonly env?: NodeJS.ProcessEnv;
	/** Show the output as it comes (default), or keep it for the error. */
	readonly quiet?: boolean;
}

/** Runs a program to its end; rejects with its output when it fails. */
export function run(
	command: string,
	args: readonly string[],
	options: RunOptions = {},
): Promise<string> {
	return new Promise((resolve, reject) => {
		const child = spawn(command, args, {
			cwd: options.cwd,
			env: options.env ?? process.env,
			stdio: options.quiet ? ["ignore", "pipe", "pipe"] : "inherit",
			shell: process.platform === "win32",
		});
		let output = "";
		child.stdout?.on("data", (chunk) => {
			output += chunk;
		});
		child.stderr?.on("data", (chunk) => {
			output += chunk;
		});
		child.on("error", reject);
		child.on("close", (code, signal) => {
			if (code === 0) {
				resolve(output);
			} else {
				const end = output.trimEnd().split("\n").slice(-25).join("\n");
				reject(
					new Error(
						`${command} ${args.join(" ")} ended with ${code ?? signal}.${end && `\n${end}`}`,
					),
				);
			}
		});
	});
}

/** Where a program is on PATH, or undefined. */
export function findProgram(...names: readonly string[]): string | undefined {
	const endings = process.platform === "win32" ? [".exe", ".cmd", ""] : [""];
	for (const name of names) {
		for (const folder of (process.env["PATH"] ?? "").split(path.delimiter)) {
			for (const ending of endings) {
				const file = path.join(folder, name + ending);
				if (folder && isExecutable(file)) {
					return file;
				}
			}
		}
	}
	return undefined;
}

function isExecutable(file: string): boolean {
	try {
		accessSync(file, constants.X_OK);
		return true;
	} catch {
		return false;
	}
}

/** Ends a process that was started as the leader of its own group, with everything it started. */
export function endGroup(child: ChildProcess, signal: NodeJS.Signals = "SIGTERM"): void {
	if (child.pid === undefined) {
		return;
	}
	try {
		process.kill(-child.pid, signal);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== "ESRCH") {
			throw error;
		}
	}
}

/** What to print for anything that was thrown. */
export function errorText(thrown: unknown): string {
	return thrown instanceof Error ? thrown.message : String(thrown);
}

/** Says what is going on while `work` runs: a line now, and how long it has taken every 15 seconds. */
export async function withProgress<T>(title: string, work: Promise<T>): Promise<T> {
	const start = Date.now();
	const seconds = () => Math.round((Date.now() - start) / 1000);
	console.log(`${title} ...`);
	const timer = setInterval(() => console.log(`  ${title}: ${seconds()} s`), 15_000);
	try {
		const result = await work;
		console.log(`${title}: done in ${seconds()} s`);
		return result;
	} finally {
		clearInterval(timer);
	}
}
