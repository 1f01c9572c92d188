import { itemTypes } from "../model/item.ts";
import type { IndexDatabase } from "./database.ts";
import { typeOfKey } from "./itemKeys.ts";

export interface TokenCount {
	readonly turns: number;
	readonly input: number;
	readonly cachedInput: number;
	readonly output: number;
	readonly reasoning: number;
	readonly total: number;
}

/** What the index knows in numbers; what a session of ours stands for is counted once, as ours. */
export interface IndexStats {
	/** Sessions by source. */
	readonly sessions: Readonly<Record<string, number>>;
	/** Items by type. */
	readonly items: Readonly<Record<string, number>>;
	readonly turns: number;
	/** Tokens by model; turns whose model or tokens are not known are under "". */
	readonly models: Readonly<Record<string, TokenCount>>;
	/** Bytes of all session files, and of the index. */
	readonly bytes: number;
	readonly indexBytes: number;
}

export function statsOf(databases: readonly IndexDatabase[]): IndexStats {
	const sessions: Record<string, number> = {};
	const items: Record<string, number> = Object.fromEntries(itemTypes.map((type) => [type, 0]));
	const models: Record<string, TokenCount> = {};
	let turns = 0;
	let bytes = 0;
	let indexBytes = 0;
	const ours = JSON.stringify(databases.flatMap(standsForOf));
	for (const db of databases) {
		for (const row of db
			.statement(
				`SELECT source, count(*) AS n FROM sessions
				WHERE id NOT IN (SELECT value FROM json_each(?)) GROUP BY source`,
			)
			.all(ours)) {
			const { source, n } = row as { source: string; n: number };
			sessions[source] = (sessions[source] ?? 0) + n;
		}
		const twice = `(SELECT id FROM files WHERE session IN (SELECT value FROM json_each(?)))`;
		const types = db
			.statement(
				`SELECT (key / 256) % 16 AS code, min(key) AS key, count(*) AS n FROM items
				WHERE file NOT IN ${twice} GROUP BY code`,
			)
			.all(ours) as { key: number; n: number }[];
		for (const { key, n } of types) {
			const type = typeOfKey(key);
			items[type] = (items[type] ?? 0) + n;
		}
		const counts = db
			.statement(
				`SELECT coalesce(model, '') AS model, count(*) AS turns, total(input) AS input, total(cached) AS cachedInput,
					total(output) AS output, total(reasoning) AS reasoning, total(total) AS total
				FROM turns WHERE file NOT IN ${twice} GROUP BY coalesce(model, '')`,
			)
			.all(ours) as unknown as (TokenCount & { model: string })[];
		for (const { model, ...count } of counts) {
			models[model] = sum(models[model], count);
			turns += count.turns;
		}
		const size = db.statement("SELECT coalesce(sum(size), 0) AS n FROM files").get();
		bytes += Number(size?.["n"] ?? 0);
		indexBytes += db.size();
	}
	return { sessions, items, turns, models, bytes, indexBytes };
}

/** The source sessions that sessions of a database stand for. */
function standsForOf(db: IndexDatabase): string[] {
	const rows = db.statement("SELECT origin FROM sessions WHERE origin IS NOT NULL").all();
	return rows.flatMap(({ origin }) => String(origin).split("\n"));
}

function sum(a: TokenCount | undefined, b: TokenCount): TokenCount {
	return {
		turns: (a?.turns ?? 0) + b.turns,
		input: (a?.input ?? 0) + b.input,
		cachedInput: (a?.cachedInput ?? 0) + b.cachedInput,
		output: (a?.output ?? 0) + b.output,
		reasoning: (a?.reasoning ?? 0) + b.reasoning,
		total: (a?.total ?? 0) + b.total,
	};
}
