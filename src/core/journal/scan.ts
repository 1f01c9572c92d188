import { isUtf8 } from "node:buffer";
import { crc32 } from "node:zlib";
import type { Diagnostic } from "../model/diagnostic.ts";
import { lineLimit, recordLimit, recordMarkBytes } from "./framing.ts";
import { isUlid } from "./ids.ts";
import { isOvercrowded, jsonExtent } from "./jsonPrefix.ts";

/** A line (or the part of one) that is a record, as parsed JSON: not yet checked against a schema. */
export interface ScannedRecord {
	readonly value: { readonly v: number; readonly id: string; readonly type: string };
	/** Where its bytes stand in the file. */
	readonly offset: number;
	readonly length: number;
	/** Number of its line, from 1. */
	readonly line: number;
	readonly crc32: number;
}

export interface ScanSink {
	record(record: ScannedRecord): void;
	damage(damage: Diagnostic): void;
}

const newline = 10;
const nul = 0;

/**
 * Reads records out of the bytes of a journal, whatever happened to it (design: J1, J6).
 * Guarantees: every intact record is delivered once per place it stands in, in file order; every other byte that is not
 * blank is covered by one diagnostic; memory is bounded by the longest line (64 MiB at most).
 * Feed with {@link push}; the bytes after the last newline are kept until more come or {@link settle} is called.
 */
export class JournalScanner {
	private readonly sink: ScanSink;
	private pending: Buffer[] = [];
	private pendingBytes = 0;
	private oversize = 0;
	/** Offset of the first byte that has not been delivered: the start of the last, unterminated line. */
	private lineStart: number;
	/** Number of the line at `lineStart`, from 1. */
	private line: number;

	constructor(sink: ScanSink, start: { offset: number; line: number } = { offset: 0, line: 1 }) {
		this.sink = sink;
		this.lineStart = start.offset;
		this.line = start.line;
	}

	/** Where the unterminated last line starts: scanning can go on from here later. */
	get position(): { offset: number; line: number } {
		return { offset: this.lineStart, line: this.line };
	}

	push(chunk: Buffer): void {
		let from = 0;
		while (true) {
			const end = chunk.indexOf(newline, from);
			if (end === -1) {
				this.keep(chunk.subarray(from));
				return;
			}
			this.keep(chunk.subarray(from, end));
			this.endLine(1);
			from = end + 1;
		}
	}

	/** Treats the unterminated last line as complete: it has not changed for so long that nobody is writing it. */
	settle(): void {
		if (this.pendingBytes + this.oversize > 0) {
			this.endLine(0);
		}
	}

	private keep(part: Buffer): void {
		if (part.length === 0) {
			return;
		}
		if (this.oversize > 0 || this.pendingBytes + part.length > lineLimit) {
			this.oversize += this.pendingBytes + part.length;
			this.pending = [];
			this.pendingBytes = 0;
			return;
		}
		// A line that spans chunks is copied: the caller may reuse its buffer.
		this.pending.push(part);
		this.pendingBytes += part.length;
	}

	private endLine(terminator: number): void {
		const offset = this.lineStart;
		const line = this.line;
		const length = this.oversize || this.pendingBytes;
		const bytes = this.pending.length === 1 ? this.pending[0] : Buffer.concat(this.pending);
		const oversize = this.oversize > 0;
		this.pending = [];
		this.pendingBytes = 0;
		this.oversize = 0;
		this.lineStart = offset + length + terminator;
		this.line = line + terminator;
		if (oversize) {
			this.sink.damage({
				severity: "warning",
				reason: `A line of ${length} bytes is longer than the 64 MiB that are read; it was passed over.`,
				offset,
				line,
				fragment: { bytes: length, crc32: 0 },
			});
		} else if (bytes && bytes.length > 0) {
			readLine(bytes, offset, line, this.sink);
		}
	}
}

function readLine(bytes: Buffer, offset: number, line: number, sink: ScanSink): void {
	const start = firstNonBlank(bytes);
	if (start === bytes.length) {
		return;
	}
	const end = afterLastNonBlank(bytes);
	const trimmed = bytes.subarray(start, end);
	// A line of 60 MiB that is all brackets would take 3 GB as values.
	const isReadable = trimmed.length <= recordLimit || !isOvercrowded(trimmed);
	if (isReadable && isUtf8(trimmed)) {
		const value = parseRecord(trimmed.toString("utf8"));
		if (value) {
			sink.record({
				value,
				offset: offset + start,
				length: trimmed.length,
				line,
				crc32: crc32(trimmed),
			});
			return;
		}
	}
	resync(trimmed, offset + start, line, sink);
}

