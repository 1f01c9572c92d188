import { HumanError } from "../../base/errors.ts";
import type { ItemContent } from "../../core/model/item.ts";
import type {
	ApprovalKind,
	ApprovalOption,
	TokenUsage,
	TurnStatus,
} from "../../core/model/record.ts";
import type {
	Approval,
	ApprovalPolicy,
	OfferedModels,
	PromptInput,
	SandboxMode,
} from "../../protocol/daemon.ts";
import type { LineChannel } from "../supervise/lineChannel.ts";

/** A message of the chain, for an agent that must be told what was said. */
export interface PrimeMessage {
	readonly role: "user" | "assistant";
	readonly text: string;
}

/** How an agent's thread comes to know what the next prompt continues. */
export type ContextPlan =
	| { readonly how: "started" }
	| { readonly how: "resumed"; readonly thread: string }
	/** Everything from that turn of the agent's on goes. */
	| { readonly how: "reverted"; readonly thread: string; readonly beforeTurn: string }
	/** A copy up to and including that turn of the agent's. */
	| { readonly how: "forked"; readonly thread: string; readonly lastTurn: string }
	| { readonly how: "primed"; readonly messages: readonly PrimeMessage[] };

export interface ThreadSettings {
	/** Absolute. */
	readonly cwd: string;
	readonly model: string | undefined;
	readonly sandbox: SandboxMode | undefined;
	readonly approvals: ApprovalPolicy | undefined;
}

/** The answer to a question; undefined when the turn ended before there was one. */
export interface ApprovalAnswer {
	readonly option: ApprovalOption;
	readonly answers: Readonly<Record<string, readonly string[]>>;
}

export interface ApprovalAsk {
	readonly kind: ApprovalKind;
	readonly title: string;
	readonly reason?: string;
	/** The agent's id of the item it is about. */
	readonly itemKey?: string;
	readonly options: readonly ApprovalOption[];
	readonly questions?: Approval["questions"];
}

/** What a driver tells about a turn, in the words of our model. Keys are the agent's own ids of items. */
export interface TurnObserver {
	/** The agent has taken the prompt; `agentTurn` is its name of the turn, when it has one. */
	accepted(agentTurn: string | undefined): void;
	itemStarted(key: string, content: ItemContent): void;
	/** Text that was added to a field of an item under way. */
	itemText(key: string, field: string, added: string): void;
	itemCompleted(key: string, content: ItemContent): void;
	usage(usage: TokenUsage): void;
	/** A question. The promise resolves with the answer, or with undefined when the turn ended without one. */
	approval(ask: ApprovalAsk, withdrawn: AbortSignal): Promise<ApprovalAnswer | undefined>;
	/** Something there are no words for: kept as it is. */
	raw(label: string, value: unknown): void;
	/** The last call. `unheard`: the agent did not say that it has taken the prompt, and may work on it all the same. */
	ended(status: TurnStatus, error?: string, unheard?: boolean): void;
}

/** One conversation at an agent. */
export interface AgentThread {
	/** The agent's name of it. */
	readonly id: string;
	/** The model that answers, when the agent tells. */
	readonly model: string | undefined;
	/** Starts a turn; what becomes of it goes to `observer`, whose `ended` is called in any case. */
	prompt(input: PromptInput, settings: ThreadSettings, observer: TurnObserver): void;
	/** Adds to the prompt under way. Throws a HumanError (`cannot-steer`). */
	steer(input: PromptInput): Promise<void>;
	/** Asks the agent to stop; `ended` tells when it has. */
	interrupt(): Promise<void>;
	/** How the agent has it now: its name, empty when there is none. Undefined when the agent cannot tell. */
	read(): Promise<{ readonly name: string; readonly archived: boolean } | undefined>;
	setName(name: string): Promise<void>;
	setArchived(archived: boolean): Promise<void>;
}

/** A running agent that is spoken with. */
export interface AgentConnection {
	/** The first words. Rejects when the program does not speak the driver's protocol. */
	initialize(): Promise<void>;
	/**
	 * A thread as `plan` says. Rejects with a {@link ThreadGone} when the agent does not have the thread or cannot do
	 * that: then a new one is primed.
	 */
	open(plan: ContextPlan, settings: ThreadSettings): Promise<AgentThread>;
	/** A thread to rename or archive, without loading it. */
	handle(thread: string): AgentThread;
	/** The models that it offers in a folder. */
	models(cwd: string): Promise<OfferedModels>;
}

/** What an agent tells that belongs to no turn. */
export interface AgentListener {
	/** `given` by a person, or `made` up by the agent: that does not replace a name a person gave. */
	named(thread: string, name: string, how: "given" | "made"): void;
	archived(thread: string, archived: boolean): void;
}

export interface DriverContext {
	readonly channel: LineChannel;
	readonly listener: AgentListener;
	/** Version of Skein. */
	readonly version: string;
	/** How long an agent may take to answer what needs no thinking, ms. */
	readonly patience: number;
}

export type Driver = (context: DriverContext) => AgentConnection;

/** Whether the agent did not answer in time: it hangs, or does what it was asked for without a word. */
export function isSilence(error: unknown): boolean {
	return error instanceof HumanError && error.reason === "agent-silent";
}

/** The agent does not have the thread, or cannot do what was asked with it: "has lost it", to come after its name. */
export class ThreadGone extends Error {
	override readonly name = "ThreadGone";
}
