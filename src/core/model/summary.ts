import * as z from "zod/mini";
import { SessionPoint, TokenUsage } from "./record.ts";

/**
 * One row of a list of sessions, ours or a source's. Plain JSON: it is what the catalogue caches, what the worker
 * posts to the extension host, and what the CLI prints.
 */
export const SessionSummary = z.object({
	/** A ULID for ours, `<source>:<native id>` for a source's. */
	id: z.string(),
	/** `skein` for ours, else the source's name. */
	source: z.string(),
	title: z.string(),
	/** True when nobody gave the title: it was taken from the first prompt. */
	untitled: z.boolean(),
	agent: z.nullable(z.string()),
	model: z.nullable(z.string()),
	/** Absolute where it is known. */
	cwd: z.nullable(z.string()),
	/** Git branch of the last turn. */
	branch: z.nullable(z.string()),
	/** ISO 8601. */
	createdAt: z.string(),
	/** ISO 8601: time of the last turn or item. */
	updatedAt: z.string(),
	archived: z.boolean(),
	trashed: z.boolean(),
	pinned: z.boolean(),
	tags: z.array(z.string()),
	notes: z.number(),
	parent: z.nullable(SessionPoint),
	/** A sub-agent's session names the session that started it. */
	subagentOf: z.nullable(z.string()),
	/** The source session this one was adopted from. */
	origin: z.nullable(z.object({ source: z.string(), id: z.string() })),
	/** The agents' own conversations that this session lives in, as `<source>:<native id>`, the newest last. */
	threads: z.array(z.string()),
	/** Items on the chain, inherited ones included. */
	items: z.number(),
	turns: z.number(),
	tokens: z.nullable(TokenUsage),
	/** Paths that file changes named, in order of first change, at most 50; `changedFileCount` counts all. */
	changedFiles: z.array(z.string()),
	changedFileCount: z.number(),
	/** Diagnostics of severity `warning`; the first one's sentence. */
	diagnostics: z.number(),
	warning: z.nullable(z.string()),
	/** Absolute path of the journal or source file. */
	file: z.string(),
	/** Size of that file in bytes. */
	size: z.number(),
	/** False when the file named by `file` is gone and only a kept copy is left. */
	present: z.boolean(),
});
export type SessionSummary = z.infer<typeof SessionSummary>;

/**
 * The sessions of sources that this session of ours stands for: the one it was adopted from, and the agents' own records
 * of its turns. They are shown, counted and searched once, as ours (design: section 5).
 */
export function standsFor({
	origin,
	threads,
}: Pick<SessionSummary, "origin" | "threads">): readonly string[] {
	if (!origin) {
		return threads;
	}
	const { source, id } = origin;
	return [id.startsWith(`${source}:`) ? id : `${source}:${id}`, ...threads];
}

/** The row of a session in which nothing is known yet but what is given. `time`: ISO 8601, when it was made. */
export function blankSummary(
	facts: Pick<SessionSummary, "id" | "source" | "file"> & Partial<SessionSummary>,
	time: string,
): SessionSummary {
	return {
		title: "",
		untitled: true,
		agent: null,
		model: null,
		cwd: null,
		branch: null,
		createdAt: time,
		updatedAt: time,
		archived: false,
		trashed: false,
		pinned: false,
		tags: [],
		notes: 0,
		parent: null,
		subagentOf: null,
		origin: null,
		threads: [],
		items: 0,
		turns: 0,
		tokens: null,
		changedFiles: [],
		changedFileCount: 0,
		diagnostics: 0,
		warning: null,
		size: 0,
		present: true,
		...facts,
	};
}
