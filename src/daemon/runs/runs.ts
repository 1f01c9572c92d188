import * as path from "node:path";
import { HumanError } from "../../base/errors.ts";
import { Emitter } from "../../base/event.ts";
import { Checkpoints } from "../../core/checkpoints/checkpoints.ts";
import { newId } from "../../core/journal/ids.ts";
import { headItem } from "../../core/model/chain.ts";
import type { ImageRef } from "../../core/model/item.ts";
import type { ApprovalOutcome, TurnStatus } from "../../core/model/record.ts";
import { checkNotElsewhere, host } from "../../core/store/openRuns.ts";
import type { Session } from "../../core/store/session.ts";
import type { WorkspaceStore } from "../../core/store/workspaceStore.ts";
import type {
	Approval,
	DaemonNotice,
	DaemonParams,
	DaemonResult,
	PromptInput,
	RunRecord,
} from "../../protocol/daemon.ts";
import type { StateStore } from "../state/stateStore.ts";
import type { AgentProcess } from "../supervise/agentProcess.ts";
import type { Agents } from "../supervise/agents.ts";
import { Agreement } from "./agreement.ts";
import { Approvals } from "./approvals.ts";
import { folderOf, planContext } from "./context.ts";
import { closeLostTurns } from "./reconcile.ts";
import { Run, type RunRequest, type RunSupport } from "./run.ts";

/** The turns that run now, of all sessions. */
export class Runs {
	readonly onDelta = new Emitter<DaemonNotice<"delta">>();
	readonly onGrown = new Emitter<DaemonNotice<"grown">>();
	/** Runs or approvals have changed. */
	readonly onChange = new Emitter<void>();
	private readonly store: WorkspaceStore;
	private readonly state: StateStore;
	private readonly protocols: string;
	private readonly approvals = new Approvals();
	private readonly live = new Map<string, Run>();
	/** Sessions whose prompt is being taken, with who gave it. */
	private readonly starting = new Map<string, string>();
	/** Prompts that are being taken; none of these rejects. */
	private readonly taking = new Set<Promise<void>>();
	private readonly support: RunSupport;
	/** Sessions to be brought in step with an agent when their turn is over. */
	private readonly owed = new Map<string, () => Promise<unknown>>();
	/** What agents say of conversations beside their turns goes there. */
	readonly agreement: Agreement;
	private readonly closing = new AbortController();
	private readonly checkpoints: Checkpoints;

	/** `protocols` is where recordings go; `patience` how long an agent may take to stop, ms. */
	constructor(store: WorkspaceStore, state: StateStore, protocols: string, patience: number) {
		this.store = store;
		this.state = state;
		this.protocols = protocols;
		this.agreement = new Agreement(store, state, (session) => this.live.get(session)?.record);
		this.checkpoints = new Checkpoints(store.folder, store.locations);
		this.support = {
			store,
			state,
			approvals: this.approvals,
			patience,
			closing: this.closing.signal,
			onDelta: (delta) => this.onDelta.fire(delta),
			onGrown: (grown) => this.onGrown.fire(grown),
			onChange: () => this.onChange.fire(),
			onThread: (session, thread) => this.agreement.attached(session, thread),
		};
	}

	get count(): number {
		return this.live.size + this.starting.size;
	}

	/** Those that run, in the order of their starts. */
	list(): RunRecord[] {
		return [...this.live.values()].map((run) => run.record);
	}

	listApprovals(): Approval[] {
		return this.approvals.list();
	}

	/** What a client needs to follow a session from now on. */
	follow(session: string): DaemonResult<"follow"> {
		const run = this.live.get(session);
		return { run: run?.record ?? null, items: run?.live ?? [] };
	}

	/** Resolves when the prompt is on disk. Throws a HumanError: `busy`, `in-trash`, `stopping`, and what opening throws. */
	prompt(
		params: DaemonParams<"prompt">,
		client: string,
		agents: Agents,
	): Promise<DaemonResult<"prompt">> {
		const taking = this.take(params, client, agents);
		const settled = taking.then(ignore, ignore).finally(() => this.taking.delete(settled));
		this.taking.add(settled);
		return taking;
	}

	private async take(
		{
			session: id,
			input,
			agent: spec,
			model,
			sandbox,
			approvals,
			checkpoints = false,
			record: recorded,
		}: DaemonParams<"prompt">,
		client: string,
		agents: Agents,
	): Promise<DaemonResult<"prompt">> {
		// What is left to do about a turn that has ended takes a moment.
		await this.live.get(id)?.ending;
		this.checkFree(id);
		this.starting.set(id, client);
		try {
			const session = await this.store.open(id);
			await closeLostTurns(session, this.store.clock());
			checkPromptable(session, this.store.clock());
			const context = await planContext(session.journal, this.store, spec.agent);
			const cwd = await folderOf(session.journal, this.store);
			const record: RunRecord = {
				id: newId(this.store.clock()),
				session: id,
				turn: "",
				agent: spec.agent,
				model: model ?? null,
				status: "starting",
				startedAt: new Date(this.store.clock()).toISOString(),
				endedAt: null,
				reason: null,
				client,
			};
			const request = {
				record,
				session,
				input,
				settings: { cwd, model, sandbox, approvals },
				context,
				recorded: recorded === true,
				checkpoints: checkpoints ? this.checkpoints : undefined,
			};
			return await this.begin(request, agents.of(spec));
		} finally {
			this.starting.delete(id);
			this.onChange.fire();
		}
	}

