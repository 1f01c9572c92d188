import { isUtf8 } from "node:buffer";
import type { Diagnostic } from "../../model/diagnostic.ts";
import type { TokenUsage, TurnStatus } from "../../model/record.ts";
import { completedFamily, eventFamily, isBookkeeping } from "./events.ts";
import { injectedLabel, titleFrom } from "./injected.ts";
import { Pairing, type ParsedItem, type ParsedTurn, slot } from "./pairing.ts";
import { peek } from "./peek.ts";
import {
	asJson,
	asList,
	asNumber,
	asText,
	isJson,
	type Json,
	parseObject,
	SessionMeta,
	Usage,
} from "./schema.ts";
import {
	callShape,
	eventShape,
	messageText,
	outputState,
	proposedPlan,
	webKeys,
	webQuery,
} from "./shapes.ts";

/** Diagnostics kept for one file; the rest are counted in one more. */
const maxDiagnostics = 200;
/** Two records glued on one line are cut where the next begins. */
const glue = '}{"timestamp":"';

/**
 * Makes the conversation of one rollout file out of its lines: which lines make which item, which items make which turn,
 * and how the turns follow each other. Pure: no disk, no clock.
 *
 * Guarantees: the same lines give the same items, turns and ids however often the reading was interrupted; an item's id
 * depends only on the lines up to its first; every line is a span of one item, or counted as bookkeeping, or has a
 * diagnostic; contents are not kept (see `content.ts`), so memory grows with the number of items, not with their size.
 */
export class RolloutParser {
	readonly items: ParsedItem[] = [];
	readonly turns: ParsedTurn[] = [];
	readonly diagnostics: Diagnostic[] = [];
	/** Turns from the root to the head; a rollback cuts it. */
	chain: number[] = [];
	/** Index of the item that the next turn continues; -1 for the beginning of the file. */
	head = -1;
	/** What became of the lines: see the guarantee above. */
	readonly counts = { lines: 0, items: 0, bookkeeping: 0, damaged: 0 };

	/** First `session_meta` of the file: its identity. */
	meta: SessionMeta | undefined;
	/** Last `session_meta` with the same id: branch and other things that change. */
	lastMeta: SessionMeta | undefined;
	/** A different id in a later `session_meta`: the history before it was copied from that thread. */
	copiedFrom: string | undefined;
	threadName: string | undefined;
	model: string | undefined;
	cwd: string | undefined;
	headerTime = 0;
	/** Warnings beyond {@link maxDiagnostics}. */
	unreported = 0;

	private open: ParsedTurn | undefined;
	private readonly pairing = new Pairing();
	private hasUsageRecords = false;
	private lastTotal = "";
	private line = 0;
	private recognised = 0;

	/** One line, without its newline. Blank lines count for nothing. */
	readLine(bytes: Buffer, offset: number): void {
		this.line++;
		if (isBlank(bytes)) {
			return;
		}
		this.counts.lines++;
		const known = peek(bytes);
		if (known === "bookkeeping") {
			this.counts.bookkeeping++;
			this.recognised++;
			return;
		}
		if (known) {
			this.record(known, offset, bytes.length);
			return;
		}
		const text = bytes.toString("utf8");
		let value: unknown;
		try {
			value = JSON.parse(text);
		} catch {
			this.readDamaged(bytes, text, offset);
			return;
		}
		if (!isJson(value)) {
			this.damage(offset, bytes.length, "This line holds no JSON object.");
			return;
		}
		if (!isUtf8(bytes)) {
			this.report("warning", offset, "This line holds bytes that are not UTF-8.");
		}
		this.record(value, offset, bytes.length);
	}

	/**
	 * The last line of the file, which has no newline. A whole record counts; a part of one is `info` and is read again
	 * when the file has grown.
	 * @returns whether the line was taken.
	 */
	readRest(bytes: Buffer, offset: number): boolean {
		if (isBlank(bytes)) {
			return false;
		}
		let value: unknown;
		try {
			value = JSON.parse(bytes.toString("utf8"));
		} catch {
			return false;
		}
		if (!isJson(value)) {
			return false;
		}
		this.readLine(bytes, offset);
		return true;
	}

