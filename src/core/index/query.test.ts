import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseQuery } from "./query.ts";
import { timeOf } from "./queryDates.ts";
import { QueryError } from "./queryError.ts";

const now = Date.UTC(2026, 10, 20, 12);
const match = (query: string) => parseQuery(query, now).match;

test("words must all be there, phrases stand together, OR and parentheses choose, minus excludes", () => {
	assert.equal(match("fix"), '"fix"');
	assert.equal(match("fix login"), '("fix") AND ("login")');
	assert.equal(match("fix AND login"), '("fix") AND ("login")');
	assert.equal(match('"fix login"'), '"fix login"');
	assert.equal(match("log*"), '"log" *');
	assert.equal(match('"fix log"*'), '"fix log" *');
	assert.equal(match("fix OR repair"), '("fix") OR ("repair")');
	assert.equal(match("(fix OR repair) login"), '(("fix") OR ("repair")) AND ("login")');
	assert.equal(match("fix -login"), '("fix") NOT (("login"))');
	assert.equal(match("fix NOT login"), '("fix") NOT (("login"))');
	assert.equal(match("a -(b OR c) -d"), '("a") NOT ((("b") OR ("c")) OR ("d"))');
	assert.equal(match("-b a"), '("a") NOT (("b"))');
});

test("while somebody is typing, a phrase that is open counts as closed, and one with nothing in it as not there", () => {
	const typing = (query: string) => parseQuery(query, now, true);
	assert.equal(typing('fix "log in').match, '("fix") AND ("log in")');
	assert.equal(typing('fix -"log in').match, '("fix") NOT (("log in"))');
	assert.deepEqual(typing('fix file:"my fi').file.any, ["my fi"]);
	for (const query of ['fix "', 'fix -"', 'fix file:"', 'fix " ', 'fix (a OR b) "']) {
		assert.equal(typing(query).match, match(query.replace(/\S*" ?$/, "")), query);
	}
	for (const query of ['/a="b/', 'say /"/', 'fix /"[(]/i "log in']) {
		assert.equal(typing(query).regexes.length, 1, query);
	}
	assert.equal(typing('fix"').match, '"fix"');
	assert.throws(() => typing('"'), /nothing to search for/);
	assert.throws(() => typing('fix "a" (b'), /never closed/);
});

test("what looks like syntax inside a word is a phrase of its words", () => {
	assert.equal(match("snake_case"), '"snake case"');
	assert.equal(match("src/core/index.ts"), '"src core index ts"');
	assert.equal(match("std::string"), '"std string"');
	assert.equal(match("/usr/bin/node"), '"usr bin node"');
	assert.equal(match("well-known"), '"well known"');
	assert.equal(match("body:x"), '"body x"');
	assert.equal(match("NEAR(a b)"), '("near") AND (("a") AND ("b"))');
	assert.equal(match("x^2"), '"x 2"');
});

test("Chinese, Japanese and Korean are asked for in pairs", () => {
	assert.equal(match("東京"), '"東京"');
	assert.equal(match("東京都"), '"東京 京都"');
	assert.equal(match("東"), '"東" *');
	assert.equal(match("使用vim編輯"), '"使用 用 vim 編輯"');
});

test("filters are taken out of the text", () => {
	const query = parseQuery(
		'fix role:user role:tool agent:Codex -tag:old in:archived file:"my file.ts"',
		now,
	);
	assert.equal(query.match, '"fix"');
	assert.deepEqual(
		[...(query.types ?? [])],
		["userMessage", "commandExecution", "fileChange", "toolCall", "webSearch", "image"],
	);
	assert.deepEqual(query.agent, { any: ["codex"], none: [] });
	assert.deepEqual(query.tag, { any: [], none: ["old"] });
	assert.deepEqual(query.file, { any: ["my file.ts"], none: [] });
	assert.equal(query.place, "archived");
	assert.equal(parseQuery("role:user", now).match, undefined);
	assert.equal(parseQuery("-role:other x", now).types?.has("raw"), false);
});

test("dates are days, months, years, or a time ago", () => {
	assert.equal(timeOf("2026-11-20", now), new Date(2026, 10, 20).getTime());
	assert.equal(timeOf("2026-11", now), new Date(2026, 10, 1).getTime());
	assert.equal(timeOf("2026", now), new Date(2026, 0, 1).getTime());
	assert.equal(timeOf("7d", now), now - 7 * 24 * 3600 * 1000);
	assert.equal(timeOf("12h", now), now - 12 * 3600 * 1000);
	assert.equal(timeOf("today", now), new Date(now).setHours(0, 0, 0, 0));
	for (const bad of ["2026-13", "2026-02-30", "7", "soon", "", "99999999d"]) {
		assert.equal(timeOf(bad, now), undefined, bad);
	}
	assert.equal(parseQuery("x after:7d", now).after, now - 7 * 24 * 3600 * 1000);
});

test("a regular expression is one only where it ends like one", () => {
	const query = parseQuery("fix /log(in|out)\\b/i -/never/", now);
	assert.equal(query.match, '"fix"');
	assert.deepEqual(
		query.regexes.map(({ pattern, wanted }) => [pattern.source, pattern.flags, wanted]),
		[
			["log(in|out)\\b", "gimu", true],
			["never", "gmu", false],
		],
	);
});

const mistakes: [query: string, position: number, words: RegExp][] = [
	["", 0, /nothing to search/],
	["   ", 0, /nothing to search/],
	['fix "login', 4, /no partner/],
	["(fix", 0, /never closed/],
	["fix)", 3, /never opened/],
	["fix ()", 4, /nothing between/],
	["fix OR", 4, /both sides/],
	["OR fix", 0, /both sides/],
	["fix OR OR x", 4, /both sides/],
	["AND fix", 0, /both sides/],
	["fix AND", 4, /both sides/],
	["fix NOT", 4, /must follow/],
	["-login", 1, /only narrow/],
	["fix OR -login", 8, /only narrow/],
	["fix ->", 5, /no letter or digit/],
	["fix role:boss", 4, /no role "boss"/],
	["fix role:", 4, /needs a value/],
	["fix after:soon", 4, /takes a date/],
	["fix in:nowhere", 4, /active, archived, trash, all/],
	["fix OR role:user", 7, /cannot stand inside OR/],
	["(fix role:user)", 5, /cannot stand inside/],
	["fix /(/", 4, /not one/],
	["fix /x/q", 4, /flags i, m, s and u/],
	[`fix ${"NOT ".repeat(20_000)}`, 80_000, /must follow/],
];
for (const [query, position, words] of mistakes) {
	test(`a mistake is named with its place: ${query.slice(0, 30) || "(empty)"}`, () => {
		assert.throws(
			() => parseQuery(query, now),
			(error) =>
				error instanceof QueryError && error.position === position && words.test(error.message),
		);
	});
}

test("whatever is typed is a query or a QueryError inside the text, and never syntax of FTS5", () => {
	const pieces = fc.constantFrom(
		...'fix "a b" ( ) OR AND NOT - * : / role:user in:all /x/i 東京 \'x\' ; -- {a} ^b + NEAR( " \0 é'.split(
			" ",
		),
	);
	const text = fc.oneof(
		fc.string(),
		fc.array(pieces).map((parts) => parts.join(" ")),
		fc.array(pieces).map((parts) => parts.join("")),
	);
	fc.assert(
		fc.property(text, (query) => {
			try {
				const { match: expression } = parseQuery(query, now);
				const left = expression?.replaceAll(/"[^"]*"/g, "") ?? "";
				assert.match(left, /^(?:[()* ]|AND|OR|NOT)*$/);
			} catch (error) {
				assert.ok(error instanceof QueryError);
				assert.ok(error.position >= 0 && error.position <= query.length);
			}
		}),
		{ seed: 12, numRuns: 500 },
	);
});
