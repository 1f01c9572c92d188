import assert from "node:assert/strict";
import { describe, it } from "mocha";
import * as vscode from "vscode";
import { commandsRun, skein } from "../support.ts";

describe("Every command", () => {
	const contributed: string[] = vscode.extensions
		.getExtension("skein.skein")
		?.packageJSON.contributes.commands.map((each: { command: string }) => each.command);

	it("of the manifest is registered, and no other", async () => {
		await skein();
		const registered = (await vscode.commands.getCommands(true)).filter(
			// VS Code itself registers <view>.focus, .open, .resetViewLocation and the like for every view.
			(id) => id.startsWith("skein.") && !/^skein\.(sessions|runs|archived|trash)\./.test(id),
		);
		assert.deepEqual(registered.sort(), [...contributed].sort());
	});

	it("of the manifest was run by these tests, and its effect asserted", function () {
		if (process.env["SKEIN_TEST_GREP"]) {
			this.skip();
		}
		assert.deepEqual([...commandsRun].sort(), [...contributed].sort());
	});
});
