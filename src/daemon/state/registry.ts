import { appendFile, readFile } from "node:fs/promises";
import { systemErrorCode } from "../../base/errors.ts";
import { type Files, writeWhole } from "../../core/files.ts";
import { AgentSessionRecord, RunRecord } from "../../protocol/daemon.ts";
import { parseJson } from "../runtime/jsonFile.ts";

/** Finished runs that are remembered. */
const rememberedRuns = 200;
/** Closed sessions that are: what is forgotten of them is which name and archive mark the agent agreed on. */
const rememberedSessions = 1000;
/** A smaller file is not written anew. */
const compactAbove = 256 * 1024;

export interface Registries {
	readonly runs: ReadonlyMap<string, RunRecord>;
	readonly sessions: ReadonlyMap<string, AgentSessionRecord>;
}

export type RegistryEntry = { readonly run: RunRecord } | { readonly session: AgentSessionRecord };

export function isFinished(run: RunRecord): boolean {
	return run.endedAt !== null;
}

/**
 * The registries of runs and sessions as a file, runs.jsonl: one line an upsert, the last one of an id counts. A line
 * that is torn or not understood is left out; the file is written anew, whole, when it has become twice as long.
 */
export class RegistryFile {
	private readonly path: string;
	private readonly files: Files;
	private size = 0;
	/** Its size when it was last written anew. */
	private compact = 0;

	constructor(path: string, files: Files) {
		this.path = path;
		this.files = files;
	}

	async load(): Promise<Registries> {
		let text = "";
		try {
			text = await readFile(this.path, "utf8");
		} catch (error) {
			if (systemErrorCode(error) !== "ENOENT") {
				throw error;
			}
		}
		const loaded = trim(parseRegistries(text));
		await this.rewrite(loaded);
		return loaded;
	}

	async append(entries: readonly RegistryEntry[], now: Registries): Promise<void> {
		const text = entries.map((entry) => `${JSON.stringify(entry)}\n`).join("");
		if (this.size + text.length > Math.max(compactAbove, 2 * this.compact)) {
			await this.rewrite(trim(now));
			return;
		}
		try {
			await appendFile(this.path, text, { mode: 0o600 });
			this.size += text.length;
		} catch (error) {
			// A part may have been written: the next change writes the file anew.
			this.size = Number.POSITIVE_INFINITY;
			throw error;
		}
	}

	private async rewrite({ runs, sessions }: Registries): Promise<void> {
		const entries: RegistryEntry[] = [
			...[...runs.values()].map((run) => ({ run })),
			...[...sessions.values()].map((session) => ({ session })),
		];
		const text = entries.map((entry) => `${JSON.stringify(entry)}\n`).join("");
		await writeWhole(this.files, this.path, text, { replace: true });
		this.size = text.length;
		this.compact = text.length;
	}
}

/** What a registry file says. */
export function parseRegistries(text: string): Registries {
	const runs = new Map<string, RunRecord>();
	const sessions = new Map<string, AgentSessionRecord>();
	for (const line of text.split("\n")) {
		const value = parseJson(line);
		if (typeof value !== "object" || value === null) {
			continue;
		}
		const run = RunRecord.safeParse("run" in value ? value.run : undefined);
		const session = AgentSessionRecord.safeParse("session" in value ? value.session : undefined);
		if (run.success) {
			runs.set(run.data.id, run.data);
		}
		if (session.success) {
			putLast(sessions, session.data.session, session.data);
		}
	}
	return { runs, sessions };
}

/** Puts an entry behind all others: those that nothing was heard of for longest are forgotten first. */
export function putLast<T>(map: Map<string, T>, key: string, entry: T): void {
	map.delete(key);
	map.set(key, entry);
}

/** Without the oldest of what is over. */
export function trim({ runs, sessions }: Registries): Registries {
	const isClosed = ({ status }: AgentSessionRecord) => status === "closed";
	return {
		runs: new Map(trimMap(runs, isFinished, rememberedRuns)),
		sessions: new Map(trimMap(sessions, isClosed, rememberedSessions)),
	};
}

function trimMap<T>(
	map: ReadonlyMap<string, T>,
	isOver: (entry: T) => boolean,
	remembered: number,
): [string, T][] {
	const over = [...map.values()].filter(isOver).length;
	let excess = over - remembered;
	return [...map].filter(([, entry]) => !(isOver(entry) && excess-- > 0));
}
