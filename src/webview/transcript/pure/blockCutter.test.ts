import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import MarkdownIt from "markdown-it";
import { BlockCutter } from "./blockCutter.ts";

fc.configureGlobal({ seed: 8 });

const markdown = new MarkdownIt({ html: false, linkify: true });

/** What a page shows that renders whole blocks once and the rest at the end; and whether it vows to be exact. */
function inPieces(text: string, ends: readonly number[]): { html: string; exact: boolean } {
	const cutter = new BlockCutter();
	let html = "";
	let done = 0;
	let read = 0;
	for (const end of [...ends, text.length]) {
		cutter.read(text.slice(read, end));
		read = end;
		assert.ok(cutter.end >= done && cutter.end <= end);
		html += markdown.render(text.slice(done, cutter.end));
		done = cutter.end;
	}
	return { html: html + markdown.render(text.slice(done)), exact: cutter.isExact };
}

const samples = [
	"# Title\nOne paragraph\nof two lines.\n\nAnother *one*.\n",
	"- one\n- two\n\n  with more\n\n- three\n\nAfter the list.\n",
	"1. one\n\n2. two\n\n```ts\nconst a = 1;\n\n# no heading\n```\nafter\n",
	"- item\n  ```sh\n  ls\n\n  ```\n- next\n\ntext\n",
	"> quote\n> more\n\n> another\n\n    indented code\n\n    more of it\n\nend\n",
	"| a | b |\n| - | - |\n| 1 | 2 |\n\nText\n~~~\n```\n~~~\nrest",
	"text\n```\nnever closed\n\n# in it\n",
	"Title\n=====\n\nText\n---\n\n***\n\nlast",
	"a\n\n\n\n- b\n- c\n\n\n  d\n\n10) e\n",
];

test("cut at whole blocks, each rendered once, the text is what it is as a whole", () => {
	for (const text of samples) {
		const all = Array.from({ length: text.length }, (_, index) => index);
		assert.deepEqual(inPieces(text, all), { html: markdown.render(text), exact: true }, text);
	}
});

test("so it is for any mixture of lines that is vowed to be exact, however it comes", () => {
	const line = fc.constantFrom(
		...["", "", "text", "- item", "2. item", "  more", "    code", "```", "```js", "~~~", "> said"],
		...["# head", "| a | b |", "|---|---|", "---", "**bold", "  ```", "\ttab", "* star", "`c`"],
	);
	fc.assert(
		fc.property(
			fc.array(line, { maxLength: 14 }),
			fc.array(fc.nat(200), { maxLength: 5 }),
			(lines, cuts) => {
				const text = lines.join("\n");
				const ends = cuts.map((cut) => Math.min(cut, text.length)).sort((a, b) => a - b);
				const { html, exact } = inPieces(text, ends);
				if (exact) {
					assert.equal(html, markdown.render(text), JSON.stringify(text));
				}
			},
		),
		{ numRuns: 10_000 },
	);
});

test("a link that is defined later is not exact, and says so", () => {
	assert.equal(inPieces("See [it].\n\n[it]: http://a.example\n", [12]).exact, false);
});

test("a list without an end is cut all the same", () => {
	const text = "- one of many items, each with some words\n\n".repeat(2000);
	const cutter = new BlockCutter();
	cutter.read(text);
	assert.ok(text.length - cutter.end < 10_000);
	assert.equal(cutter.isExact, false);
});
