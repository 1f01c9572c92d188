import * as fs from "node:fs/promises";
import * as path from "node:path";
import { nodeFiles } from "../../src/core/files.ts";
import { JournalWriter } from "../../src/core/journal/writer.ts";
import type { Session } from "../../src/core/store/session.ts";
import type { WorkspaceStore } from "../../src/core/store/workspaceStore.ts";
import { TextMaker } from "./datasets.ts";
import { interleave, ratio, samples } from "./measure.ts";
import { newStore, scratch } from "./place.ts";
import type { Section } from "./table.ts";
import { ms, spread, times } from "./table.ts";

const callers = 64;

/** Texts of about 200 characters, the same in every run. */
function texts(): (n: number) => string {
	const maker = new TextMaker(7);
	const made = Array.from({ length: 500 }, () => maker.text(30));
	return (n) => `${n} ${made[n % made.length]}`;
}

/** What anybody does who appends durably: write, then fdatasync. */
async function bareLoop(lines: readonly Buffer[]) {
	const handle = await fs.open(path.join(scratch(), "bare.jsonl"), "a");
	const run = async (n: number) => {
		await handle.write(lines[n % lines.length] as Buffer);
		await handle.datasync();
	};
	return { run, close: () => handle.close() };
}

/** Lines as journals have them: those that our own store wrote. */
async function realLines(store: WorkspaceStore, text: (n: number) => string): Promise<Buffer[]> {
	const session = await store.create({ title: "Lines" });
	const turn = await session.startTurn();
	for (let n = 0; n < 500; n++) {
		await session.addItem(turn, { type: "agentMessage", text: text(n) });
	}
	const bytes = await fs.readFile(session.file, "utf8");
	return bytes
		.split(/(?<=\n)/)
		.slice(2)
		.map((line) => Buffer.from(line));
}

async function turnOf(store: WorkspaceStore): Promise<{ session: Session; turn: string }> {
	const session = await store.create({ title: "Appended to" });
	return { session, turn: await session.startTurn() };
}

export async function appends(quick: boolean): Promise<Section> {
	const rounds = quick ? 40 : 200;
	const store = newStore();
	const text = texts();
	const lines = await realLines(store, text);
	const bare = await bareLoop(lines);
	const { session, turn } = await turnOf(store);
	const other = await turnOf(store);
	const file = path.join(scratch(), "writer.jsonl");
	await fs.writeFile(file, "");
	const writer = new JournalWriter(file, nodeFiles);
	const line = (n: number) => lines[n % lines.length]?.toString() ?? "";
	const item = (n: number) => ({ type: "agentMessage", text: text(n) });
	const together = (append: (n: number) => Promise<unknown>) => (n: number) =>
		Promise.all(Array.from({ length: callers }, (_, at) => append(n * callers + at)));
	const found = await interleave(rounds, {
		bare: { times: 20, run: bare.run },
		writer: { times: 20, run: (n) => writer.append(line(n)) },
		session: { times: 20, run: (n) => session.addItem(turn, item(n)) },
		writers: { times: 5, run: together((n) => writer.append(line(n))) },
		sessions: { times: 5, run: together((n) => other.session.addItem(other.turn, item(n))) },
	});
	await bare.close();
	await writer.close();
	const each = (values: readonly number[]) => values.map((value) => value / callers);
	const against = `bare write + fdatasync loop, ${spread(samples(found.bare))}`;
	const one = (what: string, values: readonly number[], least: number) => {
		const fold = ratio(found.bare, values);
		return {
			what,
			ours: spread(samples(values)),
			against,
			ratio: times(fold),
			budget: `>= ${least} x`,
			ok: fold >= least,
		};
	};
	const rows = [
		one("append of an item to a session, acknowledged", found.session, 0.8),
		one("append of a line by the writer alone", found.writer, 0.8),
		one(`${callers} callers at once, each item of a session`, each(found.sessions), 10),
		one(`${callers} callers at once, each line by the writer`, each(found.writers), 10),
	];
	const grown = await growth(store, quick);
	await store.close();
	return { title: "Append", rows: [...rows, ...grown] };
}

/** The cost at the end of a long session against that at the beginning of a short one. */
async function growth(store: WorkspaceStore, quick: boolean): Promise<Section["rows"]> {
	const long = quick ? 10_000 : 100_000;
	const text = texts();
	const grow = async (items: number) => {
		const made = await turnOf(store);
		for (let at = 0; at < items; at += 500) {
			const drafts = Array.from({ length: Math.min(500, items - at) }, (_, n) => ({
				type: "item.completed" as const,
				turn: made.turn,
				item: { type: "agentMessage" as const, text: text(at + n) },
			}));
			await made.session.append(drafts);
		}
		return made;
	};
	const big = await grow(long);
	let small = await grow(100);
	const append = (to: { session: Session; turn: string }, n: number) =>
		to.session.addItem(to.turn, { type: "agentMessage", text: text(n) });
	const found = await interleave(quick ? 40 : 200, {
		early: {
			times: 20,
			run: (n) => append(small, n),
			prepare: async () => {
				small = await grow(100);
			},
		},
		late: { times: 20, run: (n) => append(big, n) },
	});
	const cost = ratio(found.late, found.early);
	return [
		{
			what: `append of an item at record ${long.toLocaleString("en")}`,
			ours: spread(samples(found.late)),
			against: `the same at record 100, ${spread(samples(found.early))}`,
			ratio: `${cost.toFixed(2)} of its cost`,
			budget: "<= 1.1",
			ok: cost <= 1.1,
		},
	];
}

export async function forks(quick: boolean): Promise<Section> {
	const store = newStore();
	const { session, turn } = await turnOf(store);
	const maker = new TextMaker(8);
	const text = maker.text(9000);
	const size = (quick ? 10 : 100) * 1e6;
	let last = "";
	for (let bytes = 0; bytes < size; ) {
		const drafts = Array.from({ length: 20 }, () => ({
			type: "item.completed" as const,
			turn,
			item: { type: "agentMessage" as const, text },
		}));
		const records = await session.append(drafts);
		last = records.at(-1)?.id ?? "";
		bytes += 20 * text.length;
	}
	await session.completeTurn(turn);
	const copy = path.join(scratch(), "copy.jsonl");
	const { size: bytes } = await fs.stat(session.file);
	const found = await interleave(quick ? 10 : 30, {
		head: { times: 3, run: () => store.fork(session.id) },
		item: { times: 3, run: () => store.fork(session.id, last) },
	});
	// By itself: the disk is busy with the copy for a while after it.
	const { copied } = await interleave(5, {
		copied: { run: () => fs.copyFile(session.file, copy) },
	});
	const cold: number[] = [];
	for (let run = 0; run < 3; run++) {
		await store.close();
		const began = performance.now();
		await store.fork(session.id);
		cold.push(performance.now() - began);
	}
	await store.close();
	const head = samples(found.head);
	const item = samples(found.item);
	const against = `copying the file, ${spread(samples(copied))}`;
	const megabytes = `${Math.round(bytes / 1e6)} MB`;
	return {
		title: "Fork",
		rows: [
			{
				what: `fork of a session of ${megabytes} at its head`,
				ours: spread(head),
				against,
				ratio: times(samples(copied).median / head.median),
				budget: "<= 5 ms",
				ok: head.median <= 5,
			},
			{
				what: "the same at an item",
				ours: spread(item),
				against,
				ratio: times(samples(copied).median / item.median),
				budget: "<= 5 ms",
				ok: item.median <= 5,
			},
			{
				what: "the same in a process that has not read the session yet",
				ours: ms(samples(cold).median),
			},
		],
	};
}
