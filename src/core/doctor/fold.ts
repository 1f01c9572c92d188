import { randomInt } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import { isDeepStrictEqual } from "node:util";
import type { Files } from "../files.ts";
import { Journal } from "../journal/journal.ts";
import { brief, type Difference } from "../model/difference.ts";
import type { WorkspaceStore } from "../store/workspaceStore.ts";

/** Places at which the reading of a journal is interrupted. */
const cuts = 7;

/**
 * Reads a journal once more in pieces cut at random bytes, as a window does that follows it while it grows, and compares
 * every field of the state with that of `whole`, which was read in one go.
 */
export async function checkFold(store: WorkspaceStore, whole: Journal): Promise<Difference[]> {
	const { size, path } = whole;
	const sizes = Array.from({ length: size > 1 ? cuts : 0 }, () => randomInt(1, size));
	const growing = new GrowingFile(store.files);
	let pieces: Journal | undefined;
	for (const seen of [...sizes.sort((a, b) => a - b), size]) {
		growing.size = seen;
		if (pieces) {
			await pieces.refresh();
		} else {
			pieces = await Journal.open(path, growing.files, store.clock);
		}
	}
	return pieces ? compare(whole, pieces) : [];
}

function compare(whole: Journal, pieces: Journal): Difference[] {
	const expected = fieldsOf(whole);
	const found = fieldsOf(pieces);
	const session = path(whole);
	return Object.keys(expected)
		.filter((field) => !isDeepStrictEqual(expected[field], found[field]))
		.map((field) => ({
			session,
			projection: "fold" as const,
			field,
			found: brief(found[field]),
			expected: brief(expected[field]),
		}));
}

function path(journal: Journal): string {
	return /([^\\/]+)\.jsonl$/.exec(journal.path)?.[1] ?? journal.path;
}

/**
 * All that a reading amounts to, in an order that does not depend on how it was read; but for `sortedItems`, which is
 * made when somebody asks for it.
 */
function fieldsOf(journal: Journal): Record<string, unknown> {
	const { sortedItems: _, ...state } = plain(journal.state) as Record<string, unknown>;
	return {
		...state,
		diagnostics: journal.diagnostics,
		recordCount: journal.recordCount,
		greatestId: journal.greatestId,
	};
}

function plain(value: unknown): unknown {
	if (value instanceof Map) {
		const entries = [...value].map(([key, entry]): [string, unknown] => [`${key}`, plain(entry)]);
		return entries.sort(([a], [b]) => (a < b ? -1 : 1));
	}
	if (value instanceof Set) {
		return [...value].sort();
	}
	if (Array.isArray(value)) {
		return value.map(plain);
	}
	if (typeof value === "object" && value !== null) {
		return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, plain(entry)]));
	}
	return value;
}

/** Shows a file as if it ended at `size`. */
class GrowingFile {
	size = 0;
	readonly files: Files;

	constructor(files: Files) {
		this.files = { ...files, open: async (...args) => this.limit(await files.open(...args)) };
	}

	private limit(handle: FileHandle): FileHandle {
		const stat = async () => {
			const { dev, ino, mtimeMs, mtimeNs } = await handle.stat({ bigint: true });
			return { dev, ino, mtimeMs, mtimeNs, size: BigInt(this.size) };
		};
		const read = (buffer: Buffer, offset: number, length: number, position: number) =>
			handle.read(buffer, offset, Math.max(0, Math.min(length, this.size - position)), position);
		const limited = { stat, read, close: () => handle.close() };
		return limited as unknown as FileHandle;
	}
}
