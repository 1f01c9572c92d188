import { readFile } from "node:fs/promises";
import { systemErrorCode } from "../../base/errors.ts";
import {
	type DaemonEvent,
	type ManagedChild,
	type RunRecord,
	StateFile,
} from "../../protocol/daemon.ts";
import { isPrivate, processContext, runtimeFolderOf } from "../runtime/folder.ts";
import { readJson } from "../runtime/jsonFile.ts";
import { EventLog } from "../state/eventLog.ts";
import { isFinished, parseRegistries } from "../state/registry.ts";

/** The logs of a daemon, by what is in them. */
export const daemonLogs = ["events", "daemon", "stderr", "stdout"] as const;
export type DaemonLogName = (typeof daemonLogs)[number];

/** What a daemon has left in its files, for whoever wants to know and has no connection. */
export interface DaemonTraces {
	/** Absolute paths; a file need not be there. */
	readonly logs: Readonly<Record<DaemonLogName, string>>;
	/** Newest first. Those that were never ended are not among them: their session says how they stand. */
	readonly finishedRuns: readonly RunRecord[];
	readonly children: readonly ManagedChild[];
	/** The last event that was an error. */
	readonly lastError: DaemonEvent | undefined;
}

const eventsLooked = 1000;

/** Reads what the daemon of a folder has left. Starts and writes nothing; undefined when there never was one. */
export async function readDaemonTraces(
	folder: string,
	env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<DaemonTraces | undefined> {
	const context = { ...processContext(), env };
	const runtime = await runtimeFolderOf(folder, context);
	if (!(await isPrivate(runtime.folder, context))) {
		return undefined;
	}
	const { events, daemonLog, stderr, stdout } = runtime;
	const log = new EventLog(events, eventsLooked);
	await log.load();
	const state = await readJson({ readFile }, runtime.state, StateFile);
	const { runs } = parseRegistries(await readOrEmpty(runtime.runs));
	return {
		logs: { events, daemon: daemonLog, stderr, stdout },
		finishedRuns: [...runs.values()].filter(isFinished).reverse(),
		children: state?.children ?? [],
		lastError: log.recent.findLast((event) => event.level === "error"),
	};
}

async function readOrEmpty(path: string): Promise<string> {
	try {
		return await readFile(path, "utf8");
	} catch (error) {
		if (systemErrorCode(error) === "ENOENT") {
			return "";
		}
		throw error;
	}
}
