import assert from "node:assert/strict";
import { describe, it } from "mocha";
import * as vscode from "vscode";

describe("A window without a folder", () => {
	it("has no workspace folder", () => {
		assert.equal(vscode.workspace.workspaceFolders, undefined);
		assert.equal(vscode.workspace.isTrusted, true);
	});

	it("activates the extension", async () => {
		const extension = vscode.extensions.getExtension("skein.skein");
		assert.ok(extension);
		await extension.activate();
		assert.equal(extension.isActive, true);
	});
});
