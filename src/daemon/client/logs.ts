import type { DaemonParams, DaemonResult } from "../../protocol/daemon.ts";
import { isPrivate, processContext, runtimeFolderOf } from "../runtime/folder.ts";
import { lastLines } from "../runtime/lastLines.ts";

export type DaemonLogName = DaemonParams<"logs">["log"];

/** The last lines of a log of a folder's daemon, whether one runs or not. Starts and writes nothing. */
export async function readDaemonLog(
	folder: string,
	log: DaemonLogName,
	bytes: number,
	env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<DaemonResult<"logs">> {
	const context = { ...processContext(), env };
	const runtime = await runtimeFolderOf(folder, context);
	const path = log === "daemon" ? runtime.daemonLog : runtime[log];
	const text = (await isPrivate(runtime.folder, context)) ? await lastLines(path, bytes) : "";
	return { text, path };
}
