import type { IndexDatabase } from "./database.ts";
import { codeOfKey, keyAtTime, typeCode } from "./itemKeys.ts";
import type { Query } from "./query.ts";
import { type SearchedSession, SessionJudge, SessionTable } from "./sessionTable.ts";
import { Tiers } from "./tiers.ts";

/** A match before its text is read. */
export interface Match {
	/** Where it belongs among all: later is greater. */
	readonly order: number;
	/** The item's key; undefined for a session that is found by its title, tags or notes. */
	readonly key: number | undefined;
	readonly file: number;
	readonly session: SearchedSession;
}

/** Matches that filters in force by default keep back, among those that were looked at. */
export interface Hidden {
	archived: number;
	trashed: number;
	/** What agents and tools wrote for themselves: instructions, environment (`role:other` shows it). */
	context: number;
}

/** A word found in more items than this says nothing about rank. */
const commonLimit = 20_000;

/** The read side of one index for searches: finds matches, newest first. */
export class MatchFinder {
	readonly db: IndexDatabase;
	readonly table: SessionTable;
	private readonly tiers: Tiers;

	constructor(db: IndexDatabase) {
		this.db = db;
		this.table = new SessionTable(db);
		this.tiers = new Tiers(db);
	}

	/**
	 * Items that match, newest first; looks no further than the caller takes. Filters of the query are applied, regular
	 * expressions are not.
	 */
	*items(
		query: Query,
		adopted: ReadonlySet<string>,
		hidden: Hidden,
	): Generator<Match, undefined, undefined> {
		const judge = new SessionJudge(query, this.db, adopted);
		const context = typeCode("raw");
		const codes = query.types && new Set([...query.types].map(typeCode));
		const from = query.after === undefined ? 0 : keyAtTime(query.after);
		const to = query.before === undefined ? Number.MAX_SAFE_INTEGER : keyAtTime(query.before);
		for (const { key, file: id } of this.rows(query.match, from, to)) {
			const code = codeOfKey(key);
			if (codes && !codes.has(code)) {
				continue;
			}
			const file = this.table.file(id);
			const session = file && this.table.session(file.session);
			if (!session) {
				continue;
			}
			const verdict = judge.judge(session);
			if (verdict === "shown") {
				if (code !== context || codes) {
					yield { order: key, key, file: id, session };
				} else {
					hidden.context++;
				}
			} else if (verdict !== "filtered") {
				hidden[verdict]++;
			}
		}
	}

	/** Sessions that are found by their title, tags or notes. */
	sessions(query: Query, adopted: ReadonlySet<string>, hidden: Hidden): Match[] {
		if (query.match === undefined || query.types !== undefined) {
			return [];
		}
		const judge = new SessionJudge(query, this.db, adopted);
		const rows = this.db
			.statement("SELECT rowid AS n FROM about WHERE about MATCH ?")
			.all(query.match) as { n: number }[];
		const matches: Match[] = [];
		for (const { n } of rows) {
			const session = this.table.numbered(n);
			const time = session ? Date.parse(session.updated) || 0 : 0;
			if (!session || time < (query.after ?? 0) || time >= (query.before ?? Number.MAX_VALUE)) {
				continue;
			}
			const verdict = judge.judge(session);
			if (verdict === "shown") {
				matches.push({ order: keyAtTime(time), key: undefined, file: 0, session });
			} else if (verdict !== "filtered") {
				hidden[verdict]++;
			}
		}
		return matches.sort((a, b) => b.order - a.order);
	}

	/**
	 * bm25 of items for the query's phrases, lower is better (sqlite.org/fts5.html#the_bm25_function). A phrase that is
	 * found nearly everywhere is left out: it would weigh next to nothing, and counting it takes longer than searching.
	 */
	ranks(query: Query, keys: readonly number[]): Map<number, number> {
		const ranks = new Map<number, number>();
		if (keys.length === 0) {
			return ranks;
		}
		const wanted = new Set(keys);
		const lowest = Math.min(...keys);
		const highest = Math.max(...keys);
		for (const tier of this.tiers.list()) {
			const rare = query.phrases.filter(({ match }) => !this.isCommon(tier.id, match));
			if (rare.length > 0) {
				const table = `text_${tier.id}`;
				const all = rare.length === query.phrases.length ? query.match : undefined;
				const expression = all ?? rare.map(({ match }) => match).join(" OR ");
				const rows = this.db
					.statement(
						`SELECT rowid AS key, rank FROM ${table} WHERE ${table} MATCH ? AND rowid BETWEEN ? AND ?`,
					)
					.all(expression, lowest, highest) as {
					key: number;
					rank: number;
				}[];
				for (const { key, rank } of rows) {
					if (wanted.has(key)) {
						ranks.set(key, rank);
					}
				}
			}
			if (tier.start <= lowest) {
				break;
			}
		}
		return ranks;
	}

	private isCommon(tier: number, match: string): boolean {
		const row = this.db
			.statement(
				`SELECT count(*) AS n FROM (SELECT 1 FROM text_${tier} WHERE text_${tier} MATCH ? LIMIT ${commonLimit + 1})`,
			)
			.get(match) as { n: number };
		return row.n > commonLimit;
	}

	private *rows(
		match: string | undefined,
		from: number,
		to: number,
	): Generator<{ key: number; file: number }> {
		if (match === undefined) {
			const all = this.db.statement(
				"SELECT key, file FROM items WHERE key >= ? AND key < ? ORDER BY key DESC",
			);
			yield* all.iterate(from, to) as Iterable<{ key: number; file: number }>;
			return;
		}
		for (const tier of this.tiers.list()) {
			if (tier.start < to) {
				const table = `text_${tier.id}`;
				const found = this.db.statement(
					`SELECT ${table}.rowid AS key, items.file AS file FROM ${table}
					CROSS JOIN items INDEXED BY file_of_item ON items.key = ${table}.rowid
					WHERE ${table} MATCH ? AND ${table}.rowid >= ? AND ${table}.rowid < ?
					ORDER BY ${table}.rowid DESC`,
				);
				yield* found.iterate(match, from, to) as Iterable<{ key: number; file: number }>;
			}
			if (tier.start <= from) {
				break;
			}
		}
	}
}
