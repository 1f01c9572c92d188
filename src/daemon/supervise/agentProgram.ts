import type { ChildExit } from "./childProcess.ts";
import type { LineChannel } from "./lineChannel.ts";
import type { ProcessIdentity } from "./processTable.ts";

/** What an agent runs as: a process, or a recording of one. */
export interface AgentProgram extends LineChannel {
	/** Null when there is no process. */
	readonly pid: number | null;
	readonly exited: Promise<ChildExit>;
	/** The newest lines of stderr. */
	readonly lastStderr: readonly string[];
	identity(): Promise<ProcessIdentity | undefined>;
	/** Asks it to end, then makes it. */
	end(): Promise<ChildExit>;
	/** Ends it at once. */
	kill(): Promise<ChildExit>;
}
