import { randomUUID } from "node:crypto";
import { causeInWords, HumanError } from "../../base/errors.ts";
import { type Event as BaseEvent, Emitter } from "../../base/event.ts";
import { type Files, nodeFiles } from "../../core/files.ts";
import {
	type AgentSessionRecord,
	type DaemonEvent,
	DaemonIdentity,
	type DaemonState,
	type EventType,
	type ManagedChild,
	type RunRecord,
	StateFile,
} from "../../protocol/daemon.ts";
import { readJson, writeJson } from "../runtime/jsonFile.ts";
import { EventLog } from "./eventLog.ts";
import { putLast, type Registries, type RegistryEntry, RegistryFile, trim } from "./registry.ts";
import { RotatingLog } from "./rotatingLog.ts";

/** Where the store keeps its files. */
export interface StatePaths {
	readonly identity: string;
	readonly state: string;
	readonly runs: string;
	readonly events: string;
	readonly stdout: string;
	readonly stderr: string;
}

export interface StateConfig {
	readonly paths: StatePaths;
	readonly nodeId: string;
	readonly root: string;
	readonly version: string;
	/** Events kept in memory. */
	readonly eventCacheSize: number;
}

export interface StateOptions {
	/** ISO 8601. */
	readonly now?: () => string;
	readonly processId?: () => number;
	readonly uuid?: () => string;
	readonly files?: Files;
}

export interface EventInput {
	readonly level: DaemonEvent["level"];
	readonly type: EventType;
	readonly message: string;
	readonly session?: string;
	readonly detail?: Record<string, unknown>;
}

export interface StateSnapshot {
	readonly config: StateConfig;
	readonly identity: DaemonIdentity;
	readonly daemon: StateFile;
	readonly runs: readonly RunRecord[];
	readonly sessions: readonly AgentSessionRecord[];
	readonly events: readonly DaemonEvent[];
}

/** What configuration says about a child; the rest of {@link ManagedChild} is what became of it. */
export type ChildConfig = Pick<
	ManagedChild,
	"id" | "agent" | "strategy" | "mode" | "endpoint" | "command" | "args" | "cwd"
>;

interface Memory {
	daemon: StateFile;
	registries: Registries;
	/** The number the next event gets. */
	nextSeq: number;
}

interface Draft extends Memory {
	readonly entries: RegistryEntry[];
	readonly events: DaemonEvent[];
}

interface Waiting {
	/** An event: told also when it cannot be written. */
	readonly isEvent: boolean;
	apply(draft: Draft): void;
	resolve(): void;
	reject(error: unknown): void;
}

/** Numbers set aside at a time: a log that is lost does not make them start again. */
const seqBlock = 1000;

/**
 * The daemon's memory on disk: identity, state, children, sessions, runs, events, child output. What codexd's state
 * store keeps, without its faults.
 * Guarantees: changes happen one after another, and those that wait share one writing; a promise resolves when its
 * change is on disk; a change that fails, or cannot be written, leaves memory as it was and does not stop the next; an
 * event is told also when the disk takes no more, for it may say just that; files are replaced whole; an event's number is never used twice, over restarts and lost files too; what callers get is
 * a copy.
 */
export class StateStore {
	readonly onEvent: BaseEvent<DaemonEvent>;
	private readonly config: StateConfig;
	private readonly now: () => string;
	private readonly processId: () => number;
	private readonly uuid: () => string;
	private readonly files: Files;
	private readonly registryFile: RegistryFile;
	private readonly events: EventLog;
	private readonly stdout: RotatingLog;
	private readonly stderr: RotatingLog;
	private readonly emitter = new Emitter<DaemonEvent>();
	private identity: DaemonIdentity | undefined;
	private memory: Memory | undefined;
	private initializing: Promise<void> | undefined;
	private waiting: Waiting[] = [];
	private draining: Promise<void> | undefined;

	constructor(config: StateConfig, options: StateOptions = {}) {
		this.config = config;
		this.now = options.now ?? (() => new Date().toISOString());
		this.processId = options.processId ?? (() => process.pid);
		this.uuid = options.uuid ?? randomUUID;
		this.files = options.files ?? nodeFiles;
		this.registryFile = new RegistryFile(config.paths.runs, this.files);
		this.events = new EventLog(config.paths.events, config.eventCacheSize);
		this.stdout = new RotatingLog(config.paths.stdout);
		this.stderr = new RotatingLog(config.paths.stderr);
		this.onEvent = this.emitter.event;
	}

	/** Reads what an earlier daemon left; a file that is torn counts as missing. May be called again. */
	async initialize(): Promise<StateSnapshot> {
		this.initializing ??= this.load();
		await this.initializing;
		return this.snapshot();
	}

	/** A copy of everything. Throws before {@link initialize} is done, like all that follow. */
	snapshot(): StateSnapshot {
		const { daemon, registries } = this.loaded;
		return structuredClone({
			config: this.config,
			identity: this.identity as DaemonIdentity,
			daemon,
			runs: [...registries.runs.values()],
			sessions: [...registries.sessions.values()],
			events: [...this.events.recent],
		});
	}

