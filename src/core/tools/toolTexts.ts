import { inlineContent } from "../export/content.ts";
import { printable, printableLine } from "../export/printable.ts";
import { searchableText } from "../index/itemText.ts";
import type { SearchResult } from "../index/search.ts";
import type { Item } from "../model/item.ts";
import type { Transcript } from "../transcript/transcript.ts";
import type { ReadInput, SearchInput } from "./sessionTools.ts";

/** UTF-16 units of one item that a model gets, and of one answer. */
const itemLimit = 4000;
const answerLimit = 40_000;
/** Items that are read before the one that was asked for. */
const before = 2;

/** What `search_sessions` answers. */
export function searchText({ hits, total, more }: SearchResult, { offset }: SearchInput): string {
	const lines = hits.map((hit, index) =>
		[
			`${offset + index + 1}. ${printableLine(hit.title) || "(untitled)"}`,
			`   session: ${hit.session}`,
			...(hit.item === null ? [] : [`   item: ${hit.item}`]),
			`   ${[hit.type ?? "title, tags or notes", hit.source, isoTime(hit.time)].filter(Boolean).join(", ")}`,
			`   ${printableLine(hit.snippet.text)}`,
		].join("\n"),
	);
	const end = offset + hits.length;
	const rest = end < total ? ` Go on with offset ${end}.` : "";
	const count = more ? `More than ${total} matches` : total === 1 ? "1 match" : `${total} matches`;
	return [`${count}, newest first.${rest}`, ...lines].join("\n\n");
}

/** What `read_session` answers: facts of the session, then items with their text. */
export async function readText(transcript: Transcript, input: ReadInput): Promise<string> {
	const { summary, rows } = transcript;
	const at = input.item === undefined ? -1 : rows.findIndex(({ id }) => id === input.item);
	const from = Math.min(at < 0 ? input.offset : Math.max(0, at - before), rows.length);
	const to = Math.min(rows.length, from + input.limit);
	const parts = [
		[
			`# ${printableLine(summary.title) || "(untitled)"}`,
			`session: ${summary.id}`,
			`agent: ${[summary.agent, summary.model].filter(Boolean).join(", ") || "unknown"}`,
			`folder: ${summary.cwd ?? "unknown"}`,
			`last activity: ${summary.updatedAt}`,
			`items: ${rows.length}`,
			...(input.item !== undefined && at < 0
				? [`There is no item ${printableLine(input.item)} on the chain of this session.`]
				: []),
		].join("\n"),
	];
	let length = parts[0]?.length ?? 0;
	let next = from;
	for (; next < to && length < answerLimit; next++) {
		const [item] = await transcript.items(next, next + 1);
		const row = rows[next];
		const text = item
			? await itemText(item, next, transcript)
			: `[${next}] (${row?.kind === "gap" ? row.reason : "missing"})`;
		parts.push(text);
		length += text.length;
	}
	parts.push(
		next < rows.length
			? `Items ${from} to ${next - 1} of ${rows.length}. Go on with offset ${next}.`
			: "This is the end of the session.",
	);
	return parts.join("\n\n");
}

async function itemText(item: Item, index: number, transcript: Transcript): Promise<string> {
	const content = await inlineContent(item.content, (hash) => transcript.blob(hash));
	const text = printable(searchableText(content)).trim();
	const cut =
		text.length > itemLimit
			? `${text.slice(0, itemLimit)}\n(${text.length - itemLimit} more characters)`
			: text;
	return `[${index}] ${content.type}, ${item.status}, ${item.ts}, item ${item.id}\n${cut}`;
}

function isoTime(time: number): string {
	return Number.isNaN(time) ? "" : new Date(time).toISOString();
}
