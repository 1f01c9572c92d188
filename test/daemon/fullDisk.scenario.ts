/** Run by fullDisk.test.ts with `SKEIN_LABS` on a disk of some MB of its own, which holds all that the daemon writes. */
import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import * as path from "node:path";
import { test } from "node:test";
import { daemonLab, fakeAgent, itemsOf, stopDaemon, Watch, words } from "./support.ts";

const filler = path.join(process.env["SKEIN_LABS"] ?? "", "filler");

/** Takes what room there is. */
function fill(): void {
	for (let size = 1024 * 1024; size >= 256; size /= 2) {
		try {
			for (;;) {
				writeFileSync(filler, "x".repeat(size), { flag: "a" });
			}
		} catch {
			// Smaller ones may still go in.
		}
	}
}

test("a run on a disk that is full ends with a sentence, and what was acknowledged stays", async (t) => {
	const lab = await daemonLab(t);
	const session = await lab.store.create({ agent: "fake" });
	const client = await lab.connect();
	const watch = await Watch.on(client);
	const prompt = (amount: number, text = "word") =>
		client.call("prompt", {
			session: session.id,
			input: { text },
			agent: fakeAgent("talk", amount),
		});
	const acknowledged: string[] = [];
	let grown = 0;
	client.on("grown")(({ items }) => {
		acknowledged.push(...items);
		grown++;
		if (grown >= 3) {
			fill();
		}
	});
	await client.call("follow", { session: session.id });
	const { run } = await prompt(1_000_000_000);
	const end = await watch.ended(run);
	assert.equal(end.detail?.["status"], "failed");
	assert.match(end.message, /the disk (?:is|may be) full\./);
	fill();
	await watch.next("state.changed", ({ seq, detail }) => {
		return seq > end.seq && JSON.stringify(detail).includes('"idle"');
	});
	assert.equal((await client.call("status", {})).state.kind, "idle");
	fill();
	await assert.rejects(prompt(3, "word ".repeat(20_000)), /the disk (?:is|may be) full/);

	rmSync(filler);
	const again = await prompt(3);
	assert.equal((await watch.ended(again.run)).detail?.["status"], "completed");
	await session.refresh();
	assert.deepEqual(
		[...session.state.turns.values()].map((turn) => turn.end?.status),
		["interrupted", "completed"],
	);
	assert.equal(words(await itemsOf(session)).at(-1), "agentMessage: word 0. word 1. word 2. ");
	const warnings = session.journal.diagnostics.filter(({ severity }) => severity === "warning");
	assert.deepEqual(warnings, []);
	const journal = await readFile(session.file, "utf8");
	assert.deepEqual(
		acknowledged.filter((id) => !journal.includes(`"id":"${id}"`)),
		[],
	);

	await stopDaemon(client);
	const later = await lab.connect();
	const { state, runs } = await later.call("status", {});
	assert.equal(state.kind, "idle");
	assert.deepEqual(
		runs.filter(({ endedAt }) => endedAt === null),
		[],
	);
});
