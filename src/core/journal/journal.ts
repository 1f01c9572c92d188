import type { FileHandle } from "node:fs/promises";
import { crc32 } from "node:zlib";
import { SharedRun } from "../../base/async.ts";
import { causeInWords, HumanError, systemErrorCode } from "../../base/errors.ts";
import { type FileIdentity, type Files, readRange, sameFile } from "../files.ts";
import type { Diagnostic } from "../model/diagnostic.ts";
import type { SessionState, Span } from "../model/state.ts";
import { aheadLimit, idTime } from "./ids.ts";
import { type Known, Loaded } from "./loaded.ts";
import { changeTime, exact, type FileState } from "./look.ts";
import { type Meaning, meaningOf } from "./meaning.ts";
import { JournalScanner, type ScannedRecord } from "./scan.ts";
import { readSpans } from "./spans.ts";
import type { Written } from "./writer.ts";

/** An unterminated last line that has not changed for so long is nobody's write in progress (design: J6). ms. */
export const settleTime = 2000;
/** Small enough that parsing one chunk stays far below 16 ms. Bytes. */
const chunkSize = 256 * 1024;

export type JournalChange = "unchanged" | "grown" | "reloaded";

/**
 * One journal, read: the state its records fold into, what was wrong with its bytes, and where every item's bytes are.
 * Guarantees: reading never writes; {@link refresh} reads only bytes that are new, and notices a file that was
 * replaced, cut or rewritten (then it reads all again); what could be read stays available whatever the rest looks like.
 */
export class Journal {
	readonly path: string;
	private readonly files: Files;
	private readonly clock: () => number;
	private loaded = new Loaded(0);
	private winners = new Map<string, Known>();
	private readonly refreshing = new SharedRun(() => this.refreshNow());
	private isReading = false;
	private changes = 0;
	private reloadCount = 0;

	private constructor(path: string, files: Files, clock: () => number) {
		this.path = path;
		this.files = files;
		this.clock = clock;
	}

	/**
	 * Reads the journal at `path`. Throws a HumanError (`unreadable-journal`) only when the file itself cannot be opened
	 * or read; whatever its bytes are, they are diagnostics.
	 */
	static async open(path: string, files: Files, clock: () => number = Date.now): Promise<Journal> {
		const journal = new Journal(path, files, clock);
		await journal.refresh();
		return journal;
	}

	get state(): SessionState {
		return this.loaded.state;
	}

	/** Size in bytes of what has been read. */
	get size(): number {
		return this.loaded.size;
	}

	/** True while the last line has no end and may still be somebody's write: it is judged two seconds after it. */
	get isTailOpen(): boolean {
		return this.loaded.tail.length > 0 && !this.loaded.tailSettled;
	}

	/** True while an id is so far ahead of the clock that it decides nothing: time alone may change that. */
	get isAheadOfClock(): boolean {
		return this.loaded.earliestAhead !== Number.POSITIVE_INFINITY;
	}

	/** Time of the file's last change when it was read, ms since the epoch. */
	get mtimeMs(): number {
		return Number(this.loaded.mtimeNs / 1_000_000n);
	}

	get identity(): FileIdentity | undefined {
		return this.loaded.identity;
	}

	/** The file as it stood at the last look, if all of it was read and it ends with a newline. */
	get ended(): FileState | undefined {
		const { identity, mtimeNs, size, isWhole } = this.loaded;
		return identity && isWhole ? { ...identity, mtimeNs, size: BigInt(size) } : undefined;
	}

	/** The greatest record id, but for ids more than 24 h ahead of the clock; empty when there is none. */
	get greatestId(): string {
		return this.loaded.greatestId;
	}

	/** Number of distinct records, unknown ones included. */
	get recordCount(): number {
		return this.loaded.known.size;
	}

	/** What is wrong, in order of offset; warnings that a person has acknowledged stand as `info`. */
	get diagnostics(): Diagnostic[] {
		const { state, damage, provisional, uncounted } = this.loaded;
		const all = [...damage, ...provisional].map((diagnostic) =>
			diagnostic.severity === "warning" && isAcknowledged(state, diagnostic)
				? { ...diagnostic, severity: "info" as const }
				: diagnostic,
		);
		if (uncounted > 0) {
			all.push({
				severity: "warning",
				reason: `${uncounted} more places in this file could not be read.`,
				offset: 0,
				line: 0,
			});
		}
		if (!state.header) {
			all.push({
				severity: "warning",
				reason:
					"The record that says what this session is (session.created) is missing or damaged.",
				offset: 0,
				line: 0,
			});
		}
		return all;
	}

	/** Grows with every change that was read: tells each of several readers what it has not seen. */
	get revision(): number {
		return this.changes;
	}

	/** How often everything was read again because the file was not the one that had been read. */
	get reloads(): number {
		return this.reloadCount;
	}

	/** Brings the state up to date with the file. Concurrent calls share the work. */
	refresh(): Promise<JournalChange> {
		return this.refreshing.run();
	}

