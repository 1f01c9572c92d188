import { isUtf8 } from "node:buffer";
import type { Readable } from "node:stream";
import { HumanError } from "../base/errors.ts";
import { headItem } from "../core/model/chain.ts";
import { ItemContent } from "../core/model/item.ts";
import type { RecordDraft } from "../core/model/record.ts";
import type { Session } from "../core/store/session.ts";
import type { Command } from "./command.ts";

export const append: Command = {
	name: "append",
	usage: "append ID",
	summary:
		"Store items given as JSON lines on standard input; prints the id of each once it is durable",
	takes: [1, 1],
	async run(cli, args) {
		const session = await cli.session(args.positionals[0] ?? "");
		await cli.store.checkNoRun(session);
		await appendItems(session, process.stdin, (ids) => cli.out.write(`${ids.join("\n")}\n`));
	},
};

const newline = 10;

/**
 * Stores items read from `input`, one JSON object a line. What has arrived while a write was under way is stored
 * by the next one, all together; `stored` gets the ids in the order of the lines, only after they are durable. Throws a HumanError for a
 * line that is no item (`bad-line`); the lines before it are stored by then, and nothing after it is.
 */
export async function appendItems(
	session: Session,
	input: Readable,
	stored: (ids: readonly string[]) => void,
): Promise<void> {
	const turns = new TurnWriter(session, stored);
	try {
		for await (const { items, error } of batches(input)) {
			await turns.write(items);
			if (error) {
				throw error;
			}
		}
	} catch (error) {
		if (error instanceof HumanError && error.reason === "bad-line") {
			await turns.end("interrupted");
		}
		throw error;
	}
	await turns.end("completed");
}

type Draft = RecordDraft & { id: string };

/** Writes items in order, opening a turn at each user message. One conversation: each turn continues the one before it. */
class TurnWriter {
	private readonly session: Session;
	private readonly stored: (ids: readonly string[]) => void;
	private turn: string | undefined;
	/** The last item stored: what the next turn continues. */
	private last: string | undefined;

	constructor(session: Session, stored: (ids: readonly string[]) => void) {
		this.session = session;
		this.stored = stored;
	}

	/** Stores items by one write, whatever turns they open and end. */
	async write(items: readonly ItemContent[]): Promise<void> {
		if (items.length === 0) {
			return;
		}
		const next = await this.session.idSource();
		const drafts: Draft[] = [];
		const ids: string[] = [];
		let { turn, last } = this;
		for (const content of items) {
			if (turn === undefined || content.type === "userMessage") {
				if (turn !== undefined) {
					drafts.push({ id: next(), type: "turn.completed", turn, status: "completed" });
				}
				turn = next();
				const after = last ?? headItem(this.session.state);
				drafts.push({ id: turn, type: "turn.started", after });
			}
			last = next();
			drafts.push({ id: last, type: "item.completed", turn, item: content });
			ids.push(last);
		}
		await this.session.append(drafts);
		this.turn = turn;
		this.last = last;
		this.stored(ids);
	}

	async end(status: "completed" | "interrupted"): Promise<void> {
		if (this.turn !== undefined) {
			await this.session.completeTurn(this.turn, status);
			this.turn = undefined;
		}
	}
}

interface Batch {
	readonly items: readonly ItemContent[];
	/** About the first line that is no item; the batch is the last one then. */
	readonly error?: HumanError;
}

/** The lines of the input as they arrive, all that is there at a time. */
async function* batches(input: Readable): AsyncGenerator<Batch> {
	let rest: Buffer[] = [];
	let line = 0;
	for await (const chunk of input as AsyncIterable<Buffer>) {
		const end = chunk.lastIndexOf(newline);
		if (end === -1) {
			rest.push(chunk);
			continue;
		}
		const lines = splitLines(Buffer.concat([...rest, chunk.subarray(0, end)]));
		rest = [chunk.subarray(end + 1)];
		const batch = parseLines(lines, line);
		yield batch;
		if (batch.error) {
			return;
		}
		line += lines.length;
	}
	yield parseLines(splitLines(Buffer.concat(rest)), line);
}

function splitLines(bytes: Buffer): Buffer[] {
	const lines: Buffer[] = [];
	let from = 0;
	for (let end = bytes.indexOf(newline); end !== -1; end = bytes.indexOf(newline, from)) {
		lines.push(bytes.subarray(from, end));
		from = end + 1;
	}
	lines.push(bytes.subarray(from));
	return lines;
}

function parseLines(lines: readonly Buffer[], before: number): Batch {
	const items: ItemContent[] = [];
	for (const [index, bytes] of lines.entries()) {
		const line = before + index + 1;
		const parsed = parseLine(bytes);
		if (typeof parsed === "string") {
			return { items, error: badLine(line, parsed) };
		}
		if (parsed) {
			items.push(parsed);
		}
	}
	return { items };
}

/** The item on a line; undefined for a blank line; what is wrong, in words, for one that is no item. */
function parseLine(bytes: Buffer): ItemContent | string | undefined {
	if (!isUtf8(bytes)) {
		return "it is not UTF-8";
	}
	const text = bytes.toString("utf8").trim();
	if (text === "") {
		return undefined;
	}
	let value: unknown;
	try {
		value = JSON.parse(text);
	} catch (error) {
		if (error instanceof SyntaxError) {
			return "it is not JSON";
		}
		throw error;
	}
	const item = ItemContent.safeParse(withoutIdentity(value));
	if (item.success) {
		return item.data;
	}
	const issue = item.error.issues[0];
	const place = issue?.path.join(".") || "item";
	return `${place}: ${issue?.message ?? "invalid"}`;
}

/** What `show --items` prints can be given to `append`: the identity that items have there is not a part of what they say. */
function withoutIdentity(value: unknown): unknown {
	if (typeof value !== "object" || value === null || Array.isArray(value)) {
		return value;
	}
	return Object.fromEntries(
		Object.entries(value).filter(([key]) => key !== "id" && key !== "turn" && key !== "ts"),
	);
}

function badLine(line: number, what: string): HumanError {
	return new HumanError(
		"bad-line",
		`Line ${line} is not an item: ${what}. The lines before it are stored; this one and those after it are not.`,
	);
}
