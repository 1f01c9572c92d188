import { printableLine } from "../core/export/printable.ts";
import type { SearchHit, SearchResult } from "../core/index/search.ts";
import type { Cli } from "./cli.ts";
import { type Arguments, type Command, UsageError } from "./command.ts";
import { withIndex } from "./indexing.ts";
import { count, shortTime } from "./table.ts";

const defaultLimit = 20;
const mostHits = 1000;

export const search: Command = {
	name: "search",
	usage: "search QUERY [--limit N] [--source NAME] [--relevance]",
	summary:
		'Search all sessions, newest first: words, "phrases", prefix*, OR, -not, /regex/, role: agent: source: file: tag: in: before: after:',
	options: {
		limit: { type: "string" },
		source: { type: "string" },
		relevance: { type: "boolean" },
	},
	takes: [1, Number.POSITIVE_INFINITY],
	async run(cli, args) {
		const limit = limitOf(args);
		const name = args.text("source");
		const known = ["skein", ...cli.sources.map((source) => source.name)];
		if (name !== undefined && !known.includes(name)) {
			throw new UsageError(`There is no source named "${name}". There is: ${known.join(", ")}.`);
		}
		const sources = cli.sources.filter((source) => name === undefined || source.name === name);
		const words = args.positionals.join(" ");
		const query = name === undefined ? words : `${words} source:${name}`;
		await withIndex(cli, sources, async (index) => {
			for (const problem of (await index.update()).problems) {
				cli.notice(problem);
			}
			const order = args.flag("relevance") ? "relevance" : "newest";
			const result = await index.search(query, { limit, order });
			cli.print(shapeOf(result), () => wordsOf(cli, result));
		});
	},
};

function limitOf(args: Arguments): number {
	const given = args.text("limit");
	const limit = given === undefined ? defaultLimit : Number(given);
	if (!Number.isInteger(limit) || limit < 1 || limit > mostHits) {
		throw new UsageError(`--limit takes a number from 1 to ${mostHits}.`);
	}
	return limit;
}

function shapeOf({ hits, total, more, ms }: SearchResult) {
	return {
		hits: hits.map(({ session, item, source, title, snippet }) => ({
			session,
			item,
			source,
			title,
			snippet: snippet.text,
		})),
		total,
		more,
		ms: Math.round(ms * 10) / 10,
	};
}

function wordsOf(cli: Cli, { hits, total, more, hidden }: SearchResult): string {
	const parts = hits.map((hit) => {
		const time = Number.isNaN(hit.time) ? "" : shortTime(new Date(hit.time).toISOString());
		const title = printableLine(hit.title) || "(untitled)";
		const head = [title, hit.source, hit.type ?? "session", time].filter((part) => part !== "");
		return `${head.join(" · ")}\n    ${snippetOf(cli, hit)}\n    ${hit.session}${hit.item === null ? "" : ` ${hit.item}`}\n`;
	});
	const found = more
		? `More than ${total} matches`
		: count(total, "match").replace("matchs", "matches");
	const kept = [
		hidden.archived > 0 ? `${hidden.archived} archived (in:archived)` : "",
		hidden.trashed > 0 ? `${hidden.trashed} in the trash (in:trash)` : "",
		hidden.context > 0 ? `${hidden.context} in what agents write for themselves (role:other)` : "",
	].filter((part) => part !== "");
	const rest = kept.length > 0 ? ` Not shown: ${kept.join(", ")}.` : "";
	return `${parts.join("")}${found}${hits.length < total ? `, ${hits.length} shown` : ""}.${rest}\n`;
}

/** The snippet with what was found in bold, on a terminal. */
function snippetOf(cli: Cli, { snippet }: SearchHit): string {
	let text = "";
	let at = 0;
	for (const [start, end] of cli.out.isTerminal ? snippet.ranges : []) {
		const found = printableLine(snippet.text.slice(start, end));
		text += `${printableLine(snippet.text.slice(at, start))}\u001b[1m${found}\u001b[22m`;
		at = end;
	}
	return text + printableLine(snippet.text.slice(at));
}