	lineTooLong(offset: number, length: number): void {
		this.line++;
		this.counts.lines++;
		this.damage(offset, length, "This line is longer than 64 MiB and was left out.");
	}

	/** True when at least one line was one of Codex's. */
	get isCodex(): boolean {
		return this.recognised > 0;
	}

	get lines(): number {
		return this.line;
	}

	private readDamaged(bytes: Buffer, text: string, offset: number): void {
		const { records, lost } = recover(text);
		if (records.length === 0) {
			this.damage(offset, bytes.length, "This line is not JSON and was left out.");
			return;
		}
		this.counts.lines--;
		if (lost > 0) {
			this.counts.lines++;
			this.damage(offset, bytes.length, "A part of this line is not JSON and was left out.");
		} else {
			this.report("warning", offset, "This line holds more than one record; all were read.");
		}
		for (const each of records) {
			this.counts.lines++;
			const start = offset + Buffer.byteLength(text.slice(0, each.from));
			this.record(each.value, start, Buffer.byteLength(text.slice(each.from, each.to)));
		}
	}

	private damage(offset: number, length: number, reason: string): void {
		this.counts.damaged++;
		this.report("warning", offset, `${reason} (${length} bytes)`);
	}

	report(severity: Diagnostic["severity"], offset: number, reason: string): void {
		if (this.diagnostics.length < maxDiagnostics) {
			this.diagnostics.push({ severity, reason, offset, line: this.line });
		} else {
			this.unreported++;
		}
	}

	/** One record: a line of a JSONL file, or an element of `items` in a file of the first generation. */
	record(value: Json, offset: number, length: number): void {
		const type = asText(value["type"]);
		const payload = asJson(value["payload"]);
		const at: Place = {
			offset,
			length,
			time: timeOf(value["timestamp"] ?? value["created_at"]),
			ordinal: asNumber(value["ordinal"]) ?? -1,
		};
		if (payload === undefined || type === undefined) {
			this.bareRecord(value, type, at);
			return;
		}
		switch (type) {
			case "session_meta":
				this.recognised++;
				this.sessionMeta(payload, at);
				this.counts.bookkeeping++;
				return;
			case "turn_context":
				this.recognised++;
				this.turnContext(payload);
				this.counts.bookkeeping++;
				return;
			case "token_usage_record":
				this.recognised++;
				this.hasUsageRecords = true;
				this.addUsage(payload["usage"]);
				this.counts.bookkeeping++;
				return;
			case "compacted":
				this.recognised++;
				this.compaction(at, slot.output, asText(payload["message"]));
				return;
			case "response_item":
				this.recognised++;
				this.response(payload, at);
				return;
			case "event_msg":
				this.recognised++;
				this.event(payload, at);
				return;
			default:
				if (isBookkeeping(type)) {
					this.recognised++;
					this.counts.bookkeeping++;
				} else {
					this.raw(type, at);
				}
		}
	}

	/** Lines without an envelope: Codex up to 0.33, and what other tools made of it. */
	private bareRecord(value: Json, type: string | undefined, at: Place): void {
		if (value["record_type"] !== undefined || (type !== undefined && isBookkeeping(type))) {
			this.recognised++;
			this.counts.bookkeeping++;
		} else if (type === "error") {
			this.item("error", at);
		} else if (type !== undefined && responseTypes.has(type)) {
			this.recognised++;
			this.response(value, at);
		} else if (type === undefined && asText(value["role"]) !== undefined) {
			this.recognised++;
			const model = asText(value["model"]);
			this.model = model ?? this.model;
			this.response({ ...value, type: "message" }, at);
		} else if (
			type === undefined &&
			asText(value["id"]) !== undefined &&
			value["timestamp"] !== undefined
		) {
			this.recognised++;
			this.sessionMeta(value, at);
			this.counts.bookkeeping++;
		} else {
			this.raw(type, at);
		}
	}

