import { errorSentence, HumanError } from "../../base/errors.ts";
import type { Checkpoints } from "../../core/checkpoints/checkpoints.ts";
import type { ItemContent } from "../../core/model/item.ts";
import type { TokenUsage, TurnStatus } from "../../core/model/record.ts";
import type { Session } from "../../core/store/session.ts";
import type { WorkspaceStore } from "../../core/store/workspaceStore.ts";
import type { DaemonNotice, LiveItem, PromptInput, RunRecord } from "../../protocol/daemon.ts";
import {
	type AgentThread,
	type ApprovalAnswer,
	type ApprovalAsk,
	isSilence,
	ThreadGone,
	type ThreadSettings,
	type TurnObserver,
} from "../drivers/driver.ts";
import type { StateStore } from "../state/stateStore.ts";
import type { AgentProcess } from "../supervise/agentProcess.ts";
import { type Approvals, answeredRecord, outcomeOf } from "./approvals.ts";
import { type PlannedContext, primedContext } from "./context.ts";
import { JournalFeed } from "./journalFeed.ts";
import { LiveItems } from "./liveItems.ts";
import { TurnCheckpoints } from "./turnCheckpoints.ts";

/** How often text that streams is journaled (design: J11). ms. */
const journalInterval = 500;
/** How often it is sent to those who follow. ms. */
const deltaInterval = 16;
/** Raw items of one turn; the rest are counted. */
const rawLimit = 100;

export interface RunSupport {
	readonly store: WorkspaceStore;
	readonly state: StateStore;
	readonly approvals: Approvals;
	/** Text for those who follow the session. */
	readonly onDelta: (delta: DaemonNotice<"delta">) => void;
	readonly onGrown: (grown: DaemonNotice<"grown">) => void;
	/** A run or an approval has changed. */
	readonly onChange: () => void;
	/** The agent's thread of a session is known now. */
	readonly onThread: (session: string, thread: AgentThread) => Promise<void>;
	/** How long an agent may take to stop, ms. */
	readonly patience: number;
	/** The daemon ends. */
	readonly closing: AbortSignal;
}

export interface RunRequest {
	readonly record: RunRecord;
	readonly session: Session;
	readonly input: PromptInput;
	readonly settings: ThreadSettings;
	readonly context: PlannedContext;
	/** The protocol of this turn is being recorded. */
	readonly recorded: boolean;
	/** Gives the ids of the turn's records; those of the turn and the prompt are taken already. */
	readonly nextId: () => string;
	/** Keeps the workspace's files of the turn; undefined when nobody wants that. */
	readonly checkpoints: Checkpoints | undefined;
}

/**
 * One turn that an agent executes: what the driver tells becomes records, events and streaming text.
 * Guarantees: {@link outcome} resolves once the turn's end is on disk, or could not be written; what is told of after the
 * end is ignored; questions that are open at the end are withdrawn.
 */
export class Run implements TurnObserver {
	readonly outcome: Promise<TurnStatus>;
	record: RunRecord;
	private readonly support: RunSupport;
	private readonly agent: AgentProcess;
	private readonly request: RunRequest;
	private readonly feed: JournalFeed;
	private readonly items: LiveItems;
	private readonly checkpoints: TurnCheckpoints | undefined;
	private context: PlannedContext;
	private thread: AgentThread | undefined;
	private settle: (status: TurnStatus) => void = () => undefined;
	private isOver = false;
	private interrupted = false;
	private tokens: TokenUsage | undefined;
	private raws = 0;
	private readonly mine = new Set<string>();
	private journalTimer: NodeJS.Timeout | undefined;
	private deltaTimer: NodeJS.Timeout | undefined;
	private deltas = new Map<string, DaemonNotice<"delta">>();
	private lastDelta = 0;

