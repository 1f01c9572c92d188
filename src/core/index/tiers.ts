import type { StatementSync } from "node:sqlite";
import type { IndexDatabase } from "./database.ts";

/**
 * Items in one full-text table before the next is begun. What grows with the number of matches (a prefix, a rank, a
 * count) is bounded by it, and newest-first stops at the tables it needs.
 */
export const tierLimit = 131_072;
/** Bytes of words that FTS5 gathers before it writes them: fewer, larger pieces to search. */
const gatherBytes = 16 * 1024 * 1024;

export interface Tier {
	readonly id: number;
	/** The lowest key that belongs into it. */
	readonly start: number;
	readonly items: number;
}

/** The full-text tables of an index, by time. */
export class Tiers {
	private readonly db: IndexDatabase;
	private known: readonly Tier[] = [];
	private version = "";
	private readonly grown = new Map<number, number>();
	private inserting: { readonly id: number; readonly statement: StatementSync } | undefined;

	constructor(db: IndexDatabase) {
		this.db = db;
	}

	/** All tables, newest first. */
	list(): readonly Tier[] {
		const version = this.db.version();
		if (version !== this.version) {
			this.known = this.db
				.statement("SELECT id, start, items FROM tiers ORDER BY start DESC")
				.all() as unknown as Tier[];
			this.version = version;
		}
		return this.known;
	}

	/** Begins a table where there is none, or where the newest is full. Inside a transaction, before it adds anything. */
	prepare(): void {
		this.version = "";
		const [newest] = this.list();
		if (!newest) {
			this.create(0);
		} else if (newest.items >= tierLimit) {
			const last = this.db.statement("SELECT max(key) AS key FROM items").get() as {
				key: number | null;
			};
			this.create(Math.max(last.key ?? 0, newest.start) + 1);
		}
		this.version = "";
		this.list();
		this.grown.clear();
		this.inserting = undefined;
	}

	add(key: number, body: string): void {
		const id = this.tierOf(key);
		if (id !== this.inserting?.id) {
			const sql = `INSERT INTO text_${id} (rowid, body) VALUES (?, ?)`;
			this.inserting = { id, statement: this.db.statement(sql) };
		}
		this.inserting.statement.run(key, body);
		this.grown.set(id, (this.grown.get(id) ?? 0) + 1);
	}

	remove(key: number): void {
		const id = this.tierOf(key);
		this.db.run(`DELETE FROM text_${id} WHERE rowid = ?`, key);
		this.grown.set(id, (this.grown.get(id) ?? 0) - 1);
	}

	/** Writes down how the tables have grown. Inside the same transaction. */
	finish(): void {
		for (const [id, count] of this.grown) {
			this.db.run("UPDATE tiers SET items = items + ? WHERE id = ?", count, id);
		}
		this.grown.clear();
	}

	private tierOf(key: number): number {
		return this.known.find((tier) => tier.start <= key)?.id ?? this.known.at(-1)?.id ?? 0;
	}

	private create(start: number): void {
		this.db.run("INSERT INTO tiers (start, items) VALUES (?, 0)", start);
		const { id } = this.db.statement("SELECT max(id) AS id FROM tiers").get() as { id: number };
		const db = this.db.current();
		db.exec(
			`CREATE VIRTUAL TABLE text_${id} USING fts5(body, content='', contentless_delete=1, tokenize='ascii')`,
		);
		db.exec(`INSERT INTO text_${id} (text_${id}, rank) VALUES ('hashsize', ${gatherBytes})`);
	}
}