	/** The parsed JSON of the records at `spans`, in their order. Throws a HumanError when the file has changed under us. */
	async readValues(spans: readonly Span[]): Promise<unknown[]> {
		return this.withFile(async (handle) => {
			const { identity } = this.loaded;
			if (!identity || !sameFile(identity, await handle.stat({ bigint: true }))) {
				throw this.changedUnderUs();
			}
			const parts = await readSpans(handle, spans);
			return parts.map((bytes) => this.parse(bytes));
		});
	}

	/**
	 * Folds in what was written just now at the end of all that has been read, without reading it back. False where only
	 * the file can tell what the journal is now: then {@link refresh} must be called.
	 */
	accept(written: Written): boolean {
		const { loaded } = this;
		if (this.isReading) {
			return false;
		}
		if (loaded.isAt(written.after)) {
			// Other callers' lines shared the write.
			return true;
		}
		const { before, after, lines } = written;
		const reference = Math.max(this.clock(), changeTime(after));
		if (!loaded.isAt(before) || !loaded.isWhole || !loaded.moveReference(reference)) {
			return false;
		}
		let { offset, line } = loaded.resume;
		let conflict = false;
		for (const { records, length, count } of lines) {
			for (const { scanned, meaning } of records) {
				const place = { offset: offset + scanned.offset, line: line + scanned.line - 1 };
				conflict = this.take({ ...scanned, ...place }, loaded, meaning) || conflict;
			}
			offset += length;
			line += count;
		}
		loaded.advance({ offset, line }, offset, true);
		loaded.mtimeNs = after.mtimeNs;
		this.changes++;
		if (conflict) {
			// What was just mixed up must be read again.
			loaded.identity = undefined;
		}
		return !conflict;
	}

	private async refreshNow(): Promise<JournalChange> {
		this.isReading = true;
		try {
			return await this.withFile((handle) => this.readOn(handle));
		} finally {
			this.isReading = false;
		}
	}

	/** Whether {@link refresh} would find nothing new in a file that stands so, nor time has anything to say of it. */
	isCurrent(stat: FileState): boolean {
		const { loaded } = this;
		const now = this.clock();
		return (
			loaded.isAt(stat) &&
			loaded.moveReference(Math.max(now, changeTime(stat))) &&
			(loaded.tail.length === 0 || loaded.tailSettled || !hasSettled(stat, now))
		);
	}

	private async readOn(handle: FileHandle): Promise<JournalChange> {
		const stat = await handle.stat(exact);
		if (this.isCurrent(stat)) {
			return "unchanged";
		}
		const before = this.loaded;
		const now = this.clock();
		const settled = hasSettled(stat, now);
		const timely = before.moveReference(Math.max(now, changeTime(stat)));
		const isSame = before.identity !== undefined && sameFile(before.identity, stat);
		if (isSame && Number(stat.size) >= before.size && timely) {
			if (await this.continues(handle, before)) {
				before.mtimeNs = stat.mtimeNs;
				const conflict = await this.read(handle, before, Number(stat.size), settled);
				this.changes++;
				if (!conflict) {
					return "grown";
				}
				// What was just mixed up must be read again even if the reading below fails.
				before.identity = undefined;
			}
		}
		await this.reload(handle, stat, settled);
		this.changes++;
		this.reloadCount++;
		return "reloaded";
	}

	private async reload(handle: FileHandle, stat: FileState, settled: boolean): Promise<void> {
		this.winners = new Map();
		let fresh: Loaded;
		let conflict: boolean;
		do {
			fresh = new Loaded(Math.max(this.clock(), changeTime(stat)));
			fresh.identity = { dev: stat.dev, ino: stat.ino };
			fresh.mtimeNs = stat.mtimeNs;
			conflict = await this.read(handle, fresh, Number(stat.size), settled);
		} while (conflict);
		this.loaded = fresh;
	}

	/** The last line read before still stands where it stood: the file was appended to, not rewritten. */
	private async continues(handle: FileHandle, before: Loaded): Promise<boolean> {
		const { last } = before;
		if (!last) {
			// Nothing to know it by: unless all of it is read again anyway, it may be another file in the old one's place.
			return before.resume.offset === 0;
		}
		const bytes = await readRange(handle, last.offset, last.offset + last.length);
		return bytes.length === last.length && crc32(bytes) === last.crc32;
	}

