import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import type { RolloutParser } from "./parser.ts";
import {
	agentResponse,
	answer,
	call,
	completed,
	context,
	event,
	exchange,
	meta,
	outline,
	paginatedTurn,
	parse,
	response,
	text,
	top,
	userResponse,
} from "./testRollouts.ts";

fc.configureGlobal({ seed: 8 });

const prompts = (parser: RolloutParser) => parser.chain.map((index) => parser.turns[index]?.prompt);

describe("what Codex writes twice is one item", () => {
	it("pairs a message's response and event, whichever comes first", () => {
		const parser = parse([meta("a"), ...exchange("Hello", "Hi")]);
		assert.deepEqual(outline(parser.items), ["userMessage x2", "agentMessage x2"]);
	});

	it("keeps a message that only one of the two tells", () => {
		const parser = parse([
			meta("a"),
			userResponse("only a response"),
			event("agent_message", { message: "only an event" }),
			event("user_message", { message: "next" }),
			agentResponse("only a response, too"),
		]);
		assert.deepEqual(outline(parser.items), [
			"userMessage",
			"agentMessage",
			"userMessage",
			"agentMessage",
		]);
	});

	it("keeps two equal messages apart", () => {
		const parser = parse([meta("a"), ...exchange("again", "ok"), ...exchange("again", "ok")]);
		assert.deepEqual(outline(parser.items), [
			"userMessage x2",
			"agentMessage x2",
			"userMessage x2",
			"agentMessage x2",
		]);
	});

	it("pairs the three lines of a paginated message", () => {
		const parser = parse([
			meta("a", { history_mode: "paginated" }, 0),
			...paginatedTurn(1, "Hello", "Hi"),
		]);
		assert.deepEqual(outline(parser.items), ["userMessage x2", "agentMessage x2"]);
		assert.deepEqual(
			parser.items.map((item) => item.ordinal),
			[2, 4],
		);
	});

	it("joins the parts of a reasoning with its response", () => {
		const parser = parse([
			...exchange("a", "b"),
			event("agent_reasoning", { text: "one" }),
			event("agent_reasoning", { text: "two" }),
			response("reasoning", {
				summary: [
					{ type: "summary_text", text: "one" },
					{ type: "summary_text", text: "two" },
				],
			}),
			event("agent_reasoning", { text: "three" }),
			response("reasoning", { summary: [], encrypted_content: "x" }),
		]);
		assert.deepEqual(outline(parser.items).slice(2), ["reasoning x3", "reasoning"]);
	});

	it("makes one item of a call, its answer and its event, in any order of answers", () => {
		const parser = parse([
			call("exec_command", "c1", { cmd: "ls" }),
			call("exec_command", "c2", { cmd: "pwd" }),
			event("exec_command_end", { call_id: "c2", exit_code: 1, command: ["pwd"] }),
			answer("c2", "Process exited with code 1\nOutput:\n"),
			answer("c1", "Process exited with code 0\nOutput:\n"),
		]);
		assert.deepEqual(outline(parser.items), ["commandExecution x2", "commandExecution x3"]);
		assert.deepEqual(
			parser.items.map((item) => item.state),
			["done", "failed"],
		);
	});

	it("knows a patch inside a shell command, and the files it names", () => {
		const patch =
			"apply_patch <<'EOF'\n*** Begin Patch\n*** Add File: a.md\n+x\n*** End Patch\nEOF";
		const parser = parse([call("shell", "c1", { command: ["bash", "-lc", patch] })]);
		assert.deepEqual(outline(parser.items), ["fileChange"]);
		assert.deepEqual(parser.items[0]?.files, ["a.md"]);
	});

	it("takes the model's summary, the compaction and its event for one compaction", () => {
		const parser = parse([
			event("task_started"),
			agentResponse("Summary: all done."),
			top("compacted", { message: "Here is the summary:\nSummary: all done." }),
			event("context_compacted"),
			event("task_complete"),
		]);
		assert.deepEqual(outline(parser.items), ["compaction x3"]);
	});

	it("takes a proposed plan for the plan that its event tells", () => {
		const parser = parse([
			completed({ type: "Plan", text: "# Steps" }),
			agentResponse("<proposed_plan>\n# Steps\n</proposed_plan>"),
		]);
		assert.deepEqual(outline(parser.items), ["plan x2"]);
	});

	it("pairs a web search with its event by what it looks for", () => {
		const action = { type: "search", query: "news" };
		const parser = parse([
			event("web_search_end", { call_id: "ws_1", query: "news", action }),
			response("web_search_call", { status: "completed", action }),
			response("web_search_call", { status: "completed", action }),
		]);
		assert.deepEqual(outline(parser.items), ["webSearch x2", "webSearch"]);
	});
});

