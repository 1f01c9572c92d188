import * as z from "zod/mini";
import { ApprovalKind, ApprovalOption, ApprovalOutcome, TurnStatus } from "../core/model/record.ts";

/**
 * How windows, the CLI and the daemon talk (design: section 8): JSON-RPC 2.0 over a unix socket or a named pipe, one
 * JSON text a line. The first message of a client is `hello`; until its token is accepted it gets nothing else. Both
 * sides check what they receive against these schemas.
 *
 * A client misses nothing: `events` are numbered over the daemon's whole life and its restarts, and `subscribe` gives
 * those after a cursor; text that streams is not in events but in `delta` notifications, and `live` gives what has
 * streamed so far, so that text = `live` + every delta whose `offset` is its end. The journal holds everything for good.
 */
export const daemonProtocol = 1;

/** A longer message is refused with a reason and the connection ended. Bytes. */
export const messageLimit = 16 * 1024 * 1024;
/** Before `hello` was accepted. Bytes. */
export const helloLimit = 64 * 1024;

const Count = z.number().check(z.int(), z.minimum(0));

/** Which program runs an agent, and how. Comes from the user's settings through the client, never from a workspace. */
export const AgentSpec = z.object({
	/** Name of the agent, as sessions store it: `codex`, `opencode`, ... */
	agent: z.string().check(z.minLength(1), z.maxLength(64)),
	driver: z.enum(["codex", "acp", "recorded"]),
	/** The program, absolute or on the daemon's PATH; for `recorded` the path of the protocol log. */
	command: z.string().check(z.minLength(1)),
	args: z.array(z.string()),
	/** Added to the scrubbed environment that the daemon was started with. */
	env: z.optional(z.record(z.string(), z.string())),
});
export type AgentSpec = z.infer<typeof AgentSpec>;

export const SandboxMode = z.enum(["read-only", "workspace-write", "danger-full-access"]);
export type SandboxMode = z.infer<typeof SandboxMode>;
export const ApprovalPolicy = z.enum(["untrusted", "on-request", "never"]);
export type ApprovalPolicy = z.infer<typeof ApprovalPolicy>;

export const PromptImage = z.object({ mime: z.string(), base64: z.string() });

export const PromptInput = z.object({
	text: z.string(),
	/** Files of the workspace that the prompt names; paths absolute or relative to the session's folder. */
	mentions: z.optional(z.array(z.string())),
	images: z.optional(z.array(PromptImage)),
});
export type PromptInput = z.infer<typeof PromptInput>;

/** How a run stands. `waiting`: for a person. */
export const RunStatus = z.enum([
	"starting",
	"running",
	"waiting",
	"completed",
	"interrupted",
	"failed",
]);
export type RunStatus = z.infer<typeof RunStatus>;

export const RunRecord = z.object({
	id: z.string(),
	session: z.string(),
	turn: z.string(),
	agent: z.string(),
	model: z.nullable(z.string()),
	status: RunStatus,
	/** ISO 8601. */
	startedAt: z.string(),
	endedAt: z.nullable(z.string()),
	/** A sentence when it did not complete. */
	reason: z.nullable(z.string()),
	/** Who asked: the name of a client. */
	client: z.string(),
});
export type RunRecord = z.infer<typeof RunRecord>;

/** A session the daemon has worked on, and the agent's own name of it. */
export const AgentSessionRecord = z.object({
	session: z.string(),
	agent: z.string(),
	thread: z.nullable(z.string()),
	/** The name that both sides last agreed on: tells which of them has changed it since. */
	name: z.nullable(z.string()),
	/** The archive mark that both sides last agreed on. */
	archived: z.optional(z.boolean()),
	status: z.enum(["open", "closed"]),
	currentTurn: z.nullable(z.string()),
	updatedAt: z.string(),
});
export type AgentSessionRecord = z.infer<typeof AgentSessionRecord>;

export const ChildStatus = z.enum([
	"idle",
	"starting",
	"running",
	"restarting",
	"stopping",
	"exited",
	"failed",
]);
export type ChildStatus = z.infer<typeof ChildStatus>;

