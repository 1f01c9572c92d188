import { JournalRecord } from "../model/record.ts";
import { JournalScanner, type ScannedRecord } from "./scan.ts";

const knownTypes: ReadonlySet<string> = new Set(
	JournalRecord.def.options.flatMap((option) => option.shape.type.def.values),
);

/** What a line's JSON is: a record, one of a type or version that this code does not know, or none of its type. */
export type Meaning = JournalRecord | "unknown" | "malformed";

export function meaningOf(value: ScannedRecord["value"]): Meaning {
	if (value.v !== 1 || !knownTypes.has(value.type)) {
		return "unknown";
	}
	const record = JournalRecord.safeParse(value);
	return record.success ? record.data : "malformed";
}

/** Whole lines, read by themselves: offsets and line numbers count from their beginning. */
export interface ReadLines {
	readonly records: readonly { readonly scanned: ScannedRecord; readonly meaning: Meaning }[];
	/** Bytes. */
	readonly length: number;
	/** How many lines there are, blank ones included. */
	readonly count: number;
}

/** The records of whole lines; undefined when anything but records stands in them. */
export function readLines(bytes: Buffer): ReadLines | undefined {
	const records: { scanned: ScannedRecord; meaning: Meaning }[] = [];
	let isWhole = true;
	const scanner = new JournalScanner({
		record: (scanned) => records.push({ scanned, meaning: meaningOf(scanned.value) }),
		damage: () => {
			isWhole = false;
		},
	});
	scanner.push(bytes);
	const { offset, line } = scanner.position;
	return isWhole && offset === bytes.length
		? { records, length: bytes.length, count: line - 1 }
		: undefined;
}
