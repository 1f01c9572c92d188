import assert from "node:assert/strict";
import { describe, it } from "mocha";
import * as vscode from "vscode";

describe("A window with two folders", () => {
	it("has both folders of its workspace file", () => {
		assert.equal(vscode.workspace.workspaceFolders?.length, 2);
		assert.ok(vscode.workspace.workspaceFile?.path.endsWith(".code-workspace"));
		assert.equal(vscode.workspace.isTrusted, true);
	});

	it("activates the extension", async () => {
		const extension = vscode.extensions.getExtension("skein.skein");
		assert.ok(extension);
		await extension.activate();
		assert.equal(extension.isActive, true);
	});
});
