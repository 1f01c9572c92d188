import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { after, before, describe, it } from "mocha";
import * as vscode from "vscode";
import { configuredAgents } from "../../../../src/host/daemon/agents.ts";
import { WatchedDaemon } from "../../../../src/host/daemon/watchedDaemon.ts";
import type { DaemonEvent, DaemonState } from "../../../../src/protocol/daemon.ts";
import {
	endDaemon,
	fakeAgent,
	over,
	prompt,
	showsRuns,
	showsStatus,
	statusBar,
} from "../agents.ts";
import {
	closeEditors,
	folder,
	hasJournal,
	lastRecord,
	newSession,
	paintedPanel,
	records,
	run,
	skein,
	until,
} from "../support.ts";

describe("The daemon of a folder", () => {
	before(closeEditors);
	after(endDaemon);

	it("is not started by the window", async () => {
		const { context } = await skein();
		const daemon = context.daemons.of(folder());
		assert.deepEqual(daemon.state, { kind: "stopped" });
		assert.equal(daemon.client, undefined);
		await showsStatus("$(circle-slash) Skein");
		const { label } = await statusBar();
		assert.equal(label, "Skein: Stopped. The daemon starts with the first prompt.");
	});

	it("is started by Start Daemon", async () => {
		const { context } = await skein();
		const daemon = context.daemons.of(folder());
		const seen: DaemonState["kind"][] = [];
		const listener = daemon.onDidChange(() => seen.push(daemon.state.kind));
		await run("startDaemon");
		listener.dispose();
		assert.equal(seen[0], "starting");
		await until("it is idle", () => daemon.state.kind === "idle");
		assert.equal(daemon.status?.pid, daemon.client?.pid);
		await showsStatus("$(circle-outline) Skein");
		const { tooltip } = await statusBar();
		assert.match(tooltip, new RegExp(`process ${daemon.client?.pid}, since`));
		assert.match(tooltip, /command:skein\.stopDaemon/);
		await run("startDaemon", [], { error: /runs already/ });
	});

	it("runs no command of anybody else's from its tooltip, whatever an agent is called", async () => {
		const { status } = await skein();
		const agent = { ...fakeAgent("talk"), agent: "[x](command:evil) $(bug)" };
		const { run: id } = await prompt("Called names", "talk", { agent });
		assert.equal(await over(id), "completed");
		const tooltip = await until("the tooltip names it", () => {
			const { tooltip: shown } = status.item;
			return shown instanceof vscode.MarkdownString && shown.value.includes("evil") && shown;
		});
		assert.doesNotMatch(tooltip.value, /\]\(command:evil|(?<!\\)\$\(bug/);
		assert.deepEqual(tooltip.isTrusted, {
			enabledCommands: ["skein.stopDaemon", "skein.restartDaemon", "skein.showDaemonLog"],
		});
	});

	it("tells of runs as they are", async () => {
		const { run: id, session } = await prompt("A talk", "talk");
		assert.equal(await over(id), "completed");
		const { context } = await skein();
		const daemon = context.daemons.of(folder());
		assert.equal(daemon.runs[0]?.id, id);
		assert.equal(daemon.runOf(session), undefined);
		await showsRuns("Recent", "  A talk (check)");
	});

	it("offers its actions with a click on the status bar", async () => {
		const { context, prompts } = await skein();
		await run("daemonActions", [], { answers: [{ pick: "$(record) Record Protocol" }] });
		assert.equal(context.recording.isOn, true);
		await showsStatus("$(circle-outline) Skein: recording");
		await run("recordProtocol", [], { told: "No more runs are recorded." });
		assert.equal(context.recording.isOn, false);

		prompts.reset();
		await vscode.commands.executeCommand("skein.daemonActions");
		assert.deepEqual(prompts.asked[0]?.choices, [
			"$(debug-stop) Stop Daemon",
			"$(debug-restart) Restart Daemon",
			"$(output) Show Daemon Log…",
			"$(error) Show Last Daemon Error",
			"$(record) Record Protocol",
			"$(settings-gear) Settings",
		]);
	});

	it("has a run recorded, and shows the file when that is whole", async () => {
		const { context, prompts } = await skein();
		await run("recordProtocol");
		const record = context.recording.isOn;
		const prompted = await prompt("For the record", "asks", { record });
		const { client, run: id, recording } = prompted;
		prompts.reset();
		prompts.answer({ notify: "Show File" });
		context.recording.began(id, recording);
		const daemon = context.daemons.of(folder());
		const approval = await until("it waits", () => daemon.approvals[0]?.id);
		await client.call("answer", { approval, option: "accept" });
		await until(
			"the file is shown",
			() => vscode.window.activeTextEditor?.document.uri.fsPath === recording,
		);
		assert.match(prompts.asked.map(({ message }) => message).join(), /was recorded/);
		assert.match(vscode.window.activeTextEditor?.document.getText() ?? "", /requestApproval/);
		await run("recordProtocol", [], { told: "No more runs are recorded." });
		await closeEditors();
	});

	it("asks before it is stopped while a run is live", async () => {
		const { context } = await skein();
		const daemon = context.daemons.of(folder());
		const { run: id, session } = await prompt("On and on", "pids");
		await until("it runs", () => daemon.state.kind === "busy");
		await showsStatus("$(loading~spin) Skein: 1 running");
		await showsRuns("On and on (loading~spin)");

		await run("stopDaemon", [], { answers: [{ dismiss: true }] });
		assert.equal(daemon.runOf(session)?.id, id);

		await run("stopDaemon", [], { answers: [{ confirm: "Interrupt and Stop" }] });
		await until("it is stopped", () => daemon.state.kind === "stopped");
		assert.equal(lastRecord(session)["status"], "interrupted");
		await run("stopDaemon", [], { error: /No daemon runs/ });
	});

	it("is started again by Restart Daemon", async () => {
		const { context } = await skein();
		const daemon = context.daemons.of(folder());
		await run("restartDaemon", [], { error: /No daemon runs/ });
		await run("startDaemon");
		const first = daemon.client?.pid;
		await run("restartDaemon");
		assert.ok(daemon.client?.pid);
		assert.notEqual(daemon.client.pid, first);
	});

	it("shows its logs", async () => {
		await run("showDaemonLog", [], { answers: [{ pick: "Events" }] });
		const { document } = vscode.window.activeTextEditor ?? {};
		assert.match(document?.getText() ?? "", /"type":"run.ended"/);
		await closeEditors();
	});

	it("is found again after it was killed, and says so", async () => {
		const { context } = await skein();
		const daemon = context.daemons.of(folder());
		const { session } = await prompt("Cut short", "pids");
		await until("it runs", () => daemon.runOf(session)?.status === "running");
		process.kill(daemon.client?.pid ?? 0, "SIGKILL");
		const crashed = await until("the window notices", () =>
			daemon.state.kind === "crashed" ? daemon.state : undefined,
		);
		assert.match(crashed.reason, /ended without saying so/);
		await showsStatus("$(error) Skein: failed");
		assert.equal(daemon.runOf(session), undefined);
		assert.equal(daemon.runs.find((each) => each.session === session)?.status, "interrupted");

		await run("showLastDaemonError");
		assert.match(vscode.window.activeTextEditor?.document.getText() ?? "", /without saying so/);
		await closeEditors();

		await run("startDaemon");
		await until("it is idle", () => daemon.state.kind === "idle");
		assert.equal(lastRecord(session)["status"], "interrupted");
	});
});

describe("The agents of a trusted workspace", () => {
	const names = ["codex.path", "agents"] as const;
	const settings = () => vscode.workspace.getConfiguration("skein");
	after(async () => {
		for (const name of names) {
			await settings().update(name, undefined, vscode.ConfigurationTarget.Workspace);
		}
		await endDaemon();
	});

	it("are those of its settings: the program that they name is run", async () => {
		const marker = process.env["SKEIN_TEST_MARKER"] ?? "";
		const command = `${marker}.sh`;
		const { Workspace } = vscode.ConfigurationTarget;
		await settings().update("codex.path", command, Workspace);
		await settings().update(
			"agents",
			{ mine: { command, args: ["--acp"], env: { A: "1" } }, gemini: null, odd: { command: 1 } },
			Workspace,
		);
		const agents = configuredAgents();
		assert.deepEqual(
			agents.map(({ id, driver, spec }) => [id, driver, spec.command, spec.args.join(" ")]),
			[
				["codex", "codex", command, "app-server"],
				["claude", "acp", "claude-agent-acp", ""],
				["opencode", "acp", "opencode", "acp"],
				["mine", "acp", command, "--acp"],
			],
		);
		const [codex] = agents;
		assert.ok(codex);
		const { run: id } = await prompt("By the settings", "", { agent: codex.spec });
		assert.equal(await over(id), "failed");
		assert.match(readFileSync(marker, "utf8"), /marker\.sh app-server/);
	});
});

describe("A window that comes back", () => {
	after(endDaemon);

	it("is told what happened meanwhile, each event once and in order", async () => {
		const { context } = await skein();
		const memory = new Map<string, unknown>();
		const memento: vscode.Memento = {
			keys: () => [...memory.keys()],
			get: (key: string) => memory.get(key) as never,
			update: async (key: string, value: unknown) => void memory.set(key, value),
		};
		const open = () => {
			const told: DaemonEvent[] = [];
			const options = { script: "", version: "", memory: memento, log: context.log };
			const daemon = new WatchedDaemon(folder(), options);
			daemon.onEvent((event) => told.push(event));
			daemon.watch();
			return { daemon, told };
		};
		const { run: first } = await prompt("Seen", "talk");
		const before = open();
		await until("it is connected", () => before.daemon.status);
		await over(first);
		const { run: second } = await prompt("Seen, too", "talk");
		const endOf = (run: string) => (event: DaemonEvent) =>
			event.type === "run.ended" && event.detail?.["run"] === run;
		await until("its end is told", () => before.told.some(endOf(second)));
		before.daemon.dispose();

		const { run: missed } = await prompt("While it was closed", "talk");
		await over(missed);
		const after = open();
		await until("it is told of the run", () => after.told.some(endOf(missed)));
		const { run: last } = await prompt("Open again", "talk");
		await until("it is told of the next", () => after.told.some(endOf(last)));
		after.daemon.dispose();

		const numbers = [...before.told, ...after.told].map(({ seq }) => seq);
		const [from = 0] = numbers;
		assert.deepEqual(
			numbers,
			numbers.map((_, index) => from + index),
		);
		assert.ok(!after.told.some(endOf(second)));
	});
});

describe("A daemon that does not start", () => {
	it("is not said to be starting any more when it has failed", async () => {
		const { context } = await skein();
		const place = mkdtempSync(path.join(tmpdir(), "skein-failing-"));
		const memory: vscode.Memento = {
			keys: () => [],
			get: () => undefined as never,
			update: async () => undefined,
		};
		const script = path.join(place, "missing.js");
		const daemon = new WatchedDaemon(place, { script, version: "", memory, log: context.log });
		const seen: DaemonState["kind"][] = [];
		daemon.onDidChange(() => seen.push(daemon.state.kind));
		await assert.rejects(daemon.connect());
		assert.equal(seen[0], "starting");
		assert.notEqual(daemon.state.kind, "starting");
		daemon.dispose();
		rmSync(place, { recursive: true });
	});
});

describe("A run", () => {
	before(closeEditors);
	after(endDaemon);

	it("is opened, with the item it asks about", async () => {
		const { run: id } = await prompt("To be opened", "talk");
		await over(id);
		const { runs } = await skein();
		runs.draw();
		const [recent] = await runs.getChildren();
		const [row] = await runs.getChildren(recent);
		await run("openRun", [row]);
		await paintedPanel("To be opened");
		await closeEditors();
	});

	it("is stopped", async () => {
		const { run: id, session } = await prompt("To be stopped", "pids");
		const { context } = await skein();
		await until("it runs", () => context.daemons.of(folder()).runOf(session));
		await run("stopRun");
		assert.equal(await over(id), "interrupted");
		await run("stopRun", [], { error: /No agent is at work/ });
	});

	it("shows at its session's row, too, and can be stopped there", async () => {
		const { run: id, session } = await prompt("At work", "asks");
		const { context, tree: treeOf } = await skein();
		const daemon = context.daemons.of(folder());
		const item = async () => {
			await context.views.draw();
			const provider = treeOf("sessions");
			const row = provider.node(`session:${session}@${folder()}`);
			return row && (await provider.getTreeItem(row));
		};
		const icon = async () => {
			const path = (await item())?.iconPath;
			return path instanceof vscode.ThemeIcon ? path.id : undefined;
		};
		await until("it waits", () => daemon.approvals.length === 1);
		await until("its row says so", async () => (await icon()) === "bell-dot");
		const row = await item();
		assert.match(row?.contextValue ?? "", /\blive waiting$/);
		assert.match(row?.accessibilityInformation?.label ?? "", /The agent waits for your answer/);
		await run("stopRun", [{ kind: "session", id: session, folder: folder() }]);
		assert.equal(await over(id), "interrupted");
		await until("its row is as before", async () => (await icon()) === "comment-discussion");
	});

	it("waits for an answer, which is given in the Runs view", async () => {
		const { run: id, session } = await prompt("May I", "asks");
		const { context, runs, prompts } = await skein();
		const daemon = context.daemons.of(folder());
		await until("it waits", () => daemon.approvals.length === 1);
		await until("all say so", () => daemon.state.kind === "needs-you");
		await showsStatus("$(bell-dot) Skein: 1 waiting for you");
		await showsRuns("May I (bell-dot)", "  npm test … (terminal)");
		assert.equal(runs.view.badge?.value, 1);

		const [row] = await runs.getChildren();
		const [asks] = await runs.getChildren(row);
		prompts.reset();
		await run("answerApproval", [asks], { answers: [{ pick: "$(check) Allow" }] });
		assert.equal(await over(id), "completed");
		const said = records(session).find(
			(each) => each.type === "item.completed" && JSON.stringify(each).includes("The answer is"),
		);
		assert.match(JSON.stringify(said), /The answer is accept\./);
		await until("the badge goes", () => runs.view.badge === undefined);
		await run("answerApproval", [asks], { error: /not open any more/ });
		await run("answerApproval", [], { error: /No agent waits/ });
	});

	it("shows the exact command in its question", async () => {
		const { run: id } = await prompt("Exactly", "asks");
		const { context, prompts } = await skein();
		await until("it waits", () => context.daemons.of(folder()).approvals.length === 1);
		prompts.reset();
		prompts.answer({ pick: "$(close) Decline" });
		await vscode.commands.executeCommand("skein.answerApproval");
		const [asked] = prompts.asked;
		assert.equal(asked?.message, "fake asks to run a command");
		assert.deepEqual(asked?.choices, [
			"Command",
			"npm test",
			"\u00a0\u00a0--coverage",
			"Answer",
			"$(check) Allow",
			"$(check-all) Allow for this session",
			"$(close) Decline",
			"$(debug-stop) Decline and stop",
		]);
		assert.equal(await over(id), "completed");
	});

	it("gets the answers to its questions, a secret one not into the journal", async () => {
		const { run: id, session } = await prompt("Questions", "questions");
		const { context } = await skein();
		await until("it waits", () => context.daemons.of(folder()).approvals.length === 1);
		await run("answerApproval", [], {
			answers: [
				{ pick: "$(check) Send…" },
				{ pick: "$(edit) Another answer…" },
				{ input: "Green" },
				{ input: "hunter2" },
			],
		});
		assert.equal(await over(id), "completed");
		const answered = records(session).find((each) => each.type === "approval.answered");
		assert.deepEqual(answered?.["answers"], { color: ["Green"] });
		assert.match(JSON.stringify(records(session)), /color Green, token hunter2/);
	});

	it("says so when its question goes while it is asked", async () => {
		const { context, prompts } = await skein();
		const daemon = context.daemons.of(folder());
		/** Does something as soon as the question stands before the person, and waits until it has closed. */
		const meanwhile = async (work: () => Promise<unknown>) => {
			const pick = prompts.pick.bind(prompts);
			prompts.pick = async (choices, options) => {
				prompts.pick = pick;
				const closed = new Promise((resolve) =>
					options.closeOn?.onCancellationRequested(() => resolve(undefined)),
				);
				await work();
				await closed;
				return pick(choices, options);
			};
			prompts.reset();
			await vscode.commands.executeCommand("skein.answerApproval");
			return prompts.asked.filter(({ kind }) => kind !== "pick").map(({ message }) => message);
		};
		const first = await prompt("Elsewhere", "asks");
		const approval = await until("it waits", () => daemon.approvals[0]?.id);
		const { client } = first;
		assert.deepEqual(
			await meanwhile(() => client.call("answer", { approval, option: "decline" })),
			["This question was answered elsewhere."],
		);
		assert.equal(await over(first.run), "completed");

		const second = await prompt("Ended", "asks");
		await until("it waits", () => daemon.approvals.length === 1);
		assert.deepEqual(await meanwhile(() => client.call("interrupt", { session: second.session })), [
			"This question is not open any more: its run has ended.",
		]);
	});

	it("says so when its question was answered while it was chosen among several", async () => {
		const { context, prompts } = await skein();
		const daemon = context.daemons.of(folder());
		const gone = await prompt("Answered first", "asks");
		// An agent of its own: each knows its last question only.
		const other = await prompt("Asks, too", "asks", { agent: fakeAgent("asks", 2) });
		await until("both wait", () => daemon.approvals.length === 2);
		const [approval, left] = [gone, other].map(
			({ session }) => daemon.approvals.find((each) => each.session === session)?.id ?? "",
		);
		const pick = prompts.pick.bind(prompts);
		prompts.pick = async (choices, options) => {
			prompts.pick = pick;
			await gone.client.call("answer", { approval: approval ?? "", option: "decline" });
			await until("the window knows", () => daemon.approvals.length === 1);
			return pick(choices, options);
		};
		await run("answerApproval", [], {
			answers: [{ pick: /Answered first/ }],
			error: /not open any more/,
		});
		await gone.client.call("answer", { approval: left ?? "", option: "decline" });
		assert.equal(await over(gone.run), "completed");
		assert.equal(await over(other.run), "completed");
	});

	it("is called by its own words in its question: they draw no icon and hide nothing", async () => {
		const { context, prompts } = await skein();
		const daemon = context.daemons.of(folder());
		const words = "$ echo $(bug) \u202etxt.exe\necho more";
		const hostile = await prompt("Hostile $(check)", "asks", { input: { text: words } });
		const other = await prompt("Harmless", "asks", { agent: fakeAgent("asks", 2) });
		await until("both wait", () => daemon.approvals.length === 2);
		prompts.reset();
		await vscode.commands.executeCommand("skein.answerApproval");
		const row = prompts.asked[0]?.choices.find((each) => each.includes("Hostile"));
		assert.equal(
			row,
			"echo $\u200b(bug) \\u{202e}txt.exe … | Hostile \\$(check) | To see whether it works",
		);
		for (const { client, session } of [hostile, other]) {
			await client.call("interrupt", { session });
		}
		await over(hostile.run);
		await over(other.run);
	});

	it("has its session opened by the notification of its question, though that is closed", async () => {
		const session = await newSession("Answered unseen");
		await closeEditors();
		await vscode.commands.executeCommand("workbench.view.explorer");
		const { context, prompts, runs, panels } = await skein();
		const daemon = context.daemons.of(folder());
		await until("nobody looks", () => !runs.view.visible && panels().length === 0);
		const announced = Promise.withResolvers<void>();
		const chosen = Promise.withResolvers<string>();
		const notify = prompts.notify.bind(prompts);
		prompts.notify = async (kind, message, actions) => {
			if (!message.includes("waits for your answer")) {
				return notify(kind, message, actions);
			}
			prompts.notify = notify;
			announced.resolve();
			return chosen.promise;
		};
		const client = await daemon.connect();
		const input = { text: "May I?" };
		const { run: id } = await client.call("prompt", { session, input, agent: fakeAgent("asks") });
		await announced.promise;
		const [approval] = daemon.approvals;
		assert.equal(approval?.session, session);
		await client.call("answer", { approval: approval.id, option: "decline" });
		assert.equal(await over(id), "completed");
		await until("the question is closed", () => daemon.approvals.length === 0);
		prompts.reset();
		chosen.resolve("Open");
		await paintedPanel("Answered unseen");
		assert.deepEqual(prompts.asked, []);
		await closeEditors();
	});

	it("goes on when its session is archived or deleted, which is asked about; a purge is refused", async () => {
		const { run: id, session } = await prompt("Put away at work", "pids");
		const { context, prompts } = await skein();
		const daemon = context.daemons.of(folder());
		await until("it runs", () => daemon.runOf(session));
		const dismissed = async (command: "skein.archiveSession" | "skein.deleteSession") => {
			prompts.reset();
			await vscode.commands.executeCommand(command, { id: session });
			return prompts.asked.map(({ kind, message }) => `${kind}: ${message}`).join();
		};
		assert.match(
			await dismissed("skein.archiveSession"),
			/^confirm: Archive "Put away at work"\?\nAn agent is at work .* goes on/,
		);
		assert.match(
			await dismissed("skein.deleteSession"),
			/^confirm: Delete "Put away at work"\?\nAn agent is at work .* goes on/,
		);
		assert.ok(!records(session).some(({ type }) => /archived|trashed/.test(type)));
		await run("archiveSession", [{ id: session }], { answers: [{ confirm: "Archive" }] });
		await run("deleteSession", [{ id: session }], { answers: [{ confirm: "Move to Trash" }] });
		assert.equal(daemon.runOf(session)?.id, id);
		await run("purgeSession", [{ id: session }], {
			answers: [{ confirm: "Purge" }],
			error: /A turn of this session runs/,
		});
		await run("stopRun", [session]);
		assert.equal(await over(id), "interrupted");
		await run("purgeSession", [{ id: session }], { answers: [{ confirm: "Purge" }] });
		assert.equal(hasJournal(session), false);
	});

	it("is not asked for twice: who comes late is told", async () => {
		const { run: id } = await prompt("Only once", "asks");
		const { context, prompts } = await skein();
		const daemon = context.daemons.of(folder());
		const [approval] = await until("it waits", () =>
			daemon.approvals.length === 1 ? daemon.approvals : undefined,
		);
		assert.ok(approval && daemon.client);
		prompts.reset();
		// Another window answers while this one has the question open.
		const pick = prompts.pick.bind(prompts);
		prompts.pick = async (choices, options) => {
			await daemon.client?.call("answer", { approval: approval.id, option: "decline" });
			prompts.pick = pick;
			return pick(choices, options);
		};
		prompts.answer({ pick: "$(check) Allow" });
		await vscode.commands.executeCommand("skein.answerApproval", approval.id);
		const said = prompts.asked.find((each) => each.kind === "info");
		assert.match(said?.message ?? "", /answered/);
		assert.equal(await over(id), "completed");
	});
});
