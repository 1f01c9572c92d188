import type { ItemType } from "../model/item.ts";
import { entryOf, type ItemEntry, type ItemRow } from "./indexedItem.ts";
import { typeOfKey } from "./itemKeys.ts";
import type { Hidden, Match, MatchFinder } from "./matches.ts";
import { breathe } from "./progress.ts";
import { parseQuery, type Query } from "./query.ts";
import { QueryError } from "./queryError.ts";
import { passing } from "./regexes.ts";
import type { SearchedFile } from "./sessionTable.ts";
import { rawSnippets, type Snippet, snippetOf } from "./snippets.ts";
import { isRefusedMatch } from "./sqlite.ts";
import { findPhrases, patternFor } from "./words.ts";

/** Matches that are ordered and paged; of more it is only said that they are there. */
export const matchLimit = 1000;
/** Texts that a regular expression is tried on before others have their turn. */
const regexPage = 64;

export interface SearchOptions {
	/** Hits to return. */
	readonly limit?: number;
	/** Hits to pass over. */
	readonly offset?: number;
	/** `newest` (default), or by bm25 within the newest {@link matchLimit} matches. */
	readonly order?: "newest" | "relevance";
	/** ms since the epoch, from which "7d" counts. */
	readonly now?: number;
	/** The query is still being typed: a phrase whose end is missing is searched as if it were there. */
	readonly typing?: boolean;
	/** How long regular expressions look for matches before the search ends with what it has. ms. */
	readonly patience?: number;
	readonly signal?: AbortSignal;
}

export interface SearchHit {
	readonly session: string;
	/** Null when the session itself was found: by its title, a tag or a note. */
	readonly item: string | null;
	readonly source: string;
	readonly title: string;
	readonly type: ItemType | null;
	/** ms since the epoch; NaN when unknown. */
	readonly time: number;
	readonly snippet: Snippet;
}

export interface SearchResult {
	readonly hits: readonly SearchHit[];
	/** Matches found: exact unless `more`. */
	readonly total: number;
	/** There are more matches than `total`. */
	readonly more: boolean;
	/** What the filters in force by default keep back, among the matches that were looked at. */
	readonly hidden: Hidden;
	readonly ms: number;
}

/** One index to search in, and how its items' texts are read. */
export interface SearchPart {
	readonly finder: MatchFinder;
	texts(file: SearchedFile, items: readonly ItemEntry[]): Promise<string[]>;
	/** What a session that is found by itself is found by. */
	about(n: number): string;
}

type FoundMatch = Match & { readonly part: SearchPart };

/** Searches several indexes at once. Throws a QueryError for a query that cannot be understood. */
export async function search(
	parts: readonly SearchPart[],
	text: string,
	options: SearchOptions = {},
): Promise<SearchResult> {
	try {
		return await searchNow(parts, text, options);
	} catch (error) {
		if (isRefusedMatch(error)) {
			throw new QueryError("This search is too complex; make it simpler.", 0, text.length);
		}
		throw error;
	}
}

async function searchNow(
	parts: readonly SearchPart[],
	text: string,
	options: SearchOptions,
): Promise<SearchResult> {
	const started = performance.now();
	const query = parseQuery(text, options.now ?? Date.now(), options.typing);
	for (const { finder } of parts) {
		finder.table.refresh();
	}
	const hidden: Hidden = { archived: 0, trashed: 0, context: 0 };
	const all = newestFirst(parts, query, hidden);
	const { matches, more } =
		query.regexes.length > 0 ? await byRegex(all, query, options) : take(all, matchLimit);
	const ordered = options.order === "relevance" ? byRank(matches, query, parts) : matches;
	const offset = options.offset ?? 0;
	const page = ordered.slice(offset, offset + (options.limit ?? 20));
	return {
		hits: await hitsOf(page, query),
		total: matches.length,
		more,
		hidden,
		ms: performance.now() - started,
	};
}

function take(all: Iterable<FoundMatch>, limit: number): { matches: FoundMatch[]; more: boolean } {
	const matches: FoundMatch[] = [];
	for (const match of all) {
		if (matches.length === limit) {
			return { matches, more: true };
		}
		matches.push(match);
	}
	return { matches, more: false };
}

/** Matches of all indexes merged, newest first. */
function* newestFirst(
	parts: readonly SearchPart[],
	query: Query,
	hidden: Hidden,
): Generator<FoundMatch> {
	const adopted = new Set(parts.flatMap(({ finder }) => [...finder.table.origins]));
	const streams = parts.flatMap((part) => [
		{ part, matches: part.finder.items(query, adopted, hidden) },
		{ part, matches: part.finder.sessions(query, adopted, hidden).values() },
	]);
	try {
		const heads = streams.map(({ part, matches }) => ({ part, matches, head: matches.next() }));
		while (true) {
			let newest: (typeof heads)[number] | undefined;
			for (const stream of heads) {
				const { head } = stream;
				if (!head.done && head.value.order > (newest?.head.value?.order ?? -1)) {
					newest = stream;
				}
			}
			if (!newest || newest.head.done) {
				return;
			}
			yield { ...newest.head.value, part: newest.part };
			newest.head = newest.matches.next();
		}
	} finally {
		// A cursor that is left open would keep the index from being written.
		for (const { matches } of streams) {
			matches.return?.(undefined);
		}
	}
}