	/** True when no earlier daemon of this folder is known: then nothing it left is recorded here. */
	get isNew(): boolean {
		this.assertInitialized();
		return this.fresh;
	}
	private fresh = false;

	/** Number of the last event. */
	get seq(): number {
		return this.loaded.nextSeq - 1;
	}

	get daemon(): StateFile {
		return structuredClone(this.loaded.daemon);
	}
	getIdentity(): DaemonIdentity {
		this.assertInitialized();
		return structuredClone(this.identity as DaemonIdentity);
	}
	getChild(id: string): ManagedChild | undefined {
		return this.daemon.children.find((child) => child.id === id);
	}
	getRun(id: string): RunRecord | undefined {
		return structuredClone(this.loaded.registries.runs.get(id));
	}
	getSession(id: string): AgentSessionRecord | undefined {
		return structuredClone(this.loaded.registries.sessions.get(id));
	}
	listRuns(): RunRecord[] {
		return structuredClone([...this.loaded.registries.runs.values()]);
	}
	listSessions(): AgentSessionRecord[] {
		return structuredClone([...this.loaded.registries.sessions.values()]);
	}

	markStarted(): Promise<StateFile> {
		return this.changeDaemon(() => ({
			started: true,
			startedAt: this.now(),
			stoppedAt: null,
			pid: this.processId(),
			state: { kind: "starting" },
		}));
	}

	markStopped(): Promise<StateFile> {
		return this.changeDaemon(() => ({
			started: false,
			stoppedAt: this.now(),
			pid: null,
			state: { kind: "stopped" },
		}));
	}

	setState(state: DaemonState): Promise<StateFile> {
		return this.changeDaemon(() => ({ state: structuredClone(state) }));
	}

	/** Makes a child known, or takes over what configuration says now about one that is. */
	configureChild(config: ChildConfig): Promise<ManagedChild> {
		return this.changeChild(config.id, (known) => ({ ...(known ?? newChild(config)), ...config }));
	}

	updateChild(id: string, patch: Partial<Omit<ManagedChild, "id">>): Promise<ManagedChild> {
		const own = structuredClone(patch);
		return this.changeChild(id, (known) => {
			if (!known) {
				throw new Error(`There is no child ${id}.`);
			}
			return { ...known, ...own };
		});
	}

	upsertRun(run: RunRecord): Promise<void> {
		const own = structuredClone(run);
		return this.mutate((draft) => putRun(draft, own));
	}

	upsertSession(session: AgentSessionRecord): Promise<void> {
		const own = structuredClone(session);
		return this.mutate((draft) => putSession(draft, own));
	}

	/** No turn of the session runs any more: it may be forgotten some day. Undefined when it is not known. */
	closeSession(id: string): Promise<AgentSessionRecord | undefined> {
		return this.mutate((draft) => {
			const known = draft.registries.sessions.get(id);
			if (!known) {
				return undefined;
			}
			const closed = {
				...known,
				status: "closed" as const,
				currentTurn: null,
				updatedAt: this.now(),
			};
			putSession(draft, closed);
			return structuredClone(closed);
		});
	}

	/** Logs an event, then tells the listeners. Resolves when both is done, or the log could not be written. */
	recordEvent(input: EventInput): Promise<DaemonEvent> {
		const { detail, session, ...rest } = structuredClone(input);
		return this.mutate((draft) => {
			const event: DaemonEvent = {
				seq: draft.nextSeq++,
				createdAt: this.now(),
				...rest,
				...(session === undefined ? {} : { session }),
				detail: detail ?? null,
			};
			draft.events.push(event);
			return event;
		}, true);
	}

	/** The events after a number; see {@link EventLog.after}. */
	eventsAfter(seq: number): Promise<{ events: DaemonEvent[]; lost: boolean }> {
		return this.events.after(seq, this.seq);
	}

	async appendChildOutput(stream: "stdout" | "stderr", text: string): Promise<void> {
		this.assertInitialized();
		await this[stream].write(text);
	}

	/** Waits for every change and every log under way. */
	async settle(): Promise<void> {
		while (this.draining) {
			await this.draining;
		}
		await Promise.all([this.stdout.settle(), this.stderr.settle()]);
	}

	private get loaded(): Memory {
		this.assertInitialized();
		return this.memory as Memory;
	}

	private assertInitialized(): void {
		if (!this.memory) {
			throw new Error(
				"The state store is not initialized: call initialize() and wait for it first.",
			);
		}
	}

