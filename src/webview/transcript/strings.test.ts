import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { test } from "node:test";
import { strings } from "./strings.ts";
import { Words } from "./words.ts";

test("words of the host win, missing ones stay English, numbers follow the locale", () => {
	const words = new Words({ "steps.many": "{0} Schritte" }, "de");
	assert.equal(words.count("steps", 1234), "1.234 Schritte");
	assert.equal(words.count("header.turns", 1), "1 turn");
	assert.equal(new Words({}, "not a locale!").count("header.turns", 3), "3 turns");
});

test("durations are short and whole", () => {
	const words = new Words();
	assert.deepEqual(
		[31, 3412, 65_400, 3_720_000].map((ms) => words.duration(ms)),
		["31 ms", "3.4 s", "1 min 5 s", "1 h 2 min"],
	);
});

test("days near to now have a name, those of this year no year", () => {
	const words = new Words();
	const now = new Date(2026, 0, 1, 0, 30).getTime();
	assert.equal(words.dayOf(now - 20 * 60_000, now), "Today");
	assert.equal(words.dayOf(now - 40 * 60_000, now), "Yesterday");
	assert.equal(words.dayOf(new Date(2025, 11, 30).getTime(), now), "Tuesday, December 30, 2025");
	assert.equal(words.dayOf(new Date(2026, 2, 4).getTime(), now), "Wednesday, March 4");
});

test("a value that looks like a placeholder is not filled again", () => {
	assert.equal(new Words().say("lineage.continues", "{0} {1}"), "Continues {0} {1}");
});

test("no string is put together from parts or left without words", () => {
	for (const [key, text] of Object.entries(strings)) {
		assert.equal(text, text.trim(), key);
		assert.notEqual(text, "", key);
	}
});

test("every string is said somewhere", async () => {
	const here = new URL(".", import.meta.url);
	const files = (await readdir(here, { recursive: true })).filter(
		(name) => name.endsWith(".ts") && !/strings|\.test\./.test(name),
	);
	const texts = await Promise.all(files.map((name) => readFile(new URL(name, here), "utf8")));
	const all = texts.join("\n");
	const unsaid = Object.keys(strings).filter((key) => {
		const base = key.replace(/\.(one|many)$/, "");
		const family = base.slice(0, base.lastIndexOf(".") + 1);
		const said = [`"${key}"`, `"${base}"`, ...(family ? [`\`${family}\${`] : [])];
		return !said.some((one) => all.includes(one));
	});
	assert.deepEqual(unsaid, []);
});

test("the page's icons are the package's", async () => {
	const sheet = createRequire(import.meta.url).resolve("@vscode/codicons/dist/codicon.css");
	const theirs = await readFile(sheet, "utf8");
	const ours = await readFile(new URL("./styles/icons.css", import.meta.url), "utf8");
	const icons = [...ours.matchAll(/\.codicon-([a-z-]+)::before \{\s*content: "(\\[0-9a-f]+)"/g)];
	assert.ok(icons.length > 20);
	for (const [, name, code] of icons) {
		assert.ok(theirs.includes(`.codicon-${name}:before { content: "${code}" }`), name);
	}
});
