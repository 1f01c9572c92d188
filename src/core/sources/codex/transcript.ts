import { createHash } from "node:crypto";
import * as path from "node:path";
import type { Diagnostic } from "../../model/diagnostic.ts";
import type { ImageRef, Item, ItemContent } from "../../model/item.ts";
import type { SessionSummary } from "../../model/summary.ts";
import type {
	Branch,
	ItemRow,
	Transcript,
	TranscriptChange,
	TranscriptRow,
} from "../../transcript/transcript.ts";
import { branchesOf } from "./branches.ts";
import type { ParsedItem } from "./pairing.ts";
import { readContents } from "./reader.ts";
import type { Rollout } from "./rollout.ts";
import { isoTime, sessionId } from "./summary.ts";
import { type ChainPart, type CodexThread, idOf } from "./thread.ts";

/** Images whose place is remembered, so that their bytes can be read again. */
const maxImages = 10_000;

interface Place {
	readonly rollout: Rollout;
	readonly item: ParsedItem;
	/** Lines the item was made of when the row was built: more of them mean that it has changed. */
	readonly lines: number;
}

/**
 * A Codex session opened for reading. Rows know where their items stand in the files; contents are read again from there,
 * page by page.
 */
export class CodexTranscript implements Transcript {
	readonly notes = [];
	summary: SessionSummary;
	rows: readonly TranscriptRow[] = [];
	branches: readonly Branch[] = [];
	diagnostics: readonly Diagnostic[] = [];
	private places: readonly (Place | undefined)[] = [];
	private readonly thread: CodexThread;
	private readonly clock: () => number;
	private readonly extraFiles: readonly string[];
	private readonly images = new Map<
		string,
		{ rollout: Rollout; item: ParsedItem; index: number }
	>();

	private constructor(
		thread: CodexThread,
		summary: SessionSummary,
		extraFiles: readonly string[],
		clock: () => number,
	) {
		this.thread = thread;
		this.summary = summary;
		this.extraFiles = extraFiles;
		this.clock = clock;
		this.build();
	}

	/** @param thread loaded; its files are read again by `refresh` only. */
	static async of(
		thread: CodexThread,
		extraFiles: readonly string[] = [],
		clock: () => number = Date.now,
	): Promise<CodexTranscript> {
		return new CodexTranscript(thread, await thread.summary(), extraFiles, clock);
	}

	get files(): readonly string[] {
		const files = this.thread.allRollouts.map((each) => each.stat?.path ?? each.path);
		// A revert or a resume writes a new file beside the newest.
		const folder = path.dirname(this.summary.file);
		return [...files, folder, ...this.extraFiles];
	}

	async items(from: number, to: number): Promise<Item[]> {
		const items: Item[] = [];
		const end = Math.min(to, this.rows.length);
		for (let at = Math.max(0, from); at < end; ) {
			const place = this.places[at];
			if (!place) {
				at++;
				continue;
			}
			let stop = at + 1;
			while (stop < end && this.places[stop]?.rollout === place.rollout) {
				stop++;
			}
			const group = this.places.slice(at, stop).map((each) => (each as Place).item);
			const contents = await readContents(place.rollout, group, this.clock());
			for (const [index, content] of contents.entries()) {
				const row = this.rows[at + index] as ItemRow;
				items.push({
					id: row.id,
					turn: row.turn,
					ts: isoTime(row.time),
					status: row.status,
					content: this.withoutImages(content, place.rollout, group[index] as ParsedItem),
				});
			}
			at = stop;
		}
		return items;
	}

	async blob(hash: string): Promise<Uint8Array | undefined> {
		const image = this.images.get(hash);
		if (!image) {
			return undefined;
		}
		const [content] = await readContents(image.rollout, [image.item], this.clock());
		const url = content && imagesOf(content)[image.index]?.url;
		return url ? dataOf(url)?.bytes : undefined;
	}

