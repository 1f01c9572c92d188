import * as path from "node:path";
import { pathToFileURL } from "node:url";
import {
	type ClientConnection,
	type ContentBlock,
	client,
	type InitializeResponse,
	methods,
	PROTOCOL_VERSION,
	type SessionConfigOption,
} from "@agentclientprotocol/sdk";
import * as z from "zod/mini";
import { errorSentence, HumanError } from "../../../base/errors.ts";
import type { TurnStatus } from "../../../core/model/record.ts";
import type { OfferedModels, PromptInput } from "../../../protocol/daemon.ts";
import {
	type AgentConnection,
	type AgentListener,
	type AgentThread,
	type ContextPlan,
	type DriverContext,
	type PrimeMessage,
	ThreadGone,
	type ThreadSettings,
	type TurnObserver,
} from "../driver.ts";
import { modelOption, offeredModels } from "./models.ts";
import { messageStream } from "./stream.ts";
import { AcpTurn } from "./turn.ts";

/** Drives any agent that speaks the Agent Client Protocol, version 1, on stdio. */
export function acpDriver(context: DriverContext): AgentConnection {
	return new AcpConnection(context);
}

/** Tokens of a turn, where the agent tells them with its end. */
const PromptUsage = z.looseObject({
	usage: z.looseObject({
		inputTokens: z.number(),
		outputTokens: z.number(),
		totalTokens: z.number(),
		cachedReadTokens: z.optional(z.nullable(z.number())),
		thoughtTokens: z.optional(z.nullable(z.number())),
	}),
});

class AcpConnection implements AgentConnection {
	private readonly connection: ClientConnection;
	private readonly version: string;
	private readonly patience: number;
	private readonly threads = new Map<string, AcpThread>();
	/** What could be chosen when a session was begun, by folder: that alone tells the models. */
	private readonly options = new Map<string, readonly SessionConfigOption[]>();
	/** Sessions that were begun only to learn that, by folder; the next prompt that needs a new one takes it. */
	private readonly spare = new Map<string, Promise<string>>();
	private agent: InitializeResponse | undefined;
	private closed: string | undefined;

	constructor({ channel, listener, version, patience }: DriverContext) {
		this.version = version;
		this.patience = patience;
		const stream = messageStream(channel, (reason) => this.close(reason));
		this.connection = client({ name: "skein" })
			.onRequest(methods.client.session.requestPermission, ({ params }) => {
				const turn = this.threads.get(params.sessionId)?.turn;
				return turn ? turn.asked(params) : { outcome: { outcome: "cancelled" as const } };
			})
			.onNotification(methods.client.session.update, ({ params: { sessionId, update } }) => {
				if (update.sessionUpdate === "session_info_update") {
					this.tellName(listener, sessionId, update.title ?? "");
				} else {
					this.threads.get(sessionId)?.turn?.updated(update);
				}
			})
			.connect(stream);
	}

	async initialize(): Promise<void> {
		this.agent = await this.soon(
			this.connection.agent.request(methods.agent.initialize, {
				protocolVersion: PROTOCOL_VERSION,
				clientCapabilities: {},
				clientInfo: { name: "skein", title: "Skein", version: this.version },
			}),
		);
		if (this.agent.protocolVersion !== PROTOCOL_VERSION) {
			throw new Error(
				`It speaks version ${this.agent.protocolVersion} of the Agent Client Protocol; Skein speaks version ${PROTOCOL_VERSION}.`,
			);
		}
	}

	async open(plan: ContextPlan, settings: ThreadSettings): Promise<AgentThread> {
		switch (plan.how) {
			case "started":
				return this.start(settings, []);
			case "primed":
				return this.start(settings, plan.messages);
			case "resumed":
				return this.threads.get(plan.thread) ?? this.resume(plan.thread, settings);
			case "reverted":
			case "forked":
				throw new ThreadGone("cannot go back to an earlier point");
		}
	}

