import type { ItemRow, TranscriptRow } from "../core/transcript/transcript.ts";

/** A column of texts that repeat: each once, and pairs of which one it is and how many rows in a row have it. */
interface RepeatedTexts {
	readonly texts: readonly string[];
	readonly runs: readonly number[];
}

/**
 * Rows of a transcript, column by column: a fifth of the bytes that the rows themselves take as JSON, and a tenth of the
 * time. So all rows of a session of 100,000 items are one message.
 */
export interface RowColumns {
	readonly ids: readonly string[];
	readonly turns: RepeatedTexts;
	readonly types: RepeatedTexts;
	readonly statuses: RepeatedTexts;
	/** Sessions that rows are inherited from; "" where they are not. */
	readonly inherited: RepeatedTexts;
	/** ms since the epoch, as the difference to the row before. */
	readonly times: readonly number[];
	/** Indexes of rows that say what is missing, and what they say. */
	readonly gaps: readonly { readonly at: number; readonly reason: string }[];
}

export function toColumns(rows: readonly TranscriptRow[]): RowColumns {
	const ids: string[] = [];
	const [turns, types, statuses, inherited] = [
		new Column(),
		new Column(),
		new Column(),
		new Column(),
	];
	const times: number[] = [];
	const gaps: { at: number; reason: string }[] = [];
	let before = 0;
	for (const [at, row] of rows.entries()) {
		const item = row.kind === "item" ? row : undefined;
		if (row.kind === "gap") {
			gaps.push({ at, reason: row.reason });
		}
		ids.push(row.id);
		turns.add(item?.turn ?? "");
		types.add(item?.type ?? "");
		statuses.add(item?.status ?? "");
		inherited.add(item?.inheritedFrom ?? "");
		const time = item?.time ?? before;
		times.push(time - before);
		before = time;
	}
	return { ids, turns, types, statuses, inherited, times, gaps };
}

export function fromColumns(columns: RowColumns): TranscriptRow[] {
	const turns = eachOf(columns.turns);
	const types = eachOf(columns.types);
	const statuses = eachOf(columns.statuses);
	const inherited = eachOf(columns.inherited);
	let time = 0;
	const rows = columns.ids.map((id, at): TranscriptRow => {
		time += columns.times[at] ?? 0;
		const row = {
			kind: "item" as const,
			id,
			turn: turns(),
			// Made from rows by the function above, on the other side of a wire of ours.
			type: types() as ItemRow["type"],
			status: statuses() as ItemRow["status"],
			time,
		};
		const from = inherited();
		return from === "" ? row : { ...row, inheritedFrom: from };
	});
	for (const { at, reason } of columns.gaps) {
		rows[at] = { kind: "gap", id: columns.ids[at] ?? "", reason };
	}
	return rows;
}

class Column implements RepeatedTexts {
	readonly texts: string[] = [];
	readonly runs: number[] = [];
	private readonly places = new Map<string, number>();
	private last: string | undefined;

	add(text: string): void {
		if (text === this.last) {
			this.runs[this.runs.length - 1] = (this.runs.at(-1) ?? 0) + 1;
			return;
		}
		let place = this.places.get(text);
		if (place === undefined) {
			place = this.texts.push(text) - 1;
			this.places.set(text, place);
		}
		this.runs.push(place, 1);
		this.last = text;
	}
}

/** Gives the texts of a column one after another. */
function eachOf({ texts, runs }: RepeatedTexts): () => string {
	let at = 0;
	let left = runs[1] ?? 0;
	return () => {
		if (left === 0) {
			at += 2;
			left = runs[at + 1] ?? 0;
		}
		left--;
		return texts[runs[at] ?? -1] ?? "";
	};
}
