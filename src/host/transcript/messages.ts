import * as z from "zod/mini";
import type { FromLivePage } from "../../protocol/live.ts";
import { composerChoices, imageLimit, promptWays } from "../../protocol/live.ts";
import type { FromTranscript } from "../../protocol/webview.ts";

const message = <T extends string, S extends z.core.$ZodShape>(type: T, shape: S) =>
	z.object({ type: z.literal(type), ...shape });
const index = z.int().check(z.nonnegative());
const image = z.object({ hash: z.string(), mime: z.string(), name: z.string() });
const draft = z.object({
	text: z.string(),
	mentions: z.array(z.string()),
	images: z.array(image),
});

/** What the live half of an editor answers. */
const live = [
	message("prompt", { id: z.string(), way: z.enum(promptWays), draft }),
	message("resume", { prompts: z.array(z.string()), editing: z.nullable(z.string()) }),
	message("stop", {}),
	message("removeQueued", { id: z.string() }),
	message("editingQueued", { id: z.nullable(z.string()) }),
	message("editQueued", { id: z.string(), text: z.string() }),
	message("sendQueued", { id: z.string() }),
	message("findFiles", { query: index, text: z.string() }),
	message("attach", {
		id: index,
		name: z.string(),
		mime: z.string(),
		bytes: z.instanceof(Uint8Array).check(z.refine((bytes) => bytes.length <= imageLimit)),
	}),
	message("choose", { what: z.enum(composerChoices) }),
	message("openSetting", { setting: z.string().check(z.regex(/^skein\.[a-zA-Z.]+$/)) }),
	message("answer", {
		approval: z.string(),
		option: z.string(),
		answers: z.record(z.string(), z.array(z.string())),
	}),
] as const;
const liveTypes: ReadonlySet<string> = new Set(live.flatMap(({ shape }) => shape.type.def.values));

const schema = z.discriminatedUnion("type", [
	...live,
	message("ready", { draft: z.boolean(), at: z.optional(z.string()) }),
	message("getPage", { page: index }),
	message("getBlob", { hash: z.string(), mime: z.string() }),
	message("getText", { item: z.string(), field: z.string() }),
	message("itemAction", {
		action: z.enum(["fork", "revert", "copy", "copyLink", "addNote"]),
		item: z.string(),
	}),
	message("sessionAction", { action: z.enum(["resumeInTerminal", "addNote", "importSession"]) }),
	message("openLink", { href: z.string() }),
	message("openFile", { item: z.string(), path: z.string() }),
	message("switchBranch", {}),
	message("openSession", { id: z.string() }),
	message("removeNote", { note: z.string() }),
	message("acknowledgeDamage", {}),
	message("selection", { text: z.string() }),
	message("focus", { item: z.nullable(z.string()) }),
	message("replayState", {
		active: z.boolean(),
		playing: z.boolean(),
		position: z.number(),
		item: z.nullable(z.string()),
	}),
	message("painted", { rows: z.number() }),
	message("error", { message: z.string() }),
]);

/** A message of the page; undefined for anything else. The page shows hostile content: what it says is checked. */
export function parseMessage(value: unknown): FromTranscript | undefined {
	const parsed = schema.safeParse(value);
	return parsed.success ? parsed.data : undefined;
}

/** Whether it is about prompts and turns that run. */
export function isLiveMessage(message: FromTranscript): message is FromLivePage {
	return liveTypes.has(message.type);
}
