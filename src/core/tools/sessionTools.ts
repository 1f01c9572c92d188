import * as z from "zod/mini";
import { HumanError } from "../../base/errors.ts";

/**
 * What agents can ask of past sessions: the same two tools, read-only, as language-model tools of VS Code (package.json
 * repeats the descriptions and schemas; a test compares) and of the MCP server.
 */
export const sessionTools = {
	search_sessions: {
		description:
			'Searches past sessions of coding agents on this machine (Codex and others, and those kept in the workspace) and returns matching messages and steps, newest first, with the session id, the item id and a snippet. Use it to find out how something was done, decided or debugged before. Query syntax: words (all must occur in one message or step), "exact phrase", begin*, OR, -without, /regex/i; filters: role:user|agent|reasoning|tool|command|change|error|note, agent:NAME, source:NAME, file:PATH, tag:NAME, in:archived|trash|all, after:7d, before:2026-11-20. Read more around a hit with read_session. Answers hold the text of sessions as it is, secrets in it included; nothing is redacted.',
		inputSchema: {
			type: "object",
			properties: {
				query: { type: "string", description: "What to search for, in the syntax above." },
				limit: {
					type: "integer",
					minimum: 1,
					maximum: 50,
					description: "Hits to return; 10 when absent.",
				},
				offset: { type: "integer", minimum: 0, description: "Hits to pass over; 0 when absent." },
			},
			required: ["query"],
			additionalProperties: false,
		},
	},
	read_session: {
		description:
			"Reads items (messages, commands with their output, file changes) of one past session in the order of the conversation. Give the session id, and the item id of a hit of search_sessions to read around it; without an item it begins at offset. Long items are shortened; the answer says how to go on. Answers hold the text of sessions as it is, secrets in it included; nothing is redacted.",
		inputSchema: {
			type: "object",
			properties: {
				session: { type: "string", description: "The session id, as search_sessions gives it." },
				item: { type: "string", description: "An item id: begins two items before it." },
				offset: {
					type: "integer",
					minimum: 0,
					description: "The number of the first item to read; 0 when absent.",
				},
				limit: {
					type: "integer",
					minimum: 1,
					maximum: 100,
					description: "Items to read; 20 when absent.",
				},
			},
			required: ["session"],
			additionalProperties: false,
		},
	},
} as const;
export type SessionToolName = keyof typeof sessionTools;

const searchInput = z.object({
	query: z.string(),
	limit: z._default(z.int().check(z.minimum(1), z.maximum(50)), 10),
	offset: z._default(z.int().check(z.minimum(0)), 0),
});
const readInput = z.object({
	session: z.string(),
	item: z.optional(z.string()),
	offset: z._default(z.int().check(z.minimum(0)), 0),
	limit: z._default(z.int().check(z.minimum(1), z.maximum(100)), 20),
});
export type SearchInput = z.infer<typeof searchInput>;
export type ReadInput = z.infer<typeof readInput>;

/** What a model asked for. Throws a HumanError (`bad-input`) that tells it what to do instead. */
export function parseSearchInput(input: unknown): SearchInput {
	return parsed(
		searchInput,
		input,
		"search_sessions takes query, and optionally limit (1 to 50) and offset.",
	);
}

export function parseReadInput(input: unknown): ReadInput {
	return parsed(
		readInput,
		input,
		"read_session takes session, and optionally item, offset and limit (1 to 100).",
	);
}

function parsed<T>(schema: z.ZodMiniType<T>, input: unknown, otherwise: string): T {
	const result = schema.safeParse(input);
	if (!result.success) {
		throw new HumanError("bad-input", otherwise);
	}
	return result.data;
}
