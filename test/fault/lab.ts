import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import * as fs from "node:fs/promises";
import { tmpdir } from "node:os";
import * as path from "node:path";
import type { TestContext } from "node:test";
import { buildSync } from "esbuild";
import { Catalogue } from "../../src/core/catalogue/catalogue.ts";
import { examineStore } from "../../src/core/doctor/doctor.ts";
import { SessionIndex } from "../../src/core/index/sessionIndex.ts";
import { isUlid } from "../../src/core/journal/ids.ts";
import type { Locations } from "../../src/core/locations.ts";
import { WorkspaceStore } from "../../src/core/store/workspaceStore.ts";

/** `npm run fault` asks for many rounds, `npm test` for a few. */
export const isFull = process.env["SKEIN_FAULT"] === "full";

export function rounds(short: number, full: number): number {
	return isFull ? full : short;
}

export const seed = Number(process.env["SKEIN_FAULT_SEED"] ?? 2026);

/** What a process says once it is durable, and before it begins what removes something. */
export interface Said {
	/** A session that is there now. */
	readonly created?: string;
	/** Records that are in a session's journal now. */
	readonly stored?: { readonly session: string; readonly records: readonly string[] };
	/** A session that may go from now on. */
	readonly purging?: string;
	readonly failed?: string;
}

export function locationsBeside(folder: string): Locations {
	const home = `${folder}-home`;
	return {
		data: path.join(home, "data"),
		cache: path.join(home, "cache"),
		home,
		env: { CODEX_HOME: path.join(home, "codex") },
	};
}

/**
 * What must hold after every fault: what was acknowledged is there, the doctor is content, every journal is listed, and the
 * index after an update is what a full reading gives.
 */
export async function checkStore(folder: string, said: readonly Said[]): Promise<void> {
	const locations = locationsBeside(folder);
	const sessions = path.join(folder, ".vscode", "skein", "sessions");
	const names = (await fs.readdir(sessions)).filter((name) => name.endsWith(".jsonl"));
	const there = new Set(names.map((name) => name.slice(0, -".jsonl".length)));
	const mayBeGone = new Set(said.flatMap(({ purging }) => purging ?? []));
	for (const { created, stored } of said) {
		const session = created ?? stored?.session;
		if (session === undefined || mayBeGone.has(session)) {
			continue;
		}
		assert.ok(there.has(session), `session ${session} was acknowledged and is gone`);
	}
	const stored = Map.groupBy(
		said.flatMap((each) => each.stored ?? []),
		({ session }) => session,
	);
	for (const [session, acknowledged] of stored) {
		if (there.has(session)) {
			const ids = recordIds(await fs.readFile(path.join(sessions, `${session}.jsonl`), "utf8"));
			const missing = acknowledged.flatMap(({ records }) => records).filter((id) => !ids.has(id));
			assert.deepEqual(missing, [], `records of ${session} were acknowledged and are gone`);
		}
	}
	const store = new WorkspaceStore(folder, locations);
	const { ok, damage, projection } = await examineStore(store);
	const warnings = damage.filter(({ severity }) => severity !== "info");
	assert.deepEqual([warnings, projection.differences], [[], []]);
	assert.ok(ok);
	const catalogue = new Catalogue({
		folders: [folder],
		sources: [],
		locations,
		keepCopies: false,
	});
	const listed = await catalogue.list();
	catalogue.dispose();
	assert.deepEqual(listed.map(({ id }) => id).sort(), [...there].sort(), "the list is complete");
	await checkIndex(store, there.size);
	await store.close();
}

/** A workspace folder without a store, with a home beside it. */
export async function workspace(t: TestContext): Promise<string> {
	const root = await fs.mkdtemp(path.join(tmpdir(), "skein-fault-"));
	t.after(() => fs.rm(root, { recursive: true, force: true }));
	const folder = path.join(root, "workspace");
	await fs.mkdir(folder);
	return folder;
}

export async function checkIndex(store: WorkspaceStore, sessions: number): Promise<void> {
	const { locations } = store;
	const index = await SessionIndex.open({ stores: [store], sources: [], locations });
	try {
		const result = await index.update();
		assert.equal(result.sessions, sessions, "the index has every session");
		assert.deepEqual(await index.compareWithReplay(), { equal: true, differences: [], behind: 0 });
	} finally {
		index.close();
	}
}

/** The ids of all records in a journal's text, glued ones included; found without any code of the product's. */
export function recordIds(text: string): Set<string> {
	const ids = new Set<string>();
	for (const piece of text.split(/(?=\{"v":1,"id":")|\n/)) {
		try {
			const { v, id, type } = JSON.parse(piece) as Record<string, unknown>;
			const isRecord = typeof v === "number" && typeof type === "string";
			if (isRecord && typeof id === "string" && isUlid(id)) {
				ids.add(id);
			}
		} catch {
			// A torn piece: nothing in it was acknowledged.
		}
	}
	return ids;
}

/** A program of this folder in one file, which starts six times as fast as the sources do. */
export function bundled(name: string): string {
	const folder = mkdtempSync(path.join(tmpdir(), "skein-fault-"));
	process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
	const outfile = path.join(folder, "program.mjs");
	buildSync({
		entryPoints: [path.join(import.meta.dirname, name)],
		outfile,
		bundle: true,
		platform: "node",
		format: "esm",
		logLevel: "warning",
		banner: {
			js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
		},
	});
	return outfile;
}

/** A process whose lines of output are what it says; one that was cut is not said. */
export class Speaker {
	readonly said: Said[] = [];
	readonly child: ChildProcess;
	private readonly ended: Promise<unknown>;

	constructor(program: string, args: readonly string[], wrapper: readonly string[] = []) {
		const [command = "", ...rest] = [...wrapper, process.execPath, program, ...args];
		this.child = spawn(command, rest, { stdio: ["ignore", "pipe", "inherit"] });
		this.ended = once(this.child, "close");
		let text = "";
		this.child.stdout?.setEncoding("utf8").on("data", (part: string) => {
			const lines = (text + part).split("\n");
			text = lines.pop() ?? "";
			this.said.push(...lines.map((line) => JSON.parse(line) as Said));
		});
	}

	/** Waits until it has said so many things, or has ended. */
	async hears(count: number): Promise<void> {
		while (this.said.length < count && this.child.exitCode === null) {
			await Promise.race([once(this.child.stdout as never, "data"), this.ended]);
		}
	}

	/** In the full form one that has ended by itself before is a failure: something was thrown that is no sentence. */
	async kill(): Promise<void> {
		this.child.kill("SIGKILL");
		await this.ended;
		if (isFull) {
			assert.equal(this.child.exitCode, null, "it ended by itself, see its last words above");
		}
	}

	async end(): Promise<number | null> {
		await this.ended;
		return this.child.exitCode;
	}
}

/** Why mounts cannot be made here; undefined where they can. */
export function noMounts(): string | undefined {
	if (process.platform !== "linux") {
		return "mounts of one's own are made on Linux only";
	}
	try {
		execFileSync("unshare", ["--mount", "mount", "-t", "tmpfs", "none", tmpdir()], {
			stdio: "pipe",
		});
		return undefined;
	} catch {
		return "this user cannot make a mount of its own";
	}
}