	private async load(): Promise<void> {
		const { paths, nodeId, root, version } = this.config;
		const known = await readJson(this.files, paths.identity, DaemonIdentity);
		this.fresh = known === undefined;
		this.identity = known
			? { ...known, version }
			: { daemonId: this.uuid(), nodeId, root, createdAt: this.now(), version };
		const daemon = (await readJson(this.files, paths.state, StateFile)) ?? {
			started: false,
			startedAt: null,
			stoppedAt: null,
			updatedAt: this.now(),
			pid: null,
			state: { kind: "stopped" as const },
			children: [],
			seq: 0,
		};
		const registries = await this.registryFile.load();
		const logged = await this.events.load();
		// Numbers are set aside in blocks: where the log is there it says how far they were used.
		const used = logged.isLast ? logged.greatest : Math.max(logged.greatest, daemon.seq);
		await writeJson(this.files, paths.identity, this.identity);
		const seq = reservedFor(used + 1);
		await writeJson(this.files, paths.state, { ...daemon, seq });
		this.memory = { daemon: { ...daemon, seq }, registries, nextSeq: used + 1 };
	}

	private changeDaemon(patch: () => Partial<StateFile>): Promise<StateFile> {
		return this.mutate((draft) => {
			draft.daemon = { ...draft.daemon, ...patch(), updatedAt: this.now() };
			return structuredClone(draft.daemon);
		});
	}

	private changeChild(
		id: string,
		change: (known: ManagedChild | undefined) => ManagedChild,
	): Promise<ManagedChild> {
		return this.mutate((draft) => {
			const { children } = draft.daemon;
			const known = children.find((child) => child.id === id);
			const changed = change(known);
			draft.daemon = {
				...draft.daemon,
				updatedAt: this.now(),
				children: known
					? children.map((child) => (child.id === id ? changed : child))
					: [...children, changed],
			};
			return structuredClone(changed);
		});
	}

	private mutate<T>(change: (draft: Draft) => T, isEvent = false): Promise<T> {
		this.assertInitialized();
		return new Promise((resolve, reject) => {
			let result: T;
			this.waiting.push({
				isEvent,
				apply: (draft) => {
					result = change(draft);
				},
				resolve: () => resolve(result),
				reject,
			});
			this.draining ??= this.drain();
		});
	}

	private async drain(): Promise<void> {
		// What is asked for in the same tick shares the first writing.
		await Promise.resolve();
		while (this.waiting.length > 0) {
			const group = this.waiting;
			this.waiting = [];
			await this.writeGroup(group);
		}
		this.draining = undefined;
	}

	private async writeGroup(group: readonly Waiting[]): Promise<void> {
		const before = this.loaded;
		const draft: Draft = { ...before, entries: [], events: [] };
		const applied: Waiting[] = [];
		for (const waiting of group) {
			const kept = { ...draft };
			const counts = [draft.entries.length, draft.events.length] as const;
			try {
				waiting.apply(draft);
				applied.push(waiting);
			} catch (error) {
				Object.assign(draft, kept);
				draft.entries.length = counts[0];
				draft.events.length = counts[1];
				waiting.reject(error);
			}
		}
		const { entries, events, nextSeq, registries } = draft;
		const seq = reservedFor(nextSeq);
		const daemon = seq > draft.daemon.seq ? { ...draft.daemon, seq } : draft.daemon;
		let failure: unknown;
		try {
			if (daemon !== before.daemon) {
				await writeJson(this.files, this.config.paths.state, daemon);
			}
			if (entries.length > 0) {
				await this.registryFile.append(entries, registries);
			}
		} catch (error) {
			failure = new HumanError(
				"not-stored",
				`The daemon could not write down what it does: ${causeInWords(error)}. Nothing was done.`,
				{ cause: error },
			);
		}
		if (events.length > 0) {
			// A log that cannot be written fails nothing.
			await this.events.append(events).catch(() => undefined);
		}
		// A number that may have reached a file is not given again.
		this.memory =
			failure === undefined
				? { daemon, registries: trim(registries), nextSeq }
				: { ...before, nextSeq };
		for (const waiting of applied) {
			if (failure === undefined || waiting.isEvent) {
				waiting.resolve();
			} else {
				waiting.reject(failure);
			}
		}
		for (const event of events) {
			this.emitter.fire(structuredClone(event));
		}
	}
}

function reservedFor(seq: number): number {
	return Math.ceil(seq / seqBlock) * seqBlock;
}

function putRun(draft: Draft, run: RunRecord): void {
	const { runs, sessions } = draft.registries;
	draft.registries = { runs: new Map(runs).set(run.id, run), sessions };
	draft.entries.push({ run });
}

function putSession(draft: Draft, session: AgentSessionRecord): void {
	const { runs } = draft.registries;
	const sessions = new Map(draft.registries.sessions);
	putLast(sessions, session.session, session);
	draft.registries = { runs, sessions };
	draft.entries.push({ session });
}

function newChild(config: ChildConfig): ManagedChild {
	return {
		...config,
		status: "idle",
		pid: null,
		processStart: null,
		startedAt: null,
		exitedAt: null,
		exitCode: null,
		signal: null,
		lastError: null,
		restarts: 0,
	};
}