	sessionMeta(payload: Json, at: { time: number }): void {
		const parsed = SessionMeta.safeParse(payload);
		if (!parsed.success) {
			return;
		}
		// Base instructions are 15 to 30 KB a file, and nobody asks for them.
		const { base_instructions: _, instructions: __, dynamic_tools: ___, ...meta } = parsed.data;
		if (!this.meta) {
			this.meta = meta;
			this.headerTime = timeOf(meta.timestamp) || at.time;
			this.cwd = meta.cwd ?? this.cwd;
		}
		if (meta.id === this.meta.id) {
			this.lastMeta = meta;
		} else {
			this.copiedFrom ??= meta.id;
		}
	}

	private turnContext(payload: Json): void {
		this.model = asText(payload["model"]) ?? this.model;
		this.cwd ??= asText(payload["cwd"]);
		if (this.open?.explicit) {
			this.open.model = this.model;
		}
	}

	private addUsage(value: unknown): void {
		const parsed = Usage.safeParse(value);
		const turn = this.open ?? this.turns.at(-1);
		if (!parsed.success || !turn) {
			return;
		}
		const { input_tokens, cached_input_tokens, output_tokens, reasoning_output_tokens } =
			parsed.data;
		const input = input_tokens ?? 0;
		const output = output_tokens ?? 0;
		const total = parsed.data.total_tokens ?? input + output;
		if (total === 0) {
			return;
		}
		const sum: TokenUsage = turn.usage ?? {
			input: 0,
			cachedInput: 0,
			output: 0,
			reasoning: 0,
			total: 0,
		};
		turn.usage = {
			input: sum.input + input,
			cachedInput: (sum.cachedInput ?? 0) + (cached_input_tokens ?? 0),
			output: sum.output + output,
			reasoning: (sum.reasoning ?? 0) + (reasoning_output_tokens ?? 0),
			total: sum.total + total,
		};
	}

	private tokenCount(payload: Json): void {
		const info = asJson(payload["info"]);
		if (this.hasUsageRecords || !info) {
			return;
		}
		// Codex repeats a count that has not changed.
		const total = JSON.stringify(info["total_token_usage"] ?? null);
		if (total !== this.lastTotal) {
			this.lastTotal = total;
			this.addUsage(info["last_token_usage"]);
		}
	}

	private response(payload: Json, at: Place): void {
		const type = asText(payload["type"]) ?? "";
		switch (type) {
			case "message":
				this.responseMessage(payload, at);
				return;
			case "reasoning":
				this.reasoning(
					at,
					slot.call,
					textsOf(payload["summary"], payload["content"]),
					asText(payload["id"]),
				);
				return;
			case "compaction":
			case "compaction_summary":
			case "context_compaction":
				this.compaction(at, slot.call, undefined);
				return;
			case "ghost_snapshot":
				this.counts.bookkeeping++;
				return;
			default: {
				const call = callShape(type, payload);
				if (call) {
					this.callRecord(call.keys, slot.call, call.type, at, call);
				} else if (outputTypes.has(type)) {
					const keys = keysOf(payload);
					const state = outputState(payload["output"] ?? payload["result"]);
					this.callRecord(keys, slot.output, "toolCall", at, { state, answered: true });
				} else {
					this.raw(type, at);
				}
			}
		}
	}

