import type { ItemType } from "../model/item.ts";
import { timeOf } from "./queryDates.ts";
import { QueryError } from "./queryError.ts";
import { type FilterName, type Token, tokensOf } from "./queryTokens.ts";
import { type Phrase, phraseOf } from "./words.ts";

/** The state of sessions that a search looks at. */
export type SessionPlace = "active" | "archived" | "trash" | "all";

/** A text filter: any of `any` when there is one, and none of `none`. Lower case. */
export interface TextFilter {
	readonly any: readonly string[];
	readonly none: readonly string[];
}

/** A search, understood. */
export interface Query {
	/** The FTS5 expression; undefined when only filters or regular expressions were given. */
	readonly match: string | undefined;
	/** What is wanted, in the order of the query: what snippets mark. */
	readonly phrases: readonly Phrase[];
	/** Regular expressions that a text must match, or must not. */
	readonly regexes: readonly { readonly pattern: RegExp; readonly wanted: boolean }[];
	/** Undefined: items of any type. */
	readonly types: ReadonlySet<ItemType> | undefined;
	readonly agent: TextFilter;
	readonly model: TextFilter;
	readonly source: TextFilter;
	readonly session: TextFilter;
	readonly file: TextFilter;
	readonly tag: TextFilter;
	readonly place: SessionPlace;
	/** ms since the epoch: items at or after, and before. */
	readonly after: number | undefined;
	readonly before: number | undefined;
}

const roles: Readonly<Record<string, readonly ItemType[]>> = {
	user: ["userMessage"],
	agent: ["agentMessage", "plan"],
	assistant: ["agentMessage", "plan"],
	reasoning: ["reasoning"],
	tool: ["commandExecution", "fileChange", "toolCall", "webSearch", "image"],
	command: ["commandExecution"],
	change: ["fileChange"],
	error: ["error"],
	note: ["note"],
	other: ["raw", "compaction"],
};
const places: readonly SessionPlace[] = ["active", "archived", "trash", "all"];
/** FTS5's own parser gives up at 11 levels that all hold `OR` and several `-`. */
const nestingLimit = 10;

/**
 * Reads a search as a person types it. Words must all be there; `"several words"` next to each other; `word*` for its
 * beginning; `OR`, parentheses; `-word` or `NOT word` for what must not be there; `/regex/` or `/regex/i`; and filters:
 * role: agent: model: source: session: file: tag: in: before: after:.
 * @param now ms since the epoch, from which "7d" counts.
 * @param typing somebody has not come to the end of it yet: a phrase may be open.
 * Throws a QueryError that says what is wrong and where.
 */
export function parseQuery(text: string, now: number, typing = false): Query {
	return new QueryParser(text, now, typing).parse();
}

/** A part of the FTS5 expression; `wanted: false` stands for what must not be there. */
interface Part {
	readonly match: string;
	readonly wanted: boolean;
	readonly token: Token;
}

class QueryParser {
	private readonly text: string;
	private readonly now: number;
	private readonly tokens: readonly Token[];
	private at = 0;
	private depth = 0;
	private readonly phrases: Phrase[] = [];
	private readonly regexes: { pattern: RegExp; wanted: boolean }[] = [];
	private readonly filters = new Map<FilterName, { any: string[]; none: string[] }>();
	private types: Set<ItemType> | undefined;
	private withoutTypes = new Set<ItemType>();
	private place: SessionPlace = "active";
	private after: number | undefined;
	private before: number | undefined;

	constructor(text: string, now: number, typing: boolean) {
		this.text = text;
		this.now = now;
		this.tokens = tokensOf(text, typing);
	}

	parse(): Query {
		if (this.tokens.length === 0) {
			throw new QueryError("There is nothing to search for.", 0, this.text.length);
		}
		const parts = this.alternatives(true);
		const rest = this.tokens[this.at];
		if (rest) {
			throw new QueryError("This parenthesis was never opened.", rest.at);
		}
		return {
			match: parts,
			phrases: this.phrases,
			regexes: this.regexes,
			types: this.wantedTypes(),
			agent: this.filter("agent"),
			model: this.filter("model"),
			source: this.filter("source"),
			session: this.filter("session"),
			file: this.filter("file"),
			tag: this.filter("tag"),
			place: this.place,
			after: this.after,
			before: this.before,
		};
	}

