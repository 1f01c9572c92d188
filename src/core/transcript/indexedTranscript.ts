import { HumanError } from "../../base/errors.ts";
import type { Files } from "../files.ts";
import { compareStamps, stampOf } from "../index/stamp.ts";
import { assembleItem } from "../journal/items.ts";
import { readSpans } from "../journal/spans.ts";
import type { ApprovalState } from "../model/agentState.ts";
import type { Diagnostic } from "../model/diagnostic.ts";
import type { Item } from "../model/item.ts";
import type { Span } from "../model/state.ts";
import type { SessionSummary } from "../model/summary.ts";
import type { Blobs } from "../store/blobs.ts";
import type { IndexedOutline, OutlinedFile, OutlinedRows } from "./outline.ts";
import type {
	Branch,
	ItemRow,
	SessionNote,
	Transcript,
	TranscriptChange,
	TranscriptRow,
} from "./transcript.ts";

/** What an {@link IndexedTranscript} reads with, and what takes its place when the index is behind. */
export interface IndexedContext {
	readonly files: Files;
	readonly blobs: Blobs;
	/** The same session, folded. */
	readonly fold: () => Promise<Transcript>;
}

/**
 * A session of ours opened from the index: its rows come from there, its contents from the journals by byte range.
 * Guarantees: it shows what the fold shows; as soon as a journal is not the one that was indexed, it is folded, and from
 * then on it is the folded transcript.
 */
export class IndexedTranscript implements Transcript {
	private readonly outline: IndexedOutline;
	private part: OutlinedRows;
	private readonly context: IndexedContext;
	private readonly ownSummary: SessionSummary;
	private folding: Promise<Transcript> | undefined;
	private folded: Transcript | undefined;

	/** @param part all rows of `outline`. */
	constructor(
		outline: IndexedOutline,
		summary: SessionSummary,
		part: OutlinedRows,
		context: IndexedContext,
	) {
		this.outline = outline;
		this.ownSummary = summary;
		this.part = part;
		this.context = context;
	}

	get summary(): SessionSummary {
		return this.folded?.summary ?? this.ownSummary;
	}
	get rows(): readonly TranscriptRow[] {
		return this.folded?.rows ?? this.part.rows;
	}
	get branches(): readonly Branch[] {
		return this.folded?.branches ?? this.outline.branches;
	}
	get notes(): readonly SessionNote[] {
		return this.folded?.notes ?? this.outline.notes;
	}
	get approvals(): readonly ApprovalState[] {
		return this.folded ? (this.folded.approvals ?? []) : this.outline.approvals;
	}
	get diagnostics(): readonly Diagnostic[] {
		return this.folded?.diagnostics ?? this.outline.diagnostics;
	}
	get files(): readonly string[] {
		const paths = this.outline.files.map(({ path }) => path);
		return this.folded?.files ?? [...paths.slice(-1), ...paths.slice(0, -1)];
	}

	async items(from: number, to: number): Promise<Item[]> {
		if (!this.folded) {
			try {
				return await readOutlined(this.outline, this.part, from, to, this.context);
			} catch (error) {
				if (!(error instanceof HumanError) || error.reason !== "journal-changed") {
					throw error;
				}
			}
		}
		return (await this.fold()).items(from, to);
	}

	blob(hash: string): Promise<Uint8Array | undefined> {
		return this.context.blobs.get(hash);
	}

	async refresh(): Promise<TranscriptChange> {
		if (this.folded) {
			return this.folded.refresh();
		}
		const stand = await Promise.all(
			this.outline.files.map((file) => isAsIndexed(file, this.context.files)),
		);
		if (!stand.includes(false)) {
			return { kind: "unchanged" };
		}
		await this.fold();
		return { kind: "reloaded" };
	}

	private async fold(): Promise<Transcript> {
		this.folding ??= this.context.fold();
		try {
			this.folded = await this.folding;
			this.part = { from: 0, rows: [], spans: new Float64Array(), more: new Map() };
		} finally {
			this.folding = undefined;
		}
		return this.folded;
	}
}

async function isAsIndexed({ path, stamp }: OutlinedFile, files: Files): Promise<boolean> {
	try {
		// A hard link that was made or removed changes nothing that is shown.
		return compareStamps(stamp, stampOf(await files.lstat(path))) !== "changed";
	} catch {
		// The fold says what has become of it.
		return false;
	}
}

/**
 * Items `from` (inclusive) to `to` (exclusive) of an outline, of which `part` holds the rows. Throws a HumanError
 * (`journal-changed`) when a journal is not the one that was indexed.
 */
export async function readOutlined(
	outline: IndexedOutline,
	part: OutlinedRows,
	from: number,
	to: number,
	{ files, blobs }: Pick<IndexedContext, "files" | "blobs">,
): Promise<Item[]> {
	const items: Item[] = [];
	let passed = 0;
	for (const [index, { runs }] of outline.segments.entries()) {
		const count = countOf(runs);
		const start = Math.max(from, passed, part.from) - part.from;
		const end = Math.min(to, passed + count, part.from + part.rows.length) - part.from;
		passed += count;
		const file = outline.files[index];
		if (file && start < end) {
			items.push(...(await readRows(file, part, start, end, { files, blobs })));
		}
	}
	return items;
}

/** How many items pairs `[from, to)` name. */
export function countOf(runs: readonly number[]): number {
	let sum = 0;
	for (let at = 0; at < runs.length; at += 2) {
		sum += (runs[at + 1] ?? 0) - (runs[at] ?? 0);
	}
	return sum;
}

async function readRows(
	file: OutlinedFile,
	part: OutlinedRows,
	start: number,
	end: number,
	{ files, blobs }: Pick<IndexedContext, "files" | "blobs">,
): Promise<Item[]> {
	const spans: Span[] = [];
	const counts: number[] = [];
	for (let row = start; row < end; row++) {
		const own = part.more.get(row) ?? part.spans.subarray(row * 2, row * 2 + 2);
		for (let at = 0; at < own.length; at += 2) {
			spans.push({ offset: own[at] ?? 0, length: own[at + 1] ?? 0 });
		}
		counts.push(own.length / 2);
	}
	const values = await readValues(file, spans, files);
	const items: Item[] = [];
	let next = 0;
	for (const [at, count] of counts.entries()) {
		// An outline has rows of items only.
		const row = part.rows[start + at] as ItemRow;
		const { id, turn, status } = row;
		const time = row.time === 0 ? Number.NaN : row.time;
		const own = values.slice(next, next + count);
		items.push(await assembleItem({ id, turn, status, time }, own, (hash) => blobs.text(hash)));
		next += count;
	}
	return items;
}

async function readValues(
	file: OutlinedFile,
	spans: readonly Span[],
	files: Files,
): Promise<unknown[]> {
	try {
		const handle = await files.open(file.path, "r");
		try {
			const { inode, size } = stampOf(await handle.stat());
			if (inode === file.stamp.inode && size >= file.stamp.size) {
				const parts = await readSpans(handle, spans);
				return parts.map((bytes) => JSON.parse(bytes.toString("utf8")) as unknown);
			}
		} finally {
			await handle.close();
		}
	} catch (error) {
		throw changed(file, error);
	}
	throw changed(file);
}

function changed({ path }: OutlinedFile, cause?: unknown): HumanError {
	return new HumanError(
		"journal-changed",
		`The journal ${path} was changed while it was being read. Nothing was lost; open it again.`,
		{ cause },
	);
}
