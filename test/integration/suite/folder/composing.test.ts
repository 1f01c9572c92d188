import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { after, before, describe, it } from "mocha";
import * as vscode from "vscode";
import { commandIds } from "../../../../src/host/contributions.ts";
import type { Answer } from "../../../../src/host/scriptedPrompts.ts";
import { endDaemon, fakeAgent } from "../agents.ts";
import {
	closeEditors,
	folder,
	hasJournal,
	newSession,
	run,
	skein,
	tree,
	until,
} from "../support.ts";

const tabs = () =>
	vscode.window.tabGroups.all.flatMap((group) => group.tabs).map(({ label }) => label);

describe("Commands that bring the person to the composer", () => {
	before(async () => {
		await closeEditors();
		// Rows are in the list once somebody has looked at it.
		await tree("sessions");
	});

	it("Go to Prompt begins a session where none is open, and writes nothing", async () => {
		await run("focusComposer");
		assert.deepEqual(tabs(), ["New Session"]);
		const { context } = await skein();
		const id = context.editors.active?.session?.id;
		assert.ok(id !== undefined && !hasJournal(id));
	});

	it("Go to Prompt goes to the session in front", async () => {
		await newSession("Gone to");
		const { context } = await skein();
		const panel = await until("its editor is in front", () => context.editors.active);
		await run("focusComposer");
		assert.equal(context.editors.active, panel);
	});

	it("Choose Agent, Model or Sandbox remembers the choice for the session, and for new ones", async () => {
		const { context, live } = await skein();
		const id = await newSession("Chosen");
		const choice = () => {
			const summary = context.list.get(id)?.summary;
			return summary && live.choices.of(summary, folder());
		};
		await until("it is in the list", choice);
		assert.equal(choice()?.agent.id, "codex");
		assert.equal(choice()?.sandbox, "workspace-write");
		await run("chooseAgent", [], { answers: [{ pick: "Sandbox" }, { pick: "Read only" }] });
		assert.equal(choice()?.sandbox, "read-only");
		await run("chooseAgent", [], {
			answers: [{ pick: "Model" }, { pick: /Another model/ }, { input: "gpt-5.5" }],
		});
		assert.equal(choice()?.model, "gpt-5.5");
		await run("chooseAgent", [], { answers: [{ pick: "Agent" }, { pick: /^OpenCode/ }] });
		assert.deepEqual(
			[choice()?.agent.id, choice()?.model, choice()?.sandbox],
			["opencode", undefined, undefined],
		);
		await run("chooseAgent", [], { answers: [{ pick: "Model" }, { dismiss: true }] });
		const other = context.list.get(await newSession("Begins with the last choice"))?.summary;
		assert.ok(other);
		assert.equal(live.choices.of(other, folder())?.agent.id, "opencode");
		await run("chooseAgent", [], { answers: [{ pick: "Agent" }, { pick: /^Codex/ }] });
	});

	describe("Choose Model", () => {
		/** Answers the picker of models; returns its rows and the model that is chosen then. */
		const chooseModel = async (...answers: Answer[]) => {
			const { context, live, prompts } = await skein();
			prompts.reset();
			prompts.answer({ pick: "Model" }, ...answers);
			await vscode.commands.executeCommand(commandIds.chooseAgent);
			const asked = prompts.asked.filter(
				({ kind, message }) => kind === "pick" && message === "Model",
			);
			const rows = asked.at(-1)?.choices ?? [];
			assert.equal(prompts.reset(), 0, "all answers were asked for");
			const summary = context.list.get(context.editors.active?.session?.id ?? "")?.summary;
			return { rows, model: summary && live.choices.of(summary, folder())?.model };
		};
		const codexIs = (command: string | undefined) =>
			vscode.workspace
				.getConfiguration("skein")
				.update("codex.path", command, vscode.ConfigurationTarget.Global);

		before(async () => {
			await endDaemon();
			await newSession("Answered by a model");
		});
		after(async () => {
			await codexIs(undefined);
			await endDaemon();
		});

		it("says why an agent tells no models, starts nothing, asks again, and takes any name", async () => {
			await codexIs("/nowhere/codex");
			const { rows, model } = await chooseModel(
				{ pick: /did not tell/ },
				{ pick: /Another model/ },
				{ input: "my-model" },
			);
			const why = 'Codex cannot be started, because there is no program "/nowhere/codex" here.';
			assert.ok(
				rows.includes(
					`$(warning) Codex did not tell its models | ask again | ${why} Install it, or name its path.`,
				),
				rows.join("\n"),
			);
			assert.equal(model, "my-model");
			const { context } = await skein();
			assert.equal(context.daemons.of(folder()).client, undefined, "no daemon was started");
		});

		it("offers what the agent tells, with the default marked, and asks it once", async () => {
			const scratch = mkdtempSync(path.join(tmpdir(), "skein-codex-"));
			const { command, args } = fakeAgent("models", 3);
			const words = [command, ...args].map((word) => `'${word}'`).join(" ");
			const script = path.join(scratch, "codex");
			writeFileSync(script, `#!/bin/sh\nexec ${words}\n`, { mode: 0o755 });
			await codexIs(script);
			const offered = [
				"Offered by Codex",
				"Model 0 | m0",
				"Model 1 | m1 · default",
				"Model 2 | m2",
				"Used in sessions",
			];
			const { rows, model } = await chooseModel({ pick: "Model 2" });
			assert.equal(rows[0], "Default model | Model 1, what Codex is set to");
			assert.deepEqual(rows.slice(1, 6), offered);
			assert.ok(rows.includes("my-model"), "what was chosen before is still there");
			assert.equal(model, "m2");
			await endDaemon();
			const again = await chooseModel({ pick: /^Default model/ });
			assert.deepEqual(again.rows.slice(1, 6), offered);
			assert.equal(again.model, undefined);
			const { context } = await skein();
			assert.equal(context.daemons.of(folder()).client, undefined, "nothing was started for it");
			rmSync(scratch, { recursive: true });
		});
	});

	it("a session that was never written is pinned and tagged like any other", async () => {
		const id = String(await run("newSession"));
		assert.equal(hasJournal(id), false);
		await run("pinSession", [{ id }]);
		assert.equal(hasJournal(id), true);
		const { context } = await skein();
		await until("it is pinned", () => context.list.get(id)?.summary.pinned);
		await run("unpinSession", [{ id }]);
	});
});
