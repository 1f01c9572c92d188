import type { Scripted } from "./lib/modelEndpoint.ts";

/** A prompt and the model's answers to it: one list of items for each request that Codex makes. */
export interface Prompt {
	readonly text: string;
	/** A picture of the project, shown with the prompt. */
	readonly image?: string;
	readonly answers: readonly (readonly Scripted[])[];
	/** Asked in Codex's plan mode. */
	readonly planMode?: true;
	/** The person stops the turn while the last answer streams. */
	readonly interrupt?: true;
}

export interface Recording {
	/** Names the session for `forkOf`. */
	readonly key: string;
	/** Another session that this one continues, up to and including that session's turn. */
	readonly forkOf?: { readonly key: string; readonly turn: number };
	/** Runs beside the project instead of in it. */
	readonly elsewhere?: true;
	readonly prompts: readonly Prompt[];
	readonly name?: string;
	readonly archive?: true;
	/** After the prompts: goes back to the end of a turn, and asks something else. */
	readonly revertTo?: { readonly turn: number; readonly prompts: readonly Prompt[] };
}

/** The sessions of the sample, in the order they are recorded; the project's files change on the way. */
export const recordings: readonly Recording[] = [
	{
		key: "words",
		name: "Fix the word count",
		prompts: [
			{
				text: "The word count is wrong when a text has more than one line. Please find out why and fix it.",
				answers: [
					[
						{
							think:
								"**Reproducing the bug**\n\nThe tests should show it. I will run them before reading the code.",
						},
						{ say: "I'll run the tests first." },
						{ run: "node --test" },
					],
					[{ run: "cat src/tally.js" }],
					[
						{
							think:
								'**Finding the cause**\n\n`split(" ")` only splits at spaces, so `two\\nthree` stays one word. Splitting at any white space fixes it.',
						},
						{
							patch:
								'*** Begin Patch\n*** Update File: src/tally.js\n@@\n-\tconst words = text.split(" ").filter((word) => word.length > 0);\n+\tconst words = text.split(/\\s+/u).filter((word) => word.length > 0);\n*** End Patch',
						},
					],
					[{ run: "node --test" }],
					[
						{
							say: "Fixed. `tally` split the text at spaces only, so the last word of a line and the first word of the next counted as one:\n\n```js\nconst words = text.split(/\\s+/u).filter((word) => word.length > 0);\n```\n\nIt now splits at any white space (tabs and line ends too), and all three tests pass.",
						},
					],
				],
			},
			{
				text: "Good. Add a test for an empty text, too.",
				answers: [
					[
						{
							patch:
								'*** Begin Patch\n*** Update File: test/tally.test.js\n@@\n test("counts lines", () => {\n \tassert.equal(tally("one\\ntwo\\n").lines, 2);\n });\n+\n+test("an empty text has nothing to count", () => {\n+\tassert.deepEqual(tally(""), { lines: 0, words: 0, characters: 0 });\n+});\n*** End Patch',
						},
					],
					[{ run: "node --test" }],
					[
						{
							say: "Done: an empty text gives `0` for lines, words and characters. Four tests, all pass.",
						},
					],
				],
			},
		],
	},
	{
		key: "json",
		name: "A --json option",
		prompts: [
			{
				text: "Add a --json option to the command: one object per file, one per line. Plan it first.",
				planMode: true,
				answers: [
					[{ run: "cat src/cli.js src/format.js" }],
					[
						{
							say: "<proposed_plan>\n# A --json option for tally\n\n1. Take `--json` out of the arguments in `src/cli.js`; what is left are files.\n2. With it, print `JSON.stringify({ file, ...counts })` per file instead of a row.\n3. Try it on two files.\n\n`src/format.js` and `src/tally.js` stay as they are.\n</proposed_plan>",
						},
					],
				],
			},
			{
				text: "Good, do it.",
				answers: [
					[
						{
							patch:
								'*** Begin Patch\n*** Update File: src/cli.js\n@@\n-for (const file of process.argv.slice(2)) {\n-\tconsole.log(row(tally(readFileSync(file, "utf8")), file));\n+const args = process.argv.slice(2);\n+const json = args.includes("--json");\n+\n+for (const file of args.filter((arg) => arg !== "--json")) {\n+\tconst counts = tally(readFileSync(file, "utf8"));\n+\tconsole.log(json ? JSON.stringify({ file, ...counts }) : row(counts, file));\n }\n*** End Patch',
						},
					],
					[{ run: "node src/cli.js --json README.md package.json" }],
					[
						{
							say: '`tally --json` prints one object per file and line:\n\n| option | output |\n| --- | --- |\n| none | columns, as before |\n| `--json` | `{"file":…,"lines":…,"words":…,"characters":…}` |\n\nFile names may not start with `--json` now; say so if that matters, and I will add `--`.',
						},
					],
				],
			},
		],
	},
	{
		key: "segmenter",
		name: "Words without spaces",
		forkOf: { key: "words", turn: 0 },
		prompts: [
			{
				text: "What if the text is Japanese, which has no spaces? Try Intl.Segmenter instead.",
				answers: [
					[
						{
							think:
								"**Weighing the options**\n\n`Intl.Segmenter` with word granularity marks segments that are words (`isWordLike`). It is slower, but right for languages without spaces.",
						},
						{
							patch:
								'*** Begin Patch\n*** Update File: src/tally.js\n@@\n+const segmenter = new Intl.Segmenter(undefined, { granularity: "word" });\n+\n /** Counts the lines, words and characters of a text. */\n export function tally(text) {\n-\tconst words = text.split(/\\s+/u).filter((word) => word.length > 0);\n+\tconst words = [...segmenter.segment(text)].filter((segment) => segment.isWordLike);\n*** End Patch',
						},
					],
					[
						{
							run: 'node -e \'import("./src/tally.js").then(({ tally }) => console.log(tally("吾輩は猫である。")))\'',
						},
					],
					[
						{
							say: "With `Intl.Segmenter` the sentence 吾輩は猫である。 has several words instead of one. The price is speed, so I would keep `split` as the default and offer this as `--words=segmenter`.",
						},
					],
				],
			},
		],
	},
	{
		key: "missing",
		prompts: [
			{
				text: "tally prints a stack trace when a file does not exist. Look at it, but don't change anything yet.",
				answers: [
					[{ run: "node src/cli.js missing.txt" }],
					[
						{
							say: "`readFileSync` throws `ENOENT`, nobody catches it, and Node prints the whole stack and ends with exit code 1.\n\nTwo ways out:\n\n1. catch the error in the loop, print one line to stderr, go on with the next file, and end with 1 (as `wc` does);\n2. check with `existsSync` first, which races with a file that is deleted in between.\n\nI'd take the first.",
						},
					],
				],
			},
			{
				text: "Take the second, then.",
				answers: [
					[
						{
							patch:
								'*** Begin Patch\n*** Update File: src/cli.js\n@@\n-import { readFileSync } from "node:fs";\n+import { existsSync, readFileSync } from "node:fs";\n@@\n for (const file of args.filter((arg) => arg !== "--json")) {\n+\tif (!existsSync(file)) {\n+\t\tconsole.error("tally: no such file: " + file);\n+\t\tcontinue;\n+\t}\n*** End Patch',
						},
					],
					[{ run: 'node src/cli.js missing.txt README.md; echo "exit code $?"' }],
					[{ say: "Done, but note the exit code: it is 0 now even when a file is missing." }],
				],
			},
		],
		revertTo: {
			turn: 0,
			prompts: [
				{
					text: "Take the first: one line on stderr, and exit code 1 at the end.",
					answers: [
						[{ run: "cat src/cli.js" }],
						[
							{
								patch:
									'*** Begin Patch\n*** Update File: src/cli.js\n@@\n-import { existsSync, readFileSync } from "node:fs";\n+import { readFileSync } from "node:fs";\n@@\n for (const file of args.filter((arg) => arg !== "--json")) {\n-\tif (!existsSync(file)) {\n-\t\tconsole.error("tally: no such file: " + file);\n-\t\tcontinue;\n-\t}\n-\tconst counts = tally(readFileSync(file, "utf8"));\n-\tconsole.log(json ? JSON.stringify({ file, ...counts }) : row(counts, file));\n+\ttry {\n+\t\tconst counts = tally(readFileSync(file, "utf8"));\n+\t\tconsole.log(json ? JSON.stringify({ file, ...counts }) : row(counts, file));\n+\t} catch (error) {\n+\t\tconsole.error("tally: " + file + ": " + error.code);\n+\t\tprocess.exitCode = 1;\n+\t}\n*** End Patch',
							},
						],
						[{ run: 'node src/cli.js missing.txt README.md; echo "exit code $?"' }],
						[
							{
								say: "A missing file is one line on stderr now, the others are still counted, and the exit code is 1.",
							},
						],
					],
				},
			],
		},
	},
	{
		key: "rust",
		name: "Notes on a Rust port",
		archive: true,
		prompts: [
			{
				text: "What would a Rust port need? No code, just a list.",
				answers: [
					[
						{
							say: "- **Arguments**: `std::env::args`; `clap` only once there are more than three options.\n- **Reading**: `std::fs::read_to_string`, or a `BufReader` for files that do not fit into memory.\n- **Words**: `split_whitespace` is Unicode-aware already.\n- **Characters**: `chars().count()` counts code points; `tally` counts UTF-16 units, so the numbers differ for emoji.\n- **Errors**: one line per file, exit code 1.\n\n> The third and fourth points would change results. Decide about them before porting.",
						},
					],
				],
			},
		],
	},
	{
		key: "manpage",
		prompts: [
			{
				text: "Rewrite the README in the style of a man page.",
				interrupt: true,
				answers: [
					[{ run: "cat README.md" }],
					[
						{
							stall:
								"Here is a first draft:\n\n```\nTALLY(1)                    User Commands                    TALLY(1)\n\nNAME\n       tally - count words, lines and characters\n\nSYNOPSIS\n       tally [--json] FILE...\n\nDESCRIPTION\n       Prints, for each FILE, its numbers of lines, words and",
						},
					],
				],
			},
		],
	},
	{
		key: "sketch",
		prompts: [
			{
				text: "Does the report look like this sketch? Each bar is one column.",
				image: "docs/sketch.png",
				answers: [
					[{ run: "node src/cli.js README.md package.json" }],
					[
						{
							say: "Nearly. The sketch has three columns of one width with the names to the right of them, and so has the report. Only the sketch's last column is wider than the first two; `row` pads all three to eight.",
						},
					],
				],
			},
		],
	},
	{
		key: "notes",
		elsewhere: true,
		prompts: [
			{
				text: "List what is in this folder.",
				answers: [[{ run: "ls" }], [{ say: "The folder is empty." }]],
			},
		],
	},
	{
		key: "tour",
		name: "A tour of the code",
		prompts: tour([
			[
				"Where does the program start?",
				"head -5 src/cli.js",
				"In `src/cli.js`: it is the `bin` of `package.json`, and its first line makes it executable.",
			],
			[
				"Which files does it import?",
				"grep -n import src/*.js",
				"`cli.js` imports `format.js` and `tally.js`; those two import nothing. There is no cycle, and nothing but `cli.js` touches the disk.",
			],
			[
				"How large is it?",
				"node src/cli.js src/*.js",
				"Three files with well under a hundred lines together. The numbers above were counted by the program itself.",
			],
			[
				"Are there dependencies?",
				"node -p 'JSON.stringify(require(\"./package.json\").dependencies ?? {})'",
				"None at all: the object is empty, and so there is nothing to audit.",
			],
			[
				"How are the tests run?",
				"node -p 'require(\"./package.json\").scripts.test'",
				"`npm test` runs `node --test`, which finds every file under `test/` by itself.",
			],
			["Do they pass?", "node --test", "Yes. The summary at the end counts them."],
			[
				"What is not tested?",
				"ls test",
				"`format.js` and `cli.js` have no tests; only `tally.test.js` exists. The padding in `row` would be the first thing to test.",
			],
			[
				"What does `row` do with a number of more than eight digits?",
				'node -e \'import("./src/format.js").then(({ row }) => console.log(row({ lines: 1, words: 2, characters: 123456789 }, "big")))\'',
				"It does not cut it: `padStart` leaves a longer text as it is, so that column touches the one before, as above. A file of 100 MB would show it.",
			],
			[
				"What happens with a folder as an argument?",
				"node src/cli.js src",
				"`readFileSync` fails with `EISDIR`; the message names the code, not a sentence. That could be friendlier.",
			],
			[
				"And with no argument?",
				'node src/cli.js; echo "exit code $?"',
				"Nothing is printed, and the exit code is 0. `wc` would read standard input.",
			],
			[
				"Can it read standard input?",
				"echo 'one two' | node src/cli.js /dev/stdin",
				"On Linux, through `/dev/stdin`, yes. There is no `-` for it yet.",
			],
			[
				"How does it treat Windows line ends?",
				"printf 'one\\r\\ntwo\\r\\n' > crlf.txt; node src/cli.js crlf.txt; rm crlf.txt",
				"`\\r` is white space for the words and a character for the characters; lines count `\\n`. That matches `wc`.",
			],
			[
				"Does it count emoji right?",
				"printf '👍🏽' > emoji.txt; node src/cli.js emoji.txt; rm emoji.txt",
				"It says 4 characters, because `length` counts UTF-16 units: two for the thumb, two for its skin tone. A reader would say 1.",
			],
			[
				"Is the package ready to be published?",
				"node -p 'const { files, license, repository } = require(\"./package.json\"); JSON.stringify({ files, license, repository })'",
				"Not quite: there is no `files`, no `license` and no `repository`. Without `files`, the tests and the sketch would be published, too.",
			],
			[
				"Which Node does it need?",
				'node -p \'require("./package.json").engines ?? "not said"\'',
				"It is not said. `node --test` needs 18, the modules need 14; `Intl.Segmenter` would need 16.",
			],
			[
				"How fast is it?",
				"node -e 'console.log(\"word \".repeat(1e6))' > big.txt; node src/cli.js big.txt; rm big.txt",
				"Five million characters take well under a second. It reads whole files, so memory is the limit, not time.",
			],
			[
				"Is there anything to lint?",
				"ls -a | head -20",
				"No linter is set up. For three files I would start with `node --check` in the test script.",
			],
			[
				"Does every file parse?",
				'for f in src/*.js test/*.js; do node --check $f && echo "$f ok"; done',
				"All of them.",
			],
			[
				"What changed in this session so far?",
				"git status --short",
				"Only what the sessions before this one changed; I have changed nothing.",
			],
			[
				"Show me the whole difference.",
				"git diff --stat",
				"That is the fix of the word count, the `--json` option and the handling of missing files, as the statistics say.",
			],
			[
				"Summarise what you would do next.",
				"true",
				"1. Test `row` and the command itself.\n2. Count grapheme clusters, or say in the README that characters are UTF-16 units.\n3. Read standard input for `-`.\n4. Add `files`, `license` and `engines` to `package.json`.\n\nThe first is an hour's work, and it would have caught the exit code of a missing file.",
			],
		]),
	},
];

function tour(
	stops: readonly (readonly [question: string, command: string, answer: string])[],
): Prompt[] {
	return stops.map(([text, command, answer]) => ({
		text,
		answers: [[{ run: command }], [{ say: answer }]],
	}));
}
