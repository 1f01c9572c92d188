import assert from "node:assert/strict";
import { appendFileSync, rmSync } from "node:fs";
import * as path from "node:path";
import { describe, it } from "mocha";
import * as vscode from "vscode";
import {
	closeEditors,
	folder,
	isOn,
	listed,
	newSession,
	paintedPanel,
	records,
	run,
	skein,
	tree,
	until,
} from "../support.ts";

describe("Importing, resuming and restoring", () => {
	it("Import Session makes a source's session ours, once, however often it runs", async () => {
		const source = await listed("Words without spaces");
		const [id] = (await run("importSession", [{ id: source.id }])) as string[];
		assert.ok(id);
		assert.ok(records(id).length > 3);
		const lines = (await tree("sessions")).filter((line) => line.trim() === "Words without spaces");
		assert.equal(lines.length, 1);
		const count = records(id).length;
		assert.deepEqual(await run("importSession", [{ id }]), [id]);
		assert.equal(records(id).length, count);
	});

	it("Import Session imports files that were chosen", async () => {
		await closeEditors();
		const source = await listed("Fix the word count");
		const [id] = (await run("importSession", [], {
			answers: [{ pickMany: [/Choose Files/] }, { openFiles: [vscode.Uri.file(source.file)] }],
		})) as string[];
		assert.ok(id);
		assert.ok(records(id).length > 3);
	});

	it("Import Session asks where the session in front is our own, and takes an agent's", async () => {
		await closeEditors();
		const own = await newSession("Our own, in front");
		await run("openSession", [{ id: own }]);
		await paintedPanel("Our own, in front");
		await run("importSession", [], { answers: [{ pickMany: [] }] });
		await closeEditors();

		const title = "Notes on a Rust port";
		const source = await listed(title);
		await run("openSession", [{ id: source.id }]);
		await paintedPanel(title);
		const imported = await run("importSession");
		const { context } = await skein();
		assert.deepEqual(imported, [context.list.get(source.id)?.summary.id]);
		await closeEditors();
		await run("openSession", [{ id: source.id }]);
		await paintedPanel(title);
		assert.deepEqual(await run("importSession"), imported);
		await closeEditors();
	});

	it("Import Sessions asks, whatever row has the focus", async () => {
		const { context } = await skein();
		const own = await newSession("Our own, with the focus");
		const foreign = context.list.rows.find(({ summary }) => summary.source !== "skein");
		assert.ok(foreign);
		for (const id of [own, foreign.summary.id]) {
			const node = { kind: "session", id, folder: folder() };
			await run("importSessions", [node, [node, node]], { answers: [{ pickMany: [] }] });
		}
		assert.equal(context.list.get(foreign.summary.id)?.summary.source, foreign.summary.source);
	});

	it("Resume in Terminal starts codex itself, without a shell, in the session's folder", async () => {
		const source = await listed("A tour of the code");
		const opened = new Promise<vscode.Terminal>((resolve) => {
			const listener = vscode.window.onDidOpenTerminal((terminal) => {
				listener.dispose();
				resolve(terminal);
			});
		});
		await vscode.workspace
			.getConfiguration()
			.update("skein.codex.path", "/bin/echo", vscode.ConfigurationTarget.Global);
		try {
			await run("resumeInTerminal", [{ id: source.id }]);
			const terminal = await opened;
			const options = terminal.creationOptions as vscode.TerminalOptions;
			assert.equal(options.shellPath, "/bin/echo");
			assert.deepEqual(options.shellArgs, ["resume", source.id.slice("codex:".length)]);
			assert.equal(options.cwd, source.cwd);
			terminal.dispose();
		} finally {
			await vscode.workspace
				.getConfiguration()
				.update("skein.codex.path", undefined, vscode.ConfigurationTarget.Global);
		}
	});

	it("Resume in Terminal refuses what is no session of Codex", async () => {
		const id = await newSession("Not Codex's");
		await run("resumeInTerminal", [{ id }], { error: /Only a session of Codex/ });
	});

	it("Acknowledge Damage clears the warning of a damaged session", async () => {
		const id = await newSession("Damaged");
		const file = path.join(folder(), ".vscode/skein/sessions", `${id}.jsonl`);
		appendFileSync(file, "this is no record\n");
		const { context } = await skein();
		await until("the damage is listed", async () => {
			await context.catalogue.refresh();
			return (context.list.get(id)?.summary.diagnostics ?? 0) > 0;
		});
		assert.ok(await isOn("sessions", "Damaged"));
		await run("acknowledgeDamage", [{ id }]);
		await until("the warning is gone", () => context.list.get(id)?.summary.diagnostics === 0);
	});

	it("sessions whose files are removed are announced, and Restore Removed Sessions brings them back", async () => {
		const id = await newSession("Removed by git clean");
		const { context } = await skein();
		await context.catalogue.refresh();
		rmSync(path.join(folder(), ".vscode/skein/sessions", `${id}.jsonl`));
		await until("the row announces it", async () => {
			await context.catalogue.refresh();
			return (await tree("sessions")).some((line) =>
				/removed session.* can be restored/.test(line),
			);
		});
		const badge = context.views.view("sessions").badge;
		assert.ok(badge && badge.value > 0);
		assert.match(badge.tooltip, badge.value === 1 ? /^1 removed session can/ : /sessions can/);
		await run("restoreKept", [], { answers: [{ pickMany: [/Removed by git clean/] }] });
		assert.equal(records(id)[0]?.type, "session.created");
		await until("it is listed again", () => isOn("sessions", "Removed by git clean"));
	});
});
