import * as z from "zod/mini";
import type { FromTranscript } from "../../protocol/webview.ts";

const message = <T extends string, S extends z.core.$ZodShape>(type: T, shape: S) =>
	z.object({ type: z.literal(type), ...shape });
const index = z.int().check(z.nonnegative());

const schema = z.discriminatedUnion("type", [
	message("ready", {}),
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
