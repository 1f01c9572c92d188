/**
 * Measures the index against the budgets of the design (section 11): `node test/bench/indexBudgets.ts [cold] [list]
 * [search] [items=1000000]`. Prints medians and ratios; exit code 1 when a budget is missed. Data sets are made in a
 * temporary folder and kept there for the next run.
 */
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { SessionIndex } from "../../src/core/index/sessionIndex.ts";
import type { Locations } from "../../src/core/locations.ts";
import { createSources } from "../../src/core/sources/sources.ts";
import { WorkspaceStore } from "../../src/core/store/workspaceStore.ts";
import { random, vocabulary, writeRollouts, writeStore } from "./datasets.ts";
import { plainIndex } from "./plainIndex.ts";

const root = process.env["SKEIN_BENCH_DATA"] ?? path.join(tmpdir(), "skein-bench");
const asked = process.argv.slice(2);
const wants = (name: string) => asked.length === 0 || asked.includes(name);
const option = (name: string, fallback: number) =>
	Number(asked.find((each) => each.startsWith(`${name}=`))?.slice(name.length + 1) ?? fallback);
const rollouts = option("rollouts", 5000);
let missed = 0;

function line(what: string, measured: string, budget: string, ok: boolean): void {
	missed += ok ? 0 : 1;
	console.log(`${ok ? "  " : "! "}${what.padEnd(58)} ${measured.padEnd(36)} ${budget}`);
}

