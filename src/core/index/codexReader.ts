import { closeSync, openSync, readSync } from "node:fs";
import { crc32 } from "node:zlib";
import { HumanError, systemErrorCode } from "../../base/errors.ts";
import { nodeFiles } from "../files.ts";
import { RolloutBytes } from "../sources/codex/bytes.ts";
import { contentOf } from "../sources/codex/content.ts";
import { factsOf } from "../sources/codex/facts.ts";
import type { ParsedItem, ParsedTurn } from "../sources/codex/pairing.ts";
import type { RolloutParser } from "../sources/codex/parser.ts";
import { relativeTo } from "../sources/codex/patch.ts";
import { readContents } from "../sources/codex/reader.ts";
import { Rollout } from "../sources/codex/rollout.ts";
import { type Json, parseObject } from "../sources/codex/schema.ts";
import { sessionId } from "../sources/codex/summary.ts";
import type { Source, SourceFile } from "../sources/source.ts";
import { Beginnings } from "./beginnings.ts";
import type { IndexedItem, IndexedTurn, ItemEntry } from "./indexedItem.ts";
import { searchableText } from "./itemText.ts";
import type { KnownFile } from "./projection.ts";
import type { SourceReader, SourceReading } from "./sourceReader.ts";
import type { LastRecord } from "./tailProbe.ts";
import { touchedPath } from "./touched.ts";

/** Large rollouts kept parsed, so that a session that grows is not parsed from its beginning each time. */
const parsedLimit = 8;
/** Smaller files are read anew faster than they are remembered. Bytes. */
const largeFile = 512 * 1024;
/** Items whose contents are in memory at once. */
const pageSize = 256;

/** Reads Codex rollouts: small files in one pass over their lines, large ones page by page. */
export class CodexReader implements SourceReader {
	readonly source: Source;
	private readonly parsed = new Map<string, Rollout>();
	private readonly beginnings = new Beginnings(nodeFiles);

	constructor(source: Source) {
		this.source = source;
	}

	async read(file: SourceFile, known?: KnownFile): Promise<SourceReading> {
		return file.size > largeFile || !file.path.endsWith(".jsonl")
			? await this.readLarge(file, known)
			: await readSmall(file);
	}

	async texts(path: string, cwd: string | null, items: readonly ItemEntry[]): Promise<string[]> {
		try {
			return await this.readTexts(path, cwd, items);
		} catch (error) {
			if (error instanceof HumanError || systemErrorCode(error) !== undefined) {
				// It went a moment ago, or cannot be read any more: the next update says so.
				return items.map(() => "");
			}
			throw error;
		}
	}

	private async readTexts(
		path: string,
		cwd: string | null,
		items: readonly ItemEntry[],
	): Promise<string[]> {
		const reader = await new RolloutBytes(path).open();
		try {
			const texts: string[] = [];
			for (const item of items) {
				const records: Json[] = [];
				for (let at = 0; at < item.spans.length; at += 2) {
					const bytes = await reader.read(item.spans[at] ?? 0, item.spans[at + 1] ?? 0);
					const record = parseObject(bytes.toString("utf8"));
					if (record) {
						records.push(record);
					}
				}
				texts.push(textOf(records, item.type, cwd ?? undefined));
			}
			return texts;
		} finally {
			await reader.close();
		}
	}

	private async readLarge(file: SourceFile, known: KnownFile | undefined): Promise<SourceReading> {
		const continues = await this.beginnings.continues(file.path);
		const parsed = continues ? this.parsed.get(file.path) : undefined;
		const rollout = parsed ?? new Rollout(file.path);
		const before = rollout.length;
		const change = await rollout.load();
		this.keep(file.path, rollout);
		await this.beginnings.remember(file.path, rollout.length);
		// What was read before may not be in the index: it is another one, or the items could not be stored.
		const isIndexed = known?.depth === 1 && known.size >= before;
		const from = change === "grown" && parsed && isIndexed ? before : 0;
		const { items } = rollout.parser;
		const fresh =
			from === 0 ? items : items.filter((item) => endOf(item) > from || item.state === "open");
		return {
			...describe(rollout),
			pages: pagesOf(rollout, fresh),
		};
	}

	private keep(path: string, rollout: Rollout): void {
		this.parsed.delete(path);
		this.parsed.set(path, rollout);
		const [oldest] = this.parsed.keys();
		if (oldest !== undefined && this.parsed.size > parsedLimit) {
			this.parsed.delete(oldest);
			this.beginnings.forget(oldest);
		}
	}
}

