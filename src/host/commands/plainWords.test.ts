import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { plainWords } from "./plainWords.ts";

describe("The words that name an item", () => {
	const cases: readonly (readonly [what: string, text: string, words: string])[] = [
		["have no stop at the end", "First answer.", "First answer"],
		["keep a question's mark", "What is it?", "What is it?"],
		[
			"have no Markdown",
			"Fixed. `tally` **split** at [spaces](a.ts), *not* __tabs__.",
			"Fixed. tally split at spaces, not tabs",
		],
		["keep what is no Markdown", "2 * 3 * 4 in snake_case_name", "2 * 3 * 4 in snake_case_name"],
		["are those of a heading, a quote or a list", "## 1. Plan", "Plan"],
		["begin after a fence", "```ts\nconst x = 1;\n```", "const x = 1"],
		["are nothing where there are none", "\n  \n", ""],
	];
	for (const [what, text, words] of cases) {
		it(what, () => {
			assert.equal(plainWords(text), words);
		});
	}

	it("are cut after 60 characters", () => {
		assert.equal(plainWords("word ".repeat(30)), `${"word ".repeat(11)}word…`);
	});

	it("take no time for a hostile line", () => {
		for (const piece of ["*a", "_a", "`", "[", "![](", "> - "]) {
			const start = performance.now();
			plainWords(piece.repeat(50_000));
			assert.ok(performance.now() - start < 1000, piece);
		}
	});
});