function median(values: readonly number[]): number {
	return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function percentile(values: readonly number[], part: number): number {
	return values.toSorted((a, b) => a - b)[Math.ceil(values.length * part) - 1] ?? Number.NaN;
}

/** A data set made once: `make` fills an empty folder. */
function dataSet(name: string, make: (folder: string) => void): string {
	const folder = path.join(root, name);
	if (!fs.existsSync(path.join(folder, "done"))) {
		fs.rmSync(folder, { recursive: true, force: true });
		fs.mkdirSync(folder, { recursive: true });
		make(folder);
		fs.writeFileSync(path.join(folder, "done"), "");
	}
	return folder;
}

function locationsIn(home: string): Locations {
	const cache = path.join(home, "cache");
	return { data: path.join(home, "data"), cache, home, env: { CODEX_HOME: home } };
}

/** Time of one run in CPU and wall, ms. */
async function timed(work: () => unknown): Promise<{ cpu: number; wall: number }> {
	const before = process.cpuUsage();
	const started = performance.now();
	await work();
	const { user, system } = process.cpuUsage(before);
	return { cpu: (user + system) / 1000, wall: performance.now() - started };
}

async function cold(): Promise<void> {
	const home = dataSet(`rollouts-${rollouts}`, (folder) => writeRollouts(folder, rollouts));
	const locations = locationsIn(home);
	const ratios: number[] = [];
	for (let run = 0; run < option("runs", 3); run++) {
		fs.rmSync(locations.cache, { recursive: true, force: true });
		const scratch = path.join(home, "plain.db");
		fs.rmSync(scratch, { force: true });
		let items = 0;
		const plain = await timed(() => {
			items = plainIndex(home, scratch);
		});
		fs.rmSync(scratch, { force: true });
		const index = await SessionIndex.open({
			stores: [],
			sources: createSources(locations),
			locations,
		});
		let indexed = 0;
		const ours = await timed(async () => {
			indexed = (await index.update()).items;
			index.close();
		});
		ratios.push(ours.wall / plain.wall);
		console.log(
			`   run ${run + 1}: plain ${plain.wall.toFixed(0)} ms (cpu ${plain.cpu.toFixed(0)}, ${items} items), index ${ours.wall.toFixed(0)} ms (cpu ${ours.cpu.toFixed(0)}, ${indexed} items)`,
		);
	}
	const ratio = median(ratios);
	line(
		`cold index of ${rollouts} Codex rollouts`,
		`${ratio.toFixed(2)} x plain`,
		"<= 1.5 x",
		ratio <= 1.5,
	);
}

async function list(): Promise<void> {
	const home = dataSet(`rollouts-${rollouts}`, (folder) => writeRollouts(folder, rollouts));
	const locations = locationsIn(home);
	const options = { stores: [], sources: createSources(locations), locations };
	const first = await SessionIndex.open(options);
	await first.update();
	first.close();
	const times: number[] = [];
	for (let run = 0; run < 7; run++) {
		const index = await SessionIndex.open(options);
		const { wall } = await timed(() => index.rows());
		times.push(wall);
		index.close();
	}
	line(
		`list all of ${rollouts} sessions`,
		`${median(times).toFixed(1)} ms`,
		"<= 50 ms",
		median(times) <= 50,
	);
	const again: number[] = [];
	for (let run = 0; run < 5; run++) {
		const index = await SessionIndex.open(options);
		again.push((await timed(() => index.update())).wall);
		index.close();
	}
	line(
		`re-index of ${rollouts} rollouts, nothing changed`,
		`${median(again).toFixed(1)} ms`,
		"(150 ms for 10,000)",
		true,
	);

	const folder = dataSet("store-10000", (into) =>
		writeStore(into, { sessions: 10_000, items: 8, words: 20 }),
	);
	const own = locationsIn(folder);
	const warm = await SessionIndex.open({
		stores: [new WorkspaceStore(folder, own)],
		sources: [],
		locations: own,
	});
	console.log(`   10,000 sessions of ours: ${JSON.stringify(await warm.update())}`);
	warm.close();
	const unchanged: number[] = [];
	for (let run = 0; run < 7; run++) {
		const index = await SessionIndex.open({
			stores: [new WorkspaceStore(folder, own)],
			sources: [],
			locations: own,
		});
		unchanged.push((await timed(() => index.update())).wall);
		index.close();
	}
	line(
		"re-index of 10,000 sessions, nothing changed",
		`${median(unchanged).toFixed(1)} ms`,
		"<= 150 ms",
		median(unchanged) <= 150,
	);
}

async function searches(): Promise<void> {
	const items = option("items", 1_000_000);
	const folder = dataSet(`store-items-${items}`, (into) => {
		writeStore(into, { sessions: items / 500, items: 500, words: 30 });
	});
	const locations = locationsIn(folder);
	const index = await SessionIndex.open({
		stores: [new WorkspaceStore(folder, locations)],
		sources: [],
		locations,
	});
	const result = await index.update();
	console.log(
		`   ${JSON.stringify(result)}, index ${((await index.stats()).indexBytes / 1e6).toFixed(0)} MB`,
	);
	const words = vocabulary();
	const next = random(5);
	const pick = (from: number, to: number) => words[from + Math.floor(next() * (to - from))] ?? "";
	const kinds: Record<string, { share: number; make: () => string }> = {
		rare: { share: 40, make: () => pick(10_000, 40_000) },
		middling: { share: 30, make: () => pick(200, 5000) },
		commonest: { share: 15, make: () => pick(0, 10) },
		phrase: { share: 10, make: () => `"${pick(0, 300)} ${pick(0, 300)}"` },
		prefix: { share: 5, make: () => `${pick(50, 40_000).slice(0, 3)}*` },
	};
	const all: number[] = [];
	for (const [kind, { share, make }] of Object.entries(kinds)) {
		const times: number[] = [];
		for (let run = 0; run < share * 4; run++) {
			const { wall } = await timed(() => index.search(make()));
			times.push(wall);
		}
		all.push(...times);
		console.log(
			`   ${kind.padEnd(10)} median ${median(times).toFixed(2)} ms, p95 ${percentile(times, 0.95).toFixed(2)} ms, most ${Math.max(...times).toFixed(1)} ms`,
		);
	}
	const p95 = percentile(all, 0.95);
	line(
		`search over ${result.items} items, p95 with snippets`,
		`${p95.toFixed(1)} ms (median ${median(all).toFixed(1)})`,
		"<= 30 ms",
		p95 <= 30,
	);
	const ranked: number[] = [];
	for (let run = 0; run < 60; run++) {
		const query = `${pick(0, 10)} ${pick(200, 5000)}`;
		ranked.push((await timed(() => index.search(query, { order: "relevance" }))).wall);
	}
	line(
		"the same by relevance, a common and a middling word",
		`p95 ${percentile(ranked, 0.95).toFixed(1)} ms`,
		"<= 30 ms",
		percentile(ranked, 0.95) <= 30,
	);
	index.close();
}

console.log(`Node ${process.version}, data in ${root}`);
if (wants("cold")) {
	await cold();
}
if (wants("list")) {
	await list();
}
if (wants("search")) {
	await searches();
}
process.exitCode = missed > 0 ? 1 : 0;
