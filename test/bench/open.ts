import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { Catalogue } from "../../src/core/catalogue/catalogue.ts";
import { SessionIndex } from "../../src/core/index/sessionIndex.ts";
import { WorkspaceStore } from "../../src/core/store/workspaceStore.ts";
import { readOutlined } from "../../src/core/transcript/indexedTranscript.ts";
import { random, writeStore } from "./datasets.ts";
import { ratio, samples, timed } from "./measure.ts";
import { dataSet, locationsIn } from "./place.ts";
import { ms, type Section, spread, times } from "./table.ts";

const page = 100;

/** A session of 100,000 items and 100 MB, from its file to its first page, and pages of it. */
export async function opening(quick: boolean): Promise<Section> {
	const items = quick ? 10_000 : 100_000;
	const folder = dataSet(`long-${items}`, (into) =>
		writeStore(into, { sessions: 1, items, words: 140 }),
	);
	const [name = ""] = fs.readdirSync(path.join(folder, ".vscode", "skein", "sessions"));
	const id = name.slice(0, -".jsonl".length);
	const file = path.join(folder, ".vscode", "skein", "sessions", name);
	const megabytes = Math.round(fs.statSync(file).size / 1e6);
	const open: number[] = [];
	const plain: number[] = [];
	const pages: number[] = [];
	const indexed: number[] = [];
	await indexOnce(folder, id);
	const next = random(3);
	for (let run = 0; run < (quick ? 3 : 5); run++) {
		plain.push(
			await timed(() => {
				for (const line of fs.readFileSync(file, "utf8").split("\n")) {
					if (line !== "") {
						JSON.parse(line);
					}
				}
			}),
		);
		const store = new WorkspaceStore(folder, locationsIn(folder));
		let rows = 0;
		const began = performance.now();
		const transcript = await store.transcript(id);
		rows = transcript.rows.length;
		await transcript.items(Math.max(0, rows - page), rows);
		open.push(performance.now() - began);
		for (let read = 0; read < 40; read++) {
			const from = Math.floor(next() * (rows - page));
			pages.push(await timed(() => transcript.items(from, from + page)));
		}
		await store.close();
		indexed.push(await fromIndex(folder, id));
	}
	const opened = samples(open);
	const read = samples(pages);
	return {
		title: "Open",
		rows: [
			{
				what: `session of ${items.toLocaleString("en")} items, ${megabytes} MB, to its first page`,
				ours: spread(opened),
				against: `read and JSON.parse of the file, ${spread(samples(plain))}`,
				ratio: times(ratio(plain, open)),
			},
			{
				what: "the same from the index, without reading the rest",
				ours: spread(samples(indexed)),
				against: `folded, ${spread(opened)}`,
				ratio: times(ratio(open, indexed)),
			},
			{ what: `a page of ${page} items anywhere in it`, ours: spread(read) },
		],
		notes: [
			"Painting is measured inside VS Code. The first page here is the last one of the transcript, where it opens.",
		],
	};
}

async function indexOnce(folder: string, id: string): Promise<void> {
	const locations = locationsIn(folder);
	const store = new WorkspaceStore(folder, locations);
	const index = await SessionIndex.open({ stores: [store], sources: [], locations });
	await index.updateSession(folder, id);
	index.close();
	await store.close();
}

/** ms from an index that is closed to the last page, contents included. */
async function fromIndex(folder: string, id: string): Promise<number> {
	const locations = locationsIn(folder);
	const store = new WorkspaceStore(folder, locations);
	const began = performance.now();
	const index = await SessionIndex.open({ stores: [store], sources: [], locations });
	const found = await index.outlinesOf(folder);
	const outline = found?.outlines.get(store.layout, id);
	if (!found || !outline) {
		throw new Error("The index does not know the session that it has just taken in.");
	}
	const { files, context } = store;
	const [from, to] = [outline.count - page, outline.count];
	const part = found.outlines.rows(outline, from, to);
	await readOutlined(outline, part, from, to, { files, blobs: context.blobs });
	const took = performance.now() - began;
	index.close();
	await store.close();
	return took;
}

/** What a process takes that holds the rows of 10,000 sessions, above one that holds none. */
export async function memory(quick: boolean): Promise<Section> {
	const sessions = quick ? 1000 : 10_000;
	const folder = dataSet(`store-${sessions}`, (into) =>
		writeStore(into, { sessions, items: 8, words: 20 }),
	);
	const locations = locationsIn(folder);
	const store = new WorkspaceStore(folder, locations);
	const index = await SessionIndex.open({ stores: [store], sources: [], locations });
	await index.update();
	index.close();
	const catalogue = new Catalogue({ folders: [folder], sources: [], locations, keepCopies: false });
	const coldList = await timed(() => catalogue.list());
	catalogue.dispose();
	const list: number[] = [];
	for (let run = 0; run < 5; run++) {
		const again = new Catalogue({ folders: [folder], sources: [], locations, keepCopies: false });
		list.push(await timed(() => again.list()));
		again.dispose();
	}
	const held = (rows: boolean) =>
		samples(
			Array.from({ length: 3 }, () =>
				Number(
					execFileSync(
						process.execPath,
						["--expose-gc", path.join(import.meta.dirname, "holdRows.ts"), folder, String(rows)],
						{ encoding: "utf8" },
					),
				),
			),
		).median;
	const [with_, without] = [held(true), held(false)];
	const grown = (with_ - without) / 2 ** 20;
	const many = sessions.toLocaleString("en");
	return {
		title: "Memory, and the list without an index",
		rows: [
			{
				what: `memory of a process that holds the rows of ${many} sessions`,
				ours: `${grown.toFixed(0)} MB more`,
				against: `the same process without, ${(without / 2 ** 20).toFixed(0)} MB`,
				budget: "<= 60 MB",
				ok: grown <= 60,
			},
			{
				what: `list of ${many} sessions by the catalogue alone, nothing changed`,
				ours: spread(samples(list)),
				against: `the first time, ${ms(coldList)}`,
			},
		],
	};
}
