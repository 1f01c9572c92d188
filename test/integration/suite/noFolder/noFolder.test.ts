import assert from "node:assert/strict";
import { describe, it } from "mocha";
import * as vscode from "vscode";
import { closeEditors, listed, paintedPanel, run, skein, tree } from "../support.ts";

describe("No folder", () => {
	it("lists agents' sessions all the same", async () => {
		assert.equal(vscode.workspace.workspaceFolders, undefined);
		const lines = await tree("sessions");
		assert.ok(lines.some((line) => line.trim() === "A tour of the code"));
		assert.equal(lines.includes("Other Folders"), false);
	});

	it("opens them", async () => {
		const { id } = await listed("A tour of the code");
		await run("openSession", [{ id }]);
		const panel = await paintedPanel("A tour of the code");
		assert.deepEqual(panel.opened?.capabilities(), { write: false, fork: false });
		await closeEditors();
	});

	it("has no daemon, and says why when one is asked for", async () => {
		const { status } = await skein();
		await run("startDaemon", [], { error: /Open a folder first/ });
		await run("daemonActions", [], { error: /Open a folder first/ });
		assert.equal(status.item.text, "", "The status bar item was never shown");
	});

	it("says that a session needs a folder", async () => {
		const { id } = await listed("A tour of the code");
		await run("newSession", [], { error: /Open a folder first/ });
		await run("forkSession", [{ id }], { error: /Open a folder first/ });
		await run("importSession", [{ id }], { error: /Open a folder first/ });
	});
});