async function readSmall(file: SourceFile): Promise<SourceReading> {
	const rollout = new Rollout(file.path);
	const records = keepRecords(rollout.parser);
	const { parser } = rollout;
	await rollout.loadBlocking();
	if (rollout.parser !== parser) {
		// It was read another way after all: it has grown meanwhile, or cannot be read so.
		return { ...describe(rollout), pages: pagesOf(rollout, rollout.parser.items) };
	}
	const items = parser.items.map((item) => {
		const own: Json[] = [];
		for (let at = 0; at < item.spans.length; at += 2) {
			const record = records.get(item.spans[at] ?? -1);
			if (record) {
				own.push(record);
			}
		}
		return indexed(rollout, item, textOf(own, item.type, parser.cwd, item.label));
	});
	return { ...describe(rollout), pages: onePage(items), last: lastRecord(rollout) };
}

/** Keeps the records that a parser is given, by offset, so that their text needs no second parse. */
function keepRecords(parser: RolloutParser): ReadonlyMap<number, Json> {
	const records = new Map<number, Json>();
	const record = parser["record"].bind(parser);
	parser["record"] = (value, offset, length) => {
		records.set(offset, value);
		record(value, offset, length);
	};
	return records;
}

async function* onePage(items: readonly IndexedItem[]): AsyncGenerator<readonly IndexedItem[]> {
	yield items;
}

async function* pagesOf(
	rollout: Rollout,
	items: readonly ParsedItem[],
): AsyncGenerator<readonly IndexedItem[]> {
	for (let at = 0; at < items.length; at += pageSize) {
		const page = items.slice(at, at + pageSize);
		const contents = await readContents(rollout, page, rollout.stat?.mtimeMs ?? 0);
		yield page.map((item, index) => {
			const content = contents[index];
			return indexed(rollout, item, content ? searchableText(content) : "");
		});
	}
}

function describe(rollout: Rollout): Omit<SourceReading, "pages"> {
	const { parser, name } = rollout;
	return {
		facts: factsOf(rollout),
		session: sessionId(rollout.thread),
		prefix: `${name.rollout}:`,
		cwd: parser.cwd ?? null,
		turns: parser.turns.filter((turn) => turn.count > 0).map((turn) => turnOf(rollout, turn)),
		ids: () => new Set(parser.items.map((item) => String(item.offset))),
		last: undefined,
	};
}

/** The record that ends last, with its bytes' check, read with blocking calls. */
function lastRecord(rollout: Rollout): LastRecord | undefined {
	const spans = rollout.parser.items.at(-1)?.spans;
	const offset = spans?.at(-2);
	const length = spans?.at(-1);
	if (offset === undefined || length === undefined) {
		return undefined;
	}
	const bytes = Buffer.allocUnsafe(length);
	const file = openSync(rollout.path, "r");
	try {
		readSync(file, bytes, 0, length, offset);
	} finally {
		closeSync(file);
	}
	return { offset, length, check: crc32(bytes) };
}

function turnOf(rollout: Rollout, turn: ParsedTurn): IndexedTurn {
	const after = rollout.parser.items[turn.after];
	return {
		id: `turn:${turn.offset}`,
		after: after ? String(after.offset) : null,
		time: turn.time || Number.NaN,
		status: turn.end?.status,
		model: turn.model,
		branch: turn.branch,
		usage: turn.usage,
	};
}

function indexed(rollout: Rollout, item: ParsedItem, text: string): IndexedItem {
	const { parser, stat } = rollout;
	const turn = parser.turns[item.turn];
	const files = item.state === "done" ? (item.files ?? []) : [];
	const cwd = parser.cwd ?? null;
	return {
		id: String(item.offset),
		turn: turn ? `turn:${turn.offset}` : "",
		type: item.type,
		// As it stood when the file was written: whether its agent still lives is for the reader to tell.
		status: rollout.statusOf(item, stat?.mtimeMs ?? 0),
		time: item.time || Number.NaN,
		spans: item.spans,
		text,
		touched: [
			...new Set(files.map((file) => touchedPath(undefined, cwd, relativeTo(parser.cwd, file)))),
		],
	};
}

function endOf(item: ParsedItem): number {
	return (item.spans.at(-2) ?? 0) + (item.spans.at(-1) ?? 0);
}

function textOf(
	records: readonly Json[],
	type: ParsedItem["type"],
	cwd: string | undefined,
	label?: string,
): string {
	return searchableText(contentOf(records, { type, status: "completed", label, cwd }));
}