/** Finds the records in a line that is not one: cut at every record mark, each piece taken for what it is. */
function resync(bytes: Buffer, offset: number, line: number, sink: ScanSink): void {
	let pieceStart = 0;
	let found = 0;
	while (pieceStart < bytes.length) {
		const mark = bytes.indexOf(
			recordMarkBytes,
			pieceStart === 0 && found === 0 ? 0 : pieceStart + 1,
		);
		const pieceEnd = mark === -1 ? bytes.length : mark;
		if (pieceEnd > pieceStart) {
			readPiece(bytes.subarray(pieceStart, pieceEnd), offset + pieceStart, line, sink);
		}
		pieceStart = pieceEnd;
		found++;
	}
}

/**
 * Takes a piece for what it is: a record, records glued to it that do not begin with the mark (those of a newer
 * version), and damage from the first byte on that is neither.
 */
function readPiece(bytes: Buffer, offset: number, line: number, sink: ScanSink): void {
	// latin1 keeps one character a byte, so positions found in the text are positions in the file.
	const text = bytes.toString("latin1");
	let at = 0;
	while (at < bytes.length) {
		const extent = jsonExtent(text.slice(at));
		const object =
			extent.kind === "object" ? bytes.subarray(at, at + extent.end) : bytes.subarray(at, at);
		const value = object.length > 0 ? parseRecord(object.toString("utf8")) : undefined;
		if (!value) {
			const rest = bytes.subarray(at);
			const torn = extent.kind === "prefix" && beginsLikeRecord(rest);
			damaged(rest, offset + at, line, sink, undefined, torn);
			return;
		}
		sink.record({ value, offset: offset + at, length: object.length, line, crc32: crc32(object) });
		if (!isUtf8(object)) {
			damaged(
				object,
				offset + at,
				line,
				sink,
				"A record holds bytes that are not UTF-8; they are shown as \ufffd.",
			);
		}
		at += object.length;
		at += firstNonBlank(bytes.subarray(at));
	}
}

function damaged(
	bytes: Buffer,
	offset: number,
	line: number,
	sink: ScanSink,
	reason?: string,
	torn = false,
): void {
	sink.damage({
		severity: torn ? "info" : "warning",
		reason: reason ?? damageReason(bytes, torn),
		offset,
		line,
		fragment: { bytes: bytes.length, crc32: crc32(bytes) },
	});
}

function damageReason(bytes: Buffer, torn: boolean): string {
	if (torn) {
		return "A write was cut short here and never acknowledged; nothing that was stored is missing.";
	}
	if (bytes.every((byte) => byte === nul)) {
		return `${bytes.length} NUL bytes stand here where a record may have been.`;
	}
	const start = bytes.subarray(0, 8).toString("latin1");
	if (/^(?:<{7}|={7}|>{7}|\|{7})/.test(start)) {
		return "A git conflict marker stands here; the records around it were read.";
	}
	return "This line is not a record and could not be read.";
}

function beginsLikeRecord(bytes: Buffer): boolean {
	const length = Math.min(bytes.length, recordMarkBytes.length);
	return bytes.subarray(0, length).equals(recordMarkBytes.subarray(0, length));
}

function parseRecord(text: string): ScannedRecord["value"] | undefined {
	let value: unknown;
	try {
		value = JSON.parse(text);
	} catch {
		return undefined;
	}
	if (
		typeof value === "object" &&
		value !== null &&
		"v" in value &&
		typeof value.v === "number" &&
		"id" in value &&
		typeof value.id === "string" &&
		isUlid(value.id) &&
		"type" in value &&
		typeof value.type === "string"
	) {
		return value as ScannedRecord["value"];
	}
	return undefined;
}

function isBlank(byte: number | undefined): boolean {
	return byte === 32 || byte === 9 || byte === 13;
}

function firstNonBlank(bytes: Buffer): number {
	let at = 0;
	// A byte order mark that an editor put at the start of the file is blank too.
	if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) {
		at = 3;
	}
	while (at < bytes.length && isBlank(bytes[at])) {
		at++;
	}
	return at;
}

function afterLastNonBlank(bytes: Buffer): number {
	let end = bytes.length;
	while (end > 0 && isBlank(bytes[end - 1])) {
		end--;
	}
	return end;
}
