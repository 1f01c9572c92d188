import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { test } from "node:test";
import { examineStore } from "../../src/core/doctor/doctor.ts";
import { purgedIds } from "../../src/core/store/kept.ts";
import { WorkspaceStore } from "../../src/core/store/workspaceStore.ts";
import { FaultyFiles } from "../property/lab.ts";
import { locationsBeside, workspace } from "./lab.ts";

/** Lets a store do nothing any more from a call on, as if its process had died there: also nothing that would clean up. */
function dyingAt(call: number): FaultyFiles {
	const files = new FaultyFiles();
	let left = call;
	files.fault = ({ operation }) =>
		left-- > 0 || operation === "handleClose" ? undefined : { fail: "EIO" };
	return files;
}

/** The store as a process finds it two minutes later. */
function later(folder: string): WorkspaceStore {
	return new WorkspaceStore(folder, locationsBeside(folder), {
		clock: () => Date.now() + 120_000,
	});
}

for (const withFork of [false, true]) {
	test(`a process that dies at any call of a purge${withFork ? " with forks" : ""}: the session is gone or back, and what is noted says the same`, async (t) => {
		for (let call = 0, isOver = false; !isOver; call++) {
			const folder = await workspace(t);
			const first = new WorkspaceStore(folder, locationsBeside(folder));
			const session = await first.create({ title: "Doomed" });
			const fork = withFork ? await first.fork(session.id) : undefined;
			await session.trash();
			await first.close();
			const files = dyingAt(call);
			const dying = new WorkspaceStore(folder, locationsBeside(folder), { files: files.files });
			isOver = await dying.purge(session.id, { withForks: withFork }).then(
				() => true,
				() => false,
			);
			await dying.close();
			const store = later(folder);
			await store.ensure();
			const names = await fs.readdir(store.layout.sessions);
			const purged = await purgedIds(store);
			for (const id of [session.id, fork?.id ?? session.id]) {
				const isThere = names.includes(`${id}.jsonl`);
				assert.equal(isThere, !purged.has(id), `call ${call}: ${names} ${[...purged]}`);
				assert.ok(isThere || !isOver || purged.has(id));
			}
			assert.deepEqual(
				names.filter((name) => !name.endsWith(".jsonl")),
				[],
			);
			assert.ok((await examineStore(store)).ok, `call ${call}`);
			if (names.includes(`${session.id}.jsonl`)) {
				// Taken back whole: its kept copy counts as one, should the folder be cleaned.
				await fs.rm(store.layout.sessions, { recursive: true });
				const kept = (await store.kept()).map(({ id }) => id);
				assert.ok(kept.includes(session.id), `call ${call}: ${kept}`);
			}
			await store.close();
		}
	});
}

test("a process that dies at any call of making a session leaves nothing that stays", async (t) => {
	for (let call = 0, isOver = false; !isOver; call++) {
		const folder = await workspace(t);
		const first = new WorkspaceStore(folder, locationsBeside(folder));
		await first.create({ title: "There before" });
		await first.close();
		const files = dyingAt(call);
		const dying = new WorkspaceStore(folder, locationsBeside(folder), { files: files.files });
		isOver = await dying.create({ title: "Made" }).then(
			() => true,
			() => false,
		);
		await dying.close();
		const store = later(folder);
		assert.ok((await examineStore(store)).ok, `call ${call}`);
		await store.ensure();
		const beside = (await fs.readdir(store.root)).filter((name) => name.endsWith(".jsonl"));
		assert.deepEqual(beside, [], `call ${call}`);
		const sessions = await fs.readdir(store.layout.sessions);
		assert.ok(sessions.length === 2 || (!isOver && sessions.length === 1), `call ${call}`);
		assert.deepEqual((await examineStore(store)).damage.filter(isAboutFile), [], `call ${call}`);
		await store.close();
	}
});

function isAboutFile({ reason }: { readonly reason: string }): boolean {
	return !reason.startsWith("No copy is kept");
}

test("a name that the making of a session has left goes with the purge", async (t) => {
	const folder = await workspace(t);
	const faulty = new FaultyFiles();
	const store = new WorkspaceStore(folder, locationsBeside(folder), { files: faulty.files });
	faulty.fault = ({ operation, path: file }) =>
		operation === "unlink" && path.dirname(file) === store.root && file.endsWith(".jsonl")
			? { fail: "EIO" }
			: undefined;
	const session = await store.create({ title: "Twice" });
	const other = await store.create({ title: "Twice, too" });
	await session.trash();
	await other.trash();
	const beside = async () =>
		(await fs.readdir(store.root)).filter((name) => /^[0-9A-Z]{26}\.jsonl$/.test(name));
	assert.equal((await beside()).length, 2);
	await store.purge(other.id);
	faulty.fault = () => undefined;
	await store.purge(session.id);
	assert.deepEqual(await beside(), [`${other.id}.jsonl`]);
	await store.close();
	const next = later(folder);
	assert.ok((await examineStore(next)).ok);
	await next.ensure();
	assert.deepEqual(await beside(), []);
	await next.close();
});

test("a journal that a person has put beside the sessions stays, and the doctor says where it belongs", async (t) => {
	const folder = await workspace(t);
	const first = new WorkspaceStore(folder, locationsBeside(folder));
	const session = await first.create({ title: "Moved" });
	await session.rename("Moved by hand");
	await first.close();
	const moved = path.join(first.root, path.basename(session.file));
	await fs.rename(session.file, moved);
	const store = later(folder);
	await store.ensure();
	assert.match(await fs.readFile(moved, "utf8"), /Moved by hand/);
	const { ok, damage } = await examineStore(store);
	assert.equal(ok, false);
	const [found] = damage.filter(({ file }) => file === moved);
	assert.match(found?.reason ?? "", /stands beside the folder of sessions, so it is not shown/);
	await store.close();
});
