import assert from "node:assert/strict";
import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import * as path from "node:path";
import test from "node:test";
import fc from "fast-check";
import { HumanError } from "../../src/base/errors.ts";
import { nodeFiles } from "../../src/core/files.ts";
import type { Session } from "../../src/core/store/session.ts";
import { canonical, FaultyFiles, idAt, newStore, openJournal, realisticLines } from "./lab.ts";

const operation = fc.record({
	kind: fc.constantFrom(
		"rename",
		"archive",
		"unarchive",
		"trash",
		"restore",
		"pin",
		"unpin",
		"tag",
		"untag",
		"note",
		"unnote",
		"revert",
		"unrevert",
		"turn",
		"item",
		"stream",
		"end",
		"acknowledge",
		"fork",
		"batch",
	),
	pick: fc.nat(),
});
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

/** Does one operation; what cannot be done at the moment is refused with a sentence and counts as done. */
async function perform(session: Session, { kind, pick }: Operation): Promise<void> {
	const { state } = session;
	const items = [...state.items.keys()];
	const turns = [...state.turns.keys()];
	const item = items[pick % (items.length || 1)];
	const turn = turns[pick % (turns.length || 1)];
	const run: Record<string, () => Promise<unknown> | undefined> = {
		rename: () => session.rename(`title ${pick}`),
		archive: () => session.archive(),
		unarchive: () => session.unarchive(),
		trash: () => session.trash(),
		restore: () => session.restore(),
		pin: () => session.pin(),
		unpin: () => session.unpin(),
		tag: () => session.tag([`t${pick % 3}`, "__proto__"]),
		untag: () => session.untag([`t${pick % 3}`]),
		note: () => session.addNote(`note ${pick}`, pick % 2 ? item : undefined),
		unnote: () => session.removeNote(state.notes[0]?.id ?? ""),
		revert: () => session.revertTo(item ?? null),
		unrevert: () => session.unrevert(),
		turn: () => session.startTurn({ model: "m" }),
		item: () =>
			turn ? session.addItem(turn, { type: "userMessage", text: `said ${pick}` }) : undefined,
		stream: () =>
			turn
				? session.append([
						{ type: "item.started", turn, item: { type: "agentMessage", text: "a" } },
					])
				: undefined,
		end: () =>
			turn ? session.completeTurn(turn, pick % 2 ? "completed" : "interrupted") : undefined,
		acknowledge: () => session.acknowledgeDamage(),
		fork: () => undefined,
		batch: () =>
			session.append([{ type: "session.pinned" }, { type: "session.renamed", title: "both" }]),
	};
	try {
		await run[kind]?.();
	} catch (error) {
		if (!(error instanceof HumanError)) {
			throw error;
		}
	}
}

test("J8 no operation rewrites anything: a journal is always an extension of what it was", async (t) => {
	const { store, clock } = await newStore(t);
	await fc.assert(
		fc.asyncProperty(fc.array(operation, { minLength: 5, maxLength: 25 }), async (operations) => {
			const session = await store.create({ title: "Grows" });
			let before = await readFile(session.file);
			for (const each of operations) {
				clock.now += each.pick % 3;
				if (each.kind === "fork") {
					await store.fork(session.id);
				} else {
					await perform(session, each);
				}
				const after = await readFile(session.file);
				assert.ok(
					after.subarray(0, before.length).equals(before),
					`${each.kind} rewrote the journal`,
				);
				assert.ok(after.length >= before.length);
				before = after;
			}
		}),
		{ seed: 21, numRuns: 25 },
	);
});

test("J8 state replay: what grew record by record, with other writers between, is what a full replay gives", async (t) => {
	const { store, again, clock } = await newStore(t);
	const other = again();
	await fc.assert(
		fc.asyncProperty(
			fc.array(fc.tuple(operation, fc.boolean(), fc.boolean()), { minLength: 5, maxLength: 30 }),
			async (operations) => {
				const mine = await store.create({ title: "Replayed" });
				const theirs = await other.open(mine.id);
				for (const [each, byOther, look] of operations) {
					clock.now += each.pick % 2;
					await perform(byOther ? theirs : mine, each);
					if (look) {
						await mine.refresh();
						await theirs.refresh();
					}
				}
				await mine.refresh();
				await theirs.refresh();
				const replay = await canonical(await openJournal(mine.file, nodeFiles, clock.now));
				assert.deepEqual(await canonical(mine.journal), replay);
				assert.deepEqual(await canonical(theirs.journal), replay);
			},
		),
		{ seed: 22, numRuns: 30 },
	);
});

