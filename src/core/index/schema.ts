import type { DatabaseSync } from "node:sqlite";

/** `application_id` of our files ("SKEI"): a database of anybody else's is not touched. */
export const applicationId = 0x534b4549;

/**
 * One step a version: `migrations[n]` brings a file from `user_version` n to n + 1. A released step never changes.
 *
 * Guarantees of the schema: everything in it is derived from session files; texts are not in it (the full-text tables
 * are contentless, and keep only which word stands where); an item's key says its time and type (see `itemKeys.ts`).
 */
export const migrations: readonly string[] = [
	`
	CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;

	-- One row a session file. The stamp (size, mtime, ctime, inode) is that of the bytes that were read.
	CREATE TABLE files (
		id INTEGER PRIMARY KEY,
		source TEXT NOT NULL,
		path TEXT NOT NULL,           -- relative to the sessions folder for ours, else absolute
		size INTEGER NOT NULL,
		mtime REAL NOT NULL,
		ctime REAL NOT NULL,
		inode TEXT NOT NULL,
		depth INTEGER NOT NULL,       -- 0: only what a list needs was read; 1: the items, too
		open INTEGER NOT NULL,        -- 1: look again, although the file has not changed
		last_offset INTEGER,          -- the last whole record: does it still stand there?
		last_length INTEGER,
		last_check INTEGER,
		session TEXT NOT NULL,        -- the session its items belong to
		prefix TEXT NOT NULL,         -- what item and turn ids begin with: left out of those tables
		cwd TEXT,
		facts TEXT NOT NULL,
		facts_check INTEGER NOT NULL,
		UNIQUE (source, path)
	);
	CREATE INDEX files_by_session ON files (session);

	CREATE TABLE sessions (
		n INTEGER PRIMARY KEY,
		id TEXT NOT NULL UNIQUE,
		source TEXT NOT NULL,
		title TEXT NOT NULL,
		about TEXT NOT NULL,          -- what the session itself is found by: a given title, tags, notes
		agent TEXT,
		model TEXT,
		updated TEXT NOT NULL,
		archived INTEGER NOT NULL,
		trashed INTEGER NOT NULL,
		tags TEXT NOT NULL,
		parent TEXT,
		origin TEXT,                  -- the source sessions it stands for, one a line
		summary TEXT NOT NULL,
		summary_check INTEGER NOT NULL
	);
	CREATE INDEX sessions_by_parent ON sessions (parent) WHERE parent IS NOT NULL;

	CREATE TABLE turns (
		file INTEGER NOT NULL,
		id TEXT NOT NULL,
		after TEXT,
		time INTEGER,
		status TEXT,                  -- NULL while it goes on
		model TEXT,
		branch TEXT,
		input INTEGER, cached INTEGER, output INTEGER, reasoning INTEGER, total INTEGER,
		PRIMARY KEY (file, id)
	) WITHOUT ROWID;

	CREATE TABLE items (
		key INTEGER PRIMARY KEY,
		file INTEGER NOT NULL,
		id TEXT NOT NULL,
		turn TEXT NOT NULL,
		status INTEGER NOT NULL,
		time INTEGER,                 -- NULL where it is unknown
		offset INTEGER NOT NULL,
		length INTEGER NOT NULL,
		spans TEXT,                   -- all of them, where there is more than one: "offset,length,..."
		text_check INTEGER NOT NULL   -- CRC-32 of the text that was indexed
	);
	CREATE INDEX items_by_file ON items (file, offset);
	-- A search asks for the files of a thousand items all over the table: a quarter of the pages.
	CREATE INDEX file_of_item ON items (key, file);

	CREATE TABLE touched (
		path TEXT NOT NULL,
		key INTEGER NOT NULL,
		file INTEGER NOT NULL,
		PRIMARY KEY (path, key)
	) WITHOUT ROWID;
	CREATE INDEX touched_by_file ON touched (file);

	-- What lists of sessions remember of files, by the subject they are of (see catalogue/cache.ts).
	CREATE TABLE cached (
		subject TEXT NOT NULL,
		key TEXT NOT NULL,
		size INTEGER NOT NULL,
		mtime REAL NOT NULL,
		value TEXT NOT NULL,
		value_check INTEGER NOT NULL,
		PRIMARY KEY (subject, key)
	) WITHOUT ROWID;

	CREATE VIRTUAL TABLE about USING fts5(body, content='', contentless_delete=1, tokenize='ascii');

	-- The full-text tables, oldest first: text_<id> holds the keys from "start" on, up to the next one's start.
	CREATE TABLE tiers (id INTEGER PRIMARY KEY, start INTEGER NOT NULL, items INTEGER NOT NULL);
	`,
	`
	-- What a session of ours opens from (see transcript/outline.ts). A session without a row is read again.
	CREATE TABLE outlines (
		session TEXT PRIMARY KEY,
		outline TEXT NOT NULL,        -- "" for one that has to be folded
		outline_check INTEGER NOT NULL
	) WITHOUT ROWID;
	`,
	`
	-- Rows say since then which of the agents' own conversations a session of ours lives in.
	UPDATE files SET open = 1 WHERE source = 'skein';
	`,
	`
	-- Items are found by what they keep in payloads, too, since then: all of ours are read again.
	UPDATE files SET depth = 0 WHERE source = 'skein';
	`,
];

export const schemaVersion = migrations.length;

/** Everything that a database of this version has, the tables of full text aside. */
export const schemaNames: readonly string[] = migrations
	.flatMap((step) => [...step.matchAll(/^\tCREATE (?:VIRTUAL TABLE|TABLE|INDEX) (\w+)/gm)])
	.map((match) => match[1] ?? "");

/** Brings a database up to {@link schemaVersion}, whole or not at all. */
export function migrate(db: DatabaseSync, from: number): void {
	for (let version = from; version < schemaVersion; version++) {
		db.exec(migrations[version] ?? "");
	}
	db.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${schemaVersion}`);
}
