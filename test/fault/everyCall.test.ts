import assert from "node:assert/strict";
import * as path from "node:path";
import { test } from "node:test";
import { HumanError } from "../../src/base/errors.ts";
import { WorkspaceStore } from "../../src/core/store/workspaceStore.ts";
import { FaultyFiles } from "../property/lab.ts";
import { checkStore, locationsBeside, rounds, type Said, workspace } from "./lab.ts";

/** One of everything that changes a store. What is durable is said; what fails must fail with a sentence. */
async function scenario(folder: string, faulty: FaultyFiles): Promise<Said[]> {
	const said: Said[] = [];
	const store = new WorkspaceStore(folder, locationsBeside(folder), { files: faulty.files });
	const attempt = async <T>(run: () => Promise<T>): Promise<T | undefined> => {
		try {
			return await run();
		} catch (error) {
			assert.ok(
				error instanceof HumanError,
				`not a sentence: ${error instanceof Error ? error.stack : error}`,
			);
			assert.match(error.message, /[.!?]$/);
			return undefined;
		}
	};
	const create = async (run: () => ReturnType<WorkspaceStore["create"]>) => {
		const session = await attempt(run);
		if (session) {
			said.push({ created: session.id });
		}
		return session;
	};
	const session =
		(await create(() => store.create({ title: "One" }))) ?? (await create(() => store.create()));
	if (!session) {
		await attempt(() => store.close());
		return said;
	}
	const append = async (type: string, fields: object) => {
		const records = await attempt(() => session.append([{ type, ...fields } as never]));
		if (records) {
			said.push({ stored: { session: session.id, records: records.map(({ id }) => id) } });
		}
		return records?.[0]?.id;
	};
	const turn = (await append("turn.started", { after: null })) ?? "none";
	const text = "y".repeat(100_000);
	await append("item.completed", { turn, item: { type: "agentMessage", text } });
	const item = await append("item.completed", { turn, item: { type: "agentMessage", text: "Hi" } });
	await append("session.renamed", { title: "Two" });
	await append("note.added", { text: "a note" });
	if (item !== undefined) {
		await create(() => store.fork(session.id, item));
	}
	const doomed = await create(() => store.create({ title: "Doomed" }));
	if (doomed) {
		await attempt(() => doomed.trash());
		said.push({ purging: doomed.id });
		await attempt(() => store.purge(doomed.id));
	}
	await attempt(() => store.close());
	return said;
}

for (const code of ["EIO", "ENOSPC", "EACCES"]) {
	test(`${code} at every single call of everything that changes a store: nothing acknowledged is lost`, async (t) => {
		const all = new FaultyFiles();
		await scenario(await workspace(t), all);
		const step = rounds(19, 1);
		for (let n = 0; n < all.calls.length + 5; n += step) {
			const folder = await workspace(t);
			const faulty = new FaultyFiles();
			let left = n;
			// A descriptor whose closing fails is gone all the same, but not the one that only a test says has failed.
			faulty.fault = ({ operation }) =>
				operation !== "handleClose" && left-- === 0 ? { fail: code } : undefined;
			const said = await scenario(folder, faulty);
			if (said.some(({ created }) => created)) {
				await checkStore(folder, said);
			}
		}
	});
}

test("a short write at every write: nothing acknowledged is lost, and no half record is taken for a whole one", async (t) => {
	const all = new FaultyFiles();
	await scenario(await workspace(t), all);
	for (let n = 0; n < all.count("write"); n += rounds(4, 1)) {
		for (const short of [0, 1, 30]) {
			const folder = path.join(await workspace(t));
			const faulty = new FaultyFiles();
			let left = n;
			faulty.fault = ({ operation }) =>
				operation === "write" && left-- === 0 ? { short } : undefined;
			const said = await scenario(folder, faulty);
			if (said.some(({ created }) => created)) {
				await checkStore(folder, said);
			}
		}
	}
});
