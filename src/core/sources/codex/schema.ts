import * as z from "zod/mini";

/**
 * Shapes of what Codex writes (formats: Codex 1.3 to 1.8), as tolerant as the files are different: every field may be
 * missing, a field of the wrong type counts as missing, unknown fields are kept.
 */
const text = z.catch(z.optional(z.string()), undefined);
const count = z.catch(z.optional(z.number()), undefined);
const object = <T extends z.core.$ZodLooseShape>(shape: T) =>
	z.catch(z.optional(z.looseObject(shape)), undefined);

export const SessionMeta = z.looseObject({
	id: text,
	timestamp: text,
	cwd: text,
	originator: text,
	cli_version: text,
	history_mode: text,
	forked_from_id: text,
	parent_thread_id: text,
	agent_nickname: text,
	agent_role: text,
	rollout_id: text,
	source: z.catch(
		z.optional(
			z.union([
				z.string(),
				z.looseObject({
					subagent: object({ thread_spawn: object({ parent_thread_id: text }) }),
				}),
			]),
		),
		undefined,
	),
	git: object({ commit_hash: text, branch: text }),
	history_base: object({ thread_id: text, end_ordinal_exclusive: count, end_byte_offset: count }),
});
export type SessionMeta = z.infer<typeof SessionMeta>;

export const Usage = z.looseObject({
	input_tokens: count,
	cached_input_tokens: count,
	output_tokens: count,
	reasoning_output_tokens: count,
	total_tokens: count,
});
export type Usage = z.infer<typeof Usage>;

/** One line of `session_index.jsonl`. */
export const IndexLine = z.looseObject({ id: z.string(), thread_name: z.string() });

/** `changes` of `patch_apply_end` and of a `FileChange` item: path to what happened to it. */
export const Changes = z.record(
	z.string(),
	z.looseObject({
		type: text,
		content: text,
		unified_diff: text,
		move_path: z.catch(z.optional(z.nullable(z.string())), undefined),
	}),
);

/** A JSON object, fields unknown. */
export type Json = { readonly [key: string]: unknown };

export function isJson(value: unknown): value is Json {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}
export function asJson(value: unknown): Json | undefined {
	return isJson(value) ? value : undefined;
}
export function asText(value: unknown): string | undefined {
	return typeof value === "string" ? value : undefined;
}
export function asNumber(value: unknown): number | undefined {
	return typeof value === "number" ? value : undefined;
}
export function asList(value: unknown): readonly unknown[] {
	return Array.isArray(value) ? value : [];
}

/** The object in a JSON text, undefined when it holds none. */
export function parseObject(json: string): Json | undefined {
	try {
		return asJson(JSON.parse(json));
	} catch {
		return undefined;
	}
}
