import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { test } from "node:test";
import { SessionIndex } from "../../src/core/index/sessionIndex.ts";
import { WorkspaceStore } from "../../src/core/store/workspaceStore.ts";
import { random, writeStore } from "../bench/datasets.ts";
import { bundled, checkIndex, locationsBeside, rounds, Speaker, seed, workspace } from "./lab.ts";

const sessions = 12;

async function indexed(folder: string) {
	const { ids, phrases } = writeStore(folder, { sessions, items: 30, words: 12 });
	const locations = locationsBeside(folder);
	const store = new WorkspaceStore(folder, locations);
	const index = await SessionIndex.open({ stores: [store], sources: [], locations });
	await index.update();
	return { store, index, ids, phrases, cache: path.join(locations.cache, "index") };
}

/** One thing that can happen to a file that nobody looks after. True when bytes are left that look like an index's. */
async function harm(file: string, next: () => number): Promise<boolean> {
	const bytes = await fs.readFile(file);
	switch (Math.floor(next() * 5)) {
		case 0:
			await fs.rm(file);
			return false;
		case 1:
			await fs.truncate(file, Math.floor(next() * bytes.length));
			return true;
		case 2:
			await fs.writeFile(file, "this is not a database");
			return false;
		case 3:
			bytes.fill(0, Math.floor(next() * bytes.length));
			await fs.writeFile(file, bytes);
			return true;
		default:
			for (let flips = 0; flips < 20 && bytes.length > 0; flips++) {
				const at = Math.floor(next() * bytes.length);
				bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(next() * 8));
			}
			await fs.writeFile(file, bytes);
			return true;
	}
}

test("an index that is deleted, cut, overwritten or flipped, open or not: after an update it is what a full reading gives", async (t) => {
	const next = random(seed);
	const folder = await workspace(t);
	const { store, index, cache } = await indexed(folder);
	for (let round = 0; round < rounds(12, 1000); round++) {
		const names = await fs.readdir(cache);
		const isOpen = next() < 0.4;
		let isDeceived = false;
		if (!isOpen) {
			index.close();
		}
		for (const name of names.filter((each) => /\.db(-wal|-shm)?$/.test(each))) {
			if (next() < 0.6) {
				const deceives = await harm(path.join(cache, name), next).catch(() => false);
				isDeceived ||= deceives;
			}
		}
		try {
			await index.update();
			const found = await index.compareWithReplay();
			if (!found.equal) {
				// Something in a page that an update does not read: the doctor has set the index aside.
				assert.ok(isDeceived, JSON.stringify(found.differences));
				await index.update();
				assert.deepEqual(await index.compareWithReplay(), {
					equal: true,
					differences: [],
					behind: 0,
				});
			}
		} catch (error) {
			throw new Error(`round ${round}, index ${isOpen ? "open" : "closed"}`, { cause: error });
		}
		index.close();
		await checkIndex(store, sessions);
		for (const name of await fs.readdir(cache)) {
			// What was set aside is kept for a person to look at; here it would only fill the disk.
			if (!/\.db(-wal|-shm|\.lock)?$/.test(name)) {
				await fs.rm(path.join(cache, name), { force: true });
			}
		}
	}
	index.close();
});

test("deleted while it is open: the next update repairs it and every phrase is found", async (t) => {
	const { index, phrases, cache } = await indexed(await workspace(t));
	await fs.rm(cache, { recursive: true });
	await index.update();
	for (const { phrase, session } of phrases.slice(0, 40)) {
		const { hits } = await index.search(`"${phrase}"`, { limit: 100 });
		assert.ok(
			hits.some((hit) => hit.session === session),
			phrase,
		);
	}
	index.close();
});

test("indexing is killed at random moments while a window writes: the next update completes it", async (t) => {
	const mutator = bundled("mutator.ts");
	const next = random(seed);
	const folder = await workspace(t);
	const { store, index } = await indexed(folder);
	index.close();
	for (let round = 0; round < rounds(2, 100); round++) {
		const speakers = [0, 1].map(
			(n) => new Speaker(mutator, [folder, String(seed + round * 2 + n)]),
		);
		await Promise.all(
			speakers.map(async (speaker) => {
				await speaker.hears(5 + Math.floor(next() * 30));
				await speaker.kill();
			}),
		);
		const names = await fs.readdir(store.layout.sessions);
		await checkIndex(store, names.filter((name) => name.endsWith(".jsonl")).length);
	}
});
