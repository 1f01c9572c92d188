import type { JournalRecord } from "../model/record.ts";

/**
 * How every record begins, byte for byte (design: J1). No nested object begins so, which makes it the place where a
 * reader finds the next record after damage.
 */
export const recordMark = '{"v":1,"id":"';
export const recordMarkBytes: Buffer = Buffer.from(recordMark);

/** A record longer than this is written with fields moved to blobs. Bytes. */
export const recordLimit = 256 * 1024;
/** A text longer than this always goes to a blob. Bytes. */
export const inlineLimit = 64 * 1024;
/** A reader gives up on a line longer than this. Bytes. */
export const lineLimit = 64 * 1024 * 1024;

// JSON.stringify escapes C0 controls and lone surrogates; DEL, C1 and the line separators it leaves.
const unescaped = /[\u007f-\u009f\u2028\u2029]/g;

function escapeCharacter(character: string): string {
	return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/**
 * One record as one line of UTF-8, `\n` included (RFC 8259 JSON, design: J1). Never contains {@link recordMark} but at
 * its start: where a nested object would begin like a record, its first key is written with an escape, which is the
 * same JSON.
 */
export function encodeRecord(record: JournalRecord): string {
	const { v, id, ts, type, ...rest } = record;
	let line = JSON.stringify({ v, id, ts, type, ...rest }).replace(unescaped, escapeCharacter);
	if (line.lastIndexOf(recordMark) > 0) {
		line = line[0] + line.slice(1).replaceAll(recordMark, '{"\\u0076":1,"id":"');
	}
	return `${line}\n`;
}
