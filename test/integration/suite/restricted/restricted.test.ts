import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import * as path from "node:path";
import { describe, it } from "mocha";
import * as vscode from "vscode";
import type { CommandName } from "../../../../src/host/contributions.ts";
import { commandIds } from "../../../../src/host/contributions.ts";
import { AgentModels } from "../../../../src/host/daemon/agentModels.ts";
import { configuredAgents } from "../../../../src/host/daemon/agents.ts";
import { readSetting } from "../../../../src/host/settings.ts";
import { filesBelow, folder, listed, paintedPanel, run, skein, tree, until } from "../support.ts";

const reading: readonly CommandName[] = [
	"openSession",
	"openAsText",
	"replaySession",
	"copySelection",
	"copyItem",
	"copyLink",
	"copyItemLink",
	"revealJournal",
	"searchSessions",
	"sessionsThatChanged",
	"stopIndexing",
	"rebuildIndex",
	"doctor",
	"refresh",
	"groupBy",
	"sortBy",
	"filter",
	"clearFilter",
	"showLog",
];

describe("Restricted mode", () => {
	it("lists and opens sessions", async () => {
		assert.equal(vscode.workspace.isTrusted, false);
		assert.ok((await tree("sessions")).some((line) => line.includes("A tour of the code")));
		const { id } = await listed("A tour of the code");
		await run("openSession", [{ id }]);
		const panel = await paintedPanel("A tour of the code");
		assert.deepEqual(panel.opened?.capabilities(), { write: false, fork: false });
	});

	it("keeps the search index, which is the user's and not the folder's, and searches it", async () => {
		const before = filesBelow(folder());
		const { context } = await skein();
		const { token } = new vscode.CancellationTokenSource();
		await context.catalogue.ask({ ask: "update" }, token);
		const question = {
			ask: "search",
			query: "role:user",
			limit: 1,
			offset: 0,
			wait: false,
		} as const;
		const { total, indexing } = await context.catalogue.ask(question, token);
		assert.ok(total > 0);
		assert.equal(indexing, undefined);
		assert.deepEqual(filesBelow(folder()), before);
	});

	it("replays", async () => {
		const { id } = await listed("Fix the word count");
		await run("replaySession", [{ id }]);
		const panel = await paintedPanel("Fix the word count");
		await until("it replays", () => panel.isReplaying);
		await run("replayStop");
	});

	it("refuses every command that writes, in code too, and changes nothing", async () => {
		const before = filesBelow(folder());
		const { id } = await listed("A tour of the code");
		const writing = (Object.keys(commandIds) as CommandName[]).filter(
			(name) => !reading.includes(name) && !name.startsWith("replay"),
		);
		assert.ok(writing.length > 15);
		for (const name of writing) {
			await run(name, [{ id, item: "x" }], { error: /Restricted Mode/ });
		}
		assert.deepEqual(filesBelow(folder()), before);
	});

	it("starts nothing, whatever the workspace names, plants or asks for", async () => {
		const { context, status, runs } = await skein();
		const settings = vscode.workspace.getConfiguration("skein");
		const planted = settings.inspect("codex.path")?.workspaceValue;
		assert.equal(planted, undefined, "VS Code leaves out what is restricted");
		assert.deepEqual(
			configuredAgents().map(({ id, spec }) => [id, spec.command]),
			[
				["codex", "codex"],
				["claude", "claude-agent-acp"],
				["opencode", "opencode"],
				["gemini", "gemini"],
			],
		);
		assert.equal(readSetting("skein.sandbox"), "workspace-write");
		assert.equal(readSetting("skein.approvals"), "on-request");
		const { id } = await listed("Planted");
		await run("openSession", [{ id }]);
		await paintedPanel("Planted");
		await vscode.commands.executeCommand("skein.runs.focus");
		const daemon = context.daemons.of(folder());
		await assert.rejects(daemon.connect(), /Restricted Mode/);
		for (const { spec } of configuredAgents()) {
			const models = new AgentModels(context.daemons).of(spec, folder(), null);
			await assert.rejects(models, /Restricted Mode/);
		}
		for (const name of ["startDaemon", "restartDaemon", "answerApproval", "stopRun"] as const) {
			await run(name, [id], { error: /Restricted Mode/ });
		}
		assert.deepEqual(daemon.state, { kind: "stopped" });
		assert.deepEqual(await runs.getChildren(), []);
		assert.equal(status.item.text, "", "The status bar item was never shown");
		assert.deepEqual(filesBelow(path.join(process.env["XDG_RUNTIME_DIR"] ?? "", "skein")), []);
		assert.equal(existsSync(process.env["SKEIN_TEST_MARKER"] ?? ""), false);
	});

	it("keeps no copies", async () => {
		await skein();
		assert.deepEqual(filesBelow(`${process.env["XDG_DATA_HOME"]}/skein`), []);
	});
});
