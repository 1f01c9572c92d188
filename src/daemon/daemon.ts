import { randomBytes } from "node:crypto";
import { unlink } from "node:fs/promises";
import { TaskQueue } from "../base/async.ts";
import { HumanError } from "../base/errors.ts";
import { type Files, nodeFiles } from "../core/files.ts";
import { userLocations } from "../core/locations.ts";
import { host } from "../core/store/openRuns.ts";
import { WorkspaceStore } from "../core/store/workspaceStore.ts";
import {
	type DaemonEvent,
	type DaemonMethod,
	type DaemonParams,
	type DaemonResult,
	type DaemonState,
	type DaemonStatus,
	daemonProtocol,
} from "../protocol/daemon.ts";
import { type Client, RpcServer } from "./rpc/server.ts";
import { modelsOf } from "./runs/agentModels.ts";
import { changeThread } from "./runs/agentThreads.ts";
import { reconcile } from "./runs/reconcile.ts";
import { Runs } from "./runs/runs.ts";
import { newEndpoint, type RuntimeFolder } from "./runtime/folder.ts";
import { writeJson } from "./runtime/jsonFile.ts";
import { lastLines } from "./runtime/lastLines.ts";
import type { DaemonLock } from "./runtime/lock.ts";
import { isFinished } from "./state/registry.ts";
import { StateStore } from "./state/stateStore.ts";
import { Agents } from "./supervise/agents.ts";
import { type BackoffOptions, restartBackoff } from "./supervise/backoff.ts";
import type { ChildOptions } from "./supervise/childProcess.ts";
import { type ProcessTable, systemProcesses } from "./supervise/processTable.ts";
import { reap } from "./supervise/reaper.ts";

export interface DaemonOptions {
	readonly version: string;
	readonly environment: Readonly<Record<string, string | undefined>>;
	/** After how long without client and run it ends itself, ms. */
	readonly idle?: number;
	/** After how long without a run an agent is ended, ms. */
	readonly childIdle?: number;
	/** How long an agent may take for what needs no thinking, ms. */
	readonly patience?: number;
	/** How long a client may take to say hello, ms. */
	readonly helloPatience?: number;
	readonly childPatience?: ChildOptions["patience"];
	readonly backoff?: BackoffOptions;
	readonly processes?: ProcessTable;
	readonly files?: Files;
}

const minute = 60_000;
/** A longer wait would end at once. ms. */
const longestTimer = 2 ** 31 - 1;
/** Finished runs that `status` lists. */
const recentRuns = 50;
/** Events kept in memory. */
const eventCacheSize = 1000;
/** States that wait to be published. */
const unpublishedLimit = 100;
/** Sessions that one client follows. */
const followLimit = 1000;
/** How often the daemon looks whether its lock is still there, ms. */
const lockInterval = 30_000;

/** The daemon of one store, from taking over to its end. Made by the holder of the lock. */
export class Daemon {
	/** Resolves when everything has ended. */
	readonly ended: Promise<void>;
	private readonly runtime: RuntimeFolder;
	private readonly lock: DaemonLock;
	private readonly options: DaemonOptions;
	private readonly processes: ProcessTable;
	private readonly store: WorkspaceStore;
	private readonly state: StateStore;
	private readonly runs: Runs;
	private readonly agents: Agents;
	private readonly server: RpcServer;
	private readonly token = randomBytes(32).toString("hex");
	private readonly publishing = new TaskQueue();
	private settle: () => void = () => undefined;
	private starting: Promise<boolean> | undefined;
	private stopping: Promise<void> | undefined;
	private idleTimer: NodeJS.Timeout | undefined;
	private lockTimer: NodeJS.Timeout | undefined;
	/** The last state that is published, or waits to be, and how many wait. */
	private shown: DaemonState = { kind: "starting" };
	private unpublished = 0;

	constructor(runtime: RuntimeFolder, lock: DaemonLock, options: DaemonOptions) {
		this.runtime = runtime;
		this.lock = lock;
		this.options = options;
		this.processes = options.processes ?? systemProcesses();
		this.store = new WorkspaceStore(
			runtime.root,
			userLocations(options.environment),
			options.files ? { files: options.files } : {},
		);
		this.state = new StateStore({
			paths: runtime,
			nodeId: host,
			root: runtime.root,
			version: options.version,
			eventCacheSize,
		});
		const patience = options.patience ?? 30_000;
		this.runs = new Runs(this.store, this.state, runtime.protocols, patience);
		this.agents = new Agents({
			state: this.state,
			processes: this.processes,
			mark: runtime.mark,
			folder: runtime.root,
			environment: options.environment,
			version: options.version,
			patience,
			backoff: options.backoff ?? restartBackoff,
			childIdle: options.childIdle ?? 10 * minute,
			...(options.childPatience ? { childPatience: options.childPatience } : {}),
			listener: this.runs.agreement,
			onChange: () => this.changed(),
		});
		this.server = new RpcServer({
			token: this.token,
			version: options.version,
			helloPatience: options.helloPatience ?? 5000,
			handle: (method, params, client) => this.handle(method, params, client),
			giveWay: () => this.giveWay(),
			onClients: () => this.watchIdle(),
			onBug: report,
		});
		this.ended = new Promise((resolve) => {
			this.settle = resolve;
		});
	}

