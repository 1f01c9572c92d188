import assert from "node:assert/strict";
import { test } from "node:test";
import type { Item, ItemContent } from "../model/item.ts";
import type { SessionSummary } from "../model/summary.ts";
import type { Transcript } from "../transcript/transcript.ts";
import { sessionMarkdown } from "./markdown.ts";

const summary = {
	id: "01K00000000000000000000001",
	source: "skein",
	title: "A *title* <b>",
	agent: "codex",
	model: "gpt-5",
	cwd: "/work",
	branch: null,
	createdAt: "2026-11-20T13:00:00.000Z",
	updatedAt: "2026-11-20T13:30:00.000Z",
	tags: [],
	parent: null,
	origin: null,
	items: 1,
	turns: 1,
	tokens: null,
	diagnostics: 0,
	warning: null,
} as unknown as SessionSummary;

/** A transcript of these contents; `onPage` is told of every page that is read. */
function transcriptOf(
	contents: readonly ItemContent[],
	onPage: (from: number, to: number) => void = () => undefined,
): Transcript {
	const items = contents.map(
		(content, index): Item => ({
			id: `${index}`,
			turn: "t",
			ts: "2026-11-20T13:00:00.000Z",
			status: "completed",
			content,
		}),
	);
	return {
		summary,
		rows: items.map(({ id, turn, status, content }) => ({
			kind: "item",
			id,
			turn,
			type: content.type,
			status,
			time: 0,
		})),
		branches: [],
		notes: [],
		diagnostics: [],
		files: [],
		items: async (from, to) => {
			onPage(from, to);
			return items.slice(from, to);
		},
		blob: async () => Buffer.from("text of a blob"),
		refresh: async () => ({ kind: "unchanged" }),
	};
}

async function markdownOf(...contents: ItemContent[]): Promise<string> {
	let text = "";
	for await (const piece of sessionMarkdown(transcriptOf(contents))) {
		text += piece;
	}
	return text.slice(text.indexOf("items: 1") + 10);
}

test("the title cannot be Markdown of its own", async () => {
	const pieces = sessionMarkdown(transcriptOf([]));
	const { value } = await pieces.next();
	assert.match(String(value), /^# A \\\*title\\\* \\<b\\>\n/);
});

test("a prompt is a heading and a quote, an answer is prose", async () => {
	assert.equal(
		await markdownOf(
			{ type: "userMessage", text: "# Fix it\n\nplease" },
			{ type: "agentMessage", text: "**Done.**\n" },
		),
		"## 1. \\# Fix it\n\n*2026-11-20 13:00:00 UTC*\n\n> # Fix it\n>\n> please\n\n**Done.**\n\n",
	);
});

test("no output can end its fence", async () => {
	const text = await markdownOf({
		type: "commandExecution",
		command: "cat x",
		output: "a\n````\nb",
		exitCode: 1,
		durationMs: 1500,
	});
	assert.match(text, /\*\*Command\*\*, exit code 1, 1\.5 s\n\n```sh\ncat x\n```\n/);
	assert.match(text, /\n`````text\na\n````\nb\n`````\n/);
});

test("changes are diffs with their counts", async () => {
	assert.equal(
		await markdownOf({
			type: "fileChange",
			changes: [
				{ path: "a`b.ts", kind: "update", diff: "@@ -1 +1 @@\n-a\n+b\n", added: 1, removed: 1 },
				{ path: "c.ts", kind: "delete" },
			],
		}),
		"**Changed** ``a`b.ts`` (+1 \u22121)\n\n```diff\n@@ -1 +1 @@\n-a\n+b\n```\n\n**Deleted** `c.ts`\n\n",
	);
});

test("a tool call shows what went in and what came out; texts in blobs are put back", async () => {
	const ref = { blob: `sha256:${"0".repeat(64)}`, bytes: 14, mime: "text/plain" };
	assert.equal(
		await markdownOf({
			type: "toolCall",
			server: "fs",
			tool: "read",
			input: { a: 1 },
			output: ref,
		}),
		'**Tool** `fs/read`\n\n```json\n{\n  "a": 1\n}\n```\n\n```text\ntext of a blob\n```\n\n',
	);
});

test("terminal escape sequences and control characters are left out", async () => {
	const text = await markdownOf({
		type: "commandExecution",
		command: "ls",
		output: "\u001b[31mred\u001b[0m\u0007\u001b]0;title\u0007",
	});
	assert.match(text, /```text\nred\n```/);
});

test("a long session is read page by page", async () => {
	const pages: [number, number][] = [];
	const contents = Array.from({ length: 250 }, () => ({ type: "note", text: "x" }) as const);
	for await (const _ of sessionMarkdown(transcriptOf(contents, (...page) => pages.push(page)))) {
		// The pieces are not what is looked at.
	}
	assert.deepEqual(pages, [
		[0, 100],
		[100, 200],
		[200, 250],
	]);
});
