import * as fs from "node:fs";
import * as path from "node:path";
import { type CodexClient, startCodex } from "../../scripts/lib/codexClient.ts";
import { Catalogue } from "../../src/core/catalogue/catalogue.ts";
import { SessionIndex } from "../../src/core/index/sessionIndex.ts";
import { createSources } from "../../src/core/sources/sources.ts";
import { writeRollouts } from "./datasets.ts";
import { ratio, samples, timed } from "./measure.ts";
import { dataSet, locationsIn, scratch } from "./place.ts";
import { plainIndex } from "./plainIndex.ts";
import { type Section, spread, times } from "./table.ts";

const program = path.join(import.meta.dirname, "../../.vscode-test/codex/node_modules/.bin/codex");
const config = `model = "mock-model"
model_provider = "mock"
[model_providers.mock]
name = "mock"
base_url = "http://127.0.0.1:9/v1"
wire_api = "responses"
`;
/** The largest page that it gives. */
const limit = 100;

interface Laps {
	readonly ready: number[];
	readonly first: number[];
	readonly all: number[];
	readonly search: number[];
}

/** The real `codex app-server` and our index, each on a home of its own with the same rollouts, turn by turn. */
export async function besideCodex(quick: boolean): Promise<Section> {
	const count = quick ? 1000 : 5000;
	const title = `List and search beside codex app-server, ${count.toLocaleString("en")} rollouts`;
	if (!fs.existsSync(program)) {
		return { title, rows: [], notes: ["Not measured: Codex is not in .vscode-test/codex."] };
	}
	const set = dataSet(`rollouts-${count}`, (folder) => writeRollouts(folder, count));
	const found = { codex: laps(), ours: laps(), again: laps() };
	const listed: number[] = [];
	const plain: number[] = [];
	for (let run = 0; run < (quick ? 1 : 3); run++) {
		const other = copyOf(set);
		await codexLaps(other, count, found.codex);
		await codexLaps(other, count, found.again);
		const home = copyOf(set);
		listed.push(await timed(() => catalogueOf(home).list()));
		plain.push(await timed(() => plainIndex(home, path.join(home, "plain.db"))));
		await ourLaps(home, count, found.ours);
	}
	const row = (what: string, ours: number[], codex: number[], least?: number) => {
		const fold = ratio(codex, ours);
		return {
			what,
			ours: spread(samples(ours)),
			against: spread(samples(codex)),
			ratio: times(fold),
			...(least === undefined ? {} : { budget: `>= ${least} x`, ok: fold >= least }),
		};
	};
	const { codex, ours, again } = found;
	return {
		title,
		rows: [
			row("from nothing to the whole list, and its initialize answered", listed, codex.ready, 3),
			row("from nothing to all texts searchable, which it does not do", ours.ready, codex.ready),
			row("the least for that: read, JSON.parse, an FTS5 insert an item", plain, codex.ready),
			row("first page, and its thread/list of 100", ours.first, codex.first),
			row("all sessions, and all pages of its thread/list", ours.all, codex.all, 50),
			row("the same when it was started before on this home", ours.all, again.all, 50),
			row("a word, ours in all text, and its searchTerm in titles", ours.search, codex.search),
		],
		notes: [
			"When Codex has answered, its list is complete; what is inside the sessions it does not search. So lists are compared. All texts cannot be searchable in a third of its time, because plain Node cannot even put them into an FTS5 table in that (see decisions.md); how far we are above that least is the budget of the section before.",
			`Codex 0.169 as npm has it, ${limit} threads a page, each side on its own copy of the rollouts.`,
		],
	};
}

function laps(): Laps {
	return { ready: [], first: [], all: [], search: [] };
}

function copyOf(set: string): string {
	const home = scratch();
	fs.cpSync(path.join(set, "sessions"), path.join(home, "sessions"), { recursive: true });
	fs.writeFileSync(path.join(home, "config.toml"), config);
	return home;
}

async function codexLaps(home: string, count: number, into: Laps): Promise<void> {
	let codex: CodexClient | undefined;
	const env = { ...process.env, CODEX_HOME: home };
	into.ready.push(
		await timed(async () => {
			codex = await startCodex(program, { cwd: home, env });
		}),
	);
	const page = async (more: object) => {
		const answer = await codex?.call("thread/list", { modelProviders: [], limit, ...more });
		return answer as { data: { preview: string }[]; nextCursor: string | null };
	};
	const first: { preview: string }[] = [];
	into.first.push(await timed(async () => first.push(...(await page({})).data)));
	let listed = 0;
	into.all.push(
		await timed(async () => {
			let cursor: string | null = null;
			do {
				const { data, nextCursor } = await page(cursor === null ? {} : { cursor });
				listed += data.length;
				cursor = nextCursor;
			} while (cursor !== null);
		}),
	);
	if (listed !== count) {
		throw new Error(`Codex listed ${listed} of ${count} threads.`);
	}
	into.search.push(await timed(() => page({ searchTerm: wordOf(first[0]?.preview ?? "") })));
	await codex?.close();
}

function catalogueOf(home: string): Catalogue {
	const locations = locationsIn(home);
	return new Catalogue({
		folders: [],
		sources: createSources(locations),
		locations,
		keepCopies: false,
	});
}

function wordOf(title: string): string {
	return title.split(/\W+/).find((word) => word.length > 5) ?? "and";
}

async function ourLaps(home: string, count: number, into: Laps): Promise<void> {
	const locations = locationsIn(home);
	const options = { stores: [], sources: createSources(locations), locations };
	let index: SessionIndex | undefined;
	into.ready.push(
		await timed(async () => {
			index = await SessionIndex.open(options);
			await index.update();
		}),
	);
	index?.close();
	// As a window does that opens later.
	const again = await SessionIndex.open(options);
	let titles: string[] = [];
	const all = await timed(async () => {
		titles = (await again.rows()).map(({ title }) => title);
	});
	if (titles.length !== count) {
		throw new Error(`We listed ${titles.length} of ${count} sessions.`);
	}
	// There are no pages: the first is all.
	into.first.push(all);
	into.all.push(all);
	const word = wordOf(titles[0] ?? "");
	into.search.push(await timed(() => again.search(word)));
	again.close();
}
