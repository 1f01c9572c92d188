import type { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { loadSqlite, sqliteTrouble } from "./sqlite.ts";

/** How often one who waits for another process's indexing looks again. ms. */
const lookAgain = 50;

/**
 * Lets one process at a time bring an index up to date, while all others read it.
 * Guarantees: held by SQLite's own lock on a file beside the index, so it ends with the process that holds it, however
 * that ends, and whoever waits takes over. A file system without locks gives every process the lock: work is then done
 * twice, and the index's own transactions keep it right.
 */
export class WriterLock {
	private readonly file: string;

	constructor(file: string) {
		this.file = file;
	}

	/** Waits for the lock; the function that comes back releases it. Throws the signal's reason when that ends the wait. */
	async acquire(signal?: AbortSignal): Promise<() => void> {
		while (true) {
			signal?.throwIfAborted();
			const release = this.tryAcquire();
			if (release) {
				return release;
			}
			await sleep(lookAgain, undefined, signal ? { signal } : {});
		}
	}

	/** The lock if it is free now. */
	tryAcquire(): (() => void) | undefined {
		let db: DatabaseSync | undefined;
		try {
			const { DatabaseSync } = loadSqlite();
			db = new DatabaseSync(this.file);
			db.exec("PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE");
			const held = db;
			return () => held.close();
		} catch (error) {
			db?.close();
			if (sqliteTrouble(error) === "busy") {
				return undefined;
			}
			return () => undefined;
		}
	}
}
