import type { StatsFs } from "node:fs";
import * as fs from "node:fs/promises";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { encodeTime } from "ulid";
import { type Files, nodeFiles } from "../../src/core/files.ts";
import { encodeRecord } from "../../src/core/journal/framing.ts";
import { readItems } from "../../src/core/journal/items.ts";
import { Journal } from "../../src/core/journal/journal.ts";
import { headItem, sideBranches, walkChain } from "../../src/core/model/chain.ts";
import { JournalRecord } from "../../src/core/model/record.ts";
import { itemStatus } from "../../src/core/model/state.ts";
import { WorkspaceStore } from "../../src/core/store/workspaceStore.ts";

/** The moment at which every test's world stands still. ms since the epoch. */
export const noon = Date.UTC(2026, 0, 15, 12);

const digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** The id with number `n` (< 2^50) among those at `time`: readable, sortable, the same in every run. */
export function idAt(time: number, n: number): string {
	let tail = "";
	for (let rest = n; tail.length < 16; rest = Math.floor(rest / 32)) {
		tail = (digits[rest % 32] ?? "0") + tail;
	}
	return encodeTime(time, 10) + tail;
}

/** A record of the tests' world: `n` decides its id, its time and nothing else. */
export function record(n: number, fields: object): JournalRecord {
	const time = noon - 3_600_000 + n;
	return JournalRecord.parse({
		v: 1,
		id: recordId(n),
		ts: new Date(time).toISOString(),
		...fields,
	});
}

export function recordId(n: number): string {
	return idAt(noon - 3_600_000 + n, n);
}

export function line(n: number, fields: object): string {
	return encodeRecord(record(n, fields));
}

/** A line that no schema has seen. */
export function rawLine(n: number, fields: object): string {
	const { v = 1, ...rest } = fields as { v?: number };
	return encodeRecord({
		v,
		id: recordId(n),
		ts: new Date(noon + n).toISOString(),
		...rest,
	} as never);
}

export const sessionId = recordId(0);

export function headerLine(
	parent?: { session: string; at: string | null },
	id = sessionId,
): string {
	return line(0, {
		type: "session.created",
		format: "skein-journal",
		session: {
			id,
			title: "A session",
			agent: "codex",
			model: "gpt-5",
			cwd: ".",
			origin: null,
			...(parent ? { parent } : {}),
		},
	});
}

/** A small journal that looks like real ones: every kind of record, non-ASCII text, escapes, numbers, nesting. */
export function realisticLines(): string[] {
	return [
		headerLine(),
		line(1, { type: "turn.started", after: null, model: "gpt-5", git: { branch: "main" } }),
		line(2, {
			type: "item.completed",
			turn: recordId(1),
			item: { type: "userMessage", text: 'Fix the "naïve" café test — 日本語 🎉\u2028\u0000\n' },
		}),
		line(3, {
			type: "item.started",
			turn: recordId(1),
			item: { type: "commandExecution", command: "npm test", output: "" },
		}),
		line(4, { type: "item.updated", itemId: recordId(3), append: { output: "1 passing\n" } }),
		line(5, {
			type: "item.completed",
			turn: recordId(1),
			itemId: recordId(3),
			item: {
				type: "commandExecution",
				command: "npm test",
				output: "1 passing\n",
				exitCode: 0,
				durationMs: 12.5,
			},
		}),
		line(6, {
			type: "item.completed",
			turn: recordId(1),
			item: {
				type: "toolCall",
				tool: "query",
				input: { v: 1, deep: [{ a: [-1.5e-7, true, null] }], text: "}{" },
			},
		}),
		line(7, {
			type: "turn.completed",
			turn: recordId(1),
			status: "completed",
			usage: { input: 10, output: 5, total: 15 },
		}),
		line(8, { type: "session.renamed", title: "Fix the café test" }),
		line(9, { type: "turn.started", after: recordId(6) }),
		line(10, {
			type: "item.completed",
			turn: recordId(9),
			item: { type: "agentMessage", text: "Done.", phase: "final" },
		}),
		line(11, { type: "note.added", text: "check this", item: recordId(10) }),
		line(12, { type: "session.tagged", tags: ["café", "__proto__"] }),
		line(13, { type: "head.moved", to: recordId(6) }),
	];
}

