import type { DatabaseSync } from "node:sqlite";
import { HumanError } from "../../base/errors.ts";

export type Sqlite = typeof import("node:sqlite");

let loaded: Sqlite | undefined;

/**
 * SQLite as it comes with Node.js. Loaded when first used, not at start, and without the warning that it is
 * experimental, which would stand among the results of a command. Throws a HumanError (`no-sqlite`) where it is missing.
 */
export function loadSqlite(): Sqlite {
	if (!loaded) {
		const { emitWarning } = process;
		process.emitWarning = () => undefined;
		try {
			loaded = process.getBuiltinModule("node:sqlite");
		} finally {
			process.emitWarning = emitWarning;
		}
	}
	if (!loaded) {
		throw new HumanError(
			"no-sqlite",
			"The Node.js that runs Skein here has no SQLite, so there is no search. Sessions are listed and opened without it.",
		);
	}
	return loaded;
}

/** What an error of SQLite means for an index that can be made again. */
export type SqliteTrouble =
	/** The file is not what it was: set it aside and make a new one. */
	| "damaged"
	/** Another process holds the lock: try again later. */
	| "busy"
	/** No permission, no room, a disk that fails: go on without the index. */
	| "unavailable";

// sqlite.org/rescode.html: primary codes are the low byte.
const troubles: Readonly<Record<number, SqliteTrouble>> = {
	3: "unavailable",
	5: "busy",
	6: "busy",
	8: "unavailable",
	10: "unavailable",
	11: "damaged",
	13: "unavailable",
	14: "unavailable",
	23: "unavailable",
	26: "damaged",
};
/** SQLITE_IOERR_SHORT_READ: the file was cut while it was open. */
const shortRead = 522;

/** What went wrong in SQLite; undefined for anything else that was thrown. */
export function sqliteTrouble(thrown: unknown): SqliteTrouble | undefined {
	const code = errorCode(thrown);
	if (code === undefined) {
		return undefined;
	}
	if (code === shortRead) {
		return "damaged";
	}
	const primary = code & 0xff;
	if (isRefusedMatch(thrown)) {
		return undefined;
	}
	// A table or column that is not there although the version says so: somebody else's file, or one cut in two.
	return troubles[primary] ?? (primary === 1 ? "damaged" : undefined);
}

/** FTS5 does not take an expression; what is wrong with its tables it says with other codes. */
export function isRefusedMatch(thrown: unknown): boolean {
	return errorCode(thrown) === 1 && thrown instanceof Error && /^fts5\b/.test(thrown.message);
}

/** SQLite says that a database may not be written. */
export function isReadOnly(thrown: unknown): boolean {
	const code = errorCode(thrown);
	return code !== undefined && (code & 0xff) === 8;
}

function errorCode(thrown: unknown): number | undefined {
	return thrown instanceof Error && "errcode" in thrown && typeof thrown.errcode === "number"
		? thrown.errcode
		: undefined;
}

/** Thrown where what an index holds cannot be what was put in: a flipped bit that SQLite itself does not notice. */
export class DamagedIndex extends Error {
	override readonly name = "DamagedIndex";
}

export function isDamage(thrown: unknown): boolean {
	return thrown instanceof DamagedIndex || sqliteTrouble(thrown) === "damaged";
}

/** The one value of a statement that gives one. */
export function scalar(db: DatabaseSync, sql: string): unknown {
	const row = db.prepare(sql).get();
	return row && Object.values(row)[0];
}
