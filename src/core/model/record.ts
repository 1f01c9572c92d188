import * as z from "zod/mini";
import { BlobRef, Text } from "./blob.ts";
import { ItemContent } from "./item.ts";

/** The version of the record format this code writes (design: J7 keeps what is newer). */
export const journalVersion = 1;

const base = { v: z.literal(journalVersion), id: z.string(), ts: z.string() };

/** A point in a session: `at` is the last item that belongs, null for "before the first". */
export const SessionPoint = z.looseObject({ session: z.string(), at: z.nullable(z.string()) });
export type SessionPoint = z.infer<typeof SessionPoint>;

/** Where an adopted session came from. */
export const Origin = z.looseObject({
	source: z.string(),
	/** The session's id at its source. */
	id: z.string(),
	/** The source's own parent (fork, sub-agent), by its id there. */
	parent: z.optional(z.string()),
});
export type Origin = z.infer<typeof Origin>;

export const SessionHeader = z.looseObject({
	id: z.string(),
	/** Empty while nobody gave one. */
	title: z.string(),
	/** True when the title was taken from the first prompt by the source that the session was adopted from. */
	untitled: z.optional(z.boolean()),
	agent: z.nullable(z.string()),
	model: z.nullable(z.string()),
	/** Relative to the workspace folder (`.` for the folder itself) where it can be, else absolute. */
	cwd: z.nullable(z.string()),
	origin: z.nullable(Origin),
	parent: z.optional(SessionPoint),
});
export type SessionHeader = z.infer<typeof SessionHeader>;

/** Tokens of one turn. Cached input is a part of input; reasoning is a part of output. */
export const TokenUsage = z.looseObject({
	input: z.number(),
	cachedInput: z.optional(z.number()),
	output: z.number(),
	reasoning: z.optional(z.number()),
	total: z.number(),
});
export type TokenUsage = z.infer<typeof TokenUsage>;

export const GitState = z.looseObject({
	branch: z.optional(z.string()),
	commit: z.optional(z.string()),
	dirty: z.optional(z.boolean()),
});
export type GitState = z.infer<typeof GitState>;

/** The daemon's run that executes a turn. A turn without one was written by `append` or by an import. */
export const TurnRun = z.looseObject({
	id: z.string(),
	/** Name of the machine whose daemon runs it: only a daemon there may find it dead. */
	host: z.string(),
});
export type TurnRun = z.infer<typeof TurnRun>;

export const SessionCreated = z.looseObject({
	...base,
	type: z.literal("session.created"),
	format: z.literal("skein-journal"),
	session: SessionHeader,
});
export const TurnStarted = z.looseObject({
	...base,
	type: z.literal("turn.started"),
	/** The item this turn continues; null for the first turn of a session. */
	after: z.nullable(z.string()),
	model: z.optional(z.string()),
	git: z.optional(GitState),
	sourceId: z.optional(z.string()),
	/** Of an adopted turn: the agent's own name of it. */
	agentTurn: z.optional(z.string()),
	run: z.optional(TurnRun),
});
export const TurnStatus = z.enum(["completed", "interrupted", "failed"]);
export type TurnStatus = z.infer<typeof TurnStatus>;
export const TurnCompleted = z.looseObject({
	...base,
	type: z.literal("turn.completed"),
	turn: z.string(),
	status: TurnStatus,
	usage: z.optional(TokenUsage),
	error: z.optional(Text),
});
export const ItemStarted = z.looseObject({
	...base,
	type: z.literal("item.started"),
	turn: z.string(),
	item: ItemContent,
});
export const ItemUpdated = z.looseObject({
	...base,
	type: z.literal("item.updated"),
	/** The id of the item's first record. */
	itemId: z.string(),
	/** Text added to the named fields since the last record of this item. */
	append: z.record(z.string(), Text),
});
export const ItemCompleted = z.looseObject({
	...base,
	type: z.literal("item.completed"),
	turn: z.string(),
	/** The id of the item's first record; absent when this is the first. */
	itemId: z.optional(z.string()),
	item: ItemContent,
});
export const HeadMoved = z.looseObject({
	...base,
	type: z.literal("head.moved"),
	/** The item the next prompt continues from; null for the very beginning. */
	to: z.nullable(z.string()),
});
export const SessionRenamed = z.looseObject({
	...base,
	type: z.literal("session.renamed"),
	title: z.string(),
});
const bare = <T extends string>(type: T) => z.looseObject({ ...base, type: z.literal(type) });
export const SessionArchived = bare("session.archived");
export const SessionUnarchived = bare("session.unarchived");
export const SessionTrashed = bare("session.trashed");
export const SessionRestored = bare("session.restored");
export const SessionPinned = bare("session.pinned");
export const SessionUnpinned = bare("session.unpinned");
export const SessionTagged = z.looseObject({
	...base,
	type: z.literal("session.tagged"),
	tags: z.array(z.string()),
});
export const SessionUntagged = z.looseObject({
	...base,
	type: z.literal("session.untagged"),
	tags: z.array(z.string()),
});
export const NoteAdded = z.looseObject({
	...base,
	type: z.literal("note.added"),
	text: Text,
	/** The item the note is on; absent for a note on the session. */
	item: z.optional(z.string()),
});
export const NoteRemoved = z.looseObject({
	...base,
	type: z.literal("note.removed"),
	/** The id of the `note.added` record. */
	note: z.string(),
});
/** A person has seen this damage: its warning is cleared. Fragments are known by content, so a merge cannot move them. */
export const DamageAcknowledged = z.looseObject({
	...base,
	type: z.literal("damage.acknowledged"),
	fragments: z.array(z.looseObject({ bytes: z.number(), crc32: z.number() })),
});
/** Bytes of a source's session file that one import brought in, kept as they were. */
export const SourceImported = z.looseObject({
	...base,
	type: z.literal("source.imported"),
	/** Name of the file at the source. */
	file: z.string(),
	/** Where the bytes stood in that file. */
	offset: z.number(),
	content: BlobRef,
});