export interface Scope {
	after(run: () => Promise<void> | void): void;
}

/** A folder that is gone after the test. */
export async function temporaryFolder(scope: Scope): Promise<string> {
	const folder = await fs.mkdtemp(path.join(tmpdir(), "skein-test-"));
	scope.after(() => fs.rm(folder, { recursive: true, force: true }));
	return folder;
}

/** A store in a new folder, with a clock that stands still unless it is moved. */
export async function newStore(
	scope: Scope,
	options: { files?: Files; folder?: string } = {},
): Promise<{ store: WorkspaceStore; clock: { now: number }; again(): WorkspaceStore }> {
	const base = options.folder ?? (await temporaryFolder(scope));
	const clock = { now: Date.now() };
	const workspace = path.join(base, "workspace");
	await fs.mkdir(workspace, { recursive: true });
	const locations = {
		data: path.join(base, "data"),
		cache: path.join(base, "cache"),
		home: base,
		env: {},
	};
	const again = () => {
		const store = new WorkspaceStore(workspace, locations, {
			files: options.files ?? nodeFiles,
			clock: () => clock.now,
		});
		scope.after(() => store.close());
		return store;
	};
	return { store: again(), clock, again };
}

/** Writes a journal with these bytes; `age` is how long ago it was last changed. Returns its path. */
export async function writeJournal(
	folder: string,
	bytes: string | Uint8Array,
	options: { name?: string; age?: number } = {},
): Promise<string> {
	const file = path.join(folder, options.name ?? `${sessionId}.jsonl`);
	await fs.writeFile(file, bytes);
	const time = new Date(noon - (options.age ?? 60_000));
	await fs.utimes(file, time, time);
	return file;
}

export function openJournal(file: string, files: Files = nodeFiles, now = noon): Promise<Journal> {
	return Journal.open(file, files, () => now);
}

/** Reads bytes as a journal that nobody has touched for a minute. */
export async function readBytes(folder: string, bytes: string | Uint8Array): Promise<Journal> {
	return openJournal(await writeJournal(folder, bytes));
}

/** All that a journal amounts to, as plain values in an order of their own: where bytes stand plays no part. */
export async function canonical(journal: Journal): Promise<unknown> {
	const { state } = journal;
	const byId = <T extends { id: string }>(list: Iterable<T>) =>
		[...list].sort((a, b) => (a.id < b.id ? -1 : 1));
	const ids = [...state.items.keys()].sort();
	const contents = await readItems(journal, ids, async () => undefined);
	const chain = walkChain(state, headItem(state));
	return {
		header: state.header,
		title: state.title,
		titles: state.titles,
		flags: [state.archived, state.trashed, state.pinned],
		tags: state.tags,
		notes: state.notes,
		heads: state.heads,
		head: headItem(state),
		chain,
		branches: sideBranches(state, new Set(chain.items)),
		turns: byId(state.turns.values()).map((turn) => ({ ...turn, items: [...turn.items] })),
		items: byId(state.items.values()).map((item) => ({
			id: item.id,
			turn: item.turn,
			type: item.type,
			status: itemStatus(item, state.turns.get(item.turn)),
			time: item.time,
			sourceId: item.sourceId,
			files: item.files,
			updates: item.updates.map((update) => update.id),
			started: item.started !== undefined,
			completed: item.completed?.id,
		})),
		contents,
		unknown: state.unknown.map(({ id, type }) => `${id} ${type}`),
		imported: state.imported,
		acknowledged: [...state.acknowledged].sort(),
		firstPrompt: state.firstPrompt,
		lastActivity: state.lastActivity,
		greatest: journal.greatestId,
		records: journal.recordCount,
		diagnostics: journal.diagnostics
			.map(({ severity, reason, fragment }) => JSON.stringify([severity, reason, fragment]))
			.sort(),
	};
}

export type FileOperation =
	| "open"
	| "write"
	| "writeFile"
	| "datasync"
	| "sync"
	| "read"
	| "handleStat"
	| "handleClose"
	| keyof Files;

