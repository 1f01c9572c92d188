import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { random } from "../bench/datasets.ts";
import { bundled, checkStore, rounds, type Said, Speaker, seed, workspace } from "./lab.ts";

const mutator = bundled("mutator.ts");

/** Kills processes at random moments of whatever they do, and checks the store after each time. */
async function killing(
	t: TestContext,
	processes: number,
	count: number,
	skew = 0,
): Promise<Said[]> {
	const next = random(seed + processes + skew);
	const said: Said[] = [];
	let folder = await workspace(t);
	for (let round = 0; round < count; round++) {
		if (round % 25 === 24) {
			folder = await workspace(t);
			said.length = 0;
		}
		const speakers = Array.from({ length: processes }, (_, n) => {
			const offset = n === 0 ? 0 : skew;
			return new Speaker(mutator, [folder, String(round * 10 + n + seed), String(offset)]);
		});
		await Promise.all(
			speakers.map(async (speaker) => {
				await speaker.hears(1 + Math.floor(next() * 30));
				await sleep(next() * 10);
				await speaker.kill();
			}),
		);
		said.push(...speakers.flatMap((speaker) => speaker.said));
		await checkStore(folder, said);
	}
	return said;
}

test("kill -9 at random moments of everything that changes a store: what was acknowledged is there", async (t) => {
	const said = await killing(t, 1, rounds(4, 300));
	assert.ok(said.some(({ stored }) => stored) && said.some(({ created }) => created));
});

test("two windows at once, both killed", async (t) => {
	const said = await killing(t, 2, rounds(2, 200));
	assert.ok(said.length > 0);
});

test("two windows at once, the clock of one an hour behind", async (t) => {
	await killing(t, 2, rounds(1, 100), -3_600_000);
});

test("two windows at once, the clock of one two hours ahead", async (t) => {
	await killing(t, 2, rounds(1, 100), 7_200_000);
});