	constructor(request: RunRequest, agent: AgentProcess, support: RunSupport) {
		this.request = request;
		this.record = request.record;
		this.context = request.context;
		this.agent = agent;
		this.support = support;
		this.feed = new JournalFeed(request.session, request.nextId, support.store.clock, agent, {
			stored: (drafts) => this.stored(drafts),
			failed: (error) => this.storageFailed(error),
		});
		this.items = new LiveItems(this.feed, request.record.turn);
		const { checkpoints, record } = request;
		const { feed, items } = this;
		const { closing } = support;
		this.checkpoints =
			checkpoints && new TurnCheckpoints({ checkpoints, turn: record.turn, feed, items, closing });
		this.outcome = new Promise((resolve) => {
			this.settle = resolve;
		});
	}

	/** Items under way with their text so far, everything told by `delta` included. */
	get live(): LiveItem[] {
		this.sendDeltas();
		return this.items.live;
	}

	/**
	 * Lets the agent, which is held for it, do the turn, then releases it. Never rejects: what goes wrong ends the turn with
	 * a sentence.
	 */
	async execute(): Promise<void> {
		try {
			if (this.isOver) {
				return;
			}
			const [thread] = await Promise.all([this.openThread(), this.checkpoints?.start()]);
			if (this.interrupted) {
				this.finish("interrupted");
				return;
			}
			this.thread = thread;
			thread.prompt(this.request.input, this.request.settings, this);
			// The turn does not wait for its name, and a name that cannot be given does not end it.
			this.support.onThread(this.record.session, thread).catch(() => undefined);
		} catch (error) {
			this.finish("failed", errorSentence(error));
			// Nothing was asked of it yet: while others still use it, it is left to them.
			if (isSilence(error) && !this.agent.isShared) {
				void this.agent.kill();
			}
		} finally {
			await this.outcome;
			this.agent.release();
		}
	}

	/** The turn is over; resolves once everything about it is done. Undefined before. */
	get ending(): Promise<TurnStatus> | undefined {
		return this.isOver ? this.outcome : undefined;
	}

	/** Adds to the prompt. Returns the id of its item. Throws a HumanError (`cannot-steer`). */
	async steer(input: PromptInput): Promise<string> {
		const { thread } = this;
		if (!thread || this.isOver) {
			throw new HumanError("cannot-steer", "The agent has not started yet. Try again in a moment.");
		}
		const item: ItemContent = { type: "userMessage", text: input.text };
		const { turn } = this.record;
		const id = this.feed.put({ type: "item.completed", turn, item }, input.text.length);
		await this.feed.stored();
		try {
			await thread.steer(input);
		} catch (error) {
			const failed = { ...item, status: "failed" as const };
			this.feed.put({ type: "item.completed", turn, itemId: id, item: failed });
			await this.feed.stored();
			throw error;
		}
		return id;
	}

	/** Ends the turn. Resolves with how it ended. An agent that does not stop is ended. */
	async interrupt(): Promise<TurnStatus> {
		this.interrupted = true;
		const { thread } = this;
		if (!thread) {
			this.finish("interrupted");
			return this.outcome;
		}
		const timer = setTimeout(() => this.abandon(), this.support.patience);
		thread.interrupt().catch(() => this.abandon());
		const status = await this.outcome;
		clearTimeout(timer);
		return status;
	}

	/** Ends the turn here, whatever the agent does. */
	abandon(): void {
		this.finish("interrupted", "The agent did not stop when it was asked to, and was ended.");
		void this.agent.kill();
	}

	accepted(agentTurn: string | undefined): void {
		const { thread } = this;
		if (thread && !this.isOver) {
			this.feed.put({
				type: "agent.attached",
				agent: this.record.agent,
				thread: thread.id,
				how: this.context.plan.how,
				turn: this.record.turn,
				...(agentTurn === undefined ? {} : { agentTurn }),
				...(thread.model === undefined ? {} : { model: thread.model }),
			});
			this.setStatus("running");
		}
	}

	itemStarted(key: string, content: ItemContent): void {
		if (!this.isOver) {
			this.items.start(key, content);
		}
	}

