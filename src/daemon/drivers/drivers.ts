import type { AgentSpec } from "../../protocol/daemon.ts";
import { acpDriver } from "./acp/driver.ts";
import { codexDriver } from "./codex/driver.ts";
import type { Driver } from "./driver.ts";
import { RecordedProgram } from "./recorded/player.ts";
import { readProtocolLog } from "./recorded/protocolLog.ts";

/** The driver that a specification names; for a recording the one that it is a recording of. */
export async function driverOf({ driver, command }: AgentSpec): Promise<Driver> {
	const name = driver === "recorded" ? (await readProtocolLog(command)).header.driver : driver;
	return name === "codex" ? codexDriver : acpDriver;
}

/** A recording as the program that it is a recording of. `--speed N` plays it N times as fast; at once without it. */
export async function openRecording(
	file: string,
	args: readonly string[],
): Promise<RecordedProgram> {
	const at = args.indexOf("--speed");
	const speed = at === -1 ? 0 : Number(args[at + 1]);
	return new RecordedProgram(await readProtocolLog(file), speed > 0 ? speed : 0);
}
