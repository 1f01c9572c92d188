import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readdir, readFile, utimes } from "node:fs/promises";
import * as path from "node:path";
import { type TestContext, test } from "node:test";
import { newStore } from "../../../test/property/lab.ts";
import { emptyWorkspace } from "../../../test/support/temporary.ts";
import { host } from "./openRuns.ts";
import type { Session } from "./session.ts";
import { WorkspaceStore } from "./workspaceStore.ts";

/** A store whose daemon lets the runs of `live` go on. */
async function daemonStore(t: TestContext) {
	const { folder, locations } = await emptyWorkspace(t);
	const live = new Set<string>();
	const findRun = async (run: string) => (live.has(run) ? "codex works" : undefined);
	const store = new WorkspaceStore(folder, locations, { findRun });
	t.after(() => store.close());
	const begin = async (session: Session, run: string) => {
		await session.append([{ type: "turn.started", after: null, run: { id: run, host } }]);
		live.add(run);
	};
	return { store, live, begin };
}

test("a session in the trash is not purged while a run writes it", async (t) => {
	const { store, live, begin } = await daemonStore(t);
	const session = await store.create({ title: "At work" });
	await begin(session, "run");
	await session.trash();
	await assert.rejects(store.purge(session.id), { reason: "busy" });
	assert.ok(existsSync(store.layout.journal(session.id)));
	live.delete("run");
	assert.deepEqual((await store.purge(session.id)).purged, [session.id]);
});

test("a fork is not purged with its parent while a run writes the fork", async (t) => {
	const { store, live, begin } = await daemonStore(t);
	const parent = await store.create({ title: "Parent" });
	const fork = await store.fork(parent.id);
	await begin(fork, "run");
	await parent.trash();
	await assert.rejects(store.purge(parent.id, { withForks: true }), { reason: "busy" });
	assert.deepEqual(
		[parent, fork].map(({ id }) => existsSync(store.layout.journal(id))),
		[true, true],
	);
	live.delete("run");
	assert.equal((await store.purge(parent.id, { withForks: true })).purged.length, 2);
});

test("a purge removes the long texts that only the session had, with their kept copies", async (t) => {
	const { store } = await newStore(t);
	const long = (word: string) => `${word} `.repeat(20_000);
	const say = async (text: string) => {
		const session = await store.create({ title: "Said" });
		await session.addItem(await session.startTurn(), { type: "agentMessage", text });
		return session;
	};
	const secret = await say(long("secret"));
	await secret.addItem(await secret.startTurn(), { type: "agentMessage", text: long("common") });
	const other = await say(long("common"));
	const keep = await store.keep();
	const blobs = async () => {
		const texts: string[] = [];
		for (const folder of [store.layout.blobs, keep?.blobFolder ?? ""]) {
			const entries = await readdir(folder, { recursive: true, withFileTypes: true });
			for (const each of entries.filter((entry) => entry.isFile())) {
				const file = path.join(each.parentPath, each.name);
				texts.push((await readFile(file, "utf8")).slice(0, 6));
				const then = new Date(Date.now() - 2 * 60_000);
				await utimes(file, then, then);
			}
		}
		return texts.sort();
	};
	assert.deepEqual(await blobs(), ["common", "common", "secret", "secret"]);
	await secret.trash();
	await store.purge(secret.id);
	assert.deepEqual(await blobs(), ["common", "common"]);
	await other.trash();
	await store.purge(other.id);
	assert.deepEqual(await blobs(), []);
});
