import { lstatSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { systemErrorCode } from "../../base/errors.ts";

/**
 * The lock of one store's daemon (design: section 2): an exclusive SQLite transaction on `lock.db`, held for life.
 * Guarantees: at most one process holds it; it ends with the process, however that ends; holding it is what allows a
 * process to unlink and bind the socket, to write the daemon's files, and to end what an earlier daemon left.
 */
export class DaemonLock {
	private readonly path: string;
	private readonly database: DatabaseSync;
	private readonly inode: bigint;

	private constructor(path: string, database: DatabaseSync) {
		this.path = path;
		this.database = database;
		this.inode = lstatSync(path, { bigint: true }).ino;
	}

	/** Takes the lock at `path`; undefined when another process holds it. */
	static take(path: string): DaemonLock | undefined {
		const database = new DatabaseSync(path);
		try {
			database.exec("PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE;");
			return new DaemonLock(path, database);
		} catch (error) {
			database.close();
			if (isBusy(error)) {
				return undefined;
			}
			throw error;
		}
	}

	/** False once the file was removed or replaced: then another daemon can start, and this one must end. */
	get isHeld(): boolean {
		try {
			return lstatSync(this.path, { bigint: true }).ino === this.inode;
		} catch (error) {
			if (systemErrorCode(error) === "ENOENT") {
				return false;
			}
			throw error;
		}
	}

	release(): void {
		this.database.close();
	}
}

const sqliteBusy = 5;
const sqliteLocked = 6;

function isBusy(error: unknown): boolean {
	if (!(error instanceof Error) || !("errcode" in error) || typeof error.errcode !== "number") {
		return false;
	}
	const primary = error.errcode & 0xff;
	return primary === sqliteBusy || primary === sqliteLocked;
}
