import * as fs from "node:fs";
import * as path from "node:path";
import { crc32 } from "node:zlib";
import { HumanError } from "../../base/errors.ts";
import { IndexDatabase } from "../index/database.ts";
import { sqliteTrouble } from "../index/sqlite.ts";

/** Changes whenever what is cached would be computed differently: what older code cached is then ignored. */
const cacheVersion = 4;

/** What was found in a file when it had this size (bytes) and modification time (ms). */
export interface CacheEntry {
	readonly size: number;
	readonly mtimeMs: number;
	readonly value: unknown;
}

/**
 * A map from file to what was found in it, kept for the whole machine in one database of the user's cache folder; only
 * what has changed is written. Derived and deletable: a cache that is missing, damaged or of another version is an empty
 * one, and where no database can be kept everything is read anew at each start.
 */
export class CatalogueCache {
	readonly entries = new Map<string, CacheEntry>();
	private readonly subject: string;
	private readonly db: IndexDatabase;
	private readonly changed = new Set<string>();

	private constructor(file: string, subject: string) {
		this.db = new IndexDatabase(file);
		this.subject = `${cacheVersion} ${subject}`;
	}

	/** Opens what is cached of `subject` (a store's path, a source's name). Never throws for what is on disk. */
	static open(cacheFolder: string, subject: string): CatalogueCache {
		const file = path.join(cacheFolder, "index", "catalogue.db");
		const cache = new CatalogueCache(file, subject);
		if (fs.existsSync(file)) {
			cache.attempt(() => cache.db.guarded(() => cache.load()));
		}
		return cache;
	}

	/** What was found in a file, if it still has that size and time. */
	get(key: string, file: { readonly size: number; readonly mtimeMs: number }): unknown {
		const entry = this.entries.get(key);
		return entry && entry.size === file.size && entry.mtimeMs === file.mtimeMs
			? entry.value
			: undefined;
	}

	set(key: string, entry: CacheEntry): void {
		this.entries.set(key, entry);
		this.changed.add(key);
	}

	delete(key: string): void {
		if (this.entries.delete(key)) {
			this.changed.add(key);
		}
	}

	/** Writes what has changed since the last time. A cache that cannot be written costs time at the next start only. */
	save(): void {
		if (this.changed.size > 0) {
			this.attempt(() => this.db.guarded(() => this.db.write(() => this.store())));
		}
	}

	private load(): void {
		const rows = this.db
			.statement("SELECT key, size, mtime, value, value_check FROM cached WHERE subject = ?")
			.all(this.subject) as unknown as CachedFile[];
		for (const row of rows) {
			this.entries.set(row.key, new StoredEntry(row));
		}
	}

	private store(): void {
		const put = this.db.statement("INSERT OR REPLACE INTO cached VALUES (?, ?, ?, ?, ?, ?)");
		const remove = this.db.statement("DELETE FROM cached WHERE subject = ? AND key = ?");
		for (const key of this.changed) {
			const entry = this.entries.get(key);
			if (entry) {
				const value = JSON.stringify(entry.value);
				put.run(this.subject, key, entry.size, entry.mtimeMs, value, crc32(value));
			} else {
				remove.run(this.subject, key);
			}
		}
		this.changed.clear();
	}

	/** Runs `work`; a database that cannot be used is done without. */
	private attempt(work: () => void): void {
		try {
			work();
		} catch (error) {
			if (!(error instanceof HumanError) && sqliteTrouble(error) === undefined) {
				throw error;
			}
		}
	}
}

interface CachedFile {
	readonly key: string;
	readonly size: number;
	readonly mtime: number;
	readonly value: string;
	readonly value_check: number;
}

/** An entry whose value is parsed when somebody asks for it, and is undefined when it is not what was stored. */
class StoredEntry implements CacheEntry {
	private readonly row: CachedFile;

	constructor(row: CachedFile) {
		this.row = row;
	}

	get size(): number {
		return this.row.size;
	}

	get mtimeMs(): number {
		return this.row.mtime;
	}

	get value(): unknown {
		const { value, value_check } = this.row;
		return crc32(value) === value_check ? JSON.parse(value) : undefined;
	}
}