	private get token(): Token | undefined {
		return this.tokens[this.at];
	}

	private wantedTypes(): ReadonlySet<ItemType> | undefined {
		if (!this.types && this.withoutTypes.size === 0) {
			return undefined;
		}
		const from = this.types ?? new Set(Object.values(roles).flat());
		return new Set([...from].filter((type) => !this.withoutTypes.has(type)));
	}

	private filter(name: FilterName): TextFilter {
		return this.filters.get(name) ?? { any: [], none: [] };
	}

	/** One or more sequences between `OR`. Filters may stand only at the top, outside `OR`. */
	private alternatives(top: boolean): string | undefined {
		const first = this.sequence(top && !this.hasOr());
		const all = first === undefined ? [] : [first];
		let or: Token | undefined;
		while (this.token?.kind === "or") {
			or = this.token;
			if (all.length === 0) {
				throw new QueryError("OR needs a word on both sides.", or.at, or.length);
			}
			this.at++;
			const next = this.sequence(false);
			if (next === undefined) {
				throw new QueryError("OR needs a word on both sides.", or.at, or.length);
			}
			all.push(next);
		}
		return all.length > 1 ? all.map((each) => `(${each})`).join(" OR ") : all[0];
	}

	/** Whether an `OR` stands at this level. */
	private hasOr(): boolean {
		let depth = 0;
		for (const token of this.tokens.slice(this.at)) {
			depth += token.kind === "open" ? 1 : token.kind === "close" ? -1 : 0;
			if (depth < 0) {
				return false;
			}
			if (depth === 0 && token.kind === "or") {
				return true;
			}
		}
		return false;
	}

	/** Terms that must all hold; undefined when none of them is text. */
	private sequence(filters: boolean): string | undefined {
		const parts: Part[] = [];
		let joint: Token | undefined;
		for (let token = this.token; token; token = this.token) {
			if (token.kind === "or" || token.kind === "close") {
				break;
			}
			if (token.kind === "and") {
				if (joint || this.at === 0) {
					throw new QueryError("AND needs a word on both sides.", token.at, token.length);
				}
				joint = token;
				this.at++;
				continue;
			}
			joint = undefined;
			const part = this.term(filters);
			if (part) {
				parts.push(part);
			}
		}
		if (joint) {
			throw new QueryError("AND needs a word on both sides.", joint.at, joint.length);
		}
		const wanted = parts.filter((part) => part.wanted).map((part) => part.match);
		const unwanted = parts.filter((part) => !part.wanted);
		const [lone] = unwanted;
		if (wanted.length === 0) {
			if (lone) {
				throw new QueryError(
					"What must not be there can only narrow a search for something else: add a word that is wanted.",
					lone.token.at,
					lone.token.length,
				);
			}
			return undefined;
		}
		const all = wanted.length > 1 ? wanted.map((each) => `(${each})`).join(" AND ") : wanted[0];
		return unwanted.length > 0
			? `(${all}) NOT (${unwanted.map((each) => `(${each.match})`).join(" OR ")})`
			: all;
	}

	private term(filters: boolean): Part | undefined {
		let wanted = true;
		let token = this.token as Token;
		this.at++;
		while (token.kind === "not") {
			if (!this.token || this.token.kind === "or" || this.token.kind === "and") {
				throw new QueryError("Something must follow here.", token.at, token.length);
			}
			wanted = !wanted;
			token = this.token;
			this.at++;
		}
		switch (token.kind) {
			case "open":
				return this.group(token, wanted);
			case "words":
				return this.words(token, wanted);
			case "regex":
				this.checkTop(token, filters, "A regular expression");
				this.regexes.push({ pattern: regexOf(token), wanted });
				return undefined;
			case "filter":
				this.checkTop(token, filters, `"${token.name}:"`);
				this.addFilter(token, wanted);
				return undefined;
			default:
				throw new QueryError("Something is missing before this.", token.at, token.length);
		}
	}

