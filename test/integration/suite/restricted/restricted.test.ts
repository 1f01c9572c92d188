import assert from "node:assert/strict";
import { describe, it } from "mocha";
import * as vscode from "vscode";
import type { CommandName } from "../../../../src/host/contributions.ts";
import { commandIds } from "../../../../src/host/contributions.ts";
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

	it("keeps no copies", async () => {
		await skein();
		assert.deepEqual(filesBelow(`${process.env["XDG_DATA_HOME"]}/skein`), []);
	});
});