export interface Call {
	readonly operation: FileOperation;
	readonly path: string;
	readonly arguments: readonly unknown[];
}

/**
 * What to do about a call: fail with a system error instead of it or after it, write so many bytes only, or run
 * something before or after it.
 */
export type Fault =
	| { readonly fail: string }
	| { readonly failAfter: string }
	| { readonly short: number }
	| { readonly before: () => Promise<void> }
	| { readonly after: () => Promise<void> };

/** File systems as journals tell them apart: those that sync each write when asked to, and others. */
export type FileSystem = "local" | "network";

/** Those that this platform has. */
export const fileSystems: readonly FileSystem[] =
	process.platform === "linux" ? ["local", "network"] : ["network"];

const fileSystemTypes = { local: 0xef53, network: 0x6969 } as const;

/** Real files whose calls are counted and can be made to fail at exact moments. */
export class FaultyFiles {
	readonly files: Files;
	readonly calls: Call[] = [];
	/** Asked before every call. */
	fault: (call: Call) => Fault | undefined = () => undefined;

	constructor(fileSystem: FileSystem = "local") {
		this.files = new Proxy(nodeFiles, {
			get: (target, name: keyof Files) => {
				const original = target[name] as (...args: unknown[]) => Promise<unknown>;
				return async (...args: unknown[]) => {
					const fault = await this.meet(name, String(args[0]), args);
					const result = await original.apply(target, args);
					await leave(fault, name);
					if (name === "statfs") {
						return { ...(result as StatsFs), type: fileSystemTypes[fileSystem] };
					}
					return name === "open" ? this.wrap(result as fs.FileHandle, String(args[0])) : result;
				};
			},
		});
	}

	count(operation: FileOperation): number {
		return this.calls.filter((call) => call.operation === operation).length;
	}

	private async meet(
		operation: FileOperation,
		file: string,
		args: readonly unknown[],
	): Promise<Fault | undefined> {
		const call = { operation, path: file, arguments: args };
		this.calls.push(call);
		const fault = this.fault(call);
		if (fault && "fail" in fault) {
			throw systemError(fault.fail, operation);
		}
		if (fault && "before" in fault) {
			await fault.before();
		}
		return fault;
	}

	private wrap(handle: fs.FileHandle, file: string): fs.FileHandle {
		const names: Record<string, FileOperation> = {
			write: "write",
			writeFile: "writeFile",
			datasync: "datasync",
			sync: "sync",
			read: "read",
			stat: "handleStat",
			close: "handleClose",
		};
		return new Proxy(handle, {
			get: (target, name) => {
				const value: unknown = Reflect.get(target, name, target);
				const operation = names[String(name)];
				if (typeof value !== "function") {
					return value;
				}
				if (!operation) {
					return value.bind(target);
				}
				return async (...args: unknown[]) => {
					const fault = await this.meet(operation, file, args);
					if (fault && "short" in fault && Buffer.isBuffer(args[0])) {
						const [bytes] = args;
						return target.write(bytes, 0, Math.min(fault.short, bytes.length));
					}
					const result = await value.apply(target, args);
					await leave(fault, operation);
					return result;
				};
			},
		});
	}
}

/** What a fault does after its call. */
async function leave(fault: Fault | undefined, operation: FileOperation): Promise<void> {
	if (fault && "failAfter" in fault) {
		throw systemError(fault.failAfter, operation);
	}
	if (fault && "after" in fault) {
		await fault.after();
	}
}

export function systemError(code: string, call: string): Error {
	return Object.assign(new Error(`${code}: injected, ${call}`), { code });
}

/** Makes the n-th call (from 0) of an operation on a path that ends in `suffix` meet `fault`, once. */
export function once(
	operation: FileOperation,
	fault: Fault,
	suffix = ".jsonl",
	n = 0,
): (call: Call) => Fault | undefined {
	let left = n;
	return (call) => {
		if (call.operation !== operation || !call.path.endsWith(suffix)) {
			return undefined;
		}
		return left-- === 0 ? fault : undefined;
	};
}

/** Path of a file beside this one. */
export function beside(name: string): string {
	return fileURLToPath(new URL(name, import.meta.url));
}