/** An agent process, as codexd keeps it. */
export const ManagedChild = z.object({
	id: z.string(),
	agent: z.string(),
	strategy: z.enum(["spawn", "external"]),
	mode: z.enum(["stdio", "socket"]),
	endpoint: z.nullable(z.string()),
	status: ChildStatus,
	command: z.string(),
	args: z.array(z.string()),
	cwd: z.string(),
	pid: z.nullable(z.number()),
	/** When the process started, as the system tells it: with the pid it names the process beyond doubt. */
	processStart: z.nullable(z.string()),
	startedAt: z.nullable(z.string()),
	exitedAt: z.nullable(z.string()),
	exitCode: z.nullable(z.number()),
	signal: z.nullable(z.string()),
	lastError: z.nullable(z.string()),
	/** Starts since it last did its work. */
	restarts: Count,
});
export type ManagedChild = z.infer<typeof ManagedChild>;

export const DaemonIdentity = z.object({
	daemonId: z.string(),
	/** Name of the machine. */
	nodeId: z.string(),
	/** Absolute real path of the workspace folder. */
	root: z.string(),
	createdAt: z.string(),
	version: z.string(),
});
export type DaemonIdentity = z.infer<typeof DaemonIdentity>;

/** What the status bar shows (design: section 8). */
export const DaemonState = z.discriminatedUnion("kind", [
	z.object({ kind: z.literal("stopped") }),
	z.object({ kind: z.literal("starting") }),
	z.object({ kind: z.literal("idle") }),
	z.object({ kind: z.literal("busy"), count: Count }),
	z.object({ kind: z.literal("needs-you"), count: Count }),
	z.object({ kind: z.literal("stopping") }),
	/** A child is being restarted. */
	z.object({ kind: z.literal("degraded"), reason: z.string() }),
	/** A child was given up on, or the daemon itself ended without saying so. */
	z.object({ kind: z.literal("crashed"), reason: z.string(), stderr: z.array(z.string()) }),
]);
export type DaemonState = z.infer<typeof DaemonState>;

/** A question of an agent's, open until it is answered from any window, once. */
export const Approval = z.object({
	id: z.string(),
	session: z.string(),
	turn: z.string(),
	run: z.string(),
	item: z.nullable(z.string()),
	kind: ApprovalKind,
	/** The exact command, the files, or the question. */
	title: z.string(),
	reason: z.nullable(z.string()),
	options: z.array(ApprovalOption),
	/** What to fill in, when the agent asks for more than a choice. */
	questions: z.array(
		z.object({
			id: z.string(),
			header: z.string(),
			question: z.string(),
			secret: z.boolean(),
			/** Suggested answers. */
			options: z.array(z.object({ label: z.string(), description: z.string() })),
			/** Whether another answer than the suggested ones may be given. */
			free: z.boolean(),
		}),
	),
	requestedAt: z.string(),
});
export type Approval = z.infer<typeof Approval>;

export const EventLevel = z.enum(["info", "warning", "error"]);
export const eventTypes = [
	"daemon.started",
	"daemon.stopping",
	"state.changed",
	"run.started",
	"run.ended",
	"approval.requested",
	"approval.answered",
	"child.started",
	"child.exited",
	"child.restarting",
	"child.gaveUp",
	"child.reaped",
	"child.output",
	"session.reconciled",
	"session.changed",
] as const;
export const EventType = z.enum(eventTypes);
export type EventType = z.infer<typeof EventType>;

/** Something that happened, numbered: `seq` only grows, over restarts too. */
export const DaemonEvent = z.object({
	seq: Count,
	createdAt: z.string(),
	level: EventLevel,
	type: EventType,
	message: z.string(),
	session: z.optional(z.string()),
	detail: z.nullable(z.record(z.string(), z.unknown())),
});
export type DaemonEvent = z.infer<typeof DaemonEvent>;

