/**
 * Every Codex session file in ../shared/data/codex: opens, loses nothing, and holds as many user messages, agent messages
 * and tool calls as a plain count over its raw lines, which shares no code with the parser.
 *
 * How the plain count counts (formats: Codex 1.5):
 * - Codex writes a message up to three times (`response_item`, `event_msg`, `item_completed`). Of one text in one file
 *   there are as many messages as the writer that wrote it most often; placeholders of trimmed files count each time an
 *   event names them and no response does.
 * - A user-role response that begins as Codex's own messages do is none, unless an event calls it the user's.
 * - An answer that is only a `<proposed_plan>` is a plan; an answer that the next compaction's message ends with is that
 *   compaction's text.
 * - A tool's call, its answer, its end event and its completed item share an id: of one id there are as many calls as the
 *   most frequent of the four. Web searches are known by their query: their ids differ or are missing.
 */
import assert from "node:assert/strict";
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, describe, it } from "node:test";
import * as zlib from "node:zlib";
import { Rollout } from "../../src/core/sources/codex/rollout.ts";
import { createCodexSource } from "../../src/core/sources/codex/source.ts";

const data = path.resolve(import.meta.dirname, "../../../shared/data/codex");
const names = existsSync(data) ? (readdirSync(data, { recursive: true }) as string[]) : [];
const files = names
	.filter((name) => /\.jsonl(\.zst)?$|rollout-[^/]*\.json$/.test(name))
	.filter((name) => !/(^|\/)(history|session_index)\.jsonl$/.test(name))
	.sort();
const sourceAt = (home: string) =>
	createCodexSource({ data: "", cache: "", home: "", env: { CODEX_HOME: home } });

interface Line {
	readonly offset: number;
	// biome-ignore lint/suspicious/noExplicitAny: the plain count reads raw lines as they are.
	readonly value: any;
}

function rawLines(file: string): { lines: Line[]; bad: number } {
	const bytes = file.endsWith(".zst")
		? zlib.zstdDecompressSync(readFileSync(file))
		: readFileSync(file);
	if (file.endsWith(".json")) {
		const { session, items } = JSON.parse(bytes.toString("utf8"));
		return { lines: [session, ...items].map((value) => ({ offset: -1, value })), bad: 0 };
	}
	const lines: Line[] = [];
	let bad = 0;
	let offset = 0;
	for (const line of bytes.toString("latin1").split("\n")) {
		if (line.trim() !== "") {
			try {
				lines.push({ offset, value: JSON.parse(Buffer.from(line, "latin1").toString("utf8")) });
			} catch {
				bad++;
			}
		}
		offset += line.length + 1;
	}
	return { lines, bad };
}

const trimmed = "[trimmed for fixture]";
const notTheUser = [
	/^<environment_context>/,
	/^<user_instructions>/,
	/^# AGENTS\.md instructions/,
	/^<permissions instructions>/,
	/^<turn_aborted>/,
	/^<user_shell_command>/,
	/^<skill>/,
	/^<recommended_plugins>/,
	/^## Prior conversation with Codex/,
	/^Warning: apply_patch was requested via exec_command/,
];

// biome-ignore lint/suspicious/noExplicitAny: raw lines.
function textOf(message: any): string {
	const content = message.content ?? message.message;
	if (typeof content === "string") {
		return content.trim();
	}
	return content
		.map((part: { text?: string }) => part.text)
		.filter((text?: string) => text !== undefined && !/^<\/?image( name=.*)?>$/.test(text))
		.join("\n")
		.trim();
}

class Tally {
	private readonly counts = new Map<string, number[]>();
	add(key: string, writer: number): void {
		const counts = this.counts.get(key) ?? [0, 0, 0, 0];
		counts[writer] = (counts[writer] ?? 0) + 1;
		this.counts.set(key, counts);
	}
	has(key: string): boolean {
		return this.counts.has(key);
	}
	get total(): number {
		let total = 0;
		for (const [key, counts] of this.counts) {
			total += key === trimmed ? counts.reduce((sum, n) => sum + n, 0) : Math.max(...counts);
		}
		return total;
	}
}

