import { causeInWords, HumanError, systemErrorCode } from "../../../base/errors.ts";
import type { Diagnostic } from "../../model/diagnostic.ts";
import type { ItemStatus } from "../../model/item.ts";
import { RolloutBytes, type RolloutStat } from "./bytes.ts";
import { documentSpans } from "./document.ts";
import { LineSplitter } from "./lines.ts";
import { parseRolloutName, type RolloutName } from "./names.ts";
import type { ParsedItem, ParsedTurn } from "./pairing.ts";
import { RolloutParser } from "./parser.ts";
import { parseObject } from "./schema.ts";

/** A rollout that has not changed for so long (ms) has no agent working on it. */
const quietTime = 10 * 60 * 1000;
/** Longest stretch of parsing (ms) before the event loop gets a turn. */
const slice = 8;

/**
 * One rollout file, parsed as far as it has been read.
 * Guarantees: `load` never throws for what the file holds or for a file that cannot be read, but says so in
 * `diagnostics`; after growth only the new bytes are parsed; the event loop runs at least every few milliseconds.
 */
export class Rollout {
	readonly path: string;
	readonly name: RolloutName;
	readonly bytes: RolloutBytes;
	parser = new RolloutParser();
	stat: RolloutStat | undefined;
	/** Why the file could not be read as a session, when it could not. */
	private trouble: Diagnostic | undefined;
	private splitter = this.newSplitter();
	/** First bytes of the file: a file that was replaced is read anew. */
	private head: Buffer = Buffer.alloc(0);
	private unfinished: Diagnostic | undefined;

	constructor(path: string) {
		this.path = path;
		this.name = parseRolloutName(path);
		this.bytes = new RolloutBytes(path);
	}

	/**
	 * Reads the whole file for the first time, with blocking calls where it is small: for threads that may block.
	 */
	async loadBlocking(): Promise<void> {
		const small = this.isDocument ? undefined : this.bytes.readSmall(smallFile);
		if (!small) {
			await this.load();
			return;
		}
		this.stat = small.stat;
		this.head = small.bytes.subarray(0, 512);
		const foreign = foreignSentence(this.head);
		if (!foreign) {
			this.splitter.push(small.bytes);
		}
		this.finish(foreign);
	}

	/** Reads what is new. @returns whether anything changed, and whether all was read anew. */
	async load(): Promise<"same" | "grown" | "reloaded"> {
		let found: RolloutStat;
		try {
			found = await this.bytes.stat();
		} catch (thrown) {
			const same = this.trouble !== undefined && this.stat === undefined;
			this.reset();
			this.fail(`This session file could not be read: ${causeInWords(thrown)}.`);
			return same ? "same" : "reloaded";
		}
		const last = this.stat;
		const alike =
			last !== undefined &&
			last.path === found.path &&
			last.size === found.size &&
			last.mtimeMs === found.mtimeMs &&
			last.identity === found.identity;
		if (alike) {
			return "same";
		}
		const grows =
			last !== undefined &&
			!this.trouble &&
			!this.isDocument &&
			last.path === found.path &&
			last.identity === found.identity &&
			found.size >= last.size &&
			!found.path.endsWith(".zst") &&
			(await this.startsAsBefore());
		if (!grows) {
			this.reset();
		}
		this.stat = found;
		try {
			await (this.isDocument ? this.readDocument() : this.readLines());
		} catch (thrown) {
			if (!(thrown instanceof HumanError) && systemErrorCode(thrown) === undefined) {
				throw thrown;
			}
			const sentence = thrown instanceof HumanError ? thrown.message : undefined;
			this.fail(sentence ?? `This session file could not be read: ${readFailure(thrown)}.`);
		}
		return last === undefined || !grows ? "reloaded" : "grown";
	}

	/** Bytes of the decompressed file that have been read. */
	get length(): number {
		return this.splitter.position;
	}

	/** The thread the file belongs to: what its first line says, else its name. */
	get thread(): string {
		return this.parser.meta?.id ?? this.name.thread ?? this.name.rollout;
	}

	get diagnostics(): readonly Diagnostic[] {
		const { parser } = this;
		const more: Diagnostic[] = [];
		if (parser.unreported > 0) {
			more.push({
				severity: "warning",
				reason: `${parser.unreported} more lines could not be read.`,
				offset: 0,
				line: 0,
			});
		}
		if (this.trouble && parser.items.length === 0) {
			return [this.trouble];
		}
		const one = (each: Diagnostic | undefined) => (each ? [each] : []);
		return [...one(this.trouble), ...parser.diagnostics, ...more, ...one(this.unfinished)];
	}

	/** Id of an item: the same as the file grows and after it is compressed. */
	itemId(item: ParsedItem): string {
		return `${this.name.rollout}:${item.offset}`;
	}

	turnId(turn: ParsedTurn): string {
		return `${this.name.rollout}:turn:${turn.offset}`;
	}

	/** True while an agent may be writing: the file changed lately. */
	isLive(now: number): boolean {
		return this.stat !== undefined && now - this.stat.mtimeMs < quietTime;
	}