export const DaemonStatus = z.object({
	identity: DaemonIdentity,
	pid: z.nullable(z.number()),
	startedAt: z.nullable(z.string()),
	state: DaemonState,
	children: z.array(ManagedChild),
	/** Running and waiting ones, then the newest of the rest. */
	runs: z.array(RunRecord),
	approvals: z.array(Approval),
	clients: Count,
	/** Number of the last event. */
	seq: Count,
});
export type DaemonStatus = z.infer<typeof DaemonStatus>;

/** An item that is under way, with the text that has streamed so far. */
export const LiveItem = z.object({
	id: z.string(),
	type: z.string(),
	/** By field: `text`, `output`. */
	texts: z.record(z.string(), z.string()),
});
export type LiveItem = z.infer<typeof LiveItem>;

/** A model that an agent offers. */
export const AgentModel = z.object({
	/** As the agent takes it. */
	id: z.string(),
	name: z.string(),
	description: z.nullable(z.string()),
});
export type AgentModel = z.infer<typeof AgentModel>;

/** The models of an agent, in its order; none where it leaves no choice. */
export const OfferedModels = z.object({
	models: z.array(AgentModel),
	/** The one that answers when none is named, where the agent tells; not always one of those offered. */
	default: z.nullable(z.string()),
});
export type OfferedModels = z.infer<typeof OfferedModels>;

const Session = z.object({ session: z.string() });
const Nothing = z.object({});

/** Every request of a client, with what it takes and gives. */
export const daemonRequests = {
	/** Fails with `bad-token`, or `protocol` when the two sides are of different versions. */
	hello: {
		params: z.object({
			protocol: z.number(),
			token: z.string(),
			client: z.string().check(z.maxLength(200)),
		}),
		result: z.object({ protocol: z.number(), version: z.string(), pid: z.number() }),
	},
	status: { params: Nothing, result: DaemonStatus },
	/**
	 * Events from now on, and those after `after` that happened before; null for none. The answer comes before the first
	 * event that is told: in order, none missing, none twice. `lost` is true when some of those before are no longer
	 * kept: then read the journals again.
	 */
	subscribe: {
		params: z.object({ after: z.nullable(Count) }),
		result: z.object({ events: z.array(DaemonEvent), seq: Count, lost: z.boolean() }),
	},
	/** Follows the streaming text of a session. Ends with `unfollow` or the connection. */
	follow: {
		params: Session,
		result: z.object({ run: z.nullable(RunRecord), items: z.array(LiveItem) }),
	},
	unfollow: { params: Session, result: Nothing },
	/**
	 * Starts a turn. Resolves when the prompt is on disk; what the agent then does is told by events. Fails with `busy`
	 * while a turn of the session runs, and says who asked for it.
	 */
	prompt: {
		params: z.object({
			session: z.string(),
			input: PromptInput,
			agent: AgentSpec,
			model: z.optional(z.string()),
			sandbox: z.optional(SandboxMode),
			approvals: z.optional(ApprovalPolicy),
			/** Keeps the workspace's files at the start and the end of the turn, where it is in a git repository. */
			checkpoints: z.optional(z.boolean()),
			/** Writes the protocol between daemon and agent, redacted, to a file in the runtime folder. */
			record: z.optional(z.boolean()),
		}),
		result: z.object({
			run: z.string(),
			turn: z.string(),
			item: z.string(),
			/** Path of the recording, when one was asked for; whole when the run has ended. */
			recording: z.optional(z.string()),
		}),
	},
	/** Adds to the prompt of the turn that runs. Fails with `not-running`, or `cannot-steer` when the agent cannot. */
	steer: {
		params: z.object({ session: z.string(), input: PromptInput }),
		result: z.object({ item: z.string() }),
	},
	/** Ends the turn that runs. Resolves when it has ended. Fails with `not-running`. */
	interrupt: { params: Session, result: z.object({ status: TurnStatus }) },
	/** Answers a question. Fails with `answered` when somebody else did first, `no-such-approval`, `no-such-option`. */
	answer: {
		params: z.object({
			approval: z.string(),
			option: z.string(),
			/** By question. */
			answers: z.optional(z.record(z.string(), z.array(z.string()))),
		}),
		result: z.object({ outcome: ApprovalOutcome }),
	},
	/** Brings the agent's name and archive mark of a session in step with ours. Starts no agent when it has no thread. */
	sync: {
		params: z.object({ session: z.string(), agent: AgentSpec }),
		result: z.object({ synced: z.boolean() }),
	},
	/**
	 * Renames or archives a conversation of the agent's own, which lives in none of our sessions; the answer is what the
	 * agent says of it then. Starts the agent. Fails as `models` does.
	 */
	changeThread: {
		params: z.object({
			/** The agent's name of it. */
			thread: z.string().check(z.regex(/^[\w-]{1,64}$/)),
			agent: AgentSpec,
			change: z.union([
				z.object({ name: z.string().check(z.minLength(1), z.maxLength(16_000)) }),
				z.object({ archived: z.boolean() }),
			]),
		}),
		result: z.object({ name: z.string(), archived: z.boolean() }),
	},
	/**
	 * What models an agent offers in the folder of a session; null, or one that has no journal yet: in the workspace
	 * folder. Starts the agent. Fails with `agent-not-found`, `agent-failed`, `agent-silent`, `agent-refused`.
	 */
	models: {
		params: z.object({ session: z.nullable(z.string()), agent: AgentSpec }),
		result: OfferedModels,
	},
	/** The last bytes of a log, whole lines. */
	logs: {
		params: z.object({
			log: z.enum(["stdout", "stderr", "events", "daemon"]),
			bytes: z.number().check(z.int(), z.minimum(1), z.maximum(1024 * 1024)),
		}),
		result: z.object({ text: z.string(), path: z.string() }),
	},
	/** Ends children and daemon. Fails with `busy` while turns run, unless `force` is set: then they are interrupted. */
	stop: { params: z.object({ force: z.boolean() }), result: Nothing },
} as const;

