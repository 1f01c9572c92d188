import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ItemType } from "../../model/item.ts";
import { commandLine, outputOf, plainPath } from "./commands.ts";
import { contentOf } from "./content.ts";
import { ownWords, titleFrom } from "./injected.ts";
import { countLines, editsOfPatch, patchInCommand, relativeTo } from "./patch.ts";
import type { Json } from "./schema.ts";
import { answer, call, completed, event, response } from "./testRollouts.ts";

const content = (type: ItemType, ...lines: string[]) =>
	contentOf(
		lines.map((line) => JSON.parse(line) as Json),
		{ type, status: "completed", label: undefined, cwd: "/work" },
	);

describe("commands", () => {
	it("are shown as typed", () => {
		assert.equal(commandLine(["bash", "-lc", "ls -la | wc"]), "ls -la | wc");
		assert.equal(commandLine(["/bin/zsh", "-c", "pwd"]), "pwd");
		assert.equal(commandLine(["powershell.exe", "-Command", "dir"]), "dir");
		assert.equal(
			commandLine(["git", "commit", "-m", "it's done"]),
			"git commit -m 'it'\\''s done'",
		);
		assert.equal(commandLine("rg x"), "rg x");
	});

	it("take output, exit code and time from every shape of answer", () => {
		assert.deepEqual(
			outputOf('{"output":"x\\n","metadata":{"exit_code":3,"duration_seconds":1.5}}'),
			{
				text: "x\n",
				exitCode: 3,
				durationMs: 1500,
			},
		);
		assert.deepEqual(outputOf("Exit code: 2\nWall time: 0.5 seconds\nOutput:\noh\n"), {
			text: "oh\n",
			exitCode: 2,
			durationMs: 500,
		});
		const chunk =
			"Command: /bin/bash -lc 'a\nb'\nChunk ID: c4\nWall time: 0.05 seconds\nProcess exited with code 1\nOriginal token count: 12\nOutput:\nno\n";
		assert.deepEqual(outputOf(chunk), { text: "no\n", exitCode: 1, durationMs: 50 });
		assert.deepEqual(
			outputOf(
				"Wall time: 0.0 seconds\nOutput:\nExit code: 0\nWall time: 0 seconds\nOutput:\nSuccess.",
			),
			{ text: "Success.", exitCode: 0, durationMs: 0 },
		);
		assert.equal(outputOf("Output:\nis what it printed").text, "Output:\nis what it printed");
		assert.equal(outputOf("plain").text, "plain");
	});

	it("prefer what the end event recorded", () => {
		const made = content(
			"commandExecution",
			call("exec_command", "c", { cmd: "ls", workdir: "/work/sub" }),
			answer("c", "Process exited with code 0\nOutput:\nTotal output lines: 9\n..."),
			event("exec_command_end", {
				call_id: "c",
				command: ["bash", "-lc", "ls"],
				cwd: "/work/sub",
				aggregated_output: "whole",
				exit_code: 0,
				duration: { secs: 1, nanos: 500_000 },
			}),
		);
		assert.deepEqual(made, {
			type: "commandExecution",
			command: "ls",
			cwd: "sub",
			output: "whole",
			exitCode: 0,
			durationMs: 1001,
		});
	});

	it("of the paginated generation name their folder as an address", () => {
		assert.equal(plainPath("file:///home/a%20b"), "/home/a b");
		assert.equal(plainPath("file:///C:/x"), "C:/x");
	});
});

