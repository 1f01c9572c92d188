import assert from "node:assert/strict";
import { type ChildProcess, fork } from "node:child_process";
import { readdir } from "node:fs/promises";
import * as path from "node:path";
import { type TestContext, test } from "node:test";
import { SessionIndex } from "../../src/core/index/sessionIndex.ts";
import { loadSqlite } from "../../src/core/index/sqlite.ts";
import { WriterLock } from "../../src/core/index/writerLock.ts";
import { createSources } from "../../src/core/sources/sources.ts";
import { WorkspaceStore } from "../../src/core/store/workspaceStore.ts";
import { writeRollouts, writeStore } from "../bench/datasets.ts";
import { locationsIn, temporaryFolder } from "../support/temporary.ts";

const indexer = path.join(import.meta.dirname, "indexer.ts");

function start(t: TestContext, folder: string, home: string): ChildProcess {
	const child = fork(indexer, [folder, home], { stdio: ["ignore", "ignore", "inherit", "ipc"] });
	t.after(() => child.kill("SIGKILL"));
	return child;
}

/** What a child says when it is done. */
function resultOf(child: ChildProcess): Promise<{ read: number; items: number }> {
	return new Promise((resolve, reject) => {
		child.on("message", (message: { done?: number; read: number; items: number }) => {
			if (message.done === undefined) {
				resolve(message);
			}
		});
		child.on("exit", (code) => reject(new Error(`the indexer ended with ${code}`)));
	});
}

async function prepared(t: TestContext, sessions = 40) {
	const folder = await temporaryFolder(t);
	const home = await temporaryFolder(t);
	writeStore(folder, { sessions, items: 40, words: 10 });
	writeRollouts(home, sessions);
	const locations = locationsIn(home, { CODEX_HOME: home });
	const open = async () => {
		const store = new WorkspaceStore(folder, locations);
		const index = await SessionIndex.open({
			stores: [store],
			sources: createSources(locations),
			locations,
		});
		t.after(() => index.close());
		return index;
	};
	return { folder, home, locations, sessions, open };
}

test("two processes that index at once make one right index, and read each file once", async (t) => {
	const { folder, home, open } = await prepared(t);
	const children = [start(t, folder, home), start(t, folder, home)];
	const results = await Promise.all(children.map(resultOf));
	const index = await open();
	const result = await index.update();
	assert.equal(result.read, 0);
	assert.deepEqual(
		results.map(({ items }) => items),
		[result.items, result.items],
	);
	assert.equal(
		results.reduce((sum, { read }) => sum + read, 0),
		80,
	);
	assert.deepEqual(await index.compareWithReplay(), { equal: true, differences: [], behind: 0 });
});

test("a process that dies while it indexes leaves an index that the next one completes", async (t) => {
	const { folder, home, open } = await prepared(t, 150);
	for (let kill = 0; kill < 3; kill++) {
		const child = start(t, folder, home);
		const done = new Promise<void>((resolve) => {
			let seen = 0;
			child.on("message", (message: { done?: number }) => {
				if (message.done !== undefined && ++seen === 10 * (kill + 1)) {
					child.kill("SIGKILL");
				}
			});
			child.on("exit", () => resolve());
		});
		await done;
	}
	const index = await open();
	const result = await index.update();
	assert.equal(result.sessions, 300);
	assert.deepEqual(index.notices, []);
	assert.deepEqual(await index.compareWithReplay(), { equal: true, differences: [], behind: 0 });
});

test("while another process writes, lists and searches go on; an update waits its turn and can be cancelled", async (t) => {
	const { open, locations } = await prepared(t, 3);
	const index = await open();
	const { sessions } = await index.update();
	const files = (await readdir(path.join(locations.cache, "index"))).filter((name) =>
		name.endsWith(".db"),
	);
	const releases = files.map((name) =>
		new WriterLock(path.join(locations.cache, "index", `${name}.lock`)).tryAcquire(),
	);
	const writers = files.map((name) => {
		const db = new (loadSqlite().DatabaseSync)(path.join(locations.cache, "index", name));
		db.exec("BEGIN IMMEDIATE; INSERT OR REPLACE INTO meta VALUES ('x', 1)");
		return db;
	});
	assert.equal((await index.rows()).length, sessions);
	assert.ok((await index.search("role:user")).total > 0);
	const controller = new AbortController();
	const waiting = index.update({ signal: controller.signal });
	controller.abort();
	await assert.rejects(waiting, { name: "AbortError" });
	for (const db of writers) {
		db.close();
	}
	const later = index.update();
	for (const release of releases) {
		release?.();
	}
	assert.equal((await later).read, 0);
});