export type DaemonMethod = keyof typeof daemonRequests;
export type DaemonParams<M extends DaemonMethod> = z.infer<(typeof daemonRequests)[M]["params"]>;
export type DaemonResult<M extends DaemonMethod> = z.infer<(typeof daemonRequests)[M]["result"]>;

/** What the daemon tells without being asked. */
export const daemonNotifications = {
	event: DaemonEvent,
	/** Text added to a field of an item under way. `offset` is where it goes, in UTF-16 code units. */
	delta: z.object({
		session: z.string(),
		turn: z.string(),
		item: z.string(),
		field: z.string(),
		offset: Count,
		text: z.string(),
	}),
	/** The journal of a session has grown by what is named: time to read on. */
	grown: z.object({ session: z.string(), turn: z.string(), items: z.array(z.string()) }),
} as const;
export type DaemonNotification = keyof typeof daemonNotifications;
export type DaemonNotice<N extends DaemonNotification> = z.infer<(typeof daemonNotifications)[N]>;

/** The code of every error that the daemon answers with; `data.reason` tells which, `message` is a sentence. */
export const daemonErrorCode = -32000;
export const DaemonErrorData = z.object({
	reason: z.string(),
	/** Of a `protocol` error: the version the other side speaks, and whether it ends itself now because it is idle. */
	protocol: z.optional(z.number()),
	stopping: z.optional(z.boolean()),
});
export type DaemonErrorData = z.infer<typeof DaemonErrorData>;

/** daemon.json: how to reach a running daemon. Mode 0600, in a folder of mode 0700. */
export const DaemonFile = z.object({
	pid: z.number(),
	startedAt: z.string(),
	protocol: z.number(),
	version: z.string(),
	/** Path of the socket, or name of the pipe. */
	endpoint: z.string(),
	token: z.string(),
});
export type DaemonFile = z.infer<typeof DaemonFile>;

/** state.json, as a client may read it without a daemon. */
export const StateFile = z.looseObject({
	started: z.boolean(),
	startedAt: z.nullable(z.string()),
	stoppedAt: z.nullable(z.string()),
	updatedAt: z.string(),
	pid: z.nullable(z.number()),
	state: DaemonState,
	children: z.array(ManagedChild),
	/** At least the number of the last event. */
	seq: Count,
});
export type StateFile = z.infer<typeof StateFile>;
