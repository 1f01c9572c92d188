import * as fs from "node:fs";
import * as path from "node:path";
import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import { causeInWords, errorSentence, HumanError } from "../../base/errors.ts";
import { applicationId, migrate, schemaNames, schemaVersion } from "./schema.ts";
import { DamagedIndex, isDamage, isReadOnly, loadSqlite, scalar, sqliteTrouble } from "./sqlite.ts";

/** How long a statement waits for another process to finish its write. ms. */
const busyTimeout = 5000;
const inMemory = ":memory:";

/**
 * One SQLite file that can be made again from session files at any time.
 *
 * Guarantees: a file that is damaged, foreign or of a newer version is renamed, never deleted nor written to, and an
 * empty one takes its place (`notices` says so); a file that was deleted or replaced while it was open is noticed by
 * {@link current}; a transaction is a synchronous block, so nothing of this process can come between its statements.
 */
export class IndexDatabase {
	readonly file: string;
	/** Sentences for the log: what was set aside, and why. */
	readonly notices: string[] = [];
	/** How often a file was opened: grows when another one stands in its place. */
	opens = 0;
	/** Changes whenever the content may have: own writes, other processes', a new file. */
	private ownChanges = 0;
	private handle: DatabaseSync | undefined;
	private inode = "";
	private readonly statements = new Map<string, StatementSync>();
	private writing = false;

	constructor(file: string) {
		this.file = file;
	}

	/** A database that nobody else sees and that goes with the process. */
	static memory(): IndexDatabase {
		return new IndexDatabase(inMemory);
	}

	/**
	 * The open database. Throws a HumanError: `no-sqlite`, `index-unavailable` when the file cannot be opened or made,
	 * `index-busy` when another process holds it for longer than 5 s.
	 */
	current(): DatabaseSync {
		if (this.handle && (this.file === inMemory || this.inode === inodeOf(this.file))) {
			return this.handle;
		}
		this.close();
		try {
			this.handle = this.openChecked();
		} catch (error) {
			this.close();
			throw unavailable(error, this.file);
		}
		this.inode = inodeOf(this.file);
		this.ownChanges++;
		this.opens++;
		return this.handle;
	}

	/** A statement that is prepared once. Valid until the next call of {@link current} opens another file. */
	statement(sql: string): StatementSync {
		let known = this.statements.get(sql);
		if (!known) {
			known = (this.handle ?? this.current()).prepare(sql);
			this.statements.set(sql, known);
		}
		return known;
	}

	run(sql: string, ...values: SQLInputValue[]): number {
		return Number(this.statement(sql).run(...values).changes);
	}

	/**
	 * Runs `work` as one transaction: all of it is stored, or nothing. Waits for other writers up to 5 s. Throws what
	 * `work` throws, and SQLite's own errors.
	 */
	write<T>(work: () => T): T {
		if (this.writing) {
			return work();
		}
		const db = this.current();
		this.writing = true;
		try {
			db.exec("BEGIN IMMEDIATE");
			const result = work();
			db.exec("COMMIT");
			return result;
		} catch (error) {
			if (db.isTransaction) {
				db.exec("ROLLBACK");
			}
			throw damageBehind(error, this.file);
		} finally {
			this.writing = false;
			this.ownChanges++;
		}
	}

	/**
	 * Runs `work` on the content as it is now, whatever other processes write meanwhile. Nothing of this object may write
	 * until it ends.
	 */
	async snapshot<T>(work: () => Promise<T>): Promise<T> {
		const db = this.current();
		db.exec("BEGIN");
		try {
			return await work();
		} finally {
			if (this.handle === db && db.isTransaction) {
				db.exec("ROLLBACK");
			}
		}
	}

	/** A text that differs from the last one when the content may have changed since. */
	version(): string {
		const db = this.current();
		return `${this.ownChanges} ${scalar(db, "PRAGMA data_version")}`;
	}

	/** Like {@link version}, but blind to what this object wrote itself. */
	foreignVersion(): string {
		return `${this.opens} ${scalar(this.current(), "PRAGMA data_version")}`;
	}