test("J9 every file in sessions/, whatever its bytes, opens or is reported with a sentence", async (t) => {
	const { store } = await newStore(t);
	await store.ensure();
	const whole = Buffer.from(realisticLines().join(""));
	const contents: Record<string, string | Buffer | undefined> = {
		empty: "",
		newline: "\n\n\n",
		nul: "\0".repeat(10_000),
		binary: Buffer.from(Array.from({ length: 5000 }, (_, n) => (n * 7919) % 256)),
		text: "hello\nworld",
		cut: whole.subarray(0, 500),
		headless: whole.subarray(400),
		foreign: '{"type":"session_meta","payload":{}}\n',
		deep: `${'{"v":1,"id":"'}${idAt(0, 1)}","ts":"","type":"x","a":${"[".repeat(200_000)}${"]".repeat(200_000)}}\n`,
		torn: `{"v":1,"id":"${idAt(0, 1)}","a":${"[".repeat(200_000)}`,
		whole,
	};
	let n = 1;
	const ids: Record<string, string> = {};
	for (const [name, bytes] of Object.entries(contents)) {
		const id = idAt(1_700_000_000_000, n++);
		ids[name] = id;
		await writeFile(store.layout.journal(id), bytes ?? "");
	}
	const folder = idAt(1_700_000_000_000, n++);
	await mkdir(store.layout.journal(folder));
	const link = idAt(1_700_000_000_000, n++);
	await symlink("/etc/passwd", store.layout.journal(link));
	for (const [name, id] of Object.entries(ids)) {
		const session = await store.open(id);
		const summary = await session.summary();
		assert.equal(summary.id, id);
		const transcript = await session.transcript();
		await transcript.items(0, transcript.rows.length);
		if (name !== "whole" && name !== "cut") {
			assert.ok(summary.diagnostics > 0 && summary.warning, `${name} is shown with a warning`);
		}
	}
	await assert.rejects(store.open(folder), { name: "HumanError", reason: "unreadable-journal" });
	await assert.rejects(store.open(link), { name: "HumanError", reason: "outside" });
	assert.equal((await readdir(store.layout.sessions)).length, n - 1);
});

test("J9 a failed load removes nothing", async (t) => {
	const faulty = new FaultyFiles();
	const { store } = await newStore(t, { files: faulty.files });
	const session = await store.create({ title: "Stays" });
	await store.close();
	const before = await readdir(path.dirname(session.file));
	for (const operation of ["open", "read", "handleStat", "lstat"] as const) {
		faulty.fault = (call) =>
			call.operation === operation && call.path.endsWith(".jsonl") ? { fail: "EIO" } : undefined;
		await assert.rejects(store.open(session.id), {
			name: "HumanError",
			reason: "unreadable-journal",
		});
	}
	faulty.fault = () => undefined;
	assert.equal((await (await store.open(session.id)).summary()).title, "Stays");
	assert.deepEqual(await readdir(path.dirname(session.file)), before);
});

test("J9 no sessions are capped: a thousand are listed", async (t) => {
	const { store } = await newStore(t);
	await store.ensure();
	const { sessionIds } = await import("../../src/core/store/header.ts");
	for (let n = 0; n < 1000; n++) {
		await writeFile(store.layout.journal(idAt(1_700_000_000_000, n)), "");
	}
	assert.equal((await sessionIds(store.files, store.layout)).length, 1000);
});

test("J10 every operation is one write, whatever it changes", async (t) => {
	const faulty = new FaultyFiles("network");
	const { store } = await newStore(t, { files: faulty.files });
	const session = await store.create({ title: "One" });
	const turn = await session.startTurn();
	await session.addItem(turn, { type: "userMessage", text: "x" });
	const kinds = [
		"rename",
		"archive",
		"trash",
		"restore",
		"pin",
		"tag",
		"untag",
		"note",
		"revert",
		"unrevert",
		"turn",
		"item",
		"end",
		"batch",
	];
	for (const kind of kinds) {
		faulty.calls.length = 0;
		await perform(session, { kind: kind as Operation["kind"], pick: 2 });
		assert.equal(faulty.count("write"), 1, kind);
		assert.equal(faulty.count("datasync"), 1, kind);
	}
	const lines = (await readFile(session.file, "utf8")).trim().split("\n");
	assert.equal(lines.length, 3 + kinds.length + 1, "one record each, the batch two");
});

test("J10 an operation that fails has happened not at all, or whole after the same is tried again", async (t) => {
	const faulty = new FaultyFiles();
	const { store, again } = await newStore(t, { files: faulty.files });
	const faults = fc.constantFrom(
		{ operation: "write", fault: { fail: "ENOSPC" } },
		{ operation: "write", fault: { short: 70 } },
		{ operation: "write", fault: { short: 0 } },
		{ operation: "open", fault: { fail: "EMFILE" } },
	);
	await fc.assert(
		fc.asyncProperty(
			fc.array(fc.tuple(operation, fc.option(faults)), { minLength: 3, maxLength: 12 }),
			async (steps) => {
				faulty.fault = () => undefined;
				const session = await store.create({ title: "All or nothing" });
				for (const [each, fault] of steps) {
					const before = await canonical(session.journal);
					let met = false;
					faulty.fault = (call) => {
						const meets = fault && call.operation === fault.operation && call.path === session.file;
						met ||= meets === true;
						return meets ? (fault.fault as { fail: string }) : undefined;
					};
					await perform(session, each);
					faulty.fault = () => undefined;
					if (met) {
						assert.deepEqual(
							await canonical(session.journal),
							before,
							`${each.kind} left a half behind`,
						);
						await session.refresh();
						const { journal } = await again().open(session.id);
						assert.deepEqual(
							withoutDiagnostics(await canonical(journal)),
							withoutDiagnostics(before),
						);
					}
				}
			},
		),
		{ seed: 23, numRuns: 25 },
	);
});

function withoutDiagnostics(dump: unknown): object {
	return { ...(dump as object), diagnostics: [] };
}
