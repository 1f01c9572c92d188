import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { SessionIndex } from "../../src/core/index/sessionIndex.ts";
import { WorkspaceStore } from "../../src/core/store/workspaceStore.ts";
import { vocabulary, writeStore } from "./datasets.ts";
import { ratio, samples, timed } from "./measure.ts";
import { dataSet, locationsIn } from "./place.ts";
import { type Section, spread, times } from "./table.ts";

/** The ripgrep that VS Code brings along, or the one on the PATH. */
function ripgrep(): string | undefined {
	const servers = path.join(import.meta.dirname, "../../.vscode-test");
	const own = fs.existsSync(servers)
		? fs.globSync(
				"code-server-*/node_modules/code-server/lib/vscode/node_modules/@vscode/ripgrep/bin/rg",
				{
					cwd: servers,
				},
			)
		: [];
	return [...own.map((name) => path.join(servers, name)), "rg"].find((program) => {
		try {
			return execFileSync(program, ["--version"], { stdio: "pipe" }).length > 0;
		} catch {
			return false;
		}
	});
}

/** Our search, with snippets, beside `rg` over the same files, which at least finds the lines. */
export async function besideRipgrep(quick: boolean): Promise<Section> {
	const items = quick ? 100_000 : 1_000_000;
	const title = `Search beside ripgrep, ${items.toLocaleString("en")} items`;
	const program = ripgrep();
	if (program === undefined) {
		return { title, rows: [], notes: ["Not measured: there is no ripgrep."] };
	}
	const folder = dataSet(`store-items-${items}`, (into) => {
		writeStore(into, { sessions: items / 500, items: 500, words: 30 });
	});
	const locations = locationsIn(folder);
	const store = new WorkspaceStore(folder, locations);
	const index = await SessionIndex.open({ stores: [store], sources: [], locations });
	await index.update();
	const words = vocabulary();
	const rows = [];
	for (const [what, ranks] of [
		["a rare word", [12_000, 19_000, 31_000, 38_000]],
		["a middling word", [300, 900, 2000, 4500]],
		["one of the ten commonest", [1, 3, 6, 9]],
	] as const) {
		const ours: number[] = [];
		const theirs: number[] = [];
		for (const rank of ranks) {
			const word = words[rank] ?? "";
			ours.push(await timed(() => index.search(word)));
			theirs.push(
				await timed(() => {
					try {
						execFileSync(program, ["-wlj2", word, store.layout.sessions], { maxBuffer: 1 << 26 });
					} catch {
						// No file has it.
					}
				}),
			);
		}
		rows.push({
			what: `search for ${what}`,
			ours: spread(samples(ours)),
			against: `rg, two threads, ${spread(samples(theirs))}`,
			ratio: times(ratio(theirs, ours)),
		});
	}
	index.close();
	return { title, rows };
}