	/**
	 * Renames the file out of the way, with a sentence about why. The next use makes an empty one. Nothing is renamed when
	 * the file is not the one any more that was open: somebody else has done so.
	 */
	setAside(reason: string): void {
		this.close();
		if (this.file === inMemory || this.inode !== inodeOf(this.file)) {
			return;
		}
		const aside = `${this.file}.aside`;
		for (const ending of ["", "-wal", "-shm", "-journal"]) {
			// One of them is kept for whoever looks into it; more would fill the disk.
			fs.rmSync(`${aside}${ending}`, { force: true });
			if (fs.existsSync(`${this.file}${ending}`)) {
				fs.renameSync(`${this.file}${ending}`, `${aside}${ending}`);
			}
		}
		this.notices.push(
			`${reason} It was renamed to ${aside} and is being made again from the sessions themselves; nothing is lost.`,
		);
	}

	/**
	 * Runs `work`; when it finds the file damaged, sets that aside and runs `work` once more on an empty one. Errors that
	 * have nothing to do with SQLite pass through.
	 */
	guarded<T>(work: () => T): T {
		try {
			this.current();
			return work();
		} catch (error) {
			if (!isDamage(error)) {
				throw error;
			}
			this.setAside(`The index ${this.file} is damaged (${errorSentence(error)}).`);
			this.current();
			return work();
		}
	}

	get inMemory(): boolean {
		return this.file === inMemory;
	}

	/** Throws away all content. Other processes notice that the file is another one. */
	erase(): void {
		this.close();
		if (!this.inMemory) {
			for (const ending of ["", "-wal", "-shm", "-journal"]) {
				fs.rmSync(`${this.file}${ending}`, { force: true });
			}
		}
		this.current();
	}

	/** Lets SQLite look at every page. Throws a DamagedIndex when one is not right. */
	check(): void {
		const found = scalar(this.current(), "PRAGMA quick_check(1)");
		if (found !== "ok") {
			throw new DamagedIndex(String(found));
		}
	}

	meta(name: string): string | undefined {
		const row = this.statement("SELECT value FROM meta WHERE name = ?").get(name);
		return row && String(row["value"]);
	}

	setMeta(name: string, value: string): void {
		if (this.meta(name) !== value) {
			this.run("INSERT OR REPLACE INTO meta VALUES (?, ?)", name, value);
		}
	}

	/** Size on disk in bytes, the log included. */
	size(): number {
		return ["", "-wal"].reduce(
			(sum, ending) =>
				sum + (fs.statSync(`${this.file}${ending}`, { throwIfNoEntry: false })?.size ?? 0),
			0,
		);
	}

	close(): void {
		this.statements.clear();
		const { handle } = this;
		this.handle = undefined;
		try {
			handle?.close();
		} catch (error) {
			// A damaged file can fail even to be closed; it is let go of all the same.
			if (sqliteTrouble(error) === undefined) {
				throw error;
			}
		}
	}

	private openChecked(): DatabaseSync {
		if (this.file !== inMemory) {
			fs.mkdirSync(path.dirname(this.file), { recursive: true, mode: 0o700 });
			if (fs.statSync(this.file, { throwIfNoEntry: false })?.isFile() === false) {
				throw new HumanError("index-unavailable", `${this.file} is not a file.`);
			}
		}
		let reason: string;
		this.inode = inodeOf(this.file);
		try {
			const opened = this.openNow();
			if (typeof opened !== "string") {
				return opened;
			}
			reason = opened;
		} catch (error) {
			if (!isDamage(damageBehind(error, this.file))) {
				throw error;
			}
			reason = `The index ${this.file} is damaged (${errorSentence(error)}).`;
		}
		this.setAside(reason);
		const again = this.openNow();
		if (typeof again === "string") {
			throw new HumanError("index-unavailable", again);
		}
		return again;
	}

