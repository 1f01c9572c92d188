import { QueryError } from "./queryError.ts";

/** A piece of a query, and where it stands. */
export type Token = { readonly at: number; readonly length: number } & (
	| { readonly kind: "open" | "close" | "or" | "and" | "not" }
	| { readonly kind: "words"; readonly text: string; readonly prefix: boolean }
	| { readonly kind: "regex"; readonly source: string; readonly flags: string }
	| { readonly kind: "filter"; readonly name: FilterName; readonly value: string }
);

export const filterNames = [
	"role",
	"agent",
	"model",
	"source",
	"session",
	"file",
	"tag",
	"in",
	"before",
	"after",
] as const;
export type FilterName = (typeof filterNames)[number];

const filter = new RegExp(`(${filterNames.join("|")}):`, "iy");
const regex = /\/((?:[^\\/[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+)\/([a-z]*)(?=[\s)]|$)/y;
const word = /[^\s()"]+/y;
const space = /\s/;

const noPartner = "This quotation mark has no partner.";

/**
 * Cuts a query into tokens. Throws a QueryError for a quotation mark without its partner, unless somebody is still
 * `typing`: then it is taken for one that stands at the end.
 */
export function tokensOf(query: string, typing = false): Token[] {
	try {
		return cut(query);
	} catch (error) {
		if (typing && error instanceof QueryError && error.problem === noPartner) {
			return cut(closed(query, error.position));
		}
		throw error;
	}
}

function cut(query: string): Token[] {
	const tokens: Token[] = [];
	let at = 0;
	while (at < query.length) {
		const sign = query[at] as string;
		if (space.test(sign)) {
			at++;
			continue;
		}
		const token = tokenAt(query, at, tokens.at(-1));
		tokens.push(token);
		at += token.length;
	}
	return tokens;
}

/** A query with the quotation mark at `open` closed; without it, and what belongs to it, where nothing follows it yet. */
function closed(query: string, open: number): string {
	return query.slice(open + 1).trim() === ""
		? query.slice(0, open).replace(/(?:^|(?<=[\s(]))-?(?:[a-z]+:)?$/, "")
		: `${query}"`;
}

function tokenAt(query: string, at: number, before: Token | undefined): Token {
	const sign = query[at];
	if (sign === "(" || sign === ")") {
		return { kind: sign === "(" ? "open" : "close", at, length: 1 };
	}
	if (sign === '"') {
		const { text, length } = quoted(query, at);
		const prefix = query[at + length] === "*";
		return { kind: "words", text, prefix, at, length: length + (prefix ? 1 : 0) };
	}
	const attached = before !== undefined && before.at + before.length === at;
	if (sign === "-" && !attached && at + 1 < query.length && !space.test(query[at + 1] ?? " ")) {
		return { kind: "not", at, length: 1 };
	}
	const name = match(filter, query, at);
	if (name) {
		return filterAt(query, at, (name[1] ?? "").toLowerCase() as FilterName, name[0].length);
	}
	const pattern = sign === "/" ? match(regex, query, at) : undefined;
	if (pattern) {
		const [whole, source = "", flags = ""] = pattern;
		return { kind: "regex", source, flags, at, length: whole.length };
	}
	const text = match(word, query, at)?.[0] ?? sign ?? "";
	switch (text) {
		case "OR":
		case "|":
			return { kind: "or", at, length: text.length };
		case "AND":
		case "&":
			return { kind: "and", at, length: text.length };
		case "NOT":
			return { kind: "not", at, length: 3 };
	}
	const prefix = text.length > 1 && text.endsWith("*");
	return {
		kind: "words",
		text: prefix ? text.replace(/\*+$/, "") : text,
		prefix,
		at,
		length: text.length,
	};
}

function filterAt(query: string, at: number, name: FilterName, start: number): Token {
	if (query[at + start] === '"') {
		const { text, length } = quoted(query, at + start);
		return { kind: "filter", name, value: text, at, length: start + length };
	}
	const value = match(/[^\s)]+/y, query, at + start)?.[0] ?? "";
	if (value === "") {
		throw new QueryError(`"${name}:" needs a value right after the colon.`, at, start);
	}
	return { kind: "filter", name, value, at, length: start + value.length };
}

function quoted(query: string, at: number): { text: string; length: number } {
	const end = query.indexOf('"', at + 1);
	if (end === -1) {
		throw new QueryError(noPartner, at);
	}
	return { text: query.slice(at + 1, end), length: end + 1 - at };
}

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
	pattern.lastIndex = at;
	return pattern.exec(text) ?? undefined;
}
