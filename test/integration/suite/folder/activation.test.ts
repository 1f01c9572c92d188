import assert from "node:assert/strict";
import * as path from "node:path";
import { describe, it } from "mocha";
import * as vscode from "vscode";
import { filesBelow, folder, skein, until } from "../support.ts";

describe("Activation", () => {
	it("writes nothing: neither in the workspace nor in the user's folders", async () => {
		const before = filesBelow(folder());
		const { context } = await skein();
		assert.equal(context.catalogue.started, false);
		assert.deepEqual(filesBelow(folder()), before);
		for (const name of ["XDG_DATA_HOME", "XDG_CACHE_HOME"]) {
			assert.deepEqual(filesBelow(path.join(process.env[name] ?? "", "skein")), [], name);
		}
	});

	it("returns a versioned API", async () => {
		const api = vscode.extensions.getExtension("skein.skein")?.exports;
		assert.equal(api.version, 1);
		assert.equal(typeof api.openSession, "function");
	});

	it("starts the list when the view comes in sight, then makes the search index, and still writes nothing to the workspace", async () => {
		const before = filesBelow(folder());
		const { context } = await skein();
		const received: string[] = [];
		const listening = context.catalogue.onDidReceive(({ type }) => received.push(type));
		await vscode.commands.executeCommand("skein.sessions.focus");
		await context.catalogue.listed;
		assert.equal(context.catalogue.started, true);
		assert.deepEqual(filesBelow(folder()), before);
		// Then, unasked, the index: what it found is noted in the log.
		await context.views.firstDrawn;
		await until("the index is up to date", () => received.includes("noted"));
		listening.dispose();
		const first = received.findIndex((type) => type === "indexing" || type === "noted");
		assert.ok(first > received.indexOf("refreshed"), received.join());
		assert.deepEqual(filesBelow(folder()), before);
	});
});
