import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import * as z from "zod/mini";
import { HumanError } from "../../../base/errors.ts";
import { parseJson } from "../../runtime/jsonFile.ts";

/**
 * A recorded protocol log: JSON lines, a header and then every line that went between Skein and an agent, in order.
 * Enough to play the agent again without it.
 */
export const LogHeader = z.looseObject({
	format: z.literal("skein-protocol"),
	version: z.literal(1),
	driver: z.enum(["codex", "acp"]),
	agent: z.string(),
	recordedAt: z.string(),
});
export type LogHeader = z.infer<typeof LogHeader>;

export const LogEntry = z.looseObject({
	/** ms since the recording began. */
	t: z.number(),
	from: z.enum(["agent", "client"]),
	line: z.string(),
});
export type LogEntry = z.infer<typeof LogEntry>;

export interface ProtocolLog {
	readonly header: LogHeader;
	readonly entries: readonly LogEntry[];
}

/** Reads a log; a torn last line is left out. Throws a HumanError (`bad-recording`). */
export async function readProtocolLog(path: string): Promise<ProtocolLog> {
	let header: LogHeader | undefined;
	const entries: LogEntry[] = [];
	for await (const line of createInterface({ input: createReadStream(path) })) {
		const value = parseJson(line);
		if (!header) {
			const parsed = LogHeader.safeParse(value);
			if (!parsed.success) {
				throw new HumanError("bad-recording", `${path} is no protocol recording of Skein's.`);
			}
			header = parsed.data;
			continue;
		}
		const entry = LogEntry.safeParse(value);
		if (entry.success) {
			entries.push(entry.data);
		}
	}
	if (!header) {
		throw new HumanError("bad-recording", `${path} is empty.`);
	}
	return { header, entries };
}
