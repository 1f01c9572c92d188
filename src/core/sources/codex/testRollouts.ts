/** Small rollouts for tests, written as Codex writes them. */
import { mkdtempSync, rmSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { LineSplitter } from "./lines.ts";
import type { ParsedItem } from "./pairing.ts";
import { RolloutParser } from "./parser.ts";

let clock = 0;
const stamp = () => new Date(Date.UTC(2026, 0, 2, 3, 4, 5, clock++)).toISOString();
const record = (type: string, payload: object, ordinal?: number) =>
	JSON.stringify({
		timestamp: stamp(),
		...(ordinal === undefined ? {} : { ordinal }),
		type,
		payload,
	});

export const meta = (id: string, more: object = {}, ordinal?: number) =>
	record(
		"session_meta",
		{ id, timestamp: stamp(), cwd: "/work", cli_version: "0.140.0", ...more },
		ordinal,
	);
export const event = (type: string, more: object = {}, ordinal?: number) =>
	record("event_msg", { type, ...more }, ordinal);
export const response = (type: string, more: object = {}, ordinal?: number) =>
	record("response_item", { type, ...more }, ordinal);
export const completed = (item: object, ordinal?: number) =>
	event("item_completed", { item }, ordinal);
export const context = (model: string) => record("turn_context", { cwd: "/work", model });
export const top = record;

export const userResponse = (text: string, ordinal?: number) =>
	response("message", { role: "user", content: [{ type: "input_text", text }] }, ordinal);
export const agentResponse = (text: string, ordinal?: number) =>
	response("message", { role: "assistant", content: [{ type: "output_text", text }] }, ordinal);
export const call = (name: string, id: string, input: object, ordinal?: number) =>
	response("function_call", { name, call_id: id, arguments: JSON.stringify(input) }, ordinal);
export const answer = (id: string, output: unknown, ordinal?: number) =>
	response("function_call_output", { call_id: id, output }, ordinal);

/** A prompt and its answer, written twice as Codex up to 0.150 writes them. */
export const exchange = (prompt: string, reply: string) => [
	userResponse(prompt),
	event("user_message", { message: prompt }),
	event("agent_message", { message: reply }),
	agentResponse(reply),
];

/** A turn as the paginated generation writes it, from ordinal `from` on: 7 lines. */
export const paginatedTurn = (from: number, prompt: string, reply: string) => [
	event("task_started", { turn_id: prompt }, from),
	userResponse(prompt, from + 1),
	completed({ type: "UserMessage", content: [{ type: "text", text: prompt }] }, from + 2),
	completed({ type: "AgentMessage", content: [{ type: "Text", text: reply }] }, from + 3),
	agentResponse(reply, from + 4),
	event("token_count", { info: null }, from + 5),
	event("task_complete", { turn_id: prompt }, from + 6),
];

export const text = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join("");

/** Parses lines as one file. */
export function parse(lines: readonly string[], chunk = 1 << 20): RolloutParser {
	const parser = new RolloutParser();
	const splitter = new LineSplitter({
		line: (bytes, offset) => parser.readLine(bytes, offset),
		tooLong: (offset, length) => parser.lineTooLong(offset, length),
	});
	const bytes = Buffer.from(text(lines));
	for (let at = 0; at < bytes.length; at += chunk) {
		splitter.push(bytes.subarray(at, at + chunk));
	}
	return parser;
}

/** Types of the items, with the number of lines each was made of where it is not one. */
export function outline(items: readonly ParsedItem[]): string[] {
	return items.map((item) =>
		item.spans.length === 2 ? item.type : `${item.type} x${item.spans.length / 2}`,
	);
}

export const uuid = (n: number) => `01a1f8de-0000-7000-8000-${String(n).padStart(12, "0")}`;

/** A Codex home in a temporary folder; `remove` takes it away. */
export class TestHome {
	readonly folder = mkdtempSync(path.join(tmpdir(), "skein-codex-"));

	get locations() {
		return { data: "", cache: "", home: "/nowhere", env: { CODEX_HOME: this.folder } };
	}

	async write(name: string, content: string | Uint8Array): Promise<string> {
		const file = path.join(this.folder, name);
		await mkdir(path.dirname(file), { recursive: true });
		await writeFile(file, content);
		return file;
	}

	/** Writes a rollout of the second `second` under its usual name. */
	rollout(second: number, ids: string, lines: readonly string[]): Promise<string> {
		const time = `2026-01-02T03-04-${String(second).padStart(2, "0")}`;
		return this.write(`sessions/2026/01/02/rollout-${time}-${ids}.jsonl`, text(lines));
	}

	remove(): void {
		rmSync(this.folder, { recursive: true, force: true });
	}
}