	/** The database, ready for use; a sentence when the file has to be set aside. */
	private openNow(): DatabaseSync | string {
		const { DatabaseSync } = loadSqlite();
		const db = new DatabaseSync(this.file);
		try {
			db.exec(`PRAGMA busy_timeout = ${busyTimeout}; PRAGMA page_size = 8192`);
			const refused = this.prepare(db);
			if (refused === undefined) {
				return db;
			}
			db.close();
			return refused;
		} catch (error) {
			db.close();
			throw error;
		}
	}

	private prepare(db: DatabaseSync): string | undefined {
		const version = Number(scalar(db, "PRAGMA user_version"));
		const owner = Number(scalar(db, "PRAGMA application_id"));
		const tables = Number(scalar(db, "SELECT count(*) FROM sqlite_master"));
		if (tables > 0 && owner !== applicationId) {
			return `${this.file} is not an index of Skein's.`;
		}
		if (version > schemaVersion) {
			return `The index ${this.file} was made by a newer Skein (version ${version}).`;
		}
		useLog(db);
		// Derived data: after a power cut the last moments may be read again, the file itself stays whole.
		db.exec("PRAGMA synchronous = NORMAL; PRAGMA cache_size = -16384; PRAGMA temp_store = MEMORY");
		db.exec("PRAGMA journal_size_limit = 33554432; PRAGMA wal_autocheckpoint = 8000");
		if (version < schemaVersion) {
			db.exec("BEGIN IMMEDIATE");
			// Another process may have been faster.
			migrate(db, Number(scalar(db, "PRAGMA user_version")));
			db.exec("COMMIT");
		}
		const names = db.prepare("SELECT name FROM sqlite_master").all();
		const present = new Set(names.map((row) => row["name"]));
		if (!schemaNames.every((name) => present.has(name))) {
			return `The index ${this.file} is not whole.`;
		}
		// The pages that everything starts from: damage here shows at once.
		scalar(db, "SELECT (SELECT count(*) FROM tiers) + (SELECT count(*) FROM meta)");
		scalar(db, "SELECT id FROM files LIMIT 1");
		scalar(db, "SELECT id FROM sessions LIMIT 1");
		return undefined;
	}
}

/** A write-ahead log lets others read while one writes; a file system that has no shared memory gets SQLite's own way. */
function useLog(db: DatabaseSync): void {
	try {
		db.exec("PRAGMA journal_mode = WAL");
	} catch (error) {
		const trouble = sqliteTrouble(error);
		if (trouble !== "unavailable" && trouble !== "busy") {
			throw error;
		}
		db.exec("PRAGMA journal_mode = DELETE");
	}
}

/** What SQLite writes into bytes 18 and 19 of a file: with a log, or without one. */
const formats: ReadonlySet<number> = new Set([1, 2]);

/** SQLite takes a file whose format numbers it does not know for one that may only be read: here they can only be damaged. */
function damageBehind(error: unknown, file: string): unknown {
	if (!isReadOnly(error) || file === inMemory) {
		return error;
	}
	const numbers = Buffer.alloc(2);
	const handle = fs.openSync(file, "r");
	try {
		fs.readSync(handle, numbers, 0, 2, 18);
	} finally {
		fs.closeSync(handle);
	}
	return numbers.every((number) => formats.has(number))
		? error
		: new DamagedIndex("its header names a format that does not exist");
}

function inodeOf(file: string): string {
	if (file === inMemory) {
		return "";
	}
	const stat = fs.statSync(file, { throwIfNoEntry: false });
	return stat ? `${stat.dev}:${stat.ino}` : "";
}

function unavailable(error: unknown, file: string): unknown {
	if (error instanceof HumanError) {
		return error;
	}
	switch (sqliteTrouble(error)) {
		case "busy":
			return new HumanError(
				"index-busy",
				`The index ${file} is in use by another process. Try again in a moment.`,
				{ cause: error },
			);
		case undefined:
			if (!(error instanceof Error && "syscall" in error)) {
				return error;
			}
	}
	return new HumanError(
		"index-unavailable",
		`The index ${file} could not be opened: ${causeInWords(error)}. Sessions are listed without it; search needs it.`,
		{ cause: error },
	);
}
