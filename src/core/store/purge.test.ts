import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { type TestContext, test } from "node:test";
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
