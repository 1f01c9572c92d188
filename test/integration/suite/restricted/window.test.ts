import assert from "node:assert/strict";
import { describe, it } from "mocha";
import * as vscode from "vscode";

describe("A window in restricted mode", () => {
	it("has a folder that is not trusted", () => {
		assert.equal(vscode.workspace.workspaceFolders?.length, 1);
		assert.equal(vscode.workspace.workspaceFile, undefined);
		assert.equal(vscode.workspace.isTrusted, false);
	});

	it("activates the extension", async () => {
		const extension = vscode.extensions.getExtension("skein.skein");
		assert.ok(extension);
		await extension.activate();
		assert.equal(extension.isActive, true);
	});
});
