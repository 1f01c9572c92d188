import { type FSWatcher, watch } from "node:fs";
import { access, stat } from "node:fs/promises";
import * as path from "node:path";
import { SharedRun } from "../../base/async.ts";
import type { Disposable } from "../../base/disposable.ts";
import { isOnLocalFileSystem } from "../fileSystems.ts";
import { type Files, nodeFiles } from "../files.ts";

/** How long events are gathered before they are reported. ms. */
const gatherTime = 100;
/** How often a folder is looked at when the system cannot watch it. ms. */
const pollTime = 2000;
/** And when it can, but does not hear of what other machines write. ms. */
const remotePollTime = 15_000;

export interface WatchOptions {
	/** `fs.watch`, or what stands in for it. */
	readonly watch?: typeof watch;
	readonly files?: Pick<Files, "statfs">;
	/** Instead of the times between two looks. ms. */
	readonly pollTime?: number;
}

/**
 * Watches a folder that may not exist yet. Reports the names of files that changed in it (relative to the folder), or
 * undefined when anything may have changed: a folder came or went, or the system does not say.
 * Guarantees: a change is reported at least once, within 100 ms and the system's own delay, within 2 s where the system
 * cannot watch, and within 15 s when another machine makes it on a mounted file system; never reports from within a call.
 */
export class FolderWatch implements Disposable {
	private readonly folder: string;
	private readonly recursive: boolean;
	private readonly changed: (names: ReadonlySet<string> | undefined) => void;
	private readonly options: WatchOptions;
	private watcher: FSWatcher | undefined;
	private parentWatcher: FSWatcher | undefined;
	private watched: string | undefined;
	private names: Set<string> | undefined = new Set();
	private gathering: NodeJS.Timeout | undefined;
	private polling: NodeJS.Timeout | undefined;
	private disposed = false;
	/** One at a time: two at once would leave a watcher that nobody closes. */
	private readonly attaching = new SharedRun(() => this.attachNow());

	constructor(
		folder: string,
		recursive: boolean,
		changed: (names: ReadonlySet<string> | undefined) => void,
		options: WatchOptions = {},
	) {
		this.folder = folder;
		this.recursive = recursive;
		this.changed = changed;
		this.options = options;
		void this.attach();
	}

	dispose(): void {
		this.disposed = true;
		this.close();
		clearTimeout(this.gathering);
		clearInterval(this.polling);
	}

	private get watch(): typeof watch {
		return this.options.watch ?? watch;
	}

	private attach(): Promise<void> {
		return this.attaching.run();
	}

	/** Watches the folder or, while it does not exist, the nearest ancestor that does. */
	private async attachNow(): Promise<void> {
		const nearest = await nearestExisting(this.folder);
		const identity = await identityOf(nearest);
		const isLocal = await isOnLocalFileSystem(this.options.files ?? nodeFiles, nearest);
		if (this.disposed || nearest === this.watched) {
			return;
		}
		this.close();
		this.watched = nearest;
		const isTarget = nearest === this.folder;
		try {
			this.watcher = this.watch(nearest, { recursive: isTarget && this.recursive });
			if (isTarget) {
				this.watchParent(identity);
			}
		} catch {
			// No more watches, or a file system that has none: look now and then instead.
			this.close();
			this.watched = undefined;
			this.poll(pollTime);
			return;
		}
		if (isLocal === false) {
			this.poll(remotePollTime);
		}
		this.watcher.on("error", () => this.lost());
		this.watcher.on("change", (_event, name) => {
			if (isTarget) {
				if (name === path.basename(this.folder)) {
					// The folder itself came or went: what is watched may be one that was deleted.
					this.lost();
				} else {
					this.note(typeof name === "string" ? name : undefined);
				}
			} else {
				void this.attach();
			}
		});
		// What happened between looking and watching.
		this.note(undefined);
		if (!isTarget) {
			void this.attach();
		}
	}

	/** A folder does not hear of its own removal while a file in it is still open somewhere; its parent does. */
	private watchParent(identity: string | undefined): void {
		this.parentWatcher = this.watch(path.dirname(this.folder));
		this.parentWatcher.on("error", () => this.lost());
		this.parentWatcher.on("change", (_event, name) => {
			if (typeof name !== "string" || name === path.basename(this.folder)) {
				void identityOf(this.folder).then((now) => {
					if (now !== identity) {
						this.lost();
					}
				});
			}
		});
	}

	private poll(time: number): void {
		this.polling ??= setInterval(() => this.note(undefined), this.options.pollTime ?? time).unref();
	}

	private close(): void {
		this.watcher?.close();
		this.watcher = undefined;
		this.parentWatcher?.close();
		this.parentWatcher = undefined;
	}

	private lost(): void {
		this.close();
		this.watched = undefined;
		this.note(undefined);
		void this.attach();
	}

	private note(name: string | undefined): void {
		if (this.disposed) {
			return;
		}
		if (name === undefined) {
			this.names = undefined;
		} else {
			this.names?.add(name);
		}
		this.gathering ??= setTimeout(() => {
			const { names } = this;
			this.gathering = undefined;
			this.names = new Set();
			this.changed(names);
		}, gatherTime);
	}
}

async function nearestExisting(folder: string): Promise<string> {
	let at = folder;
	while (path.dirname(at) !== at) {
		try {
			await access(at);
			return at;
		} catch {
			// Not there, or not for us: its parent may be.
			at = path.dirname(at);
		}
	}
	return at;
}

/** Tells one folder from another that later has its name; undefined while there is none. */
async function identityOf(folder: string): Promise<string | undefined> {
	try {
		const { dev, ino } = await stat(folder, { bigint: true });
		return `${dev}:${ino}`;
	} catch {
		return undefined;
	}
}
