import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { test } from "node:test";
import { userLocations } from "../locations.ts";
import { SessionState } from "../model/state.ts";
import { WorkspaceStore } from "../store/workspaceStore.ts";
import { checkFold } from "./fold.ts";

async function storeWithTurns(t: import("node:test").TestContext): Promise<WorkspaceStore> {
	const folder = await mkdtemp(path.join(tmpdir(), "skein-doctor-"));
	t.after(() => rm(folder, { recursive: true }));
	return new WorkspaceStore(folder, userLocations({ HOME: folder }, "linux"));
}

test("reading in pieces gives the state of reading whole", async (t) => {
	const store = await storeWithTurns(t);
	const session = await store.create({ title: "Pieces" });
	for (let number = 0; number < 20; number++) {
		const turn = await session.startTurn();
		await session.addItem(turn, { type: "userMessage", text: `Prompt ${number}` });
		await session.completeTurn(turn);
	}
	assert.deepEqual(await checkFold(store, session.journal), []);
	await store.close();
});

test("a fold that depends on where the reading was interrupted is found out", async (t) => {
	const store = await storeWithTurns(t);
	const session = await store.create({ title: "Pieces" });
	await session.tag(["a"]);
	await store.close();
	// A state that a whole reading would never give.
	session.journal.state.apply(
		{
			v: 1,
			id: "01K00000000000000000000001",
			ts: "2026-11-20T00:00:00.000Z",
			type: "session.tagged",
			tags: ["never written"],
		},
		{ offset: 0, length: 1 },
	);
	assert.ok(session.journal.state instanceof SessionState);
	const fields = (await checkFold(store, session.journal)).map(({ field }) => field);
	assert.deepEqual(fields, ["tagRegisters"]);
});
