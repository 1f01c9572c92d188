import * as path from "node:path";
import { HumanError } from "../../../base/errors.ts";
import type { OfferedModels, PromptInput, SandboxMode } from "../../../protocol/daemon.ts";
import {
	type AgentConnection,
	type AgentListener,
	type AgentThread,
	type ContextPlan,
	type DriverContext,
	isSilence,
	ThreadGone,
	type ThreadSettings,
	type TurnObserver,
} from "../driver.ts";
import { offeredModels } from "./models.ts";
import { CodexError, CodexPeer, type RequestId } from "./peer.ts";
import { NameParams, ThreadAnswer, ThreadParams, TurnAnswer } from "./schema.ts";
import { CodexTurn } from "./turn.ts";

/** Drives `codex app-server` (0.169): threads, turns, approvals, names, archive, forks and reverts. */
export function codexDriver(context: DriverContext): AgentConnection {
	return new CodexConnection(context);
}

class CodexConnection implements AgentConnection {
	private readonly peer: CodexPeer;
	private readonly version: string;
	private readonly listener: AgentListener;
	private readonly threads = new Map<string, CodexThread>();

	constructor({ channel, listener, version, patience }: DriverContext) {
		this.version = version;
		this.listener = listener;
		this.peer = new CodexPeer(channel, patience, {
			notification: (method, params) => this.notified(method, params),
			request: (id, method, params) => this.asked(id, method, params),
			closed: (reason) => {
				for (const thread of this.threads.values()) {
					thread.turn?.finish("failed", reason);
				}
			},
		});
	}

	async initialize(): Promise<void> {
		await this.peer.call("initialize", {
			clientInfo: { name: "skein", title: "Skein", version: this.version },
			capabilities: { experimentalApi: true, requestAttestation: false },
		});
		this.peer.notify("initialized");
	}

	async open(plan: ContextPlan, settings: ThreadSettings): Promise<AgentThread> {
		switch (plan.how) {
			case "started":
				return this.start(settings);
			case "resumed": {
				return this.threads.get(plan.thread) ?? this.resume(plan.thread, settings);
			}
			case "reverted": {
				if (!this.threads.has(plan.thread)) {
					await this.resume(plan.thread, settings);
				}
				const { thread: threadId, beforeTurn: beforeTurnId } = plan;
				await this.orGone(this.peer.call("thread/revert", { threadId, beforeTurnId }));
				return this.thread(threadId);
			}
			case "forked":
				return this.opened(
					"thread/fork",
					{ threadId: plan.thread, lastTurnId: plan.lastTurn },
					settings,
				);
			case "primed": {
				const thread = await this.start(settings);
				const items = plan.messages.map(({ role, text }) => ({
					type: "message",
					role,
					content: [{ type: role === "user" ? "input_text" : "output_text", text }],
				}));
				if (items.length > 0) {
					await this.peer.call("thread/inject_items", { threadId: thread.id, items });
				}
				return thread;
			}
		}
	}

	handle(thread: string): AgentThread {
		return this.threads.get(thread) ?? new CodexThread(thread, this.peer);
	}

	models(cwd: string): Promise<OfferedModels> {
		return offeredModels(this.peer, cwd);
	}

	private async start(settings: ThreadSettings): Promise<AgentThread> {
		const answer = await this.peer.call("thread/start", threadSettings(settings));
		return this.answered(answer);
	}

	/** A thread that was archived is taken out first: Codex does not go on in one that is. */
	private async resume(threadId: string, settings: ThreadSettings): Promise<AgentThread> {
		try {
			return await this.opened("thread/resume", { threadId }, settings);
		} catch (error) {
			if (!(error instanceof ThreadGone)) {
				throw error;
			}
			const isBack = await this.peer.call("thread/unarchive", { threadId }).then(
				() => true,
				() => false,
			);
			if (!isBack) {
				throw error;
			}
			return this.opened("thread/resume", { threadId }, settings);
		}
	}

	private async opened(
		method: string,
		params: object,
		settings: ThreadSettings,
	): Promise<AgentThread> {
		const all = { ...params, ...threadSettings(settings), excludeTurns: true };
		return this.answered(await this.orGone(this.peer.call(method, all)));
	}

	/** What Codex refuses about a thread it does not do later either: then another way is taken. */
	private async orGone<T>(call: Promise<T>): Promise<T> {
		try {
			return await call;
		} catch (error) {
			throw error instanceof CodexError
				? new ThreadGone(`no longer has the conversation (${error.message})`)
				: error;
		}
	}

	private answered(answer: unknown): CodexThread {
		const { thread, model } = ThreadAnswer.parse(answer);
		const known = this.thread(thread.id);
		known.model = model ?? undefined;
		return known;
	}

	private thread(id: string): CodexThread {
		let thread = this.threads.get(id);
		if (!thread) {
			thread = new CodexThread(id, this.peer);
			this.threads.set(id, thread);
		}
		return thread;
	}