describe("messages that are not the user's", () => {
	it("are raw items with a label, and open no turn", () => {
		const parser = parse([
			meta("a"),
			userResponse("<environment_context>\n<cwd>/work</cwd>\n</environment_context>"),
			...exchange("Hello", "Hi"),
			userResponse("# AGENTS.md instructions for /work\n..."),
		]);
		assert.deepEqual(
			parser.items.map((item) => item.label ?? item.type),
			["Environment", "userMessage", "agentMessage", "AGENTS.md"],
		);
		assert.equal(parser.turns.length, 1);
	});

	it("are the user's after all when an event says so", () => {
		const typed = "<skill> is what I want to talk about";
		const parser = parse([userResponse(typed), event("user_message", { message: typed })]);
		assert.deepEqual(outline(parser.items), ["userMessage x2"]);
	});
});

describe("turns", () => {
	it("end with their mark, or with the next prompt where there is none", () => {
		const marked = parse([
			event("task_started"),
			...exchange("a", "b"),
			event("user_message", { message: "steer" }),
			event("turn_aborted", { reason: "interrupted" }),
			event("task_started"),
			...exchange("c", "d"),
		]);
		assert.deepEqual(
			marked.turns.map((turn) => [turn.count, turn.end?.status]),
			[
				[3, "interrupted"],
				[2, undefined],
			],
		);
		const bare = parse([...exchange("a", "b"), ...exchange("c", "d")]);
		assert.deepEqual(
			bare.turns.map((turn) => [turn.count, turn.end?.status]),
			[
				[2, "completed"],
				[2, undefined],
			],
		);
	});

	it("keep the model that was in force", () => {
		const parser = parse([
			context("m1"),
			...exchange("a", "b"),
			context("m2"),
			...exchange("c", "d"),
		]);
		assert.deepEqual(
			parser.turns.map((turn) => turn.model),
			["m1", "m2"],
		);
	});

	it("that were rolled back leave the chain, and stay", () => {
		const parser = parse([
			...exchange("one", "1"),
			...exchange("two", "2"),
			...exchange("three", "3"),
			event("thread_rolled_back", { num_turns: 2 }),
			...exchange("four", "4"),
		]);
		assert.deepEqual(prompts(parser), ["one", "four"]);
		assert.equal(parser.turns.length, 4);
		assert.equal(parser.turns[3]?.after, 1);
	});

	it("rolled back beyond the beginning leave an empty chain", () => {
		const parser = parse([...exchange("one", "1"), event("thread_rolled_back", { num_turns: 9 })]);
		assert.deepEqual(parser.chain, []);
		assert.equal(parser.head, -1);
	});

	it("count tokens of each response once, though counts repeat", () => {
		const info = (total: number) => ({
			info: {
				total_token_usage: { total_tokens: total },
				last_token_usage: { input_tokens: 10, output_tokens: 5, total_tokens: 15 },
			},
		});
		const parser = parse([
			...exchange("a", "b"),
			event("token_count", info(15)),
			event("token_count", info(15)),
			event("token_count", { info: null }),
			event("token_count", info(30)),
		]);
		assert.equal(parser.turns[0]?.usage?.total, 30);
	});
});