	/** How an item stands; a call without an answer was interrupted unless its turn may still go on. */
	statusOf(item: ParsedItem, now: number): ItemStatus {
		if (item.state !== "open") {
			return item.state === "done" ? "completed" : item.state;
		}
		const turn = this.parser.turns[item.turn];
		const last = turn?.index === this.parser.turns.length - 1;
		return last && !turn.end && this.isLive(now) ? "running" : "interrupted";
	}

	private get isDocument(): boolean {
		return this.name.plain.endsWith(".json");
	}

	private reset(): void {
		this.parser = new RolloutParser();
		this.splitter = this.newSplitter();
		this.stat = undefined;
		this.trouble = undefined;
		this.unfinished = undefined;
		this.head = Buffer.alloc(0);
	}

	private fail(reason: string): void {
		this.trouble = { severity: "warning", reason, offset: 0, line: 0 };
	}

	private newSplitter(start = 0): LineSplitter {
		const sink = {
			line: (bytes: Buffer, offset: number) => this.parser.readLine(bytes, offset),
			tooLong: (offset: number, length: number) => this.parser.lineTooLong(offset, length),
		};
		return new LineSplitter(sink, start);
	}

	private async startsAsBefore(): Promise<boolean> {
		const reader = await this.bytes.open();
		try {
			return this.head.equals(await reader.read(0, this.head.length));
		} finally {
			await reader.close();
		}
	}

	private async readLines(): Promise<void> {
		this.unfinished = undefined;
		let since = performance.now();
		let foreign: string | undefined;
		await this.bytes.stream(this.splitter.position, async (chunk) => {
			if (this.head.length === 0) {
				this.head = Buffer.from(chunk.subarray(0, 512));
				foreign = foreignSentence(this.head);
			}
			if (foreign) {
				return;
			}
			// Whole lines of one chunk can take longer than a frame: the loop runs between parts of it.
			for (let at = 0; at < chunk.length; at += partBytes) {
				this.splitter.push(chunk.subarray(at, at + partBytes));
				if (performance.now() - since > slice) {
					await new Promise<void>((resolve) => setImmediate(resolve));
					since = performance.now();
				}
			}
		});
		this.finish(foreign);
	}

	/** All lines have been read. */
	private finish(foreign: string | undefined): void {
		if (foreign) {
			this.fail(foreign);
			return;
		}
		if (this.splitter.position === 0) {
			this.fail("This session file is empty.");
			return;
		}
		this.readRest();
		if (this.parser.counts.lines > 0 && !this.parser.isCodex) {
			this.fail("This file does not hold a Codex session.");
		}
	}

	/** A last line without a newline is being written, or was cut off when the writer died. */
	private readRest(): void {
		const rest = this.splitter.rest();
		if (!rest || rest.length === 0) {
			return;
		}
		const offset = this.splitter.lineOffset;
		if (this.parser.readRest(rest, offset)) {
			// Taken as a whole: its newline, when it comes, is a blank line.
			this.splitter = this.newSplitter(offset + rest.length);
		} else {
			this.unfinished = {
				severity: "info",
				reason: `The last line is incomplete (${rest.length} bytes).`,
				offset,
				line: this.parser.lines + 1,
			};
		}
	}

	private async readDocument(): Promise<void> {
		const reader = await this.bytes.open();
		let bytes: Buffer;
		try {
			bytes = await reader.read(0, Math.min(await reader.length(), maxDocumentBytes));
		} finally {
			await reader.close();
		}
		const foreign = bytes.length === 0 ? "This session file is empty." : foreignSentence(bytes);
		if (foreign) {
			this.fail(foreign);
			return;
		}
		const spans = documentSpans(bytes);
		const session = spans.session && parseObject(bytes.toString("utf8", ...spans.session));
		if (!session) {
			this.fail("This file does not hold a Codex session.");
			return;
		}
		if (!parseObject(bytes.toString("utf8"))) {
			this.parser.report(
				"warning",
				0,
				"This session file is damaged; what could be read of it is shown.",
			);
		}
		this.parser.sessionMeta(session, { time: 0 });
		for (const [from, to] of spans.items) {
			this.parser.readElement(bytes.toString("utf8", from, to), from, to - from);
		}
	}
}

/** Files up to this size are read and parsed in one go: a few milliseconds. */
const smallFile = 512 * 1024;
const partBytes = 128 * 1024;
const maxDocumentBytes = 256 * 1024 * 1024;

function readFailure(thrown: unknown): string {
	const code = systemErrorCode(thrown);
	return code?.startsWith("ZSTD") || code === "Z_DATA_ERROR" || code === "Z_BUF_ERROR"
		? "its compressed data is damaged"
		: causeInWords(thrown);
}

/** A sentence for a file whose first bytes show that it holds no session. */
function foreignSentence(head: Buffer): string | undefined {
	if (head.toString("latin1", 0, 40).startsWith("version https://git-lfs.github.com/")) {
		return "This file is only a Git LFS pointer: the session itself is not on this machine (git lfs pull brings it).";
	}
	const start = head.subarray(0, 512);
	// A run of NULs is what a crash leaves in a good file; NULs among other bytes are a binary file.
	if (start.includes(0) && start[0] !== 123 && start.some((byte) => byte !== 0)) {
		return "This file is binary and holds no session.";
	}
	return undefined;
}
