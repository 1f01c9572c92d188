import type { TurnStatus } from "../../../core/model/record.ts";
import type { TurnObserver } from "../driver.ts";
import { questionOf } from "./approvals.ts";
import { contentOf, usageBefore, usageOf } from "./items.ts";
import type { CodexPeer, RequestId } from "./peer.ts";
import {
	type Breakdown,
	DeltaParams,
	ErrorParams,
	ItemParams,
	PlanParams,
	ResolvedParams,
	SummaryDeltaParams,
	TextParams,
	TurnParams,
	UsageParams,
} from "./schema.ts";

/** Notifications that say nothing about what happened in a turn. */
const quiet =
	/^(?:account\/|app\/|configWarning|deprecationNotice|fs\/|fuzzyFileSearch\/|hook\/|item\/autoApprovalReview\/started|item\/commandExecution\/terminalInteraction|item\/fileChange\/(?:outputDelta|patchUpdated)|item\/mcpToolCall\/progress|item\/reasoning\/summaryPartAdded|mcpServer\/|model\/(?:safetyBuffering|verification)|project\/|rawResponse|remoteControl\/|skills\/|thread\/(?!compacted)|turn\/(?:diff\/updated|started|moderationMetadata)|windows)/;

/** One turn of Codex's, from its notifications to our words. */
export class CodexTurn {
	/** Codex's id of the turn; undefined when it ended before it had one. */
	readonly agentTurn: Promise<string | undefined>;
	readonly cwd: string;
	private readonly peer: CodexPeer;
	private readonly observer: TurnObserver;
	private readonly onFinished: () => void;
	private settleId: (id: string | undefined) => void = () => undefined;
	private id: string | undefined;
	private readonly questions = new Map<RequestId, AbortController>();
	private readonly summaryParts = new Map<string, number>();
	private before: Breakdown | undefined;
	private planShown = "";
	private finished = false;

	constructor(peer: CodexPeer, cwd: string, observer: TurnObserver, onFinished: () => void) {
		this.peer = peer;
		this.cwd = cwd;
		this.observer = observer;
		this.onFinished = onFinished;
		this.agentTurn = new Promise((resolve) => {
			this.settleId = resolve;
		});
	}

	started(id: string): void {
		if (this.id === undefined) {
			this.id = id;
			this.settleId(id);
			this.observer.accepted(id);
		}
	}

	finish(status: TurnStatus, error?: string, unheard?: boolean): void {
		if (this.finished) {
			return;
		}
		this.finished = true;
		for (const question of this.questions.values()) {
			question.abort();
		}
		this.settleId(undefined);
		this.onFinished();
		this.observer.ended(status, error, unheard);
	}

	notified(method: string, params: unknown, turnId: string | undefined): void {
		if (turnId !== undefined && this.id !== undefined && turnId !== this.id) {
			return;
		}
		switch (method) {
			case "item/started":
			case "item/completed":
				this.item(params, method === "item/completed");
				return;
			case "item/agentMessage/delta":
			case "item/plan/delta":
				this.delta(params, "text");
				return;
			case "item/reasoning/summaryTextDelta":
				this.summaryDelta(params);
				return;
			case "item/commandExecution/outputDelta":
				this.delta(params, "output");
				return;
			case "turn/plan/updated":
				this.plan(params);
				return;
			case "thread/tokenUsage/updated":
				this.usage(params);
				return;
			case "turn/completed":
				this.completed(params);
				return;
			case "serverRequest/resolved":
				this.resolved(params);
				return;
			case "error":
				this.failed(params);
				return;
			case "warning":
			case "guardianWarning":
				this.warned(params);
				return;
			// The item that says so comes as well; the text of reasoning is in its summary.
			case "thread/compacted":
			case "item/reasoning/textDelta":
				return;
			default:
				if (!quiet.test(method)) {
					this.observer.raw(method, params);
				}
		}
	}