	handle(thread: string): AgentThread {
		return this.threads.get(thread) ?? new AcpThread(thread, this.connection, () => this.closed);
	}

	async models(cwd: string): Promise<OfferedModels> {
		if (!this.options.has(cwd)) {
			let begun = this.spare.get(cwd);
			if (!begun) {
				begun = this.begin(cwd);
				this.spare.set(cwd, begun);
				begun.catch(() => this.spare.delete(cwd));
			}
			await begun;
		}
		return offeredModels(this.options.get(cwd) ?? []);
	}

	private async start(
		settings: ThreadSettings,
		told: readonly PrimeMessage[],
	): Promise<AgentThread> {
		const { cwd, model } = settings;
		const spare = this.spare.get(cwd);
		this.spare.delete(cwd);
		const sessionId = await (spare ?? this.begin(cwd));
		const thread = new AcpThread(sessionId, this.connection, () => this.closed, told);
		this.threads.set(sessionId, thread);
		thread.model = await this.chooseModel(sessionId, this.options.get(cwd) ?? [], model);
		return thread;
	}

	/** Returns the id of a new session. */
	private async begin(cwd: string): Promise<string> {
		const { sessionId, configOptions } = await this.soon(
			this.connection.agent.request(methods.agent.session.new, { cwd, mcpServers: [] }),
		);
		this.options.set(cwd, configOptions ?? []);
		return sessionId;
	}

	private async resume(sessionId: string, settings: ThreadSettings): Promise<AgentThread> {
		const { loadSession, sessionCapabilities } = this.agent?.agentCapabilities ?? {};
		const params = { sessionId, cwd: settings.cwd, mcpServers: [] };
		const { agent } = this.connection;
		if (!sessionCapabilities?.resume && !loadSession) {
			throw new ThreadGone("cannot take up an earlier conversation");
		}
		try {
			// `load` tells the whole history again, which nobody listens to: the thread is not known yet.
			const asked: Promise<{ configOptions?: SessionConfigOption[] | null }> =
				sessionCapabilities?.resume
					? agent.request(methods.agent.session.resume, params)
					: agent.request(methods.agent.session.load, params);
			const { configOptions } = await this.soon(asked);
			const thread = new AcpThread(sessionId, this.connection, () => this.closed);
			this.threads.set(sessionId, thread);
			thread.model = await this.chooseModel(sessionId, configOptions ?? [], settings.model);
			return thread;
		} catch (error) {
			if (error instanceof HumanError || this.closed !== undefined) {
				throw error;
			}
			throw new ThreadGone(`no longer has the conversation (${errorSentence(error)})`);
		}
	}

	/** Returns the model that answers from now on, when the agent tells. */
	private async chooseModel(
		sessionId: string,
		options: readonly SessionConfigOption[],
		model: string | undefined,
	): Promise<string | undefined> {
		const option = modelOption(options);
		if (!option) {
			return undefined;
		}
		if (model !== undefined && option.currentValue !== model) {
			const params = { sessionId, configId: option.id, value: model };
			await this.soon(this.connection.agent.request(methods.agent.session.setConfigOption, params));
			return model;
		}
		return option.currentValue;
	}

	private tellName(listener: AgentListener, thread: string, name: string): void {
		if (name !== "") {
			listener.named(thread, name, "made");
		}
	}

	private close(reason: string): void {
		this.closed = reason;
		for (const thread of this.threads.values()) {
			thread.turn?.finish("failed", reason);
		}
	}

	/** What needs no thinking is answered soon, or the agent is taken to hang. */
	private async soon<T>(answer: Promise<T>): Promise<T> {
		let timer: NodeJS.Timeout | undefined;
		const silence = new Promise<never>((_, reject) => {
			timer = setTimeout(() => {
				const seconds = Math.round(this.patience / 1000);
				const sentence = `The agent did not answer within ${seconds} seconds.`;
				reject(new HumanError("agent-silent", sentence));
			}, this.patience);
		});
		try {
			return await Promise.race([answer, silence]);
		} catch (error) {
			throw this.closed === undefined || error instanceof HumanError
				? error
				: new HumanError("agent-gone", this.closed, { cause: error });
		} finally {
			clearTimeout(timer);
		}
	}
}

