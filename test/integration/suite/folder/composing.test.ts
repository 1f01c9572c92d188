import assert from "node:assert/strict";
import { before, describe, it } from "mocha";
import * as vscode from "vscode";
import { closeEditors, hasJournal, newSession, run, skein, tree, until } from "../support.ts";

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
			return summary && live.choices.of(summary);
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
		assert.equal(live.choices.of(other)?.agent.id, "opencode");
		await run("chooseAgent", [], { answers: [{ pick: "Agent" }, { pick: /^Codex/ }] });
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