	/** Puts in order what the last daemon left, then lets clients in. False when it was stopped before it had done so. */
	start(): Promise<boolean> {
		this.starting ??= this.startNow();
		return this.starting;
	}

	private async startNow(): Promise<boolean> {
		await this.state.initialize();
		await this.state.markStarted();
		await reap(this.state, this.processes, this.runtime.mark);
		if (this.stopping) {
			return false;
		}
		await reconcile(this.store, this.state);
		if (this.stopping) {
			return false;
		}
		this.state.onEvent((event) => {
			const subscribed = new Set(this.server.clients.filter((each) => each.subscribed));
			// After the answer to `subscribe`, where that is still to be sent.
			setImmediate(() => this.server.notify("event", event, (each) => subscribed.has(each)));
		});
		this.runs.onDelta.event((delta) =>
			this.server.notify("delta", delta, (each) => each.follows.has(delta.session)),
		);
		this.runs.onGrown.event((grown) =>
			this.server.notify("grown", grown, (each) => each.follows.has(grown.session)),
		);
		this.runs.onChange.event(() => this.changed());
		const endpoint = newEndpoint(this.runtime, randomBytes(8).toString("hex"));
		await this.server.listen(endpoint);
		await writeJson(nodeFiles, this.runtime.daemonFile, {
			pid: process.pid,
			startedAt: new Date().toISOString(),
			protocol: daemonProtocol,
			version: this.options.version,
			endpoint,
			token: this.token,
		});
		await this.state.recordEvent({
			level: "info",
			type: "daemon.started",
			message: `The daemon runs (process ${process.pid}).`,
		});
		this.changed();
		this.lockTimer = setInterval(() => this.watchLock(), lockInterval);
		return true;
	}

	/** Interrupts what runs, ends the agents and all files. May be called again. */
	stop(reason: string): Promise<void> {
		this.stopping ??= this.stopNow(reason);
		return this.stopping;
	}

	private async stopNow(reason: string): Promise<void> {
		// Who is still starting must not write over what a successor has, and one that could not start tells by itself.
		await this.starting?.catch(ignore);
		clearTimeout(this.idleTimer);
		clearInterval(this.lockTimer);
		const event = { level: "info", type: "daemon.stopping", message: reason } as const;
		await this.state.recordEvent(event).catch(ignore);
		this.showState();
		// Whatever fails, the rest is ended, too.
		await this.runs.close().catch(report);
		await this.agents.close().catch(report);
		await this.store.close().catch(report);
		await this.publishing.run(async () => undefined);
		if (this.lock.isHeld) {
			await unlink(this.runtime.daemonFile).catch(ignore);
		}
		await this.state.markStopped().catch(ignore);
		await this.state.settle();
		await this.server.close();
		this.lock.release();
		this.settle();
	}

	private giveWay(): boolean {
		if (this.runs.count > 0) {
			return false;
		}
		void this.stop("A newer window has come; the daemon ends itself for a newer one.");
		return true;
	}

	private async handle(method: DaemonMethod, params: unknown, client: Client): Promise<unknown> {
		switch (method) {
			case "hello":
				throw new HumanError("hello-again", "hello was said already.");
			case "status":
				return this.status();
			case "subscribe":
				return this.subscribe(params as DaemonParams<"subscribe">, client);
			case "follow": {
				const { session } = params as DaemonParams<"follow">;
				if (client.follows.size >= followLimit) {
					throw new HumanError("overloaded", "A window may follow 1000 sessions at a time.");
				}
				client.follows.add(session);
				return this.runs.follow(session);
			}
			case "unfollow":
				client.follows.delete((params as DaemonParams<"unfollow">).session);
				return {};
			case "prompt":
				return this.runs.prompt(params as DaemonParams<"prompt">, client.name, this.agents);
			case "steer": {
				const { session, input } = params as DaemonParams<"steer">;
				return this.runs.steer(session, input);
			}
			case "interrupt": {
				const { session } = params as DaemonParams<"interrupt">;
				return { status: await this.runs.interrupt(session) };
			}
			case "answer":
				return {
					outcome: await this.runs.answer(params as DaemonParams<"answer">, client.name),
				};
			case "sync":
				return { synced: await this.runs.sync(params as DaemonParams<"sync">, this.agents) };
			case "changeThread":
				return changeThread(params as DaemonParams<"changeThread">, this.agents);
			case "models":
				return modelsOf(params as DaemonParams<"models">, this.store, this.agents);
			case "logs":
				return this.logs(params as DaemonParams<"logs">);
			case "stop":
				return this.stopFor(params as DaemonParams<"stop">, client);
		}
	}

