import type { ManagedChild } from "../../protocol/daemon.ts";
import type { StateStore } from "../state/stateStore.ts";
import { endMarked, endRecorded } from "./endProcess.ts";
import type { ProcessTable } from "./processTable.ts";

/**
 * Ends what an earlier daemon of this runtime folder left alive. Only for the holder of its lock.
 * Guarantees: a recorded process is ended only when pid, start time and command line all match; one that was started
 * but not recorded is found by its mark, with all that it started; nothing else is touched. Each one is an event.
 */
export async function reap(
	state: StateStore,
	processes: ProcessTable,
	mark: string,
): Promise<void> {
	for (const child of state.daemon.children) {
		if (child.pid !== null || child.status === "starting" || child.status === "running") {
			await reapRecorded(state, processes, child);
		}
	}
	for (const { pid, commandLine } of await endMarked(processes, `${mark}.`)) {
		await tell(state, `A process that an earlier daemon had left was ended: ${commandLine}.`, pid);
	}
}

async function reapRecorded(
	state: StateStore,
	processes: ProcessTable,
	child: ManagedChild,
): Promise<void> {
	const { pid, processStart: start, command, args } = child;
	const found = pid === null || start === null ? undefined : await processes.find(pid);
	const isOurs = found?.start === start && matches(found?.commandLine ?? "", command, args);
	if (found && isOurs && (await endRecorded(processes, found))) {
		await tell(state, `${child.agent}, which an earlier daemon had left, was ended.`, found.pid);
	}
	await state.updateChild(child.id, {
		status: "exited",
		pid: null,
		processStart: null,
		exitedAt: new Date().toISOString(),
		lastError: "The daemon ended without ending it.",
	});
}

/** Whether a command line is that of a program: its arguments must be there; an interpreter may stand before. */
function matches(commandLine: string, command: string, args: readonly string[]): boolean {
	const name = command.replace(/^.*[\\/]/, "");
	return commandLine.includes(name) && args.every((arg) => commandLine.includes(arg));
}

async function tell(state: StateStore, message: string, pid: number): Promise<void> {
	await state.recordEvent({ level: "warning", type: "child.reaped", message, detail: { pid } });
}