	private checkTop(token: Token, filters: boolean, what: string): void {
		if (!filters) {
			throw new QueryError(
				`${what} cannot stand inside OR or parentheses; put it beside them.`,
				token.at,
				token.length,
			);
		}
	}

	private group(open: Token, wanted: boolean): Part {
		if (++this.depth > nestingLimit) {
			throw new QueryError("Parentheses are nested too deep.", open.at);
		}
		const marked = this.phrases.length;
		const inner = this.alternatives(false);
		if (this.token?.kind !== "close") {
			throw new QueryError("This parenthesis is never closed.", open.at);
		}
		const { at } = this.token;
		this.at++;
		this.depth--;
		if (inner === undefined) {
			throw new QueryError(
				"There is nothing between these parentheses.",
				open.at,
				at + 1 - open.at,
			);
		}
		if (!wanted) {
			this.phrases.length = marked;
		}
		return { match: inner, wanted, token: open };
	}

	private words(token: Extract<Token, { kind: "words" }>, wanted: boolean): Part {
		const phrase = phraseOf(token.text, token.prefix);
		if (!phrase) {
			throw new QueryError(
				`"${token.text}" holds no letter or digit; only words can be found. A regular expression finds signs: /${token.text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&")}/.`,
				token.at,
				token.length,
			);
		}
		if (wanted) {
			this.phrases.push(phrase);
		}
		return { match: phrase.match, wanted, token };
	}

	private addFilter(token: Extract<Token, { kind: "filter" }>, wanted: boolean): void {
		const { name, at, length } = token;
		const value = token.value.toLowerCase();
		switch (name) {
			case "role": {
				const types = roles[value];
				if (!types) {
					throw new QueryError(
						`There is no role "${token.value}"; there is ${Object.keys(roles).join(", ")}.`,
						at,
						length,
					);
				}
				this.types = wanted ? (this.types ?? new Set()) : this.types;
				const into = (wanted ? this.types : undefined) ?? this.withoutTypes;
				for (const type of types) {
					into.add(type);
				}
				return;
			}
			case "in": {
				const place = places.find((known) => known === (value === "trashed" ? "trash" : value));
				if (!place || !wanted) {
					throw new QueryError(`"in:" takes ${places.join(", ")}.`, at, length);
				}
				this.place = place;
				return;
			}
			case "before":
			case "after": {
				const time = timeOf(token.value, this.now);
				if (time === undefined || !wanted) {
					throw new QueryError(
						`"${name}:" takes a date such as 2026-11-20 or 2026-11, or a time ago such as 7d, 12h, 2w, 3m.`,
						at,
						length,
					);
				}
				this[name] = time;
				return;
			}
			default: {
				const known = this.filters.get(name) ?? { any: [], none: [] };
				known[wanted ? "any" : "none"].push(value);
				this.filters.set(name, known);
			}
		}
	}
}

function regexOf(token: Extract<Token, { kind: "regex" }>): RegExp {
	const strange = /[^imsu]/.exec(token.flags);
	if (strange) {
		throw new QueryError(
			`A regular expression takes the flags i, m, s and u, not "${strange[0]}".`,
			token.at,
			token.length,
		);
	}
	const flags = [...new Set(`${token.flags}mg`)].join("");
	try {
		return new RegExp(token.source, flags.includes("u") ? flags : `${flags}u`);
	} catch {
		// What only the strict syntax refuses, such as an escaped hyphen, is taken as it is meant.
	}
	try {
		return new RegExp(token.source, flags.replace("u", ""));
	} catch (error) {
		const reason = error instanceof Error ? error.message.replace(/^.*: /, "") : "";
		throw new QueryError(`This regular expression is not one: ${reason}.`, token.at, token.length);
	}
}
