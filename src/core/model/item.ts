import * as z from "zod/mini";
import { BlobRef, Text } from "./blob.ts";

/** How an item stands. Absent means `completed`. */
export const ItemStatus = z.enum(["running", "completed", "failed", "declined", "interrupted"]);
export type ItemStatus = z.infer<typeof ItemStatus>;

const common = {
	status: z.optional(ItemStatus),
	/** Where the bytes of this item stand in what a source wrote: lossless adoption cites them. */
	from: z.optional(
		z.array(z.looseObject({ blob: z.string(), offset: z.number(), length: z.number() })),
	),
	/** The item's identity at its source; adopting twice finds it again. */
	sourceId: z.optional(z.string()),
};

/** An image: its bytes in a blob, or a path or address that the agent named. */
export const ImageRef = z.looseObject({
	blob: z.optional(z.string()),
	bytes: z.optional(z.number()),
	mime: z.optional(z.string()),
	path: z.optional(z.string()),
	url: z.optional(z.string()),
	alt: z.optional(z.string()),
});
export type ImageRef = z.infer<typeof ImageRef>;

export const UserMessage = z.looseObject({
	type: z.literal("userMessage"),
	text: Text,
	images: z.optional(z.array(ImageRef)),
	...common,
});
export const AgentMessage = z.looseObject({
	type: z.literal("agentMessage"),
	text: Text,
	/** `commentary` while working, `final` for the answer; absent when the agent does not say. */
	phase: z.optional(z.enum(["commentary", "final"])),
	...common,
});
export const Reasoning = z.looseObject({ type: z.literal("reasoning"), text: Text, ...common });
export const Plan = z.looseObject({
	type: z.literal("plan"),
	text: z.optional(Text),
	steps: z.optional(
		z.union([
			z.array(z.looseObject({ step: z.string(), status: z.optional(z.string()) })),
			BlobRef,
		]),
	),
	...common,
});
export const CommandExecution = z.looseObject({
	type: z.literal("commandExecution"),
	/** The command line as a person would type it. */
	command: Text,
	cwd: z.optional(z.string()),
	output: z.optional(Text),
	exitCode: z.optional(z.nullable(z.number())),
	/** Wall time in ms. */
	durationMs: z.optional(z.number()),
	...common,
});
/** One file of a file change. Paths are relative to the session's folder where they can be. */
export const FileEdit = z.looseObject({
	path: z.string(),
	kind: z.enum(["add", "update", "delete"]),
	movedTo: z.optional(z.string()),
	/** Unified diff hunks; for `add` and `delete` `content` may stand instead. */
	diff: z.optional(Text),
	content: z.optional(Text),
	added: z.optional(z.number()),
	removed: z.optional(z.number()),
});
export type FileEdit = z.infer<typeof FileEdit>;
export const FileChange = z.looseObject({
	type: z.literal("fileChange"),
	changes: z.union([z.array(FileEdit), BlobRef]),
	output: z.optional(Text),
	...common,
});
export const ToolCall = z.looseObject({
	type: z.literal("toolCall"),
	tool: z.string(),
	/** The MCP server or namespace the tool belongs to. */
	server: z.optional(z.string()),
	input: z.optional(z.unknown()),
	output: z.optional(z.unknown()),
	images: z.optional(z.array(ImageRef)),
	durationMs: z.optional(z.number()),
	...common,
});
export const WebSearch = z.looseObject({
	type: z.literal("webSearch"),
	query: z.optional(Text),
	output: z.optional(z.unknown()),
	...common,
});
export const Image = z.looseObject({ type: z.literal("image"), image: ImageRef, ...common });
export const Compaction = z.looseObject({
	type: z.literal("compaction"),
	text: z.optional(Text),
	...common,
});
export const ErrorItem = z.looseObject({
	type: z.literal("error"),
	text: Text,
	code: z.optional(z.string()),
	...common,
});
export const NoteItem = z.looseObject({ type: z.literal("note"), text: Text, ...common });
/** Something of the agent's that Skein has no words for: shown as it is. */
export const RawItem = z.looseObject({
	type: z.literal("raw"),
	label: z.optional(z.string()),
	value: z.optional(z.unknown()),
	...common,
});

export const ItemContent = z.discriminatedUnion("type", [
	UserMessage,
	AgentMessage,
	Reasoning,
	Plan,
	CommandExecution,
	FileChange,
	ToolCall,
	WebSearch,
	Image,
	Compaction,
	ErrorItem,
	NoteItem,
	RawItem,
]);
/** What an item says; its identity, turn and time stand beside it (see {@link Item}). */
export type ItemContent = z.infer<typeof ItemContent>;
export type ItemType = ItemContent["type"];
export type ContentOf<T extends ItemType> = Extract<ItemContent, { type: T }>;

/** The item types, in the order of the schema. */
export const itemTypes: readonly ItemType[] = [
	"userMessage",
	"agentMessage",
	"reasoning",
	"plan",
	"commandExecution",
	"fileChange",
	"toolCall",
	"webSearch",
	"image",
	"compaction",
	"error",
	"note",
	"raw",
];

/** One item of a transcript, as read: whole content, identity and time. */
export interface Item {
	/** A ULID in our own sessions; opaque and stable in a source's. */
	readonly id: string;
	/** The turn it belongs to. */
	readonly turn: string;
	/** ISO 8601; empty when the source wrote none. */
	readonly ts: string;
	readonly status: ItemStatus;
	readonly content: ItemContent;
}
