import type { IndexDatabase } from "./database.ts";

/** Thrown where another file stands in the place of the one that an update has read: it has to begin anew. */
export class ReplacedIndex extends Error {
	override readonly name = "ReplacedIndex";
}

/**
 * The writes of one update, which go into the file that it has read, and into no other: what an update leaves out
 * because it was there would be missing for good in a file that somebody has put in its place meanwhile.
 */
export class SteadyWrites {
	private readonly db: IndexDatabase;
	private readonly opens: number;

	/** Made before the update reads anything. */
	constructor(db: IndexDatabase) {
		this.db = db;
		db.current();
		this.opens = db.opens;
	}

	/** Like `IndexDatabase.write`. Throws a ReplacedIndex when the file is another one; then nothing is written. */
	write<T>(work: () => T): T {
		return this.db.write(() => {
			if (this.db.opens !== this.opens) {
				throw new ReplacedIndex();
			}
			return work();
		});
	}

	/** Throws a ReplacedIndex when the file is another one. */
	check(): void {
		this.db.current();
		if (this.db.opens !== this.opens) {
			throw new ReplacedIndex();
		}
	}
}
