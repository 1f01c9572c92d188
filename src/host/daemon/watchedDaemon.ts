import * as vscode from "vscode";
import { SharedRun } from "../../base/async.ts";
import { errorSentence, HumanError } from "../../base/errors.ts";
import { Emitter, type Event } from "../../base/event.ts";
import type { DaemonClient } from "../../daemon/client/client.ts";
import {
	type Approval,
	type DaemonEvent,
	DaemonState,
	type DaemonStatus,
	type RunRecord,
} from "../../protocol/daemon.ts";
import { readSetting } from "../settings.ts";
import { requireTrust } from "../stores.ts";
import { isLive } from "../views/runsNodes.ts";
import type { DaemonsOptions, FolderDaemon } from "./daemons.ts";
import { EventCursor } from "./eventCursor.ts";

const minute = 60_000;
/** How often a window without a daemon looks whether another window or the command has started one, ms. */
const lookInterval = 3000;
/** No event tells that an agent has taken its prompt: while one has not, the daemon is asked this often. ms. */
const startingInterval = 500;
/** The first wait before a lost daemon is looked for again, doubled up to `lookInterval`, ms. */
const firstRetry = 100;

/**
 * The daemon of one folder, followed.
 * Guarantees: it starts a daemon only in {@link connect}; a connection that ends is looked for again, first soon, then
 * every {@link lookInterval}; events are told once each, those from before the connection first; after {@link dispose}
 * nothing is told any more.
 */
export class WatchedDaemon implements FolderDaemon, vscode.Disposable {
	readonly folder: string;
	readonly onDidChange: Event<void>;
	readonly onEvent: Event<DaemonEvent>;
	state: DaemonState = { kind: "stopped" };
	status: DaemonStatus | undefined;
	runs: readonly RunRecord[] = [];
	approvals: readonly Approval[] = [];
	lastEvent: DaemonEvent | undefined;
	client: DaemonClient | undefined;
	private readonly options: DaemonsOptions;
	private readonly changed = new Emitter<void>();
	private readonly happened = new Emitter<DaemonEvent>();
	private readonly cursor: EventCursor;
	private readonly refreshing = new SharedRun(() => this.refresh());
	private connecting: Promise<DaemonClient> | undefined;
	private timer: NodeJS.Timeout | undefined;
	private asking: NodeJS.Timeout | undefined;
	private wait = firstRetry;
	private watching = false;
	private disposed = false;
	private complained = "";

	constructor(folder: string, options: DaemonsOptions) {
		this.folder = folder;
		this.options = options;
		this.onDidChange = this.changed.event;
		this.onEvent = this.happened.event;
		this.cursor = new EventCursor(folder, options.memory);
	}

	/** Connects as soon as a daemon runs. May be called again. */
	watch(): void {
		if (!this.watching) {
			this.watching = true;
			void this.look();
			void this.recall();
		}
	}

	connect(): Promise<DaemonClient> {
		if (this.client) {
			return Promise.resolve(this.client);
		}
		if (!this.connecting) {
			const connecting = this.start().finally(() => {
				// After a failure it may be the next one already.
				if (this.connecting === connecting) {
					this.connecting = undefined;
				}
			});
			this.connecting = connecting;
		}
		return this.connecting;
	}

	runOf(session: string): RunRecord | undefined {
		return this.runs.find((run) => run.session === session && isLive(run));
	}

	dispose(): void {
		this.disposed = true;
		clearTimeout(this.timer);
		clearTimeout(this.asking);
		this.cursor.dispose();
		this.client?.dispose();
		this.client = undefined;
		this.state = { kind: "stopped" };
	}

	private async start(): Promise<DaemonClient> {
		requireTrust();
		this.watching = true;
		clearTimeout(this.timer);
		if (this.state.kind === "stopped" || this.state.kind === "crashed") {
			this.show({ kind: "starting" });
		}
		try {
			const { connectDaemon } = await import("../../daemon/client/connect.ts");
			const client = await connectDaemon({
				folder: this.folder,
				client: this.clientName,
				script: this.options.script,
				version: this.options.version,
				idleTimeout: readSetting("skein.daemon.idleTimeout") * minute,
			});
			await this.attach(client);
			return client;
		} catch (error) {
			// Else it would go on to be called starting, until the next look.
			this.connecting = undefined;
			this.wait = firstRetry;
			await this.readState(error);
			this.lookAgain();
			throw error;
		}
	}

	/** One look for a running daemon; the next follows by itself. */
	private async look(): Promise<void> {
		if (this.disposed || this.client || this.connecting) {
			return;
		}
		let failure: unknown;
		try {
			const { findDaemon } = await import("../../daemon/client/connect.ts");
			const client = await findDaemon(this.folder, this.clientName);
			if (client) {
				if (this.disposed || this.client || this.connecting) {
					client.dispose();
				} else {
					await this.attach(client);
				}
				return;
			}
		} catch (error) {
			failure = error;
			this.complain(error);
		}
		await this.readState(failure);
		this.lookAgain();
	}

