import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { systemErrorCode } from "../../base/errors.ts";
import type { ProcessIdentity, ProcessTable } from "./processTable.ts";

const run = promisify(execFile);

/** Sends a signal to a process and all of its group (the tree, on Windows). False when there is none any more. */
export async function signalTree(
	pid: number,
	signal: "SIGTERM" | "SIGKILL",
	platform: NodeJS.Platform = process.platform,
): Promise<boolean> {
	if (platform === "win32") {
		// Without /F a console program without a window does not hear it, so both signals are one here.
		const args = ["/PID", String(pid), "/T", "/F"];
		return run("taskkill", args, { windowsHide: true }).then(
			() => true,
			() => false,
		);
	}
	return send(-pid, signal);
}

function send(pid: number, signal: NodeJS.Signals): boolean {
	try {
		process.kill(pid, signal);
		return true;
	} catch (error) {
		if (systemErrorCode(error) === "ESRCH") {
			return false;
		}
		// EPERM: what has that number now is not ours.
		if (systemErrorCode(error) === "EPERM") {
			return false;
		}
		throw error;
	}
}

/**
 * Ends a process for good when it still is the one that was recorded: pid, start time and command line must all match.
 * Returns whether it was there.
 */
export async function endRecorded(
	table: ProcessTable,
	recorded: ProcessIdentity,
): Promise<boolean> {
	const now = await table.find(recorded.pid);
	if (!now || now.start !== recorded.start || now.commandLine !== recorded.commandLine) {
		return false;
	}
	if (!(await signalTree(recorded.pid, "SIGKILL"))) {
		// It leads no group of its own.
		send(recorded.pid, "SIGKILL");
	}
	return true;
}

/** Ends every process that carries a mark, and those it starts meanwhile. Returns what was ended. */
export async function endMarked(table: ProcessTable, prefix: string): Promise<ProcessIdentity[]> {
	const ended = new Map<string, ProcessIdentity>();
	// A process can fork while we look; one that cannot be ended is not waited for.
	for (let round = 0; round < 20; round++) {
		const found = (await table.findMarked(prefix)).filter(({ pid }) => pid !== process.pid);
		if (found.length === 0) {
			break;
		}
		for (const identity of found) {
			ended.set(`${identity.pid} ${identity.start}`, identity);
			send(identity.pid, "SIGKILL");
		}
		await new Promise((resolve) => setTimeout(resolve, 10));
	}
	return [...ended.values()];
}