class AcpThread implements AgentThread {
	readonly id: string;
	model: string | undefined;
	/** The one that runs. */
	turn: AcpTurn | undefined;
	private readonly connection: ClientConnection;
	private readonly closed: () => string | undefined;
	/** What the agent must be told with the first prompt. */
	private told: readonly PrimeMessage[];

	constructor(
		id: string,
		connection: ClientConnection,
		closed: () => string | undefined,
		told: readonly PrimeMessage[] = [],
	) {
		this.id = id;
		this.connection = connection;
		this.closed = closed;
		this.told = told;
	}

	prompt(input: PromptInput, { cwd }: ThreadSettings, observer: TurnObserver): void {
		const turn = new AcpTurn(observer, cwd);
		this.turn = turn;
		const prompt = blocksOf(input, cwd, this.told);
		this.told = [];
		observer.accepted(undefined);
		this.connection.agent
			.request(methods.agent.session.prompt, { sessionId: this.id, prompt })
			.then((answer) => {
				const told = PromptUsage.safeParse(answer);
				if (told.success) {
					const { usage } = told.data;
					observer.usage({
						input: usage.inputTokens,
						output: usage.outputTokens,
						total: usage.totalTokens,
						...(usage.cachedReadTokens ? { cachedInput: usage.cachedReadTokens } : {}),
						...(usage.thoughtTokens ? { reasoning: usage.thoughtTokens } : {}),
					});
				}
				this.end(turn, ...endOf(answer.stopReason));
			})
			.catch((error) => this.end(turn, "failed", this.closed() ?? errorSentence(error)));
	}

	async steer(): Promise<void> {
		throw new HumanError(
			"cannot-steer",
			"This agent takes no words while it works. Send them when it is done, or stop it first.",
		);
	}

	async interrupt(): Promise<void> {
		await this.connection.agent.notify(methods.agent.session.cancel, { sessionId: this.id });
	}

	/** The protocol has no words for it. */
	async read(): Promise<undefined> {
		return undefined;
	}
	async setName(): Promise<void> {
		return;
	}
	async setArchived(): Promise<void> {
		return;
	}

	private end(turn: AcpTurn, status: TurnStatus, error?: string): void {
		if (this.turn === turn) {
			this.turn = undefined;
		}
		turn.finish(status, error);
	}
}

function endOf(stopReason: string): [TurnStatus, string?] {
	switch (stopReason) {
		case "end_turn":
			return ["completed"];
		case "cancelled":
			return ["interrupted"];
		case "refusal":
			return ["failed", "The model refused to go on."];
		case "max_tokens":
			return ["failed", "The model reached the most tokens it may write."];
		case "max_turn_requests":
			return ["failed", "The agent reached the most requests it may make in a turn."];
		default:
			return ["failed", `The agent stopped: ${stopReason}.`];
	}
}

function blocksOf(
	{ text, mentions = [], images = [] }: PromptInput,
	cwd: string,
	told: readonly PrimeMessage[],
): ContentBlock[] {
	const before = told.map(({ role, text }) => `<${role}>\n${text}\n</${role}>`).join("\n");
	return [
		...(before === ""
			? []
			: [{ type: "text" as const, text: `This is what was said before:\n${before}` }]),
		{ type: "text", text },
		...mentions.map((file) => ({
			type: "resource_link" as const,
			name: path.basename(file),
			uri: pathToFileURL(path.resolve(cwd, file)).href,
		})),
		...images.map(({ mime, base64 }) => ({
			type: "image" as const,
			mimeType: mime,
			data: base64,
		})),
	];
}
