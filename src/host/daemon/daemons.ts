import * as vscode from "vscode";
import { DisposableStore } from "../../base/disposable.ts";
import { Emitter, type Event } from "../../base/event.ts";
import type { DaemonClient } from "../../daemon/client/client.ts";
import type {
	Approval,
	DaemonEvent,
	DaemonState,
	DaemonStatus,
	RunRecord,
} from "../../protocol/daemon.ts";
import { diskFolders } from "../workspace.ts";
import { WatchedDaemon } from "./watchedDaemon.ts";

/** One workspace folder's daemon as this window sees it. */
export interface FolderDaemon {
	/** Absolute path of the workspace folder. */
	readonly folder: string;
	/** `stopped` when there is none. */
	readonly state: DaemonState;
	/** The last one, while connected. */
	readonly status: DaemonStatus | undefined;
	/** Newest first. */
	readonly runs: readonly RunRecord[];
	/** Open ones. */
	readonly approvals: readonly Approval[];
	/** The last event that this window has heard of, but for changes of the state. */
	readonly lastEvent: DaemonEvent | undefined;
	/** Any of the above. */
	readonly onDidChange: Event<void>;
	/** Every event of the daemon, in order; those that happened while this window was closed, too. */
	readonly onEvent: Event<DaemonEvent>;
	/** While connected. */
	readonly client: DaemonClient | undefined;
	/** Finds or starts the daemon. Throws a HumanError (`restricted`, `not-started`, ...). */
	connect(): Promise<DaemonClient>;
	/** The live run (starting, running, waiting) of a session. */
	runOf(session: string): RunRecord | undefined;
}

export interface DaemonsOptions {
	/** Absolute path of dist/daemon.js. */
	readonly script: string;
	/** Version of Skein. */
	readonly version: string;
	/** Keeps how far the events of each daemon were seen. */
	readonly memory: vscode.Memento;
	readonly log: vscode.LogOutputChannel;
}

/**
 * The daemons of the open folders. Looks for running ones as soon as it is told to {@link follow}, and starts none before
 * somebody asks for it. In a window that is not trusted it neither looks nor starts.
 */
export class Daemons implements vscode.Disposable {
	private readonly options: DaemonsOptions;
	private readonly daemons = new Map<string, WatchedDaemon>();
	private readonly disposables = new DisposableStore();
	private readonly changed = new Emitter<FolderDaemon>();
	private readonly happened = new Emitter<{ daemon: FolderDaemon; event: DaemonEvent }>();

	readonly onDidChange: Event<FolderDaemon> = this.changed.event;
	readonly onEvent: Event<{ daemon: FolderDaemon; event: DaemonEvent }> = this.happened.event;

	constructor(options: DaemonsOptions) {
		this.options = options;
	}

	/** The daemon of a workspace folder. */
	of(folder: string): FolderDaemon {
		return this.watched(folder);
	}

	/** Those of the open folders, in the workspace's order. */
	get all(): readonly FolderDaemon[] {
		return diskFolders().map((folder) => this.watched(folder));
	}

	/** The daemon that has a live run of the session, or an open question of it. */
	withRunOf(session: string): FolderDaemon | undefined {
		return this.all.find((daemon) => daemon.runOf(session));
	}

	/** Connects to the daemons that run, now and later, as folders come and trust is granted. */
	follow(): void {
		const look = () => this.look();
		this.disposables.add(vscode.workspace.onDidChangeWorkspaceFolders(look));
		this.disposables.add(vscode.workspace.onDidGrantWorkspaceTrust(look));
		// Not now: activation is somebody's wait.
		const soon = setImmediate(look);
		this.disposables.add({ dispose: () => clearImmediate(soon) });
	}

	dispose(): void {
		this.disposables.dispose();
		for (const daemon of this.daemons.values()) {
			daemon.dispose();
		}
		this.daemons.clear();
	}

	private look(): void {
		const open = diskFolders();
		for (const [folder, daemon] of this.daemons) {
			if (!open.includes(folder)) {
				daemon.dispose();
				this.daemons.delete(folder);
				this.changed.fire(daemon);
			}
		}
		for (const folder of vscode.workspace.isTrusted ? open : []) {
			const daemon = this.watched(folder);
			daemon.watch();
			this.changed.fire(daemon);
		}
	}

	private watched(folder: string): WatchedDaemon {
		let daemon = this.daemons.get(folder);
		if (!daemon) {
			const made = new WatchedDaemon(folder, this.options);
			made.onDidChange(() => this.changed.fire(made));
			made.onEvent((event) => this.happened.fire({ daemon: made, event }));
			this.daemons.set(folder, made);
			daemon = made;
		}
		return daemon;
	}
}
