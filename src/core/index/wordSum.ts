import { crc32 } from "node:zlib";
import type { IndexDatabase } from "./database.ts";
import { indexable } from "./words.ts";

/** What FTS5's `ascii` tokenizer takes for the end of a word. */
const between = /[^0-9a-z\u0080-\uffff]+/;
/** Of a longer word only so much counts: FTS5 cuts words, too. UTF-16 units. */
const wordLimit = 1000;
const keyFactor = 8191;
const placeFactor = 251;
/** Words whose checks are remembered. */
const knownLimit = 200_000;

/**
 * A sum over the words of texts, whatever their order, that differs when a word, its place or the key of its text does.
 * Full-text tables hold no texts; this tells whether they were made from the texts that they should be.
 */
export class WordSum {
	words = 0;
	private spelling = 0;
	private places = 0;

	addText(key: number, text: string): void {
		const factor = (key % keyFactor) + 1;
		let place = 0;
		for (const word of indexable(text).toLowerCase().split(between)) {
			if (word !== "") {
				this.places += factor * ((place % placeFactor) + 1);
				this.spelling += checkOf(word);
				place++;
			}
		}
		this.words += place;
	}

	add(other: WordSum): void {
		this.words += other.words;
		this.spelling += other.spelling;
		this.places += other.places;
	}

	/**
	 * Adds what a full-text table holds, but for the keys that the SQL expression `except` (a subquery) gives. Throws
	 * SQLite's errors; damage is found by it that shows nowhere else.
	 */
	addTable(db: IndexDatabase, table: string, except: string, parameter: string): void {
		const view = `words_of_${table}`;
		db.current().exec(
			`CREATE VIRTUAL TABLE IF NOT EXISTS temp.${view} USING fts5vocab(main, ${table}, instance)`,
		);
		const rows = db
			.current()
			.prepare(
				`SELECT term, count(*) AS words, sum((doc % ${keyFactor} + 1) * (offset % ${placeFactor} + 1)) AS places
				FROM temp.${view} WHERE doc NOT IN (${except}) GROUP BY term`,
			)
			.iterate(parameter);
		for (const row of rows) {
			const { term, words, places } = row as { term: string; words: number; places: number };
			this.words += words;
			this.places += places;
			this.spelling += checkOf(term) * words;
		}
	}

	equals(other: WordSum): boolean {
		return (
			this.words === other.words && this.spelling === other.spelling && this.places === other.places
		);
	}
}

const known = new Map<string, number>();

function checkOf(word: string): number {
	let check = known.get(word);
	if (check === undefined) {
		if (known.size >= knownLimit) {
			known.clear();
		}
		check = crc32(word.slice(0, wordLimit)) >>> 6;
		known.set(word, check);
	}
	return check;
}