	private notified(method: string, params: unknown): void {
		const parsed = ThreadParams.safeParse(params);
		if (!parsed.success) {
			return;
		}
		const { threadId, turnId } = parsed.data;
		switch (method) {
			case "thread/name/updated": {
				const name = NameParams.safeParse(params);
				this.listener.named(threadId, (name.success && name.data.threadName) || "", "given");
				return;
			}
			case "thread/archived":
			case "thread/unarchived":
				// Codex unloads what it archives.
				this.unload(threadId);
				this.listener.archived(threadId, method === "thread/archived");
				return;
			case "thread/closed":
			case "thread/deleted":
				this.unload(threadId);
				return;
			default:
				this.threads.get(threadId)?.turn?.notified(method, params, turnId ?? undefined);
		}
	}

	private unload(threadId: string): void {
		const thread = this.threads.get(threadId);
		this.threads.delete(threadId);
		thread?.turn?.finish("interrupted", "Codex has closed the conversation.");
	}

	private asked(id: RequestId, method: string, params: unknown): void {
		const parsed = ThreadParams.safeParse(params);
		const turn = parsed.success ? this.threads.get(parsed.data.threadId)?.turn : undefined;
		if (!turn?.asked(id, method, params)) {
			this.peer.refuse(id, `Skein does not answer ${method}.`);
		}
	}
}

class CodexThread implements AgentThread {
	readonly id: string;
	model: string | undefined;
	/** The one that runs. */
	turn: CodexTurn | undefined;
	private readonly peer: CodexPeer;

	constructor(id: string, peer: CodexPeer) {
		this.id = id;
		this.peer = peer;
	}

	prompt(input: PromptInput, settings: ThreadSettings, observer: TurnObserver): void {
		const turn = new CodexTurn(this.peer, settings.cwd, observer, () => {
			this.turn = undefined;
		});
		this.turn = turn;
		const { model, approvals, sandbox, cwd } = settings;
		this.model = model ?? this.model;
		this.peer
			.call("turn/start", {
				threadId: this.id,
				input: inputOf(input, cwd),
				...(model === undefined ? {} : { model }),
				...(approvals === undefined ? {} : { approvalPolicy: approvals }),
				...(sandbox === undefined ? {} : { sandboxPolicy: sandboxPolicies[sandbox] }),
			})
			.then((answer) => turn.started(TurnAnswer.parse(answer).turn.id))
			.catch((error: Error) => turn.finish("failed", error.message, isSilence(error)));
	}

	async steer(input: PromptInput): Promise<void> {
		const turn = this.turn;
		const expectedTurnId = await turn?.agentTurn;
		if (!turn || expectedTurnId === undefined) {
			throw new HumanError("cannot-steer", "The turn has just ended. Send it as a new prompt.");
		}
		try {
			const params = { threadId: this.id, input: inputOf(input, turn.cwd), expectedTurnId };
			await this.peer.call("turn/steer", params);
		} catch (error) {
			if (error instanceof CodexError) {
				const sentence = `Codex does not take more words now: ${error.message}`;
				throw new HumanError("cannot-steer", sentence, { cause: error });
			}
			throw error;
		}
	}

	async interrupt(): Promise<void> {
		const turnId = await this.turn?.agentTurn;
		if (turnId !== undefined) {
			await this.peer.call("turn/interrupt", { threadId: this.id, turnId });
		}
	}

	async read(): Promise<{ name: string; archived: boolean }> {
		const answer = await this.peer.call("thread/read", { threadId: this.id, includeTurns: false });
		const { name, path: file } = ThreadAnswer.parse(answer).thread;
		// Codex says it by the folder alone.
		const archived = path.basename(path.dirname(file ?? "")) === "archived_sessions";
		return { name: name ?? "", archived };
	}

	async setName(name: string): Promise<void> {
		await this.peer.call("thread/name/set", { threadId: this.id, name });
	}

	async setArchived(archived: boolean): Promise<void> {
		const method = archived ? "thread/archive" : "thread/unarchive";
		await this.peer.call(method, { threadId: this.id });
	}
}

function threadSettings({ cwd, model, sandbox, approvals }: ThreadSettings): object {
	return {
		cwd,
		...(model === undefined ? {} : { model }),
		...(sandbox === undefined ? {} : { sandbox }),
		...(approvals === undefined ? {} : { approvalPolicy: approvals }),
	};
}

const sandboxPolicies: Record<SandboxMode, object> = {
	"read-only": { type: "readOnly", networkAccess: false },
	"workspace-write": {
		type: "workspaceWrite",
		writableRoots: [],
		networkAccess: false,
		excludeTmpdirEnvVar: false,
		excludeSlashTmp: false,
	},
	"danger-full-access": { type: "dangerFullAccess" },
};

function inputOf({ text, mentions = [], images = [] }: PromptInput, cwd: string): object[] {
	return [
		{ type: "text", text, text_elements: [] },
		...mentions.map((file) => ({
			type: "mention",
			name: path.basename(file),
			path: path.resolve(cwd, file),
		})),
		...images.map(({ mime, base64 }) => ({ type: "image", url: `data:${mime};base64,${base64}` })),
	];
}
