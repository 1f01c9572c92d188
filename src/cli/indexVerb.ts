import type { Command } from "./command.ts";
import { withIndex } from "./indexing.ts";
import { count } from "./table.ts";

export const index: Command = {
	name: "index",
	usage: "index [--rebuild]",
	summary: "Bring the search index up to date; --rebuild: make it again from the sessions",
	options: { rebuild: { type: "boolean" } },
	takes: [0, 0],
	async run(cli, args) {
		await withIndex(cli, cli.sources, async (opened) => {
			const done = await (args.flag("rebuild") ? opened.rebuild() : opened.update());
			for (const problem of done.problems) {
				cli.notice(problem);
			}
			const { sessions, items, bytes } = done;
			const ms = Math.round(done.ms);
			cli.print({ sessions, items, bytes, ms }, () => {
				const read = `${count(done.read, "file")} read, ${count(done.removed, "file")} gone`;
				return `${count(sessions, "session")}, ${count(items, "item")}, ${megabytes(bytes)} in ${ms} ms (${read}).\n`;
			});
		});
	},
};

/** `12.3 MB`. */
export function megabytes(bytes: number): string {
	return `${(bytes / 1e6).toFixed(1)} MB`;
}
