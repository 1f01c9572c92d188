import assert from "node:assert/strict";
import { mkdir, rm } from "node:fs/promises";
import { test } from "node:test";
import { emptyWorkspace } from "../../../test/support/temporary.ts";
import type { SessionSummary } from "../model/summary.ts";
import { WorkspaceStore } from "../store/workspaceStore.ts";
import { Catalogue, type CatalogueListener } from "./catalogue.ts";

/** Collects rows, and resolves `until` as soon as they satisfy it. */
class Collector implements CatalogueListener {
	readonly rows = new Map<string, SessionSummary>();
	readonly failures: string[] = [];
	readonly progress = () => undefined;
	private waiting: { done: (rows: Map<string, SessionSummary>) => boolean; resolve: () => void }[] =
		[];

	storeChanged: CatalogueListener["storeChanged"] = (_store, { rows, removed }) => {
		for (const row of rows) {
			this.rows.set(row.id, row);
		}
		for (const id of removed) {
			this.rows.delete(id);
		}
		for (const { done, resolve } of this.waiting) {
			if (done(this.rows)) {
				resolve();
			}
		}
	};
	sourceChanged = () => undefined;
	failed(message: string): void {
		this.failures.push(message);
	}
	until(done: (rows: Map<string, SessionSummary>) => boolean): Promise<void> {
		if (done(this.rows)) {
			return Promise.resolve();
		}
		return new Promise((resolve) => this.waiting.push({ done, resolve }));
	}
}

test("a watched catalogue tells what another writer does, from before the store exists on", async (t) => {
	const { folder, locations } = await emptyWorkspace(t);
	const catalogue = new Catalogue({ folders: [folder], sources: [], locations, keepCopies: false });
	t.after(() => catalogue.dispose());
	const seen = new Collector();
	catalogue.watch(seen);
	await catalogue.refresh();
	assert.equal(seen.rows.size, 0);

	const other = new WorkspaceStore(folder, locations);
	t.after(() => other.close());
	const session = await other.create({ title: "Made elsewhere" });
	await seen.until((rows) => rows.get(session.id)?.title === "Made elsewhere");
	await session.rename("Renamed elsewhere");
	await seen.until((rows) => rows.get(session.id)?.title === "Renamed elsewhere");
	await rm(session.file);
	await seen.until((rows) => !rows.has(session.id));
	assert.deepEqual(seen.failures, []);
});

test("a store that is deleted and made again is followed", async (t) => {
	const { folder, locations, store } = await emptyWorkspace(t);
	const first = await store.create({ title: "First" });
	const catalogue = new Catalogue({ folders: [folder], sources: [], locations, keepCopies: false });
	t.after(() => catalogue.dispose());
	const seen = new Collector();
	catalogue.watch(seen);
	await seen.until((rows) => rows.has(first.id));
	await rm(store.root, { recursive: true });
	await seen.until((rows) => !rows.has(first.id));
	const again = new WorkspaceStore(folder, locations);
	t.after(() => again.close());
	const second = await again.create({ title: "Second" });
	await seen.until((rows) => rows.has(second.id));
	await second.archive();
	await seen.until((rows) => rows.get(second.id)?.archived === true);
});

test("after refresh the listener knows all that was on disk at the call", async (t) => {
	const { folder, locations, store } = await emptyWorkspace(t);
	const catalogue = new Catalogue({ folders: [folder], sources: [], locations, keepCopies: false });
	t.after(() => catalogue.dispose());
	const seen = new Collector();
	catalogue.watch(seen);
	for (let count = 1; count <= 5; count++) {
		await store.create({ title: `Session ${count}` });
		await catalogue.refresh();
		assert.equal(seen.rows.size, count);
	}
});

test("copies are kept of what is listed, when that is allowed", async (t) => {
	const { folder, locations, store } = await emptyWorkspace(t);
	const session = await store.create({ title: "Mine" });
	await rm(locations.data, { recursive: true });
	const listed = new Catalogue({ folders: [folder], sources: [], locations, keepCopies: true });
	t.after(() => listed.dispose());
	listed.watch(new Collector());
	await listed.refresh();
	await rm(store.root, { recursive: true });
	await mkdir(store.root);
	const fresh = new WorkspaceStore(folder, locations);
	t.after(() => fresh.close());
	assert.deepEqual(await fresh.restoreKept(), [session.id]);
	assert.equal((await (await fresh.open(session.id)).summary()).title, "Mine");
});

test("the newest sessions are told before any file is looked at, and what has become of them after", async (t) => {
	const { folder, store, locations } = await emptyWorkspace(t);
	const [kept, renamed, gone] = [
		await store.create({ title: "Kept" }),
		await store.create({ title: "Before" }),
		await store.create({ title: "Gone" }),
	];
	const options = { folders: [folder], sources: [], locations, keepCopies: false };
	const earlier = new Catalogue(options);
	await earlier.list();
	earlier.dispose();
	await renamed.rename("After");
	await rm(gone.file);

	const catalogue = new Catalogue(options);
	t.after(() => catalogue.dispose());
	const seen = new Collector();
	const firsts: boolean[] = [];
	const expected: string[] = [];
	catalogue.watch({
		storeExpected: (of, rows) => {
			expected.push(...rows.map(({ title }) => title));
			seen.storeChanged(of, { rows, removed: [] }, true);
		},
		storeChanged: (of, change, first) => {
			firsts.push(first);
			seen.storeChanged(of, change, first);
		},
		sourceChanged: () => undefined,
		progress: () => undefined,
		failed: (message) => seen.failures.push(message),
	});
	await catalogue.refresh();
	assert.deepEqual(expected, ["Gone", "Before", "Kept"]);
	assert.equal(firsts[0], false, "what was told is not taken back as a whole");
	const titles = [...seen.rows.values()].map(({ title }) => title).sort();
	assert.deepEqual(titles, ["After", "Kept"]);
	assert.equal(seen.rows.get(kept.id)?.title, "Kept");
	assert.deepEqual(seen.failures, []);
});