	/** Writes the prompt down and lets the agent, which is held from now on, go to work. */
	private async begin(
		request: Omit<RunRequest, "nextId">,
		agent: AgentProcess,
	): Promise<DaemonResult<"prompt">> {
		const { session, input, record, recorded } = request;
		const recording = path.join(this.protocols, `${record.id}.jsonl`);
		if (recorded) {
			await agent.record(recording);
		} else {
			agent.hold();
		}
		try {
			// Known before the turn is: a daemon that is killed in between finds the session again.
			await this.state.upsertRun(record);
			const { turn, item, nextId } = await this.writePrompt(session, input, record);
			const run = new Run({ ...request, record: { ...record, turn }, nextId }, agent, this.support);
			this.live.set(record.session, run);
			void this.execute(run);
			return { run: record.id, turn, item, ...(recorded ? { recording } : {}) };
		} catch (error) {
			if (recorded) {
				await agent.stopRecording();
			}
			agent.release();
			throw error;
		}
	}

	async steer(session: string, input: PromptInput): Promise<DaemonResult<"steer">> {
		return { item: await this.running(session).steer(input) };
	}

	interrupt(session: string): Promise<TurnStatus> {
		return this.running(session).interrupt();
	}

	answer(
		{ approval, option, answers = {} }: DaemonParams<"answer">,
		client: string,
	): Promise<ApprovalOutcome> {
		return this.approvals.answer(approval, option, answers, client);
	}

	/** Takes no more prompts and interrupts what runs, a prompt included that is being taken now. */
	async close(): Promise<void> {
		this.closing.abort();
		await Promise.all(this.taking);
		await Promise.all([...this.live.values()].map((run) => run.interrupt()));
	}

	/** Brings the agent's name and archive mark of a session in step with ours; while a turn runs, once more after it. */
	async sync(params: DaemonParams<"sync">, agents: Agents): Promise<boolean> {
		const { session: id, agent: spec } = params;
		const session = await this.store.open(id);
		const attachment = session.state.agent.attachment;
		if (!attachment || attachment.agent !== spec.agent) {
			return false;
		}
		const agent = agents.of(spec);
		agent.hold();
		try {
			const connection = await agent.connect();
			await this.agreement.attached(id, connection.handle(attachment.thread));
			if (this.live.has(id)) {
				this.owed.set(id, () => this.sync(params, agents));
			}
			return true;
		} finally {
			agent.release();
		}
	}

	private running(session: string): Run {
		const run = this.live.get(session);
		if (!run) {
			throw new HumanError("not-running", "No turn of this session runs.");
		}
		return run;
	}

	private checkFree(session: string): void {
		if (this.closing.signal.aborted) {
			throw new HumanError("stopping", "The daemon is stopping. Try again in a moment.");
		}
		const by = this.live.get(session)?.record.client ?? this.starting.get(session);
		if (by !== undefined) {
			throw new HumanError(
				"busy",
				`A turn of this session runs already, asked for by ${by}. Wait for it, steer it, or stop it.`,
			);
		}
	}

	/** One write: the turn and the prompt, before anything happens. */
	private async writePrompt(session: Session, input: PromptInput, record: RunRecord) {
		const images: ImageRef[] = [];
		for (const { mime, base64 } of input.images ?? []) {
			const { ref } = await this.store.putBlob(Buffer.from(base64, "base64"), mime);
			images.push({ blob: ref.blob, bytes: ref.bytes, mime });
		}
		const nextId = await session.idSource();
		const turn = nextId();
		const item = nextId();
		await session.append([
			{
				id: turn,
				type: "turn.started",
				after: headItem(session.state),
				...(record.model === null ? {} : { model: record.model }),
				run: { id: record.id, host },
			},
			{
				id: item,
				type: "item.completed",
				turn,
				item: {
					type: "userMessage",
					text: input.text,
					...(images.length > 0 ? { images } : {}),
				},
			},
		]);
		return { turn, item, nextId };
	}

	private async execute(run: Run): Promise<void> {
		const { session, agent, client } = run.record;
		try {
			await this.state.upsertRun(run.record);
			await this.state.recordEvent({
				level: "info",
				type: "run.started",
				message: `${agent} works on a prompt of ${client}.`,
				session,
				detail: { run: run.record.id, turn: run.record.turn },
			});
		} catch (error) {
			// The intent is in the journal; what the daemon remembers beside it may be lost with a full disk.
			run.finish("failed", error instanceof Error ? error.message : String(error));
		}
		void run.outcome.then(() => this.over(session));
		await run.execute();
	}

	private over(session: string): void {
		this.live.delete(session);
		this.onChange.fire();
		const owed = this.owed.get(session);
		this.owed.delete(session);
		// Tried again with the next prompt.
		owed?.().catch(() => undefined);
		// What the daemon remembers; the journal is the truth.
		this.state.closeSession(session).catch(() => undefined);
	}
}

function ignore(): void {
	return;
}

function checkPromptable({ state }: Session, now: number): void {
	if (state.trashed) {
		throw new HumanError("in-trash", "This session is in the trash. Restore it before you go on.");
	}
	checkNotElsewhere(state, now);
}
