import type { IndexDatabase } from "./database.ts";
import { entryOf, type ItemRow } from "./indexedItem.ts";
import { touchedPath } from "./touched.ts";

/** A session that changed a file. */
export interface ChangedSession {
	readonly session: string;
	readonly source: string;
	readonly title: string;
	/** File changes of the session that name the file. */
	readonly changes: number;
	/** The latest of them: its item, and its time in ms since the epoch (0 when unknown). */
	readonly item: string;
	readonly time: number;
}

/**
 * The sessions of one index with a change of `file` (absolute), the latest first.
 * @param folder the workspace folder of a store; undefined for sources.
 */
export function sessionsTouching(
	db: IndexDatabase,
	folder: string | undefined,
	file: string,
): ChangedSession[] {
	const rows = db
		.statement(
			`SELECT files.session AS session, sessions.source AS source, sessions.title AS title, files.prefix AS prefix,
				count(*) AS changes, max(touched.key) AS latest
			FROM touched JOIN files ON files.id = touched.file JOIN sessions ON sessions.id = files.session
			WHERE touched.path = ? GROUP BY files.id ORDER BY latest DESC`,
		)
		.all(touchedPath(folder, null, file)) as {
		session: string;
		source: string;
		title: string;
		prefix: string;
		changes: number;
		latest: number;
	}[];
	const sessions = new Map<string, ChangedSession>();
	for (const { prefix, latest, changes, ...row } of rows) {
		const known = sessions.get(row.session);
		if (known) {
			sessions.set(row.session, { ...known, changes: known.changes + changes });
			continue;
		}
		const item = db
			.statement(
				"SELECT key, id, turn, status, time, offset, length, spans, text_check FROM items WHERE key = ?",
			)
			.get(latest) as unknown as ItemRow;
		const { id, time } = entryOf(item);
		sessions.set(row.session, {
			...row,
			changes,
			item: prefix + id,
			time: Number.isNaN(time) ? 0 : time,
		});
	}
	return [...sessions.values()];
}