describe("damage", () => {
	it("is reported with offset and line, and the rest is read", () => {
		const lines = [meta("a"), '{"broken', ...exchange("Hello", "Hi")];
		const parser = parse(lines);
		assert.deepEqual(outline(parser.items), ["userMessage x2", "agentMessage x2"]);
		const [diagnostic] = parser.diagnostics;
		assert.equal(diagnostic?.line, 2);
		assert.equal(diagnostic?.offset, Buffer.byteLength(text([meta("a")])));
		assert.equal(diagnostic?.severity, "warning");
	});

	it("of records glued on one line loses neither", () => {
		const [prompt, ...rest] = exchange("Hello", "Hi");
		const parser = parse([`${meta("a")}${prompt}`, ...rest]);
		assert.equal(parser.meta?.id, "a");
		assert.deepEqual(outline(parser.items), ["userMessage x2", "agentMessage x2"]);
		assert.equal(parser.diagnostics.length, 1);
	});

	it("of a NUL run before a record keeps the record", () => {
		const parser = parse([`${"\0".repeat(64)}${meta("a")}`, ...exchange("Hello", "Hi")]);
		assert.equal(parser.meta?.id, "a");
		assert.equal(parser.counts.damaged, 0);
	});

	it("of unknown kind is a raw item", () => {
		const parser = parse([top("brand_new", { x: 1 }), event("brand_newer"), '{"type":"newest"}']);
		assert.deepEqual(
			parser.items.map((item) => item.label),
			["brand_new", "brand_newer", "newest"],
		);
	});

	it("anywhere loses no line: each is an item's, bookkeeping, or damaged", () => {
		const good = [
			meta("a"),
			context("m"),
			...exchange("a", "b"),
			call("shell", "c", { command: ["ls"] }),
			answer("c", '{"output":"x","metadata":{"exit_code":0,"duration_seconds":1}}'),
			event("thread_rolled_back", { num_turns: 1 }),
			top("compacted", { message: "" }),
		];
		const line = fc.oneof(
			fc.constantFrom(...good),
			fc.string().map((junk) => junk.replaceAll("\n", " ")),
			fc.tuple(fc.constantFrom(...good), fc.nat(80)).map(([each, at]) => each.slice(0, at)),
			fc.json().map((json) => json.replaceAll("\n", " ")),
		);
		fc.assert(
			fc.property(
				fc.array(line, { maxLength: 30 }),
				fc.integer({ min: 1, max: 50 }),
				(lines, chunk) => {
					const parser = parse(lines, chunk);
					const { items, bookkeeping, damaged } = parser.counts;
					assert.equal(items + bookkeeping + damaged, parser.counts.lines);
					assert.equal(
						items,
						parser.items.reduce((sum, item) => sum + item.spans.length / 2, 0),
					);
					assert.deepEqual(outline(parser.items), outline(parse(lines).items));
					for (const turn of parser.turns) {
						assert.ok(turn.after < turn.first);
					}
				},
			),
		);
	});
});

describe("older generations", () => {
	it("reads bare lines, and the folder from the environment message", () => {
		const parser = parse([
			'{"id":"g1","timestamp":"2025-08-25T15:44:03.130Z","instructions":null,"git":{"branch":"main"}}',
			'{"record_type":"state"}',
			'{"type":"message","id":null,"role":"user","content":[{"type":"input_text","text":"<environment_context>\\nCurrent working directory: /home/sam\\n</environment_context>"}]}',
			'{"type":"message","id":null,"role":"user","content":[{"type":"input_text","text":"Hello"}]}',
			'{"type":"function_call","id":"f","name":"shell","arguments":"{\\"command\\":[\\"ls\\"]}","call_id":"c"}',
			'{"type":"function_call_output","call_id":"c","output":"{\\"output\\":\\"\\",\\"metadata\\":{\\"exit_code\\":2,\\"duration_seconds\\":0.1}}"}',
		]);
		assert.equal(parser.meta?.id, "g1");
		assert.equal(parser.cwd, "/home/sam");
		assert.deepEqual(outline(parser.items), ["raw", "userMessage", "commandExecution x2"]);
		assert.equal(parser.items[2]?.state, "failed");
	});

	it("takes identity from the first header and the branch from the last of the same id", () => {
		const parser = parse([
			meta("child", { git: { branch: "old" } }),
			meta("parent", { git: { branch: "theirs" } }),
			...exchange("a", "b"),
			meta("child", { git: { branch: "new" } }),
		]);
		assert.equal(parser.meta?.id, "child");
		assert.equal(parser.copiedFrom, "parent");
		assert.equal(parser.lastMeta?.git?.branch, "new");
	});
});