	itemText(key: string, field: string, text: string): void {
		const added = this.isOver ? undefined : this.items.add(key, field, text);
		if (!added) {
			return;
		}
		this.journalTimer ??= setTimeout(() => {
			this.journalTimer = undefined;
			this.items.flush();
		}, journalInterval);
		const name = `${added.item} ${added.field}`;
		const before = this.deltas.get(name);
		const { session, turn } = this.record;
		this.deltas.set(
			name,
			before ? { ...before, text: before.text + added.text } : { session, turn, ...added },
		);
		const wait = this.lastDelta + deltaInterval - Date.now();
		if (wait <= 0) {
			this.sendDeltas();
		} else {
			this.deltaTimer ??= setTimeout(() => this.sendDeltas(), wait);
		}
	}

	itemCompleted(key: string, content: ItemContent): void {
		if (!this.isOver) {
			this.sendDeltas();
			this.items.complete(key, content);
		}
	}

	usage(usage: TokenUsage): void {
		this.tokens = usage;
	}

	raw(label: string, value: unknown): void {
		if (this.isOver) {
			return;
		}
		this.raws++;
		if (this.raws <= rawLimit) {
			this.items.complete(`raw ${this.raws}`, { type: "raw", label, value });
		}
	}

	async approval(ask: ApprovalAsk, withdrawn: AbortSignal): Promise<ApprovalAnswer | undefined> {
		if (this.isOver || withdrawn.aborted) {
			return undefined;
		}
		const { session, turn, id: run } = this.record;
		const { kind, title, reason, itemKey, options, questions = [] } = ask;
		const item = itemKey === undefined ? undefined : this.items.idOf(itemKey);
		const id = this.feed.put(
			{
				type: "approval.requested",
				turn,
				...(item === undefined ? {} : { item }),
				kind,
				title,
				...(reason === undefined ? {} : { reason }),
				options: [...options],
			},
			title.length,
		);
		this.mine.add(id);
		const answer = this.support.approvals.wait(
			{
				id,
				session,
				turn,
				run,
				item: item ?? null,
				kind,
				title,
				reason: reason ?? null,
				options: [...options],
				questions,
				requestedAt: new Date(this.support.store.clock()).toISOString(),
			},
			(given, client) => this.storeAnswer(id, given, questions, client),
		);
		const withdraw = () => void this.withdraw(id);
		withdrawn.addEventListener("abort", withdraw, { once: true });
		await this.feed.stored().catch(() => undefined);
		this.setStatus("waiting");
		await this.tell("approval.requested", "info", `${this.record.agent} asks: ${title}`, {
			approval: id,
		});
		return answer;
	}

	finish(status: TurnStatus, error?: string): void {
		if (!this.isOver) {
			this.isOver = true;
			void this.close(status, error);
		}
	}

	/** The driver's last call. */
	ended(status: TurnStatus, error?: string, unheard?: boolean): void {
		this.finish(this.interrupted && status !== "completed" ? "interrupted" : status, error);
		if (unheard) {
			void this.agent.kill();
		}
	}

	/** A thread to prompt. An agent that has just gone is waited for once: nothing has been asked of it yet. */
	private async openThread(): Promise<AgentThread> {
		try {
			return await this.openNow();
		} catch (error) {
			if (error instanceof HumanError && error.reason === "agent-gone") {
				return this.openNow();
			}
			throw error;
		}
	}

	private async openNow(): Promise<AgentThread> {
		const connection = await this.agent.connect();
		const { settings, session } = this.request;
		const { plan } = this.context;
		let thread: AgentThread;
		try {
			thread = await connection.open(plan, settings);
		} catch (error) {
			if (!(error instanceof ThreadGone)) {
				throw error;
			}
			const reason = `${this.record.agent} ${error.message}`;
			this.context = await primedContext(session.journal, this.support.store, reason);
			thread = await connection.open(this.context.plan, settings);
		}
		if (this.context.plan.how === "primed") {
			this.sayPrimed();
		}
		return thread;
	}

	private sayPrimed(): void {
		const { plan, reason } = this.context;
		const count = plan.how === "primed" ? plan.messages.length : 0;
		const text = `A new conversation was started and told the ${count} messages before, as text: ${reason}. What commands printed and what files held is not in it.`;
		this.items.complete("primed", { type: "note", text });
	}