/** The slower second pass: reads the texts of what the rest of the query leaves, newest first. */
async function byRegex(
	all: Iterable<FoundMatch>,
	query: Query,
	options: SearchOptions,
): Promise<{ matches: FoundMatch[]; more: boolean }> {
	const matches: FoundMatch[] = [];
	const ends = performance.now() + (options.patience ?? 10_000);
	// Taken whole first: no cursor stays open while other work has its turn.
	const candidates = [...all];
	for (let at = 0; at < candidates.length; at += regexPage) {
		options.signal?.throwIfAborted();
		const page = candidates.slice(at, at + regexPage);
		const found = await textsOf(page);
		const verdicts = passing(
			found.map(({ text }) => text),
			query.regexes,
		);
		for (const [index, match] of page.entries()) {
			if (verdicts[index]) {
				if (matches.length === matchLimit) {
					return { matches, more: true };
				}
				matches.push(match);
			}
		}
		if (performance.now() > ends) {
			return { matches, more: at + regexPage < candidates.length };
		}
		await breathe();
	}
	return { matches, more: false };
}

function byRank(
	matches: readonly FoundMatch[],
	query: Query,
	parts: readonly SearchPart[],
): FoundMatch[] {
	const ranks = new Map<FoundMatch, number>();
	for (const part of parts) {
		const own = matches.filter((match) => match.part === part && match.key !== undefined);
		const byKey = part.finder.ranks(
			query,
			own.map(({ key }) => key as number),
		);
		for (const match of own) {
			ranks.set(match, byKey.get(match.key as number) ?? 0);
		}
	}
	// A title that holds the words is what was meant more often than not.
	const rankOf = (match: FoundMatch) => ranks.get(match) ?? Number.NEGATIVE_INFINITY;
	return matches.toSorted((a, b) => rankOf(a) - rankOf(b) || b.order - a.order);
}

interface FoundText {
	readonly text: string;
	readonly entry: ItemEntry | undefined;
}

/** Texts of matches, in their order; those of one file are read together. */
async function textsOf(matches: readonly FoundMatch[]): Promise<FoundText[]> {
	const found: FoundText[] = new Array(matches.length);
	const byFile = new Map<
		string,
		{ part: SearchPart; file: SearchedFile; rows: [number, ItemEntry][] }
	>();
	for (const [index, { part, key, file: id, session }] of matches.entries()) {
		if (key === undefined) {
			found[index] = { text: part.about(session.n), entry: undefined };
			continue;
		}
		const row = part.finder.db
			.statement(
				"SELECT key, id, turn, status, time, offset, length, spans, text_check FROM items WHERE key = ?",
			)
			.get(key) as unknown as ItemRow | undefined;
		const file = part.finder.table.file(id);
		if (!row || !file) {
			found[index] = { text: "", entry: undefined };
			continue;
		}
		const name = `${file.source} ${file.path}`;
		const group = byFile.get(name) ?? { part, file, rows: [] };
		group.rows.push([index, entryOf(row)]);
		byFile.set(name, group);
	}
	for (const { part, file, rows } of byFile.values()) {
		const texts = await part.texts(
			file,
			rows.map(([, entry]) => entry),
		);
		for (const [at, [index, entry]] of rows.entries()) {
			found[index] = { text: texts[at] ?? "", entry };
		}
	}
	return found;
}

async function hitsOf(matches: readonly FoundMatch[], query: Query): Promise<SearchHit[]> {
	const texts = await textsOf(matches);
	const snippets = snippetsOf(matches, texts, query);
	return matches.map(({ part, key, file: id, session }, index): SearchHit => {
		const { entry } = texts[index] as FoundText;
		const file = part.finder.table.file(id);
		return {
			session: session.id,
			item: entry ? `${file?.prefix ?? ""}${entry.id}` : null,
			source: session.source,
			title: session.title,
			type: key === undefined ? null : typeOfKey(key),
			time: entry?.time ?? Date.parse(session.updated),
			snippet: snippets[index] as Snippet,
		};
	});
}

/** A regular expression marks what it matches in items; what else there is to mark are words. */
function snippetsOf(
	matches: readonly FoundMatch[],
	texts: readonly FoundText[],
	query: Query,
): Snippet[] {
	const regex = query.regexes.find(({ wanted }) => wanted)?.pattern;
	const words = patternFor(query.phrases);
	const isRaw = matches.map(({ key }) => regex !== undefined && key !== undefined);
	const raw = texts.filter((_, index) => isRaw[index]).map(({ text }) => text);
	const rawly = (regex ? rawSnippets(raw, regex) : []).values();
	return texts.map(
		({ text }, index) =>
			(isRaw[index] ? rawly.next().value : undefined) ??
			snippetOf(text, (inside, limit) => findPhrases(inside, words, limit)),
	);
}
