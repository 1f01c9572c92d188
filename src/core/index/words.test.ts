import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { loadSqlite } from "./sqlite.ts";
import { findPhrases, indexable, patternFor, phraseOf } from "./words.ts";

/** A full-text table of one text. */
function holds(text: string, query: string, prefix = false): boolean {
	const phrase = phraseOf(query, prefix);
	if (!phrase) {
		return false;
	}
	const db = new (loadSqlite().DatabaseSync)(":memory:");
	try {
		db.exec(
			"CREATE VIRTUAL TABLE t USING fts5(body, content='', contentless_delete=1, tokenize='ascii')",
		);
		db.prepare("INSERT INTO t (rowid, body) VALUES (1, ?)").run(indexable(text));
		const found = db.prepare("SELECT 1 FROM t WHERE t MATCH ?").get(phrase.match) !== undefined;
		const marked = findPhrases(text, patternFor([phrase])).length > 0;
		assert.equal(marked, found, `"${query}" in "${text}": found ${found}, marked ${marked}`);
		return found;
	} finally {
		db.close();
	}
}

test("case, diacritics and compatibility forms do not matter", () => {
	for (const [text, query] of [
		["Un CAFÉ noir", "cafe"],
		["un cafe noir", "Café"],
		["Zu\u0308rich", "zürich"],
		["ÅNGSTRÖM", "angstrom"],
		["ﬁnal ｗｉｄｅ", "final wide"],
		["ΟΔΟΣ", "οδος"],
		["İstanbul", "istanbul"],
		["Привет", "привет"],
	] as const) {
		assert.ok(holds(text, query), `${query} in ${text}`);
	}
	assert.ok(!holds("cafeteria", "café"));
});

test("two-character words are found anywhere in a run without spaces", () => {
	const text = "今日は東京都で全文検索を試した。日本語とEnglishの混在";
	for (const query of [
		"東京",
		"京都",
		"検索",
		"全文検索",
		"東京都で",
		"した",
		"今",
		"在",
		"English",
		"とEnglish",
		"Englishの混在",
	]) {
		assert.ok(holds(text, query), query);
	}
	for (const query of ["東都", "検文", "大阪", "Englis"]) {
		assert.ok(!holds(text, query), query);
	}
	assert.ok(holds("데이터베이스를 검색했다", "검색"));
	assert.ok(holds("数据库 索引", "数据库 索引"));
});

test("a prefix finds the beginning of a word, and an emoji is a word", () => {
	assert.ok(holds("implementation", "impl", true));
	assert.ok(!holds("reimplementation", "impl", true));
	assert.ok(holds("ship it \u{1f680} now", "\u{1f680}"));
	assert.ok(holds("I \u2764\ufe0f it", "\u2764"));
});

test("signs separate words, underscores and apostrophes too", () => {
	assert.ok(holds("the_user's file-name.ts", "user s file name"));
	assert.ok(holds("foo — bar", "foo bar"));
	assert.ok(!holds("foobar", "foo"));
});

test("what SQLite finds is what a snippet marks, whatever the text is", () => {
	const word = fc.constantFrom(
		"a",
		"Ab",
		"é",
		"e",
		"東京",
		"京",
		"都",
		"x1",
		"_",
		"-",
		"—",
		" ",
		" ",
		"\n",
		"ß",
		"\u{1f680}",
		"한국",
		"ー",
	);
	const text = fc.array(word, { maxLength: 12 }).map((words) => words.join(""));
	fc.assert(
		fc.property(text, text, fc.boolean(), (body, query, prefix) => {
			holds(body, query, prefix);
		}),
		{ numRuns: Number(process.env["SKEIN_INDEX_RUNS"] ?? 300), seed: 11 },
	);
});

test("ranges are those of the original text", () => {
	const phrase = phraseOf("café", false);
	assert.ok(phrase);
	const text = "\u{1f680} Un Cafe\u0301 et un café";
	assert.deepEqual(
		findPhrases(text, patternFor([phrase])).map(([start, end]) =>
			text.slice(start, end).normalize(),
		),
		["Café", "café"],
	);
});