describe("file changes", () => {
	const patch = [
		"*** Begin Patch",
		"*** Update File: src/a.ts",
		"*** Move to: src/b.ts",
		"@@ function x()",
		" same",
		"-old",
		"+new",
		"+more",
		"*** Add File: /work/n.md",
		"+# N",
		"*** Delete File: gone.txt",
		"*** End Patch",
	].join("\n");

	it("are read from the patch the agent wrote", () => {
		assert.deepEqual(
			editsOfPatch(patch).map(({ diff: _, ...edit }) => edit),
			[
				{ path: "src/a.ts", kind: "update", movedTo: "src/b.ts", added: 2, removed: 1 },
				{ path: "/work/n.md", kind: "add", content: "# N\n", added: 1, removed: 0 },
				{ path: "gone.txt", kind: "delete" },
			],
		);
		assert.equal(patchInCommand(`cd /work && apply_patch <<'EOF'\n${patch}\nEOF`), patch);
		assert.equal(patchInCommand(`echo '*** Begin Patch'`), undefined);
	});

	it("are rather read from what was recorded, with paths inside the folder relative", () => {
		const made = content(
			"fileChange",
			response("custom_tool_call", { name: "apply_patch", call_id: "c", input: patch }),
			event("patch_apply_end", {
				call_id: "c",
				success: true,
				changes: {
					"/work/src/a.ts": {
						type: "update",
						unified_diff: "@@ -1 +1,2 @@\n-old\n+new\n+more\n",
						move_path: null,
					},
					"/elsewhere/n.md": { type: "add", content: "# N\n" },
				},
			}),
			response("custom_tool_call_output", {
				call_id: "c",
				output: '{"output":"Done","metadata":{"exit_code":0}}',
			}),
		);
		assert.deepEqual(made, {
			type: "fileChange",
			changes: [
				{
					path: "src/a.ts",
					kind: "update",
					diff: "@@ -1 +1,2 @@\n-old\n+new\n+more\n",
					added: 2,
					removed: 1,
				},
				{ path: "/elsewhere/n.md", kind: "add", content: "# N\n", added: 1, removed: 0 },
			],
			output: "Done",
		});
	});

	it("count lines that look like file heads where they are changes", () => {
		assert.deepEqual(countLines("--- a\n+++ b\n@@ -1 +1 @@\n--- was\n+++ is\n"), {
			added: 1,
			removed: 1,
		});
	});

	it("keep paths outside the folder, on Windows too", () => {
		assert.equal(relativeTo("/work", "/work/a/b"), "a/b");
		assert.equal(relativeTo("/work", "/workshop/a"), "/workshop/a");
		assert.equal(relativeTo("C:\\work", "C:\\work\\a\\b.ts"), "a/b.ts");
		assert.equal(relativeTo(undefined, "/a"), "/a");
	});
});

describe("tools", () => {
	it("of an MCP server show server, tool, input, output and time", () => {
		const made = content(
			"toolCall",
			call("mcp__db__query", "c", { sql: "select 1" }),
			answer("c", '[{"type":"text","text":"1"}]'),
			event("mcp_tool_call_end", {
				call_id: "c",
				invocation: { server: "db", tool: "query", arguments: { sql: "select 1" } },
				duration: { secs: 0, nanos: 4_000_000 },
				result: { Ok: { content: [] } },
			}),
		);
		assert.deepEqual(made, {
			type: "toolCall",
			tool: "query",
			server: "db",
			input: { sql: "select 1" },
			output: '[{"type":"text","text":"1"}]',
			durationMs: 4,
		});
	});

	it("that answer with an image have it as an image", () => {
		const made = content(
			"toolCall",
			call("view_image", "c", { path: "x.png" }),
			answer("c", [{ type: "input_image", image_url: "data:image/png;base64,AAAA" }]),
		);
		assert.deepEqual(made.type === "toolCall" && made.images, [
			{ url: "data:image/png;base64,AAAA", mime: "image/png" },
		]);
	});

	it("that plan make a plan", () => {
		const made = content(
			"plan",
			call("update_plan", "c", { explanation: "why", plan: [{ step: "a", status: "pending" }] }),
			answer("c", "Plan updated"),
		);
		assert.deepEqual(made, {
			type: "plan",
			text: "why",
			steps: [{ step: "a", status: "pending" }],
		});
	});

	it("with arguments that are not JSON show them as they are", () => {
		const line = response("function_call", { name: "odd", call_id: "c", arguments: "{broken" });
		const made = content("toolCall", line);
		assert.equal(made.type === "toolCall" && made.input, "{broken");
	});
});

describe("messages", () => {
	it("have their images once, with the path they came from", () => {
		const made = content(
			"userMessage",
			response("message", {
				role: "user",
				content: [
					{ type: "input_text", text: '<image name=[Image #1] path="/x.png">' },
					{ type: "input_image", image_url: "data:image/png;base64,AAAA" },
					{ type: "input_text", text: "</image>" },
					{ type: "input_text", text: "what is it" },
				],
			}),
			completed({
				type: "UserMessage",
				content: [
					{ type: "local_image", path: "/x.png" },
					{ type: "text", text: "what is it" },
				],
			}),
		);
		assert.deepEqual(made, {
			type: "userMessage",
			text: "what is it",
			images: [{ url: "data:image/png;base64,AAAA", mime: "image/png", path: "/x.png" }],
		});
	});

	it("make titles of the user's own words", () => {
		const ide =
			"# Context from my IDE setup:\n\n## Open tabs:\n- a\n\n## My request for Codex:\nFix it\nplease";
		assert.equal(titleFrom(ide), "Fix it");
		assert.equal(
			ownWords("## User Input\n\n```text\nMake a spec\n```\n\nYou **MUST** ..."),
			"Make a spec",
		);
		assert.equal([...titleFrom("x".repeat(200))].length, 80);
		assert.equal(titleFrom("👩‍💻".repeat(81)), `${"👩‍💻".repeat(79)}…`);
		assert.equal(titleFrom(" \n\t"), "");
	});
});