	private async storeAnswer(
		id: string,
		answer: ApprovalAnswer | undefined,
		questions: NonNullable<ApprovalAsk["questions"]>,
		client: string | undefined,
	): Promise<void> {
		const outcome = outcomeOf(answer);
		this.feed.put(answeredRecord(id, answer, questions, client));
		await this.feed.stored();
		this.mine.delete(id);
		if (!this.isOver) {
			this.setStatus(this.support.approvals.countOf(this.record.id) > 0 ? "waiting" : "running");
		}
		const words = answer ? answer.option.label : "nobody needs to any more";
		await this.tell("approval.answered", "info", `A question was answered: ${words}`, {
			approval: id,
			outcome,
		});
	}

	private async withdraw(id: string): Promise<void> {
		// A journal that cannot be written ends the run by itself.
		await this.support.approvals.withdraw(id).catch(() => undefined);
		this.support.onChange();
	}

	/** Called when records are on disk. */
	private stored(drafts: readonly { readonly id: string }[]): void {
		const { session, turn } = this.record;
		this.support.onGrown({ session, turn, items: drafts.map((draft) => draft.id) });
	}

	/** The journal cannot be written: the agent must not go on unseen. */
	private storageFailed(error: unknown): void {
		if (!this.isOver) {
			this.thread?.interrupt().catch(() => undefined);
			this.finish("failed", errorSentence(error));
		}
	}

	private async close(status: TurnStatus, error: string | undefined): Promise<void> {
		clearTimeout(this.journalTimer);
		this.sendDeltas();
		if (!this.thread) {
			this.checkpoints?.drop();
		}
		for (const id of this.mine) {
			await this.withdraw(id);
		}
		let outcome = status;
		let reason = error;
		try {
			this.putEnd(status, error);
			await this.feed.stored();
			await this.checkpoints?.end();
			await this.feed.stored();
		} catch (failure) {
			// The end is written when the session is next opened by a daemon.
			outcome = "failed";
			reason = errorSentence(failure);
		}
		const endedAt = new Date(this.support.store.clock()).toISOString();
		this.record = { ...this.record, status: outcome, endedAt, reason: reason ?? null };
		if (outcome === "completed") {
			this.agent.didWork();
		}
		await this.saveRecord();
		if (this.request.recorded) {
			// Whole before anybody hears that the turn is over.
			await this.agent.stopRecording();
		}
		this.settle(outcome);
		this.support.onChange();
		const level = outcome === "failed" ? "error" : "info";
		await this.tell("run.ended", level, reason ?? `The turn was ${outcome}.`, {
			run: this.record.id,
			status: outcome,
		});
	}

	private putEnd(status: TurnStatus, error: string | undefined): void {
		const { turn } = this.record;
		if (this.raws > rawLimit) {
			const text = `${this.raws - rawLimit} more messages of the agent's that Skein has no words for were left out.`;
			this.items.complete("raws", { type: "note", text });
		}
		if (status === "failed" && error !== undefined) {
			this.items.complete("failure", { type: "error", text: error });
		}
		this.items.flush();
		this.feed.put({
			type: "turn.completed",
			turn,
			status,
			...(this.tokens ? { usage: this.tokens } : {}),
			...(error === undefined ? {} : { error }),
		});
	}

	private sendDeltas(): void {
		clearTimeout(this.deltaTimer);
		this.deltaTimer = undefined;
		this.lastDelta = Date.now();
		const deltas = [...this.deltas.values()];
		this.deltas.clear();
		for (const delta of deltas) {
			this.support.onDelta(delta);
		}
	}

	private setStatus(status: RunRecord["status"]): void {
		if (!this.isOver && this.record.status !== status) {
			this.record = { ...this.record, status };
			void this.saveRecord();
			this.support.onChange();
		}
	}

	/** What the daemon remembers of the run; the journal is the truth, so a failure here does not end it. */
	private async saveRecord(): Promise<void> {
		await this.support.state.upsertRun(this.record).catch(() => undefined);
	}

	private async tell(
		type: "approval.requested" | "approval.answered" | "run.ended",
		level: "info" | "error",
		message: string,
		detail: Record<string, unknown>,
	): Promise<void> {
		const { session } = this.record;
		await this.support.state
			.recordEvent({ level, type, message, session, detail })
			.catch(() => undefined);
	}
}
