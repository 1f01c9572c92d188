import { Conversation, type Place } from "./conversation.ts";
import { completedFamily, eventFamily, isBookkeeping } from "./events.ts";
import { injectedLabel } from "./injected.ts";
import { type ParsedItem, type ParsedTurn, slot } from "./pairing.ts";
import { RolloutLines } from "./rolloutLines.ts";
import { asJson, asList, asNumber, asText, type Json, SessionMeta } from "./schema.ts";
import {
	callKeys,
	callShape,
	eventShape,
	keysOf,
	messageText,
	outputState,
	outputTypes,
	proposedPlan,
	responseTypes,
	textsOf,
} from "./shapes.ts";
import { timeOf } from "./times.ts";

/**
 * Makes the conversation of one rollout file out of its lines: which lines make which item, which items make which turn,
 * and how the turns follow each other. Pure: no disk, no clock.
 *
 * Guarantees: the same lines give the same items, turns and ids however often the reading was interrupted; an item's id
 * depends only on the lines up to its first; every line is a span of one item, or counted as bookkeeping, or has a
 * diagnostic; contents are not kept (see `content.ts`), so memory grows with the number of items, not with their size.
 */
export class RolloutParser extends RolloutLines {
	/** First `session_meta` of the file: its identity. */
	meta: SessionMeta | undefined;
	/** Last `session_meta` with the same id: branch and other things that change. */
	lastMeta: SessionMeta | undefined;
	/** A different id in a later `session_meta`: the history before it was copied from that thread. */
	copiedFrom: string | undefined;
	threadName: string | undefined;
	cwd: string | undefined;
	headerTime = 0;

	private readonly told = new Conversation();
	private hasUsageRecords = false;
	private lastTotal = "";

	get items(): readonly ParsedItem[] {
		return this.told.items;
	}

	get turns(): readonly ParsedTurn[] {
		return this.told.turns;
	}

	/** Turns from the root to the head. */
	get chain(): readonly number[] {
		return this.told.chain;
	}

	/** Index of the item that the next turn continues; -1 for the beginning of the file. */
	get head(): number {
		return this.told.head;
	}

	get model(): string | undefined {
		return this.told.model;
	}

	/** What became of the records: see the guarantee above. */
	get counts(): { lines: number; items: number; bookkeeping: number; damaged: number } {
		const { records: lines, bookkeeping, damaged } = this;
		return { lines, items: this.told.lines, bookkeeping, damaged };
	}

