import assert from "node:assert/strict";
import { cpSync, existsSync, rmSync } from "node:fs";
import * as path from "node:path";
import { describe, it } from "mocha";
import * as vscode from "vscode";
import { filesBelow, folder, listed, records, run, skein, tree, until } from "../support.ts";

describe("Several folders", () => {
	it("have a root each in the tree", async () => {
		const names = vscode.workspace.workspaceFolders?.map(({ name }) => name) ?? [];
		const roots = (await tree("sessions")).filter((line) => !line.startsWith(" "));
		assert.deepEqual(roots.slice(0, 2), names);
		assert.ok(names.length === 2);
	});

	it("have a store each; the folder is asked for", async () => {
		const id = String(
			await run("newSession", [], { answers: [{ pick: path.basename(folder(1)) }] }),
		);
		await run("renameSession", [{ id }], { answers: [{ input: "In the second" }] });
		assert.equal(records(id, 1)[0]?.type, "session.created");
		assert.equal(existsSync(path.join(folder(0), ".vscode/skein")), false);
		const lines = await tree("sessions");
		const second = lines.indexOf(path.basename(folder(1)));
		assert.ok(lines.slice(second).some((line) => line.trim() === "In the second"));
	});

	it("keep an imported session in the folder it ran in", async () => {
		const source = await listed("A tour of the code");
		const [id] = (await run("importSession", [{ id: source.id }])) as string[];
		assert.ok(id);
		assert.ok(records(id, 0).length > 3);
		const { context } = await skein();
		assert.equal(context.list.get(id)?.folder, folder(0));
	});

	it("go by their own settings: which agents there are, and what these may do", async () => {
		const { live } = await skein();
		const session = await listed("In the second");
		const choice = (index: number) => live.choices.of(session, folder(index));
		const target = vscode.ConfigurationTarget.WorkspaceFolder;
		const set = async (index: number, path?: string, sandbox?: string) => {
			const scope = vscode.Uri.file(folder(index));
			const settings = vscode.workspace.getConfiguration("skein", scope);
			await settings.update("codex.path", path, target);
			await settings.update("sandbox", sandbox, target);
		};
		try {
			// Programs that are there: which agent is likeliest meant depends on it.
			await set(0, "/bin/sh");
			await set(1, process.execPath, "read-only");
			await until("the settings are read", () => choice(1)?.sandbox === "read-only");
			assert.equal(choice(1)?.agent.spec.command, process.execPath);
			assert.equal(choice(0)?.sandbox, "workspace-write");
			assert.equal(choice(0)?.agent.spec.command, "/bin/sh");
		} finally {
			await set(0);
			await set(1);
		}
	});

	it("draw a session that stands in both again where it has changed", async () => {
		const id = String(
			await run("newSession", [], { answers: [{ pick: path.basename(folder(0)) }] }),
		);
		await run("renameSession", [{ id }], { answers: [{ input: "In both" }] });
		const [, copy] = [0, 1].map((index) =>
			path.join(folder(index), ".vscode/skein/sessions", `${id}.jsonl`),
		);
		assert.ok(copy);
		cpSync(path.join(folder(0), ".vscode/skein/sessions", `${id}.jsonl`), copy);
		const { context, tree: treeOf } = await skein();
		await context.catalogue.refresh();
		const copies = () => context.list.rows.filter(({ summary }) => summary.id === id);
		await until("both are listed", () => copies().length === 2);
		await tree("sessions");
		const drawn = new Set<string>();
		const listener = treeOf("sessions").onDidChangeTreeData((nodes) => {
			for (const node of [nodes ?? []].flat()) {
				drawn.add(node.key);
			}
		});
		for (const index of [1, 0]) {
			const answers = [{ input: `In folder ${index}` }];
			await run("renameSession", [{ id, folder: folder(index) }], { answers });
			await until(`the row of folder ${index} is drawn`, () =>
				drawn.has(`session:${id}@${folder(index)}`),
			);
			drawn.clear();
		}
		listener.dispose();
		rmSync(copy);
		await context.catalogue.refresh();
	});

	it("have a daemon each: the status bar shows the most urgent one, and commands ask", async () => {
		const { context, status } = await skein();
		const [first, second] = [folder(0), folder(1)].map((each) => context.daemons.of(each));
		assert.ok(first && second);
		await run("startDaemon", [], { answers: [{ pick: path.basename(folder(1)) }] });
		await until("it runs", () => second.state.kind === "idle");
		assert.equal(first.client, undefined);
		await until("the status bar says so", () => status.item.text === "$(circle-outline) Skein");
		assert.match(status.item.accessibilityInformation?.label ?? "", /folder second/);
		process.kill(second.client?.pid ?? 0, "SIGKILL");
		await until("the status bar says so", () => status.item.text === "$(error) Skein: failed");
		await run("showLastDaemonError", [], { answers: [{ pick: path.basename(folder(1)) }] });
		const { document } = vscode.window.activeTextEditor ?? {};
		assert.match(document?.getText() ?? "", /ended without saying so/);
		await vscode.commands.executeCommand("workbench.action.closeAllEditors");
		await run("startDaemon", [], { answers: [{ pick: path.basename(folder(1)) }] });
		// The only one that runs: nothing to ask.
		await run("stopDaemon");
		await until("it is stopped", () => second.state.kind === "stopped");
	});

	it("go from the tree when they are removed from the workspace, and come back with them", async () => {
		const second = folder(1);
		const { context } = await skein();
		assert.ok(vscode.workspace.updateWorkspaceFolders(1, 1));
		await until(
			"its sessions are gone from the list",
			() => !context.list.rows.some((row) => row.summary.title === "In the second"),
		);
		assert.ok(filesBelow(path.join(second, ".vscode/skein/sessions")).length > 0);
		assert.ok(vscode.workspace.updateWorkspaceFolders(1, 0, { uri: vscode.Uri.file(second) }));
		await listed("In the second");
	});
});