function plainCount(lines: readonly Line[]): { user: number; agent: number; calls: number } {
	const user = new Tally();
	const agent = new Tally();
	const calls = new Tally();
	const injected: string[] = [];
	let unnamed = 0;
	const summaries = lines
		.filter(({ value }) => value.type === "compacted")
		.map(({ value }) => String(value.payload.message ?? "").trim());
	for (const { value } of lines) {
		const body = value.payload ?? value;
		const kind: string = body.type ?? (body.role ? "message" : "");
		const id: string | undefined = body.call_id ?? body.callId ?? body.id;
		const query: string | undefined = body.action?.query ?? body.action?.url ?? body.query;
		if (value.type === "event_msg") {
			if (kind === "user_message") {
				user.add(body.message.trim(), 1);
			} else if (kind === "agent_message") {
				agent.add(body.message.trim(), 1);
			} else if (kind === "item_completed") {
				const item = body.item;
				if (item.type === "UserMessage" || item.type === "AgentMessage") {
					const text = item.content.map((part: { text?: string }) => part.text ?? "").join("");
					(item.type === "UserMessage" ? user : agent).add(text.trim(), 2);
				} else if (
					/^(CommandExecution|FileChange|McpToolCall|WebSearch|Extension)$/.test(item.type)
				) {
					calls.add(`id:${item.id}`, 3);
				}
			} else if (kind === "web_search_end") {
				calls.add(`web:${query}`, 2);
			} else if (
				/^(exec_command|patch_apply|mcp_tool_call|image_generation|collab_\w+)_end$/.test(kind) ||
				kind === "view_image_tool_call" ||
				kind === "dynamic_tool_call_response"
			) {
				calls.add(`id:${id}`, 2);
			}
		} else if (kind === "message") {
			const text = textOf(body);
			if (body.role === "assistant") {
				const isPlan = /^<proposed_plan>[\s\S]*<\/proposed_plan>$/.test(text);
				const isSummary = text !== "" && summaries.some((summary) => summary.endsWith(text));
				if (!isPlan && !isSummary) {
					agent.add(text, 0);
				}
			} else if (body.role === "user") {
				if (notTheUser.some((start) => start.test(text))) {
					injected.push(text);
				} else {
					user.add(text, 0);
				}
			}
		} else if (kind === "web_search_call") {
			calls.add(query === undefined ? `id:${id}` : `web:${query}`, 0);
		} else if (
			/^(function_call|custom_tool_call|local_shell_call|tool_search_call|image_generation_call|tool_call)$/.test(
				kind,
			)
		) {
			if (id === undefined) {
				unnamed++;
			} else {
				calls.add(`id:${id}`, 0);
			}
		} else if (/_output$/.test(kind)) {
			calls.add(`id:${id}`, 1);
		}
	}
	for (const text of injected) {
		if (user.has(text)) {
			user.add(text, 0);
		}
	}
	return { user: user.total, agent: agent.total, calls: calls.total + unnamed };
}

/** Lines that are no item, told by the raw line alone. */
// biome-ignore lint/suspicious/noExplicitAny: raw lines.
function isBookkeeping(value: any): boolean {
	const kind = value.payload?.type;
	if (value.record_type !== undefined || (value.type === undefined && value.role === undefined)) {
		return true;
	}
	if (kind === "reasoning" || value.type === "reasoning") {
		const body = value.payload ?? value;
		const parts = [...(body.summary ?? []), ...(body.content ?? [])];
		return parts.every((part: { text?: string }) => !part.text?.trim());
	}
	if (kind === "item_completed" && value.payload.item.type === "Reasoning") {
		const { summary_text, raw_content } = value.payload.item;
		return [...(summary_text ?? []), ...(raw_content ?? [])].join("").trim() === "";
	}
	return (
		/^(session_meta|turn_context|world_state|token_usage_record|inter_agent_communication_metadata)$/.test(
			value.type,
		) ||
		/^(token_count|task_started|task_complete|turn_aborted|thread_settings_applied|thread_name_updated|thread_rolled_back)$/.test(
			kind,
		) ||
		kind === "ghost_snapshot"
	);
}