	private lookAgain(): void {
		clearTimeout(this.timer);
		if (!this.disposed && !this.client) {
			this.timer = setTimeout(() => void this.look(), this.wait);
			this.wait = Math.min(lookInterval, this.wait * 2);
		}
	}

	private async attach(client: DaemonClient): Promise<void> {
		clearTimeout(this.timer);
		if (this.disposed) {
			client.dispose();
			return;
		}
		this.client = client;
		this.wait = firstRetry;
		client.onClose(() => void this.lost(client));
		// What happens while the past is asked for comes after it.
		let early: DaemonEvent[] | undefined = [];
		client.on("event")((event) => (early ? early.push(event) : this.take(event)));
		try {
			const before = await client.call("subscribe", { after: this.cursor.seq });
			await this.refreshing.run();
			for (const event of [...before.events, ...early]) {
				this.take(event);
			}
			early = undefined;
			if (before.lost) {
				this.cursor.restart(before.seq);
			} else {
				this.cursor.reached(before.seq);
			}
		} catch (error) {
			client.dispose();
			throw error;
		}
	}

	private take(event: DaemonEvent): void {
		if (this.disposed || !this.cursor.reached(event.seq)) {
			return;
		}
		if (event.type !== "state.changed") {
			this.lastEvent = event;
		}
		if (event.type === "approval.answered") {
			// Whoever finds the question open has not been told of its end yet.
			const answered = event.detail?.["approval"];
			this.approvals = this.approvals.filter(({ id }) => id !== answered);
		}
		const state = DaemonState.safeParse(event.detail?.["state"]);
		// Every state it passes through is shown, however short. Those from before are over.
		if (event.type === "state.changed" && state.success && event.seq > (this.status?.seq ?? 0)) {
			this.show(state.data);
		}
		this.happened.fire(event);
		this.askAgain();
	}

	/** A daemon that is gone meanwhile is noticed by its connection. */
	private askAgain(): void {
		void this.refreshing.run().catch(() => undefined);
	}

	private async refresh(): Promise<void> {
		const { client } = this;
		if (!client) {
			return;
		}
		const status = await client.call("status", {});
		if (this.client === client && !this.disposed) {
			this.status = status;
			this.runs = [...status.runs].sort((a, b) => (a.startedAt < b.startedAt ? 1 : -1));
			this.approvals = status.approvals;
			this.state = status.state;
			this.changed.fire();
			clearTimeout(this.asking);
			if (this.runs.some((run) => run.status === "starting")) {
				this.asking = setTimeout(() => this.askAgain(), startingInterval);
			}
		}
	}

	private async lost(client: DaemonClient): Promise<void> {
		if (this.client !== client || this.disposed) {
			return;
		}
		this.client = undefined;
		this.status = undefined;
		this.approvals = [];
		const endedAt = new Date().toISOString();
		const reason = vscode.l10n.t("The daemon ended before this run was over.");
		this.runs = this.runs.map((run) =>
			isLive(run) ? { ...run, status: "interrupted", endedAt, reason } : run,
		);
		await this.readState();
		this.lookAgain();
	}

	/** What ran before, as the files of a daemon that is gone tell. */
	private async recall(): Promise<void> {
		try {
			const { readDaemonTraces } = await import("../../daemon/client/files.ts");
			const traces = await readDaemonTraces(this.folder);
			if (traces && this.runs.length === 0 && !this.disposed) {
				this.runs = traces.finishedRuns;
				this.changed.fire();
			}
		} catch (error) {
			this.complain(error);
		}
	}

	/** How the daemon stands, as its files tell; what they say of one that hangs is not so. */
	private async readState(failure?: unknown): Promise<void> {
		try {
			const { readDaemonState } = await import("../../daemon/client/connect.ts");
			const hangs = failure instanceof HumanError && failure.reason === "not-answering";
			const state: DaemonState = hangs
				? { kind: "crashed", reason: failure.message, stderr: [] }
				: await readDaemonState(this.folder);
			if (!this.client && !this.connecting && !this.disposed) {
				this.show(state);
			}
		} catch (error) {
			this.complain(error);
		}
	}

	private show(state: DaemonState): void {
		if (JSON.stringify(state) !== JSON.stringify(this.state)) {
			this.state = state;
			this.changed.fire();
		}
	}

	/** Once each: this is tried again and again. */
	private complain(error: unknown): void {
		const sentence = errorSentence(error);
		if (this.complained !== sentence) {
			this.complained = sentence;
			const reason = error instanceof HumanError ? `${error.reason}: ` : "";
			this.options.log.warn(`${reason}${sentence}`);
		}
	}

	/** What other windows call us. */
	private get clientName(): string {
		return `the window "${vscode.workspace.name ?? this.folder}"`.slice(0, 200);
	}
}
