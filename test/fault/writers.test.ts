import assert from "node:assert/strict";
import * as fs from "node:fs/promises";
import { test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { nodeFiles } from "../../src/core/files.ts";
import { Journal } from "../../src/core/journal/journal.ts";
import { WorkspaceStore } from "../../src/core/store/workspaceStore.ts";
import { random } from "../bench/datasets.ts";
import { canonical, realisticLines } from "../property/lab.ts";
import { checkStore, locationsBeside, rounds, type Said, seed, workspace } from "./lab.ts";

test("a third process dies at every byte of a write while two others append: both are stored, the rest is a footnote", async (t) => {
	const torn = Buffer.from(realisticLines()[2] as string);
	const folder = await workspace(t);
	const [one, two] = [0, 1].map(() => new WorkspaceStore(folder, locationsBeside(folder)));
	assert.ok(one && two);
	const session = await one.create({ title: "Shared" });
	const other = await two.open(session.id);
	const said: Said[] = [{ created: session.id }];
	for (let cut = 0; cut <= torn.length; cut += rounds(3, 1)) {
		await fs.appendFile(session.file, torn.subarray(0, cut));
		const stored = await Promise.all(
			[session, other, session].map((each) =>
				each.append([{ type: "note.added", text: `${cut}` }]),
			),
		);
		said.push({
			stored: { session: session.id, records: stored.flat().map((record) => record.id) },
		});
	}
	await one.close();
	await two.close();
	await checkStore(folder, said);
});

test("writers whose clocks are apart, and go back: every record is there, and every reader folds the same", async (t) => {
	const next = random(seed);
	for (let round = 0; round < rounds(6, 300); round++) {
		const folder = await workspace(t);
		const skews = [0, -3_600_000, 5_000, 20 * 3_600_000].map((skew) => ({ skew }));
		const stores = skews.map(
			(own) =>
				new WorkspaceStore(folder, locationsBeside(folder), {
					clock: () => Date.now() + own.skew,
				}),
		);
		const first = await stores[0]?.create({ title: "Shared" });
		assert.ok(first);
		const sessions = await Promise.all(stores.map((store) => store.open(first.id)));
		const said: Said[] = [{ created: first.id }];
		const add = async (n: number) => {
			const at = Math.floor(next() * sessions.length);
			const own = skews[at];
			if (own && next() < 0.2) {
				// The clock goes back, or is put right.
				own.skew -= Math.floor(next() * 60_000);
			}
			const records = await sessions[at]?.append([
				{ type: "session.renamed", title: `${n}` },
				{ type: "note.added", text: `${n}` },
			]);
			said.push({
				stored: { session: first.id, records: records?.map(({ id }) => id) ?? [] },
			});
		};
		for (let n = 0; n < 60; n += 6) {
			await Promise.all(Array.from({ length: 6 }, (_, k) => add(n + k)));
		}
		const fresh = await canonical(await Journal.open(first.file, nodeFiles));
		for (const session of sessions) {
			await session.refresh();
			assert.ok(isDeepStrictEqual(await canonical(session.journal), fresh), `round ${round}`);
		}
		await Promise.all(stores.map((store) => store.close()));
		await checkStore(folder, said);
	}
});

test("what a session folds without reading back is what a reader finds, whoever else writes meanwhile", async (t) => {
	const next = random(seed + 1);
	for (let round = 0; round < rounds(4, 200); round++) {
		const folder = await workspace(t);
		const store = new WorkspaceStore(folder, locationsBeside(folder));
		const session = await store.create({ title: "Mine" });
		const line = Buffer.from(realisticLines()[3] as string);
		for (let n = 0; n < 120; n++) {
			const together = Array.from({ length: 1 + Math.floor(next() * 4) }, (_, k) =>
				session.append([{ type: "note.added", text: `${n} ${k}` }]),
			);
			if (next() < 0.5) {
				const cut = next() < 0.5 ? line.length : Math.floor(next() * line.length);
				together.push(fs.appendFile(session.file, line.subarray(0, cut)) as never);
			}
			await Promise.all(together);
			if (next() < 0.1) {
				const text = await fs.readFile(session.file);
				await fs.writeFile(`${session.file}.new`, text);
				await fs.rename(`${session.file}.new`, session.file);
				// The next append tells that the file was replaced; the one after that is stored in the new one.
				await session.pin().catch(() => undefined);
			}
			await session.refresh();
			const clock = () => Date.now();
			const fresh = await Journal.open(session.file, nodeFiles, clock);
			assert.deepEqual(
				[session.journal.recordCount, session.journal.greatestId, session.journal.size],
				[fresh.recordCount, fresh.greatestId, fresh.size],
			);
		}
		await session.refresh();
		const fresh = await Journal.open(session.file, nodeFiles);
		assert.deepEqual(await canonical(session.journal), await canonical(fresh));
		await store.close();
	}
});
