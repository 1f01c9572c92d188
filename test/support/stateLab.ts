import * as path from "node:path";
import type { TestContext } from "node:test";
import { type Files, nodeFiles } from "../../src/core/files.ts";
import {
	type ChildConfig,
	type StateOptions,
	StateStore,
} from "../../src/daemon/state/stateStore.ts";
import type { AgentSessionRecord, RunRecord } from "../../src/protocol/daemon.ts";
import { temporaryFolder } from "./temporary.ts";

export interface StateLab {
	readonly folder: string;
	/** A store as another start of the daemon would make it. */
	open(options?: StateOptions): StateStore;
	file(name: string): string;
}

export async function stateLab(t: TestContext, eventCacheSize = 100): Promise<StateLab> {
	const folder = await temporaryFolder(t);
	const file = (name: string) => path.join(folder, name);
	let second = 0;
	return {
		folder,
		file,
		open: (options = {}) =>
			new StateStore(
				{
					paths: {
						identity: file("identity.json"),
						state: file("state.json"),
						runs: file("runs.jsonl"),
						events: file("events.jsonl"),
						stdout: file("stdout.log"),
						stderr: file("stderr.log"),
					},
					nodeId: "node",
					root: "/work",
					version: "1.0.0",
					eventCacheSize,
				},
				{
					now: () => new Date(Date.UTC(2026, 0, 1, 0, 0, second++)).toISOString(),
					processId: () => 4242,
					uuid: () => "the-uuid",
					...options,
				},
			),
	};
}

/** Files of a disk on which nothing can be opened while it is full. */
export function fillableDisk(): { readonly disk: { full: boolean }; readonly files: Files } {
	const disk = { full: false };
	const open = (...args: Parameters<Files["open"]>) => {
		if (disk.full) {
			throw Object.assign(new Error("no space"), { code: "ENOSPC" });
		}
		return nodeFiles.open(...args);
	};
	return { disk, files: { ...nodeFiles, open } };
}

export const child: ChildConfig = {
	id: "c1",
	agent: "codex",
	strategy: "spawn",
	mode: "stdio",
	endpoint: null,
	command: "codex",
	args: ["app-server"],
	cwd: "/work",
};

export function run(id: string, endedAt: string | null = null): RunRecord {
	return {
		id,
		session: "s1",
		turn: "t1",
		agent: "codex",
		model: null,
		status: endedAt === null ? "running" : "completed",
		startedAt: "2026-01-01T00:00:00.000Z",
		endedAt,
		reason: null,
		client: "a test",
	};
}

export const session: AgentSessionRecord = {
	session: "s1",
	agent: "codex",
	thread: "t",
	name: null,
	status: "open",
	currentTurn: "t1",
	updatedAt: "2026-01-01T00:00:00.000Z",
};

export const event = { level: "info", type: "run.started", message: "It began." } as const;