/** The agent's own names of this session and of one of its turns: what goes on, forks or reverts there needs them. */
export const AgentAttached = z.looseObject({
	...base,
	type: z.literal("agent.attached"),
	/** The agent whose thread it is: `codex`, or the name of another one. */
	agent: z.string(),
	/** The agent's name of the conversation. */
	thread: z.string(),
	/** How the thread came by what it knows; `primed`: it is new and was given the chain as text. */
	how: z.enum(["started", "resumed", "forked", "reverted", "primed"]),
	turn: z.string(),
	/** The agent's name of the turn, when it has names for turns. */
	agentTurn: z.optional(z.string()),
	/** The model that answers, when the agent tells. */
	model: z.optional(z.string()),
});
export const ApprovalOption = z.looseObject({
	id: z.string(),
	label: z.string(),
	kind: z.enum(["allowOnce", "allowAlways", "rejectOnce", "rejectAlways", "cancel"]),
});
export type ApprovalOption = z.infer<typeof ApprovalOption>;
export const ApprovalKind = z.enum(["command", "fileChange", "permissions", "question", "tool"]);
export type ApprovalKind = z.infer<typeof ApprovalKind>;
/** A question that the agent waits on. */
export const ApprovalRequested = z.looseObject({
	...base,
	type: z.literal("approval.requested"),
	turn: z.string(),
	/** The item it is about. */
	item: z.optional(z.string()),
	kind: ApprovalKind,
	/** The exact command, the files, or the question. */
	title: Text,
	/** Why the agent asks. */
	reason: z.optional(z.string()),
	options: z.array(ApprovalOption),
});
export const ApprovalOutcome = z.enum(["allowed", "rejected", "withdrawn"]);
export type ApprovalOutcome = z.infer<typeof ApprovalOutcome>;
export const ApprovalAnswered = z.looseObject({
	...base,
	type: z.literal("approval.answered"),
	/** The id of the `approval.requested` record. */
	approval: z.string(),
	outcome: ApprovalOutcome,
	/** The option that was chosen; absent when it was withdrawn. */
	option: z.optional(z.string()),
	/** What was typed or picked, by question; secret answers are left out. */
	answers: z.optional(z.record(z.string(), z.array(z.string()))),
	/** Who answered: the name of a client of the daemon's. */
	by: z.optional(z.string()),
});

const GitObject = z.string().check(z.regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/));
/** The workspace's files at the start or the end of a turn are kept in its git repository. */
export const CheckpointTaken = z.looseObject({
	...base,
	type: z.literal("checkpoint.taken"),
	turn: z.string(),
	moment: z.enum(["start", "end"]),
	/** `refs/skein/checkpoints/<session>/<turn>/<moment>` names it; its parent is what HEAD was. */
	commit: GitObject,
	tree: GitObject,
	/** How many files are not in it; the commit's message lists them. */
	leftOut: z.optional(z.number()),
});
/** No checkpoint could be taken. Written once, not again while the reason stays the same. */
export const CheckpointFailed = z.looseObject({
	...base,
	type: z.literal("checkpoint.failed"),
	turn: z.string(),
	/** In a word, for code: `no-git`, `no-repository`, ... */
	reason: z.string(),
	/** In a sentence. */
	message: z.string(),
});
/** The workspace's files were brought to a checkpoint. */
export const FilesRestored = z.looseObject({
	...base,
	type: z.literal("files.restored"),
	/** The checkpoint's commit. */
	to: GitObject,
	/** The commit that holds them as they were before; `refs/skein/checkpoints/<session>/<this id>/safety` names it. */
	safety: GitObject,
	/** The `files.restored` record that this one takes back. */
	undoes: z.optional(z.string()),
});

export const JournalRecord = z.discriminatedUnion("type", [
	SessionCreated,
	TurnStarted,
	TurnCompleted,
	ItemStarted,
	ItemUpdated,
	ItemCompleted,
	HeadMoved,
	SessionRenamed,
	SessionArchived,
	SessionUnarchived,
	SessionTrashed,
	SessionRestored,
	SessionPinned,
	SessionUnpinned,
	SessionTagged,
	SessionUntagged,
	NoteAdded,
	NoteRemoved,
	DamageAcknowledged,
	SourceImported,
	AgentAttached,
	ApprovalRequested,
	ApprovalAnswered,
	CheckpointTaken,
	CheckpointFailed,
	FilesRestored,
]);
/** One line of a journal. */
export type JournalRecord = z.infer<typeof JournalRecord>;
export type RecordType = JournalRecord["type"];
export type RecordOf<T extends RecordType> = Extract<JournalRecord, { type: T }>;

type Draft<R> = R extends JournalRecord ? DraftOf<R> : never;
type DraftOf<R extends JournalRecord> = {
	[K in keyof R as string extends K ? never : K extends "v" | "id" | "ts" ? never : K]: R[K];
} & { ts?: string };
/** A record before it has an id: `ts` is the moment of writing unless it is given. */
export type RecordDraft = Draft<JournalRecord>;