	/** Reads from where `into` ends up to `size`. True when a conflict turned up that needs a full reading. */
	private async read(
		handle: FileHandle,
		into: Loaded,
		size: number,
		settled: boolean,
	): Promise<boolean> {
		let conflict = false;
		const sink = {
			record: (record: ScannedRecord) => {
				conflict = this.take(record, into) || conflict;
			},
			damage: (damage: Diagnostic) => {
				if (isSettling) {
					into.provisional.push(damage);
				} else {
					into.report(damage);
				}
			},
		};
		// What is wrong with a record stays: it is not said again when the same record is read once more with its newline.
		let isSettling = false;
		into.provisional = [];
		const scanner = new JournalScanner(sink, into.resume);
		let offset = into.resume.offset;
		try {
			// A conflict does not end the reading: all are found first, so that reading once more settles them together.
			while (offset < size) {
				const chunk = await readRange(handle, offset, Math.min(size, offset + chunkSize));
				if (chunk.length === 0) {
					break;
				}
				scanner.push(chunk);
				offset += chunk.length;
			}
		} finally {
			// Also after a failure: what was delivered must not be delivered again.
			into.advance(scanner.position, offset, offset === size);
		}
		into.tailSettled = settled;
		if (settled && into.tail.length > 0 && !conflict) {
			isSettling = true;
			scanner.settle();
		}
		return conflict;
	}

	/** Folds one record in. True when it differs from another of the same id and must win over it. */
	private take(record: ScannedRecord, into: Loaded, meaning?: Meaning): boolean {
		const { value, offset, length, line } = record;
		const span = { offset, length };
		const own = { bytes: length, crc32: record.crc32 };
		into.last = { ...span, crc32: own.crc32 };
		const known = into.known.get(value.id);
		if (known && same(known, own)) {
			return false;
		}
		const winner = this.winners.get(value.id);
		const loses = winner !== undefined && !same(winner, own);
		if (known || loses) {
			const best = winner ?? known;
			if (best && beats(own, best)) {
				this.winners.set(value.id, own);
				return true;
			}
			if (into.losers.has(`${value.id} ${fingerprint(own)}`)) {
				return false;
			}
			into.losers.add(`${value.id} ${fingerprint(own)}`);
			into.report({
				severity: "warning",
				reason: "Two different records have one id; both are kept, and the other one is shown.",
				offset,
				line,
				fragment: own,
			});
			into.state.applyUnknown(value, span, fingerprint(own));
			return false;
		}
		into.known.set(value.id, own);
		const ahead = idTime(value.id) > into.reference + aheadLimit;
		if (ahead) {
			into.earliestAhead = Math.min(into.earliestAhead, idTime(value.id));
			into.report({
				severity: "warning",
				reason:
					"A record's id is more than a day ahead of the clock; it is shown but decides nothing.",
				offset,
				line,
				fragment: own,
			});
		} else if (value.id > into.greatestId) {
			into.greatestId = value.id;
		}
		this.fold(record, meaning ?? meaningOf(value), into, own, !ahead);
		return false;
	}

	private fold(
		scanned: ScannedRecord,
		meaning: Meaning,
		into: Loaded,
		fragment: Known,
		decides: boolean,
	): void {
		const { value, offset, length, line } = scanned;
		const span = { offset, length };
		if (typeof meaning !== "string") {
			into.state.apply(meaning, span, decides);
			return;
		}
		into.state.applyUnknown(value, span, fingerprint(fragment));
		if (meaning === "malformed") {
			into.report({
				severity: "warning",
				reason: `A record of type ${value.type} does not have the fields of one; it is kept and shown raw.`,
				offset,
				line,
				fragment,
			});
		}
	}

	private parse(bytes: Buffer): unknown {
		try {
			return JSON.parse(bytes.toString("utf8"));
		} catch (error) {
			throw this.changedUnderUs(error);
		}
	}

	private changedUnderUs(cause?: unknown): HumanError {
		return new HumanError(
			"journal-changed",
			`The journal ${this.path} was changed while it was being read. Nothing was lost; open it again.`,
			{ cause },
		);
	}

	/** Runs `read` on the open file. What the system refuses, from opening to reading, is a sentence. */
	private async withFile<T>(read: (handle: FileHandle) => Promise<T>): Promise<T> {
		try {
			const handle = await this.files.open(this.path, "r");
			try {
				return await read(handle);
			} finally {
				await handle.close();
			}
		} catch (error) {
			if (systemErrorCode(error) === undefined) {
				throw error;
			}
			throw new HumanError(
				systemErrorCode(error) === "ENOENT" ? "missing-journal" : "unreadable-journal",
				`The journal ${this.path} could not be read: ${causeInWords(error)}.`,
				{ cause: error },
			);
		}
	}
}

/** Whether an unterminated last line is nobody's write in progress any more. */
function hasSettled(stat: FileState, now: number): boolean {
	return now - changeTime(stat) >= settleTime;
}

function same(a: Known, b: Known): boolean {
	return a.crc32 === b.crc32 && a.bytes === b.bytes;
}

/** Of two different records with one id the same one is shown wherever and in whatever order they are read. */
function beats(a: Known, b: Known): boolean {
	return a.crc32 > b.crc32 || (a.crc32 === b.crc32 && a.bytes > b.bytes);
}

function isAcknowledged(state: SessionState, { fragment }: Diagnostic): boolean {
	return fragment !== undefined && state.acknowledged.has(fingerprint(fragment));
}

function fingerprint({ bytes, crc32 }: Known): string {
	return `${bytes}:${crc32}`;
}
