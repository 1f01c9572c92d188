import { createHash } from "node:crypto";
import * as path from "node:path";
import * as z from "zod/mini";
import { systemErrorCode } from "../../base/errors.ts";
import { type Files, writeWhole } from "../files.ts";

/** Changes whenever what is cached would be computed differently: older caches are then ignored. */
const cacheVersion = 2;

const CacheFile = z.object({
	version: z.literal(cacheVersion),
	entries: z.record(
		z.string(),
		z.object({ size: z.number(), mtimeMs: z.number(), value: z.unknown() }),
	),
});

/** What was found in a file when it had this size (bytes) and modification time (ms). */
export interface CacheEntry {
	readonly size: number;
	readonly mtimeMs: number;
	readonly value: unknown;
}

/**
 * A map from file to what was found in it, kept in one file of the user's cache folder. Derived and deletable: a cache
 * that is missing, damaged or of another version is an empty one.
 */
export class CatalogueCache {
	readonly entries = new Map<string, CacheEntry>();
	private readonly files: Files;
	private readonly file: string;
	private changed = false;

	private constructor(files: Files, file: string) {
		this.files = files;
		this.file = file;
	}

	/** Opens the cache named by `subject` (a store's path, a source's name). Never throws for what is on disk. */
	static async open(files: Files, cacheFolder: string, subject: string): Promise<CatalogueCache> {
		const name = createHash("sha256").update(subject).digest("hex").slice(0, 16);
		const cache = new CatalogueCache(files, path.join(cacheFolder, "catalogue", `${name}.json`));
		const content = CacheFile.safeParse(await cache.read());
		for (const [key, entry] of Object.entries(content.success ? content.data.entries : {})) {
			cache.entries.set(key, entry);
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
		this.changed = true;
	}

	delete(key: string): void {
		this.changed = this.entries.delete(key) || this.changed;
	}

	/** Writes what has changed since the last time. A cache that cannot be written costs time at the next start only. */
	async save(): Promise<void> {
		if (!this.changed) {
			return;
		}
		this.changed = false;
		try {
			await this.files.mkdir(path.dirname(this.file), { recursive: true, mode: 0o700 });
			await writeWhole(
				this.files,
				this.file,
				JSON.stringify({ version: cacheVersion, entries: Object.fromEntries(this.entries) }),
				{ replace: true },
			);
		} catch (error) {
			if (systemErrorCode(error) === undefined) {
				throw error;
			}
		}
	}

	private async read(): Promise<unknown> {
		try {
			return JSON.parse(await this.files.readFile(this.file, "utf8"));
		} catch (error) {
			if (systemErrorCode(error) !== undefined || error instanceof SyntaxError) {
				return undefined;
			}
			throw error;
		}
	}
}
