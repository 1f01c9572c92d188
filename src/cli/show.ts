import { inlineContent } from "../core/export/content.ts";
import { fileLines } from "../core/export/lines.ts";
import { printableLine } from "../core/export/printable.ts";
import { nodeFiles } from "../core/files.ts";
import type { Item } from "../core/model/item.ts";
import type { Transcript } from "../core/transcript/transcript.ts";
import type { Cli } from "./cli.ts";
import { type Command, UsageError } from "./command.ts";
import { diagnosticShape, sessionShape } from "./shapes.ts";
import { count, shortTime, table } from "./table.ts";

/** Items whose contents are in memory at once. */
const pageSize = 200;

export const show: Command = {
	name: "show",
	usage: "show ID [--items|--raw]",
	summary:
		"Show a session and its items; --items: one item a line as JSON; --raw: its file as it is",
	options: { items: { type: "boolean" }, raw: { type: "boolean" } },
	takes: [1, 1],
	async run(cli, args) {
		if (args.flag("items") && args.flag("raw")) {
			throw new UsageError("Only one of --items and --raw can be given.");
		}
		const transcript = await cli.transcript(args.positionals[0] ?? "");
		if (args.flag("raw")) {
			await showRaw(cli, transcript);
		} else if (cli.json) {
			await cli.out.writeAll(jsonDocument(transcript));
		} else if (args.flag("items")) {
			for await (const item of itemsOf(transcript)) {
				cli.out.write(`${JSON.stringify(item)}\n`);
			}
		} else {
			await cli.out.writeAll(words(transcript));
		}
	},
};

/** The items of the chain with their whole contents, page by page, as one flat object each. */
async function* itemsOf(transcript: Transcript): AsyncGenerator<Record<string, unknown>> {
	for (let from = 0; from < transcript.rows.length; from += pageSize) {
		for (const item of await transcript.items(from, from + pageSize)) {
			yield itemShape(item, await inlineContent(item.content, (hash) => transcript.blob(hash)));
		}
	}
}

function itemShape(item: Item, content: Item["content"]): Record<string, unknown> {
	const { type, ...fields } = content;
	const { id, turn, ts, status } = item;
	return { id, turn, type, ts, ...fields, status };
}

async function* jsonDocument(transcript: Transcript): AsyncGenerator<string> {
	yield `{"session":${JSON.stringify(sessionShape(transcript.summary))},"items":[`;
	let separator = "";
	for await (const item of itemsOf(transcript)) {
		yield `${separator}${JSON.stringify(item)}`;
		separator = ",";
	}
	yield `],"branches":${transcript.branches.length},"diagnostics":${JSON.stringify(transcript.diagnostics.map(diagnosticShape))}}\n`;
}

async function* words(transcript: Transcript): AsyncGenerator<string> {
	const { summary } = transcript;
	const facts: [string, string | null][] = [
		["Session", summary.id],
		["Agent", [summary.agent, summary.model].filter((part) => part !== null).join(", ")],
		["Folder", summary.cwd],
		["Created", shortTime(summary.createdAt)],
		["Updated", shortTime(summary.updatedAt)],
		["Items", `${summary.items} in ${count(summary.turns, "turn")}`],
		["Branches", transcript.branches.length > 0 ? `${transcript.branches.length} more` : null],
		[
			"Continues",
			summary.parent && `${summary.parent.session} at ${summary.parent.at ?? "its beginning"}`,
		],
		["Tags", summary.tags.join(", ")],
		["Warning", summary.warning],
		["File", summary.file],
	];
	yield `${printableLine(summary.title) || "(untitled)"}\n\n`;
	yield table(
		facts.filter(([, fact]) => fact).map(([name, fact]) => [name, printableLine(fact ?? "")]),
	);
	yield "\n";
	for (const row of transcript.rows) {
		if (row.kind === "gap") {
			yield `(${row.reason})\n`;
		}
	}
	for await (const item of itemsOf(transcript)) {
		const first = firstWords(item);
		yield `${item["id"]}  ${shortTime(String(item["ts"]))}  ${String(item["type"]).padEnd(16)}  ${first}\n`;
	}
}

function firstWords(item: Record<string, unknown>): string {
	const said = ["text", "command", "query", "tool", "label"]
		.map((field) => item[field])
		.find((value) => typeof value === "string");
	const changes = Array.isArray(item["changes"]) ? item["changes"] : [];
	const paths = changes.map((change: { path?: unknown }) => String(change.path)).join(", ");
	return printableLine(typeof said === "string" ? said.slice(0, 400) : paths).slice(0, 100);
}

async function showRaw(cli: Cli, transcript: Transcript): Promise<void> {
	const { summary } = transcript;
	const handle = await nodeFiles.open(summary.file, "r");
	try {
		const lines = fileLines(handle);
		await cli.out.writeAll(cli.json ? rawDocument(transcript, lines) : lines);
	} finally {
		await handle.close();
	}
}

/** Each line of the file as the value it holds, or as text where it holds none. */
async function* rawDocument(
	transcript: Transcript,
	lines: AsyncIterable<Buffer>,
): AsyncGenerator<string> {
	yield `{"session":${JSON.stringify(sessionShape(transcript.summary))},"records":[`;
	let separator = "";
	for await (const line of lines) {
		const text = line.toString("utf8").trim();
		if (text !== "") {
			yield `${separator}${JSON.stringify(parsedLine(text))}`;
			separator = ",";
		}
	}
	yield `],"branches":${transcript.branches.length},"diagnostics":${JSON.stringify(transcript.diagnostics.map(diagnosticShape))}}\n`;
}

function parsedLine(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch (error) {
		if (error instanceof SyntaxError) {
			return text;
		}
		throw error;
	}
}
