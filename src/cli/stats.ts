import type { IndexStats } from "../core/index/stats.ts";
import type { Command } from "./command.ts";
import { withIndex } from "./indexing.ts";
import { megabytes } from "./indexVerb.ts";
import { table } from "./table.ts";

export const stats: Command = {
	name: "stats",
	usage: "stats",
	summary: "Count sessions, items and tokens, ours and those of other tools",
	takes: [0, 0],
	async run(cli) {
		await withIndex(cli, cli.sources, async (index) => {
			await index.update();
			const found = await index.stats();
			cli.print(found, () => words(found));
		});
	},
};

function words({ sessions, items, turns, models, bytes, indexBytes }: IndexStats): string {
	const number = (value: number) => value.toLocaleString("en-US");
	const facts = table([
		...Object.entries(sessions).map(([source, count]) => [`Sessions of ${source}`, number(count)]),
		["Turns", number(turns)],
		...Object.entries(items)
			.filter(([, count]) => count > 0)
			.map(([type, count]) => [`Items: ${type}`, number(count)]),
		["Session files", megabytes(bytes)],
		["Index", megabytes(indexBytes)],
	]);
	const rows = Object.entries(models)
		.sort(([, a], [, b]) => b.total - a.total)
		.map(([model, { turns: of, input, cachedInput, output, total }]) => [
			model || "(unknown)",
			...[of, input, cachedInput, output, total].map(number),
		]);
	const tokens =
		rows.length === 0
			? ""
			: `\n${table([["MODEL", "TURNS", "INPUT", "OF IT CACHED", "OUTPUT", "TOKENS"], ...rows])}`;
	return `${facts}${tokens}`;
}
