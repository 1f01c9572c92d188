import type { Source, SourceFile } from "../sources/source.ts";
import type { IndexedItem, IndexedTurn, ItemEntry } from "./indexedItem.ts";
import type { KnownFile } from "./projection.ts";
import type { LastRecord } from "./tailProbe.ts";

/** What the index takes from one file of a source. */
export interface SourceReading {
	/** What {@link Source.readFacts} would give. */
	readonly facts: unknown;
	/** The session that the file's own items belong to. */
	readonly session: string;
	readonly prefix: string;
	readonly cwd: string | null;
	readonly turns: readonly IndexedTurn[];
	/** Ids of all items of the file, without the prefix. */
	readonly ids: () => ReadonlySet<string>;
	/** Items that may be new or different; the others are in the index as they are in the file. */
	readonly pages: AsyncIterable<readonly IndexedItem[]>;
	/** The last whole record of an item; undefined when there is none, or it cannot be looked at cheaply. */
	readonly last: LastRecord | undefined;
}

/** Reads the files of one source item by item: what {@link Source} does not need to know for a list. */
export interface SourceReader {
	readonly source: Source;
	/** @param known what the index holds of the file: without it all items are given. */
	read(file: SourceFile, known?: KnownFile): Promise<SourceReading>;
	/** The searchable text of items of one file, read again from it, in their order. */
	texts(path: string, cwd: string | null, items: readonly ItemEntry[]): Promise<string[]>;
}