	/** One record: a line of a JSONL file, or an element of a file of the first generation. */
	protected override record(value: Json, offset: number, length: number): void {
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
				this.bookkeeping++;
				return;
			case "turn_context":
				this.recognised++;
				this.turnContext(payload);
				this.bookkeeping++;
				return;
			case "token_usage_record":
				this.recognised++;
				this.hasUsageRecords = true;
				this.told.addUsage(payload["usage"]);
				this.bookkeeping++;
				return;
			case "compacted":
				this.recognised++;
				this.told.compaction(at, slot.output, asText(payload["message"]));
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
					this.bookkeeping++;
				} else {
					this.told.raw(type, at);
				}
		}
	}

	/** Lines without an envelope: Codex up to 0.33, and what other tools made of it. */
	private bareRecord(value: Json, type: string | undefined, at: Place): void {
		if (value["record_type"] !== undefined || (type !== undefined && isBookkeeping(type))) {
			this.recognised++;
			this.bookkeeping++;
		} else if (type === "error") {
			this.told.item("error", at);
		} else if (type !== undefined && responseTypes.has(type)) {
			this.recognised++;
			this.response(value, at);
		} else if (type === undefined && asText(value["role"]) !== undefined) {
			this.recognised++;
			const model = asText(value["model"]);
			this.told.model = model ?? this.told.model;
			this.response({ ...value, type: "message" }, at);
		} else if (
			type === undefined &&
			asText(value["id"]) !== undefined &&
			value["timestamp"] !== undefined
		) {
			this.recognised++;
			this.sessionMeta(value, at);
			this.bookkeeping++;
		} else {
			this.told.raw(type, at);
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
			this.told.git = { branch: meta.git?.branch, commit: meta.git?.commit_hash };
		} else {
			this.copiedFrom ??= meta.id;
		}
	}

	private turnContext(payload: Json): void {
		this.told.model = asText(payload["model"]) ?? this.told.model;
		this.cwd ??= asText(payload["cwd"]);
		if (this.told.open?.explicit) {
			this.told.open.model = this.told.model;
		}
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
			this.told.addUsage(info["last_token_usage"]);
		}
	}

	private response(payload: Json, at: Place): void {
		const type = asText(payload["type"]) ?? "";
		switch (type) {
			case "message":
				this.responseMessage(payload, at);
				return;
			case "reasoning":
				this.thought(
					at,
					slot.call,
					textsOf(payload["summary"], payload["content"]),
					asText(payload["id"]),
				);
				return;
			case "compaction":
			case "compaction_summary":
			case "context_compaction":
				this.told.compaction(at, slot.call, undefined);
				return;
			case "ghost_snapshot":
				this.bookkeeping++;
				return;
			default: {
				const call = callShape(type, payload);
				if (call) {
					this.told.callRecord(call.keys, slot.call, call.type, at, call);
				} else if (outputTypes.has(type)) {
					const keys = keysOf(payload);
					const state = outputState(payload["output"] ?? payload["result"]);
					this.told.callRecord(keys, slot.output, "toolCall", at, { state, answered: true });
				} else {
					this.told.raw(type, at);
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
				this.told.message("plan", [plan.plan], slot.call, at);
			} else {
				this.told.message(
					"agentMessage",
					plan ? [plan.rest, text.whole] : text.keys,
					slot.call,
					at,
				);
			}
		} else if (role === "user") {
			const text = messageText(payload);
			const label = injectedLabel(text.whole);
			if (label !== undefined && text.parts.every((part) => injectedLabel(part) !== undefined)) {
				this.findCwd(text.whole);
				this.told.injected(label, text.keys, slot.call, at);
			} else {
				this.told.message("userMessage", text.keys, slot.call, at);
			}
		} else if (role === "system" && asText(payload["id"])?.startsWith("error-")) {
			this.told.item("error", at);
		} else {
			this.told.raw(role === "developer" ? "Developer instructions" : "System message", at);
		}
	}

	private thought(at: Place, from: number, texts: readonly string[], id: string | undefined): void {
		if (!this.told.reasoning(at, from, texts, id)) {
			this.bookkeeping++;
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

	private event(payload: Json, at: Place): void {
		const type = asText(payload["type"]) ?? "";
		switch (type) {
			case "user_message": {
				const text = asText(payload["message"]) ?? "";
				const label = asText(payload["kind"]) === undefined ? undefined : injectedLabel(text);
				if (label !== undefined && asText(payload["kind"]) !== "plain") {
					// Codex up to 0.5x announced its own messages as the user's, with a kind.
					this.told.injected(label, [text], slot.output, at);
					return;
				}
				this.told.message("userMessage", [text], slot.output, at);
				return;
			}
			case "agent_message":
				this.told.message("agentMessage", [asText(payload["message"]) ?? ""], slot.output, at);
				return;
			case "agent_reasoning":
			case "agent_reasoning_raw_content":
				this.thought(at, slot.output, [asText(payload["text"]) ?? ""], undefined);
				return;
			case "context_compacted":
				this.told.compaction(at, slot.event, undefined);
				return;
			case "error":
			case "stream_error": {
				this.told.item("error", at);
				const turn = this.told.open;
				if (turn && type === "error") {
					turn.error =
						asText(payload["message"]) ?? asText(asJson(payload["error"])?.["message"]) ?? "";
				}
				return;
			}
			case "token_count":
				this.tokenCount(payload);
				this.bookkeeping++;
				return;
			case "task_started":
			case "turn_started":
				this.told.startTurn(at, true).nativeId = asText(payload["turn_id"]);
				this.bookkeeping++;
				return;
			case "task_complete":
			case "turn_complete": {
				const failed = payload["error"] !== undefined && payload["error"] !== null;
				const message = asText(asJson(payload["error"])?.["message"]) ?? asText(payload["error"]);
				this.told.endTurn(at, failed ? "failed" : "completed", message);
				this.bookkeeping++;
				return;
			}
			case "turn_aborted":
				this.told.endTurn(at, "interrupted", undefined);
				this.bookkeeping++;
				return;
			case "thread_rolled_back":
				this.told.rollBack(asNumber(payload["num_turns"]) ?? 0);
				this.bookkeeping++;
				return;
			case "thread_name_updated":
				this.threadName = asText(payload["thread_name"]) ?? this.threadName;
				this.bookkeeping++;
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
			this.told.callRecord(callKeys(item), completed ? slot.completed : slot.begin, family, at, {
				...shape,
				answered: completed,
			});
			return;
		}
		if (!completed) {
			this.bookkeeping++;
			return;
		}
		const text = () =>
			asList(item["content"])
				.map((part) => asText(asJson(part)?.["text"]) ?? "")
				.join("");
		switch (type) {
			case "UserMessage":
				this.told.message("userMessage", [text()], slot.completed, at);
				return;
			case "AgentMessage":
				this.told.message("agentMessage", [text()], slot.completed, at);
				return;
			case "Plan":
				this.told.message("plan", [asText(item["text"]) ?? ""], slot.completed, at);
				return;
			case "Reasoning":
				this.thought(
					at,
					slot.completed,
					[...textsOf(item["summary_text"], undefined), ...textsOf(item["raw_content"], undefined)],
					asText(item["id"]),
				);
				return;
			case "ContextCompaction":
				this.told.compaction(at, slot.completed, undefined);
				return;
			default:
				this.told.raw(type || "item_completed", at);
		}
	}

	private otherEvent(type: string, payload: Json, at: Place): void {
		const family = eventFamily(type);
		const keys = callKeys(payload);
		if (family && keys.length > 0) {
			const begins = /_(begin|request)$/.test(type);
			this.told.callRecord(keys, begins ? slot.begin : slot.event, family, at, {
				...eventShape(family, payload),
				answered: !begins,
			});
		} else if (isBookkeeping(type)) {
			this.bookkeeping++;
		} else {
			this.told.raw(type || "event", at);
		}
	}
}