	async refresh(): Promise<TranscriptChange> {
		const changed = await this.thread.refresh(new Date(this.clock()));
		const summary = await this.thread.summary();
		const renamed = summary.title !== this.summary.title;
		this.summary = summary;
		const before = { rows: this.rows, places: this.places };
		this.build();
		if (this.rows.length < before.rows.length) {
			return { kind: "reloaded" };
		}
		const rows: number[] = [];
		for (const [index, row] of before.rows.entries()) {
			const now = this.rows[index];
			if (now?.id !== row.id || now.kind !== row.kind) {
				return { kind: "reloaded" };
			}
			const place = before.places[index];
			if (place && place.rollout !== this.places[index]?.rollout) {
				return { kind: "reloaded" };
			}
			if (now !== row || place?.lines !== this.places[index]?.lines) {
				rows.push(index);
			}
		}
		const grown = this.rows.length > before.rows.length || rows.length > 0 || renamed;
		return grown || changed
			? { kind: "grown", from: before.rows.length, changed: rows }
			: { kind: "unchanged" };
	}

	/** Makes rows, branches and diagnostics; a row that says the same stays the same object. */
	private build(): void {
		const now = this.clock();
		const rows: TranscriptRow[] = [];
		const places: (Place | undefined)[] = [];
		const { missing } = this.thread;
		if (missing !== undefined) {
			const known = this.rows[0];
			const same = known?.kind === "gap" && known.reason === missing;
			rows.push(same ? known : { kind: "gap", id: `gap:${this.thread.thread}`, reason: missing });
			places.push(undefined);
		}
		for (const part of this.thread.chainParts) {
			for (const index of part.items) {
				const item = part.rollout.parser.items[index];
				if (item) {
					rows.push(this.row(part, item, now, this.rows[rows.length]));
					places.push({ rollout: part.rollout, item, lines: item.spans.length });
				}
			}
		}
		this.rows = rows;
		this.places = places;
		const diagnostics = this.thread.ownRollouts.flatMap((each) => each.diagnostics);
		this.diagnostics =
			missing === undefined
				? diagnostics
				: [...diagnostics, { severity: "warning", reason: missing, offset: 0, line: 0 }];
		this.branches = this.branchesNow(rows.length - (missing === undefined ? 0 : 1));
	}

	private branchesNow(shown: number): Branch[] {
		const turns = this.thread.turns;
		const total = turns.reduce((sum, turn) => sum + turn.items.length, 0);
		if (total <= shown) {
			return [];
		}
		return branchesOf(turns, new Set(this.rows.map((row) => row.id)));
	}

	private row(
		part: ChainPart,
		item: ParsedItem,
		now: number,
		known: TranscriptRow | undefined,
	): ItemRow {
		const id = idOf(part.rollout, item) ?? "";
		const status = part.rollout.statusOf(item, now);
		if (
			known?.kind === "item" &&
			known.id === id &&
			known.status === status &&
			known.type === item.type
		) {
			return known;
		}
		const turn = part.rollout.parser.turns[item.turn];
		return {
			kind: "item",
			id,
			turn: turn ? part.rollout.turnId(turn) : "",
			type: item.type,
			status,
			time: item.time,
			...(part.thread === undefined ? {} : { inheritedFrom: sessionId(part.thread) }),
		};
	}

	/** Image bytes leave the content: it names them by hash, and `blob` gives them. */
	private withoutImages(content: ItemContent, rollout: Rollout, item: ParsedItem): ItemContent {
		const images = imagesOf(content);
		if (images.length === 0 || content.type === "image") {
			return content;
		}
		const named = images.map((image, index): ImageRef => {
			const data = image.url === undefined ? undefined : dataOf(image.url);
			if (!data) {
				return image;
			}
			const hash = `sha256:${createHash("sha256").update(data.bytes).digest("hex")}`;
			if (this.images.size >= maxImages) {
				this.images.delete(this.images.keys().next().value ?? "");
			}
			this.images.set(hash, { rollout, item, index });
			const { url: _, ...rest } = image;
			return { ...rest, blob: hash, bytes: data.bytes.length, mime: data.mime };
		});
		return { ...content, images: named } as ItemContent;
	}
}

function imagesOf(content: ItemContent): readonly ImageRef[] {
	return (content.type === "userMessage" || content.type === "toolCall") && content.images
		? content.images
		: [];
}

function dataOf(url: string): { mime: string; bytes: Buffer } | undefined {
	const match = /^data:([^;,]+);base64,/.exec(url);
	return match?.[1]
		? { mime: match[1], bytes: Buffer.from(url.slice(match[0].length), "base64") }
		: undefined;
}
