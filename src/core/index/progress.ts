/** Told how many of the files to read have been read. */
export type Progress = (done: number, total: number) => void;

export interface UpdateOptions {
	readonly progress?: Progress;
	/** Ends the work between two files; what was stored by then stays, and the next update goes on from there. */
	readonly signal?: AbortSignal;
}

/** What an update did. */
export interface UpdateResult {
	/** Sessions and items in the index now, and bytes of the session files they are from. */
	readonly sessions: number;
	readonly items: number;
	readonly bytes: number;
	/** Files that were read because index and disk differed, and files that were gone. */
	readonly read: number;
	readonly removed: number;
	/** Items that were added, changed or removed. */
	readonly changed: number;
	readonly ms: number;
	/** Folders and files that could not be looked at: sentences. */
	readonly problems: readonly string[];
}

/** How long reading goes on before messages are heard: to stop, or to search what is there. ms. */
const turnTime = 25;

/** Lets other work have its turn now and then, in a loop that hardly ever waits by itself. */
export class Turns {
	private since = performance.now();

	async next(): Promise<void> {
		if (performance.now() - this.since > turnTime) {
			await breathe();
			this.since = performance.now();
		}
	}
}

/** Lets messages, timers and other work have their turn. */
export function breathe(): Promise<void> {
	return new Promise((resolve) => setImmediate(resolve));
}
