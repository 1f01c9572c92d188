import { type IndexedItem, type IndexedTurn, markOf, plainTurn, textCheck } from "./indexedItem.ts";
import type { UpdateOptions } from "./progress.ts";
import { breathe } from "./progress.ts";
import type { Projection } from "./projection.ts";
import type { SourceIndex } from "./sourceIndex.ts";
import { type StoreIndex, storeSource } from "./storeIndex.ts";

/** Whether an index says what a full reading says; if not, what is different, as sentences. */
export interface Replay {
	readonly equal: boolean;
	readonly differences: readonly string[];
}

/** Compares the projection of one store with a full reading of its journals. Writes nothing. */
export async function compareStore(index: StoreIndex, options: UpdateOptions): Promise<string[]> {
	const differences: string[] = [];
	const files = index.projection.files(storeSource);
	const rows = new Map(index.projection.summaries(storeSource).map((row) => [row.id, row]));
	const present = new Set<string>();
	for await (const replayed of index.replay()) {
		options.signal?.throwIfAborted();
		const { id } = replayed.row;
		present.add(id);
		compare(differences, `The row of session ${id}`, rows.get(id), replayed.row);
		const file = files.get(id);
		if (file) {
			const turns = replayed.turns;
			await compareFile(differences, index.projection, file.id, `session ${id}`, {
				...replayed,
				turns,
			});
		} else {
			differences.push(`Session ${id} is not in the index.`);
		}
		await breathe();
	}
	for (const id of files.keys()) {
		if (!present.has(id)) {
			differences.push(`Session ${id} is in the index, but its journal is gone.`);
		}
	}
	return differences;
}

/** Compares the projection of one source with a full reading of its files. Writes nothing. */
export async function compareSource(index: SourceIndex, options: UpdateOptions): Promise<string[]> {
	const differences: string[] = [];
	const { name } = index.source;
	const files = index.projection.files(name);
	const facts: { path: string; facts: unknown }[] = [];
	const present = new Set<string>();
	for await (const { path, reading } of index.replay()) {
		options.signal?.throwIfAborted();
		present.add(path);
		facts.push({ path, facts: reading.facts });
		const file = files.get(path);
		if (!file) {
			differences.push(`${path} is not in the index.`);
		} else if ("pages" in reading) {
			await compareFile(differences, index.projection, file.id, path, reading);
		}
		await breathe();
	}
	for (const path of files.keys()) {
		if (!present.has(path)) {
			differences.push(`${path} is in the index, but it is gone.`);
		}
	}
	const rows = new Map(index.projection.summaries(name).map((row) => [row.id, row]));
	for (const row of await index.source.summarize(facts)) {
		compare(differences, `The row of session ${row.id}`, rows.get(row.id), row);
		rows.delete(row.id);
	}
	differences.push(
		...[...rows.keys()].map((id) => `Session ${id} is in the index, but not on disk.`),
	);
	return differences;
}

async function compareFile(
	differences: string[],
	projection: Projection,
	file: number,
	name: string,
	found: {
		readonly pages: AsyncIterable<readonly IndexedItem[]>;
		readonly turns: readonly IndexedTurn[];
	},
): Promise<void> {
	const known = projection.knownItems(file);
	for await (const page of found.pages) {
		for (const item of page) {
			const indexed = known.get(item.id);
			known.delete(item.id);
			if (!indexed) {
				differences.push(`Item ${item.id} of ${name} is not in the index.`);
			} else if (indexed.check !== textCheck(item.text)) {
				differences.push(`Item ${item.id} of ${name} is found by a text that it does not have.`);
			} else if (indexed.mark !== markOf(item, item.touched)) {
				differences.push(`Item ${item.id} of ${name} is described otherwise in the index.`);
			}
		}
	}
	for (const id of known.keys()) {
		differences.push(`Item ${id} of ${name} is in the index, but not in its file.`);
	}
	const turns = found.turns.map(plainTurn).sort((a, b) => (a.id < b.id ? -1 : 1));
	compare(differences, `The turns of ${name}`, projection.turns(file), turns);
}

function compare(differences: string[], what: string, indexed: unknown, replayed: unknown): void {
	if (JSON.stringify(indexed) !== JSON.stringify(replayed)) {
		differences.push(`${what} in the index differs from what a full reading gives.`);
	}
}
