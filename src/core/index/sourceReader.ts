import type { Source, SourceFile } from "../sources/source.ts";
import type { IndexedItem, IndexedTurn, ItemEntry } from "./indexedItem.ts";
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
	/** Items that are new or different since the last reading by the same reader; all of them the first time. */
	readonly pages: AsyncIterable<readonly IndexedItem[]>;
	/** The last whole record of an item; undefined when there is none, or it cannot be looked at cheaply. */
	readonly last: LastRecord | undefined;
}

/** Reads the files of one source item by item: what {@link Source} does not need to know for a list. */
export interface SourceReader {
	readonly source: Source;
	read(file: SourceFile): Promise<SourceReading>;
	/** The searchable text of items of one file, read again from it, in their order. */
	texts(path: string, cwd: string | null, items: readonly ItemEntry[]): Promise<string[]>;
}