const absent = !existsSync(data);
if (absent) {
	console.log(`Codex sessions: ${data} is absent, nothing was run.`);
}

describe("every real Codex session", { skip: absent }, () => {
	let run = 0;
	after(() => console.log(`Codex sessions: ${run} of ${files.length} files run.`));

	it("is there in numbers", () => {
		assert.ok(files.length >= 120, `${files.length} rollouts in ${data}, 120 expected`);
	});

	for (const name of files) {
		it(name, async () => {
			const file = path.join(data, name);
			const { lines, bad } = rawLines(file);
			const rollout = new Rollout(file);
			await rollout.load();
			const { parser } = rollout;

			// Nothing is lost: each line is of an item, bookkeeping, or has a diagnostic.
			const { counts } = parser;
			assert.equal(counts.damaged, bad, "damaged lines");
			if (!file.endsWith(".json")) {
				assert.equal(counts.lines, lines.length + bad, "lines");
				assert.equal(counts.items + counts.bookkeeping + counts.damaged, counts.lines, "coverage");
				const cited = new Set(
					parser.items.flatMap((item) => item.spans.filter((_, at) => at % 2 === 0)),
				);
				for (const { offset, value } of lines) {
					assert.equal(
						cited.has(offset),
						!isBookkeeping(value),
						`line at ${offset}: ${JSON.stringify(value).slice(0, 200)}`,
					);
				}
			}

			// The counts agree, before branches are chosen.
			const turns = new Set(parser.items.map((item) => item.turn));
			assert.ok([...turns].every((turn) => parser.turns[turn] !== undefined));
			const source = sourceAt(path.join(data, "no-such-home"));
			const transcript = await source.openFile(file);
			const everything = parser.items.length;
			const steps = new Set<string>();
			const shown = await transcript.items(0, transcript.rows.length);
			for (const { id, content } of shown) {
				if (content.type === "plan" && content.steps !== undefined) {
					steps.add(id);
				}
			}
			const count = (test: (type: string, id: string) => boolean) =>
				parser.items.filter((item) => test(item.type, rollout.itemId(item))).length;
			assert.deepEqual(
				{
					user: count((type) => type === "userMessage"),
					agent: count((type) => type === "agentMessage"),
					calls: count(
						(type, id) =>
							/^(commandExecution|fileChange|toolCall|webSearch)$/.test(type) || steps.has(id),
					),
				},
				plainCount(lines),
			);

			// Every row has its content, whichever page it is on.
			const rows = transcript.rows.filter((row) => row.kind === "item");
			const paged = [];
			for (let at = 0; at < transcript.rows.length; at += 37) {
				paged.push(...(await transcript.items(at, at + 37)));
			}
			assert.deepEqual(
				paged.map((item) => [item.id, item.content.type, item.status]),
				rows.map((row) => [row.id, row.type, row.status]),
			);
			assert.deepEqual(paged, shown);
			for (const { content } of shown) {
				if (content.type === "agentMessage" || content.type === "reasoning") {
					assert.notEqual(content.text, "");
				}
				if (content.type === "commandExecution") {
					assert.notEqual(content.command, "");
				}
			}

			// Ids are one item's each; the summary counts what the transcript shows.
			assert.equal(new Set(rows.map((row) => row.id)).size, rows.length);
			assert.equal(new Set(parser.items.map((item) => rollout.itemId(item))).size, everything);
			assert.equal(transcript.summary.items, rows.length);
			run++;
		});
	}

	for (const home of names.filter((name) => path.basename(name) === ".codex")) {
		it(`${home} lists each session once, as its transcript says`, async () => {
			const source = sourceAt(path.join(data, home));
			const facts = [];
			for (const file of await source.discover(() => undefined)) {
				facts.push({
					path: file.path,
					facts: JSON.parse(JSON.stringify(await source.readFacts(file))),
				});
			}
			const summaries = await source.summarize(facts);
			assert.equal(new Set(summaries.map((each) => each.id)).size, summaries.length);
			for (const summary of summaries) {
				const transcript = await source.open(summary);
				assert.deepEqual(transcript.summary, summary);
				const rows = transcript.rows.filter((row) => row.kind === "item");
				assert.equal(rows.length, summary.items);
				const adoptable = await source.adoptable(summary);
				const ids = adoptable.turns.flatMap((turn) => turn.items.map((item) => item.sourceId));
				assert.equal(new Set(ids).size, ids.length);
				const branched = transcript.branches.reduce((sum, branch) => sum + branch.items, 0);
				assert.ok(ids.length <= rows.length + branched);
				assert.deepEqual(
					rows.map((row) => row.id).filter((id) => !ids.includes(id)),
					[],
				);
				assert.equal(adoptable.head, rows.at(-1)?.id ?? null);
				const raw = await source.rawFiles(summary);
				for (const item of adoptable.turns.flatMap((turn) => turn.items.slice(0, 3))) {
					for (const span of item.spans) {
						const file = raw.find((each) => each.name === span.file);
						const bytes = await file?.read(span.offset, span.offset + span.length);
						assert.equal(typeof JSON.parse(Buffer.from(bytes ?? []).toString("utf8")), "object");
					}
				}
			}
		});
	}

	for (const name of names.filter((each) => each.endsWith("thread_history_1.sqlite"))) {
		it(`${name}: Codex's own projection holds the same items`, async () => {
			const folder = mkdtempSync(path.join(tmpdir(), "skein-wide-"));
			try {
				const copy = path.join(folder, "history.sqlite");
				copyFileSync(path.join(data, name), copy);
				const database = new DatabaseSync(copy, { readOnly: true });
				const rows = database
					.prepare(
						"SELECT thread_id AS rollout, item_json FROM thread_items ORDER BY thread_id, rollout_ordinal",
					)
					.all();
				database.close();
				const theirs = new Map<string, string[]>();
				for (const row of rows) {
					const item = JSON.parse(String(row["item_json"]));
					if (item.type !== "reasoning") {
						const text =
							item.text ?? item.content?.map((part: { text?: string }) => part.text ?? "").join("");
						const known = theirs.get(String(row["rollout"])) ?? [];
						known.push(`${item.type} ${text ?? ""}`);
						theirs.set(String(row["rollout"]), known);
					}
				}
				const home = path.dirname(path.join(data, name));
				const ours = new Map<string, string>();
				const source = sourceAt(home);
				const facts = [];
				for (const file of await source.discover(() => undefined)) {
					facts.push({ path: file.path, facts: await source.readFacts(file) });
				}
				for (const summary of await source.summarize(facts)) {
					for (const turn of (await source.adoptable(summary)).turns) {
						for (const { sourceId, content } of turn.items) {
							if (content.type !== "raw" && content.type !== "reasoning") {
								const says = content.type === "userMessage" || content.type === "agentMessage";
								const type = content.type === "compaction" ? "contextCompaction" : content.type;
								ours.set(sourceId, `${type} ${says ? content.text : ""}`);
							}
						}
					}
				}
				const offset = (id: string) => Number(id.slice(id.lastIndexOf(":") + 1));
				for (const [rollout, items] of theirs) {
					const ids = [...ours.keys()].filter((id) => id.startsWith(`${rollout}:`));
					ids.sort((a, b) => offset(a) - offset(b));
					assert.deepEqual(
						ids.map((id) => ours.get(id)),
						items,
					);
				}
				assert.ok(theirs.size > 0);
			} finally {
				rmSync(folder, { recursive: true });
			}
		});
	}
});