	private responseMessage(payload: Json, at: Place): void {
		const role = asText(payload["role"]);
		if (role === "assistant") {
			const text = messageText(payload);
			const plan = proposedPlan(text.whole);
			if (plan && plan.rest === "") {
				this.message("plan", [plan.plan], slot.call, at);
			} else {
				this.message("agentMessage", plan ? [plan.rest, text.whole] : text.keys, slot.call, at);
			}
		} else if (role === "user") {
			const text = messageText(payload);
			const label = injectedLabel(text.whole);
			if (label !== undefined && text.parts.every((part) => injectedLabel(part) !== undefined)) {
				this.findCwd(text.whole);
				const item = this.pairing.message("userMessage", text.keys, slot.call);
				if (item) {
					this.extend(item, at);
				} else {
					const made = this.raw(label, at);
					this.pairing.offer(made, "userMessage", text.keys, slot.call);
				}
			} else {
				this.message("userMessage", text.keys, slot.call, at);
			}
		} else if (role === "system" && asText(payload["id"])?.startsWith("error-")) {
			this.item("error", at);
		} else {
			this.raw(role === "developer" ? "Developer instructions" : "System message", at);
		}
	}

	/** Codex up to 0.33 wrote the folder only into the message about the environment. */
	private findCwd(text: string): void {
		if (this.cwd === undefined) {
			const found =
				/<cwd>([^<]+)<\/cwd>/.exec(text) ?? /^Current working directory: (.+)$/m.exec(text);
			this.cwd = found?.[1]?.trim();
		}
	}

	private message(
		type: "userMessage" | "agentMessage" | "plan",
		keys: readonly string[],
		from: number,
		at: Place,
	): void {
		const known = this.pairing.message(type, keys, from);
		if (known) {
			this.extend(known, at);
			if (known.type === "raw") {
				// Looked like something Codex wrote, but the user did type it.
				known.type = "userMessage";
				delete known.label;
			}
			this.prompted(known, keys);
			return;
		}
		const item = this.item(type, at);
		this.pairing.offer(item, type, keys, from);
		this.prompted(item, keys);
	}

	private prompted(item: ParsedItem, keys: readonly string[]): void {
		const turn = this.turns[item.turn];
		if (item.type === "userMessage" && turn) {
			turn.users ||= 1;
			turn.prompt ||= titleFrom(keys[0] ?? "");
		}
	}

	private reasoning(
		at: Place,
		from: number,
		texts: readonly string[],
		id: string | undefined,
	): void {
		const known = this.pairing.reasoning(texts, from, id, this.items.at(-1));
		if (known) {
			this.extend(known, at);
			return;
		}
		if (texts.every((text) => text.trim() === "")) {
			// Encrypted reasoning without a summary: there is nothing to show.
			this.counts.bookkeeping++;
			return;
		}
		this.pairing.offerReasoning(this.item("reasoning", at), texts, from, id);
	}

	private compaction(at: Place, from: number, message: string | undefined): void {
		const known = this.pairing.compaction(from);
		if (known) {
			this.extend(known, at);
			return;
		}
		// The model's summary was written as an answer just before: it is this compaction's text.
		const summary = message ? this.pairing.summaryIn(message) : undefined;
		if (summary) {
			summary.type = "compaction";
			this.extend(summary, at);
			this.pairing.offerCompaction(summary, from);
			return;
		}
		this.pairing.offerCompaction(this.item("compaction", at), from);
	}