	/** A request of Codex's. False when it is not a question that a person can answer. */
	asked(id: RequestId, method: string, params: unknown): boolean {
		const question = questionOf(method, params);
		if (!question) {
			return false;
		}
		const withdrawn = new AbortController();
		this.questions.set(id, withdrawn);
		void this.observer.approval(question.ask, withdrawn.signal).then((answer) => {
			// One that Codex withdrew needs no answer any more.
			if (this.questions.delete(id)) {
				this.peer.reply(id, question.reply(answer));
			}
		});
		return true;
	}

	private item(params: unknown, completed: boolean): void {
		const parsed = ItemParams.safeParse(params);
		if (!parsed.success) {
			this.observer.raw("item", params);
			return;
		}
		const { item } = parsed.data;
		if (item.type === "userMessage") {
			// Written before it was sent.
			return;
		}
		const content = contentOf(item, this.cwd);
		if (completed) {
			const isEmpty = content.type === "reasoning" && content.text === "";
			if (!isEmpty) {
				this.observer.itemCompleted(item.id, content);
			}
		} else if (content.type !== "reasoning") {
			this.observer.itemStarted(item.id, content);
		}
	}

	private delta(params: unknown, field: string): void {
		const parsed = DeltaParams.safeParse(params);
		if (parsed.success) {
			this.observer.itemText(parsed.data.itemId, field, parsed.data.delta);
		}
	}

	/** Reasoning starts with its first words: Codex announces it for every request, most of them without any. */
	private summaryDelta(params: unknown): void {
		const parsed = SummaryDeltaParams.safeParse(params);
		if (!parsed.success) {
			return;
		}
		const { itemId, delta, summaryIndex } = parsed.data;
		const last = this.summaryParts.get(itemId);
		if (last === undefined) {
			this.observer.itemStarted(itemId, { type: "reasoning", text: "", sourceId: itemId });
		}
		const separator = last !== undefined && last !== summaryIndex ? "\n\n" : "";
		this.summaryParts.set(itemId, summaryIndex);
		this.observer.itemText(itemId, "text", separator + delta);
	}

	private plan(params: unknown): void {
		const parsed = PlanParams.safeParse(params);
		if (!parsed.success) {
			this.observer.raw("turn/plan/updated", params);
			return;
		}
		const { explanation, plan } = parsed.data;
		const shown = JSON.stringify(parsed.data);
		if (shown !== this.planShown) {
			this.planShown = shown;
			this.observer.itemCompleted("plan", {
				type: "plan",
				...(explanation ? { text: explanation } : {}),
				steps: plan.map(({ step, status }) => ({ step, status })),
			});
		}
	}

	private usage(params: unknown): void {
		const parsed = UsageParams.safeParse(params);
		if (!parsed.success || (this.id !== undefined && parsed.data.turnId !== this.id)) {
			return;
		}
		const { total, last } = parsed.data.tokenUsage;
		this.before ??= usageBefore(total, last);
		this.observer.usage(usageOf(total, this.before));
	}

	private completed(params: unknown): void {
		const parsed = TurnParams.safeParse(params);
		if (!parsed.success) {
			this.finish("failed", "Codex ended the turn in a way that Skein does not understand.");
			return;
		}
		const { status, error, id } = parsed.data.turn;
		if (this.id !== undefined && id !== this.id) {
			return;
		}
		this.started(id);
		const known = status === "completed" || status === "interrupted" ? status : "failed";
		const words = [error?.message, error?.additionalDetails].filter(Boolean).join("\n");
		this.finish(known, words === "" ? undefined : words);
	}

	private resolved(params: unknown): void {
		const parsed = ResolvedParams.safeParse(params);
		if (parsed.success) {
			const { requestId } = parsed.data;
			const question = this.questions.get(requestId);
			this.questions.delete(requestId);
			question?.abort();
		}
	}

	private failed(params: unknown): void {
		const parsed = ErrorParams.safeParse(params);
		if (!parsed.success) {
			this.observer.raw("error", params);
		} else if (!parsed.data.willRetry) {
			const text = parsed.data.error.message;
			this.observer.itemCompleted(`error ${text}`, { type: "error", text });
		}
	}

	private warned(params: unknown): void {
		const parsed = TextParams.safeParse(params);
		if (parsed.success) {
			const text = parsed.data.message;
			this.observer.itemCompleted(`warning ${text}`, { type: "note", text });
		}
	}
}
