import assert from "node:assert/strict";
import { readFile, rm, truncate } from "node:fs/promises";
import { test } from "node:test";
import { FaultyFiles, newStore } from "../../../test/property/lab.ts";
import { examineJournals } from "../doctor/doctor.ts";
import type { WorkspaceStore } from "./workspaceStore.ts";

/** Files of a workspace on another file system than the user's data folder. */
function apart(): FaultyFiles {
	const faulty = new FaultyFiles();
	faulty.fault = ({ operation }) => (operation === "link" ? { fail: "EXDEV" } : undefined);
	return faulty;
}

async function keptOf(store: WorkspaceStore, id: string): Promise<string> {
	const keep = await store.keep();
	return readFile(keep?.journalPath(id) ?? "", "utf8");
}

test("where a copy cannot be a link, it has all of a turn once that has ended", async (t) => {
	const { store } = await newStore(t, { files: apart().files });
	const session = await store.create({ title: "Far away" });
	for (const text of ["one", "two", "three"]) {
		const turn = await session.startTurn();
		await session.addItem(turn, { type: "agentMessage", text });
		await session.completeTurn(turn);
		const whole = await readFile(session.file, "utf8");
		while ((await keptOf(store, session.id)) !== whole) {
			await new Promise((resolve) => setImmediate(resolve));
		}
	}
});

test("it has all that was written once the store is closed, and gives it back", async (t) => {
	const { store, again } = await newStore(t, { files: apart().files });
	const session = await store.create({ title: "Far away" });
	await session.rename("Renamed");
	await session.pin();
	const text = await readFile(session.file, "utf8");
	await store.close();
	assert.equal(await keptOf(store, session.id), text);
	await rm(store.layout.sessions, { recursive: true });
	const later = again();
	assert.deepEqual(await later.restoreKept(), [session.id]);
	assert.equal((await later.open(session.id)).state.title, "Renamed");
});

test("the doctor says when a copy lacks something", async (t) => {
	const { store } = await newStore(t, { files: apart().files });
	const session = await store.create({ title: "Far away" });
	await session.pin();
	await store.close();
	const keep = await store.keep();
	await truncate(keep?.journalPath(session.id) ?? "", 20);
	const { damage } = await examineJournals(store);
	assert.match(
		damage.map(({ reason }) => reason).join("\n"),
		/The kept copies of 1 of 1 sessions lack what was written last/,
	);
});