	private event(payload: Json, at: Place): void {
		const type = asText(payload["type"]) ?? "";
		switch (type) {
			case "user_message": {
				const text = asText(payload["message"]) ?? "";
				const label = asText(payload["kind"]) === undefined ? undefined : injectedLabel(text);
				if (label !== undefined && asText(payload["kind"]) !== "plain") {
					// Codex up to 0.5x announced its own messages as the user's, with a kind.
					const known = this.pairing.message("userMessage", [text], slot.output);
					if (known) {
						this.extend(known, at);
					} else {
						this.pairing.offer(this.raw(label, at), "userMessage", [text], slot.output);
					}
					return;
				}
				this.message("userMessage", [text], slot.output, at);
				return;
			}
			case "agent_message":
				this.message("agentMessage", [asText(payload["message"]) ?? ""], slot.output, at);
				return;
			case "agent_reasoning":
			case "agent_reasoning_raw_content":
				this.reasoning(at, slot.output, [asText(payload["text"]) ?? ""], undefined);
				return;
			case "context_compacted":
				this.compaction(at, slot.event, undefined);
				return;
			case "error":
			case "stream_error": {
				this.item("error", at);
				const turn = this.open;
				if (turn && type === "error") {
					turn.error =
						asText(payload["message"]) ?? asText(asJson(payload["error"])?.["message"]) ?? "";
				}
				return;
			}
			case "token_count":
				this.tokenCount(payload);
				this.counts.bookkeeping++;
				return;
			case "task_started":
			case "turn_started":
				this.startTurn(at, true);
				this.counts.bookkeeping++;
				return;
			case "task_complete":
			case "turn_complete": {
				const failed = payload["error"] !== undefined && payload["error"] !== null;
				const message = asText(asJson(payload["error"])?.["message"]) ?? asText(payload["error"]);
				this.endTurn(at, failed ? "failed" : "completed", message);
				this.counts.bookkeeping++;
				return;
			}
			case "turn_aborted":
				this.endTurn(at, "interrupted", undefined);
				this.counts.bookkeeping++;
				return;
			case "thread_rolled_back":
				this.rollBack(asNumber(payload["num_turns"]) ?? 0);
				this.counts.bookkeeping++;
				return;
			case "thread_name_updated":
				this.threadName = asText(payload["thread_name"]) ?? this.threadName;
				this.counts.bookkeeping++;
				return;
			case "item_completed":
			case "item_started":
				this.itemEvent(payload, at, type === "item_completed");
				return;
			default:
				this.otherEvent(type, payload, at);
		}
	}

	private itemEvent(payload: Json, at: Place, completed: boolean): void {
		const item = asJson(payload["item"]) ?? {};
		const type = asText(item["type"]) ?? "";
		const family = completedFamily(type);
		if (family) {
			const shape = eventShape(family, item);
			this.callRecord(callKeys(item), completed ? slot.completed : slot.begin, family, at, {
				...shape,
				answered: completed,
			});
			return;
		}
		if (!completed) {
			this.counts.bookkeeping++;
			return;
		}
		const text = () =>
			asList(item["content"])
				.map((part) => asText(asJson(part)?.["text"]) ?? "")
				.join("");
		switch (type) {
			case "UserMessage":
				this.message("userMessage", [text()], slot.completed, at);
				return;
			case "AgentMessage":
				this.message("agentMessage", [text()], slot.completed, at);
				return;
			case "Plan":
				this.message("plan", [asText(item["text"]) ?? ""], slot.completed, at);
				return;
			case "Reasoning":
				this.reasoning(
					at,
					slot.completed,
					[...textsOf(item["summary_text"], undefined), ...textsOf(item["raw_content"], undefined)],
					asText(item["id"]),
				);
				return;
			case "ContextCompaction":
				this.compaction(at, slot.completed, undefined);
				return;
			default:
				this.raw(type || "item_completed", at);
		}
	}

	private otherEvent(type: string, payload: Json, at: Place): void {
		const family = eventFamily(type);
		const keys = callKeys(payload);
		if (family && keys.length > 0) {
			const begins = /_(begin|request)$/.test(type);
			this.callRecord(keys, begins ? slot.begin : slot.event, family, at, {
				...eventShape(family, payload),
				answered: !begins,
			});
		} else if (isBookkeeping(type)) {
			this.counts.bookkeeping++;
		} else {
			this.raw(type || "event", at);
		}
	}

