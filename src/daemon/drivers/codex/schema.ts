import * as z from "zod/mini";

// The part of Codex's app-server protocol that we use, as `codex app-server generate-ts` (0.169.0) writes it. Loose:
// what is added later passes through; nullable fields may be absent.

const Id = z.union([z.string(), z.number()]);
const maybe = <T extends z.ZodMiniType>(type: T) => z.optional(z.nullable(type));

export const Message = z.looseObject({
	id: maybe(Id),
	method: z.optional(z.string()),
	params: z.optional(z.unknown()),
	result: z.optional(z.unknown()),
	error: z.optional(z.unknown()),
});
export const ErrorShape = z.looseObject({ code: z.number(), message: z.string() });

export const ThreadAnswer = z.looseObject({
	thread: z.looseObject({ id: z.string(), name: maybe(z.string()), path: maybe(z.string()) }),
	model: maybe(z.string()),
});
export const TurnAnswer = z.looseObject({ turn: z.looseObject({ id: z.string() }) });

export const ModelPage = z.looseObject({
	data: z.array(
		z.looseObject({
			model: z.string(),
			displayName: z.string(),
			description: maybe(z.string()),
			isDefault: z.boolean(),
		}),
	),
	nextCursor: maybe(z.string()),
});
export const ConfigAnswer = z.looseObject({ config: z.looseObject({ model: maybe(z.string()) }) });

/** What every notification of a thread names. */
export const ThreadParams = z.looseObject({ threadId: z.string(), turnId: maybe(z.string()) });

const FileUpdateChange = z.looseObject({
	path: z.string(),
	kind: z.looseObject({ type: z.enum(["add", "delete", "update"]), move_path: maybe(z.string()) }),
	diff: z.string(),
});
export type FileUpdateChange = z.infer<typeof FileUpdateChange>;

const UserInput = z.looseObject({
	type: z.string(),
	text: maybe(z.string()),
	path: maybe(z.string()),
});

export const ThreadItem = z.discriminatedUnion("type", [
	z.looseObject({
		type: z.literal("userMessage"),
		id: z.string(),
		content: z.array(UserInput),
	}),
	z.looseObject({
		type: z.literal("agentMessage"),
		id: z.string(),
		text: z.string(),
		phase: maybe(z.string()),
	}),
	z.looseObject({ type: z.literal("plan"), id: z.string(), text: z.string() }),
	z.looseObject({
		type: z.literal("reasoning"),
		id: z.string(),
		summary: z.array(z.string()),
		content: z.array(z.string()),
	}),
	z.looseObject({
		type: z.literal("commandExecution"),
		id: z.string(),
		command: z.string(),
		cwd: z.string(),
		status: z.string(),
		aggregatedOutput: maybe(z.string()),
		exitCode: maybe(z.number()),
		durationMs: maybe(z.number()),
	}),
	z.looseObject({
		type: z.literal("fileChange"),
		id: z.string(),
		changes: z.array(FileUpdateChange),
		status: z.string(),
	}),
	z.looseObject({
		type: z.literal("mcpToolCall"),
		id: z.string(),
		server: z.string(),
		tool: z.string(),
		status: z.string(),
		arguments: z.optional(z.unknown()),
		result: z.optional(z.unknown()),
		error: z.optional(z.unknown()),
		durationMs: maybe(z.number()),
	}),
	z.looseObject({
		type: z.literal("dynamicToolCall"),
		id: z.string(),
		namespace: maybe(z.string()),
		tool: z.string(),
		status: z.string(),
		arguments: z.optional(z.unknown()),
		contentItems: z.optional(z.unknown()),
		durationMs: maybe(z.number()),
	}),
	z.looseObject({ type: z.literal("webSearch"), id: z.string(), query: maybe(z.string()) }),
	z.looseObject({ type: z.literal("imageView"), id: z.string(), path: z.string() }),
	z.looseObject({ type: z.literal("contextCompaction"), id: z.string() }),
]);
export type ThreadItem = z.infer<typeof ThreadItem>;

export const AnyItem = z.looseObject({ type: z.string(), id: z.string() });
export const ItemParams = z.looseObject({ item: AnyItem });
export const DeltaParams = z.looseObject({ itemId: z.string(), delta: z.string() });
export const SummaryDeltaParams = z.looseObject({
	itemId: z.string(),
	delta: z.string(),
	summaryIndex: z.number(),
});
export const TurnParams = z.looseObject({
	threadId: z.string(),
	turn: z.looseObject({
		id: z.string(),
		status: z.string(),
		error: maybe(z.looseObject({ message: z.string(), additionalDetails: maybe(z.string()) })),
	}),
});
export const PlanParams = z.looseObject({
	explanation: maybe(z.string()),
	plan: z.array(z.looseObject({ step: z.string(), status: z.string() })),
});
const Breakdown = z.looseObject({
	totalTokens: z.number(),
	inputTokens: z.number(),
	cachedInputTokens: z.number(),
	outputTokens: z.number(),
	reasoningOutputTokens: z.number(),
});
export type Breakdown = z.infer<typeof Breakdown>;
export const UsageParams = z.looseObject({
	turnId: z.string(),
	tokenUsage: z.looseObject({ total: Breakdown, last: Breakdown }),
});
export const ErrorParams = z.looseObject({
	error: z.looseObject({ message: z.string() }),
	willRetry: z.boolean(),
});
export const TextParams = z.looseObject({ message: z.string() });
export const NameParams = z.looseObject({ threadId: z.string(), threadName: maybe(z.string()) });
export const ResolvedParams = z.looseObject({ requestId: Id });

export const CommandAsk = z.looseObject({
	itemId: z.string(),
	command: maybe(z.string()),
	reason: maybe(z.string()),
	networkApprovalContext: maybe(z.looseObject({ host: maybe(z.string()) })),
	availableDecisions: maybe(z.array(z.unknown())),
});
export const Amendment = z.looseObject({
	acceptWithExecpolicyAmendment: z.optional(
		z.looseObject({ execpolicy_amendment: z.array(z.string()) }),
	),
	applyNetworkPolicyAmendment: z.optional(
		z.looseObject({
			network_policy_amendment: z.looseObject({ host: z.string(), action: z.string() }),
		}),
	),
});
export const FileAsk = z.looseObject({
	itemId: z.string(),
	reason: maybe(z.string()),
	grantRoot: maybe(z.string()),
});
export const PermissionsAsk = z.looseObject({
	itemId: z.string(),
	reason: maybe(z.string()),
	permissions: z.looseObject({
		network: z.optional(z.unknown()),
		fileSystem: z.optional(z.unknown()),
	}),
});
export const InputAsk = z.looseObject({
	itemId: z.string(),
	questions: z.array(
		z.looseObject({
			id: z.string(),
			header: z.string(),
			question: z.string(),
			isOther: z.boolean(),
			isSecret: z.boolean(),
			options: maybe(z.array(z.looseObject({ label: z.string(), description: z.string() }))),
		}),
	),
});
export const ElicitationAsk = z.looseObject({
	serverName: z.string(),
	mode: z.string(),
	message: maybe(z.string()),
	url: maybe(z.string()),
	requestedSchema: z.optional(
		z.looseObject({
			properties: z.optional(
				z.record(
					z.string(),
					z.looseObject({
						type: maybe(z.string()),
						title: maybe(z.string()),
						enum: z.optional(z.array(z.string())),
					}),
				),
			),
		}),
	),
});