	private status(): DaemonStatus {
		const { pid, startedAt, children } = this.state.daemon;
		const live = this.runs.list();
		const known = new Set(live.map((run) => run.id));
		const over = this.state.listRuns().filter((run) => isFinished(run) && !known.has(run.id));
		return {
			identity: this.state.getIdentity(),
			pid,
			startedAt,
			state: this.currentState(),
			children,
			runs: [...live, ...over.reverse().slice(0, recentRuns)],
			approvals: this.runs.listApprovals(),
			clients: this.server.clients.length,
			seq: this.state.seq,
		};
	}

	private async subscribe(
		{ after }: DaemonParams<"subscribe">,
		client: Client,
	): Promise<DaemonResult<"subscribe">> {
		const early: DaemonEvent[] = [];
		const listening = this.state.onEvent((event) => early.push(event));
		const { events, lost } =
			after === null ? { events: [], lost: false } : await this.state.eventsAfter(after);
		listening.dispose();
		// From here on, without a wait in between, they are told one by one.
		client.subscribed = true;
		events.push(...early);
		return { events, seq: events.at(-1)?.seq ?? this.state.seq, lost };
	}

	private async logs({ log, bytes }: DaemonParams<"logs">): Promise<DaemonResult<"logs">> {
		const path = log === "daemon" ? this.runtime.daemonLog : this.runtime[log];
		return { text: await lastLines(path, bytes), path };
	}

	private stopFor({ force }: DaemonParams<"stop">, client: Client): DaemonResult<"stop"> {
		if (this.runs.count > 0 && !force) {
			throw new HumanError("busy", "Turns still run. Stop them first, or force the daemon to end.");
		}
		// After the answer is out.
		setImmediate(() => void this.stop(`The daemon was stopped by ${client.name}.`));
		return {};
	}

	private currentState(): DaemonState {
		const approvals = this.runs.listApprovals().length;
		const { health } = this.agents;
		if (this.stopping) {
			return { kind: "stopping" };
		}
		if (approvals > 0) {
			return { kind: "needs-you", count: approvals };
		}
		if (health.kind === "failed") {
			return { kind: "crashed", reason: health.reason, stderr: [...health.stderr] };
		}
		if (health.kind === "restarting") {
			return { kind: "degraded", reason: health.reason };
		}
		const { count } = this.runs;
		return count > 0 ? { kind: "busy", count } : { kind: "idle" };
	}

	private changed(): void {
		this.showState();
		this.watchIdle();
	}

	/** Publishes every state the daemon passes through, however short, in order; when very many wait, only the last. */
	private showState(): void {
		const state = this.currentState();
		const isNew = JSON.stringify(state) !== JSON.stringify(this.shown);
		if (!isNew || this.unpublished >= unpublishedLimit) {
			return;
		}
		this.shown = state;
		this.unpublished++;
		void this.publishing
			.run(() => this.publish(state))
			// Shown, not relied upon: a full disk must not end what runs.
			.catch(ignore)
			.finally(() => {
				this.unpublished--;
				this.showState();
			});
	}

	private async publish(state: DaemonState): Promise<void> {
		const event = {
			level: "info",
			type: "state.changed",
			message: `The daemon is ${state.kind}.`,
			detail: { state },
		} as const;
		await Promise.all([this.state.setState(state), this.state.recordEvent(event)]);
	}

	private watchIdle(): void {
		clearTimeout(this.idleTimer);
		if (this.server.clients.length === 0 && this.runs.count === 0 && !this.stopping) {
			this.idleTimer = setTimeout(
				() => void this.stop("Nobody needed the daemon for a while."),
				Math.min(this.options.idle ?? 10 * minute, longestTimer),
			);
		}
	}

	private watchLock(): void {
		if (!this.lock.isHeld) {
			void this.stop("The daemon's folder was removed; another daemon may start.");
		}
	}
}

function ignore(): void {
	return;
}

/** Into daemon.log. */
function report(error: unknown): void {
	console.error(error);
}