	/** A line about a tool's call: the call, its answer, or an event about either. */
	private callRecord(
		keys: readonly string[],
		from: number,
		type: ParsedItem["type"],
		at: Place,
		about: {
			files?: string[] | undefined;
			state?: ParsedItem["state"] | undefined;
			answered?: boolean;
		},
	): void {
		let item = this.pairing.call(keys, from);
		if (item) {
			this.extend(item, at);
			if (type === "fileChange" || (item.type === "toolCall" && from === slot.call)) {
				item.type = type;
			}
		} else {
			item = this.item(type, at);
			item.state = "open";
			this.pairing.offerCall(item, keys, from);
		}
		if (about.answered && item.state === "open") {
			item.state = "done";
		}
		if (about.state) {
			item.state = about.state;
		}
		if (about.files && (from !== slot.call || !item.files)) {
			item.files = about.files;
		}
	}

	private raw(label: string | undefined, at: Place): ParsedItem {
		const item = this.item("raw", at);
		if (label) {
			item.label = rawLabels[label] ?? label;
		}
		return item;
	}

	private item(type: ParsedItem["type"], at: Place): ParsedItem {
		const context = type === "raw";
		let turn = this.open;
		const opens =
			!turn || (type === "userMessage" && !turn.explicit && turn.users + turn.agentItems > 0);
		if (!turn || opens) {
			turn = this.startTurn(at, false);
		}
		const item: ParsedItem = {
			offset: at.offset,
			ordinal: at.ordinal,
			type,
			state: "done",
			time: at.time,
			turn: turn.index,
			spans: [at.offset, at.length],
		};
		const index = this.items.push(item) - 1;
		turn.count++;
		if (!context && type !== "userMessage") {
			turn.agentItems++;
			turn.model = this.model;
		} else if (type === "userMessage") {
			turn.model = this.model;
		}
		this.head = index;
		this.counts.items++;
		return item;
	}

	private extend(item: ParsedItem, at: Place): void {
		item.spans.push(at.offset, at.length);
		this.counts.items++;
	}

	private startTurn(at: Place, explicit: boolean): ParsedTurn {
		const open = this.open;
		if (open && explicit && !open.explicit && open.agentItems === 0) {
			// What stood before the mark belongs to the turn that it announces.
			open.explicit = true;
			return open;
		}
		if (open) {
			// A turn that was announced and never ended was cut off; an unannounced one ends with the next prompt.
			this.closeTurn(
				open,
				open.explicit ? "interrupted" : "completed",
				this.items.at(-1)?.time ?? 0,
			);
		}
		this.pairing.newTurn();
		const last = this.turns.at(-1);
		if (last && last.count === 0 && last.offset !== -1) {
			// A turn without items was nothing; its place is taken by the next.
			this.chain = this.chain.filter((index) => index !== last.index);
		}
		const turn: ParsedTurn = {
			index: this.turns.length,
			offset: at.offset,
			ordinal: at.ordinal,
			time: at.time,
			after: this.head,
			first: this.items.length,
			count: 0,
			explicit,
			users: 0,
			agentItems: 0,
			prompt: "",
			model: this.model,
			branch: this.lastMeta?.git?.branch,
			commit: this.lastMeta?.git?.commit_hash,
			usage: undefined,
			error: undefined,
			end: undefined,
		};
		this.turns.push(turn);
		this.chain.push(turn.index);
		this.open = turn;
		return turn;
	}

	private endTurn(at: Place, status: TurnStatus, error: string | undefined): void {
		if (this.open) {
			this.open.error = error ?? this.open.error;
			const failed = this.open.error !== undefined && this.items.at(-1)?.type === "error";
			this.closeTurn(this.open, status === "completed" && failed ? "failed" : status, at.time);
		}
	}

	private closeTurn(turn: ParsedTurn, status: TurnStatus, time: number): void {
		turn.end = { status, time };
		this.open = undefined;
	}

	private rollBack(turns: number): void {
		let left = turns;
		if (this.open) {
			this.closeTurn(this.open, "interrupted", this.items.at(-1)?.time ?? 0);
		}
		while (left > 0 && this.chain.length > 0) {
			const cut = this.turns[this.chain.pop() ?? -1];
			if (!cut) {
				break;
			}
			this.head = cut.after;
			left -= cut.users > 0 ? 1 : 0;
		}
		this.pairing.newTurn();
	}
}

interface Place {
	readonly offset: number;
	readonly length: number;
	/** ms since the epoch; 0 when unknown. */
	readonly time: number;
	readonly ordinal: number;
}

/**
 * How a turn that nothing ended stands when it goes on no more: one that was announced was cut off; an unannounced one is
 * complete when the agent had answered.
 */
export function statusWithoutEnd(turn: ParsedTurn, items: readonly ParsedItem[]): TurnStatus {
	const answered = items[turn.first + turn.count - 1]?.type === "agentMessage";
	return !turn.explicit && answered ? "completed" : "interrupted";
}

/** Words for records that are shown as they are; others show under the name that Codex gives them. */
const rawLabels: Readonly<Record<string, string>> = {
	agent_message: "Message between agents",
	inter_agent_communication: "Message between agents",
	sub_agent_activity: "Sub-agent",
	entered_review_mode: "Review started",
	exited_review_mode: "Review ended",
	guardian_assessment: "Approval review",
	thread_goal_updated: "Goal",
	undo_completed: "Undo",
	background_event: "Background",
	warning: "Warning",
};

const responseTypes = new Set([
	"message",
	"reasoning",
	"function_call",
	"function_call_output",
	"function_result",
	"custom_tool_call",
	"custom_tool_call_output",
	"local_shell_call",
	"web_search_call",
	"image_generation_call",
	"tool_search_call",
	"tool_search_output",
	"tool_call",
	"tool_result",
	"ghost_snapshot",
	"compaction",
]);
const outputTypes = new Set([
	"function_call_output",
	"custom_tool_call_output",
	"tool_search_output",
	"mcp_tool_call_output",
	"tool_result",
	"function_result",
]);

/** What a call, its answer and its events have in common. */
function keysOf(payload: Json): string[] {
	const id = asText(payload["call_id"]) ?? asText(payload["callId"]) ?? asText(payload["id"]);
	if (id !== undefined) {
		return [id];
	}
	const name = asText(payload["name"]) ?? asText(asJson(payload["function"])?.["name"]);
	return name === undefined ? [] : [`name:${name}`];
}

/** Events about a web search may lack the id of the call, but not its query. */
function callKeys(payload: Json): string[] {
	const keys = keysOf(payload);
	return webQuery(payload) === undefined ? keys : webKeys(payload);
}

/** Texts of a reasoning's summary, or of its content when it has no summary. */
function textsOf(summary: unknown, content: unknown): string[] {
	const texts = (list: unknown) =>
		asList(list).map((part) => asText(part) ?? asText(asJson(part)?.["text"]) ?? "");
	const own = texts(summary);
	return own.length > 0 ? own : texts(content);
}

function timeOf(value: unknown): number {
	const time = typeof value === "string" ? Date.parse(value) : Number.NaN;
	return Number.isNaN(time) ? 0 : time;
}

function isBlank(bytes: Buffer): boolean {
	for (const byte of bytes) {
		if (byte !== 32 && byte !== 13 && byte !== 9) {
			return false;
		}
	}
	return true;
}

/** Records in a line that is not JSON as a whole: two glued together, or one beside NULs or other bytes. */
function recover(text: string): { records: Found[]; lost: number } {
	const records: Found[] = [];
	let lost = 0;
	let from = 0;
	while (from < text.length) {
		const next = text.indexOf(glue, from);
		const to = next === -1 ? text.length : next + 1;
		const start = text.indexOf("{", from);
		const end = text.lastIndexOf("}", to - 1) + 1;
		const value = start === -1 || start >= to ? undefined : parseObject(text.slice(start, end));
		if (value) {
			records.push({ value, from: start, to: end });
		} else {
			lost++;
		}
		from = to;
	}
	return { records, lost };
}

interface Found {
	readonly value: Json;
	readonly from: number;
	readonly to: number;
}
