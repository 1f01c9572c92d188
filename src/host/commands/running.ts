import { stat } from "node:fs/promises";
import * as vscode from "vscode";
import { HumanError } from "../../base/errors.ts";
import type { CommandName } from "../contributions.ts";
import { commandIds, viewIds } from "../contributions.ts";
import type { FolderDaemon } from "../daemon/daemons.ts";
import { stateWords } from "../daemon/stateWords.ts";
import { possibleActions } from "../daemon/statusTooltip.ts";
import { mostUrgent } from "../daemon/urgency.ts";
import type { Choice } from "../prompts.ts";
import { requireTrust } from "../stores.ts";
import { isLive } from "../views/runsNodes.ts";
import { folderName } from "../workspace.ts";
import type { CommandContext, Handlers } from "./context.ts";

/** Starting and ending the daemon, and looking at what it says. */
export function daemonCommands(
	context: CommandContext,
): Handlers<
	| "startDaemon"
	| "stopDaemon"
	| "restartDaemon"
	| "showDaemonLog"
	| "showLastDaemonError"
	| "daemonActions"
	| "recordProtocol"
> {
	const { l10n } = vscode;
	const { prompts, recording } = context;

	const connect = (daemon: FolderDaemon) =>
		vscode.window.withProgress({ location: { viewId: viewIds.runs } }, () => daemon.connect());

	const running = (title: string) =>
		chooseDaemon(
			context,
			title,
			(daemon) => daemon.client !== undefined,
			() => {
				const sentence = l10n.t("No daemon runs for the open folders, so none was stopped.");
				return new HumanError("no-daemon", sentence);
			},
		);

	return {
		async startDaemon() {
			requireTrust();
			const title = l10n.t("Start Daemon");
			const daemon = await chooseDaemon(
				context,
				title,
				(each) => !each.client,
				() => {
					return new HumanError("running", l10n.t("The daemon runs already."));
				},
			);
			await connect(daemon);
		},

		async stopDaemon() {
			requireTrust();
			const daemon = await running(l10n.t("Stop Daemon"));
			await stop(context, daemon, l10n.t("Stop the daemon?"));
		},

		async restartDaemon() {
			requireTrust();
			const daemon = await running(l10n.t("Restart Daemon"));
			if (await stop(context, daemon, l10n.t("Restart the daemon?"))) {
				await connect(daemon);
			}
		},

		async showDaemonLog() {
			requireTrust();
			const title = l10n.t("Show Daemon Log");
			const daemon = await chooseDaemon(context, title);
			const { readDaemonTraces, daemonLogs } = await import("../../daemon/client/files.ts");
			const logs = (await readDaemonTraces(daemon.folder))?.logs;
			const choices: Choice<string>[] = [];
			for (const name of logs ? daemonLogs : []) {
				const file = logs?.[name] ?? "";
				const size = await stat(file).then(
					(stats) => stats.size,
					() => 0,
				);
				if (size > 0) {
					choices.push({ label: logLabel(name), description: inKilobytes(size), value: file });
				}
			}
			if (choices.length === 0) {
				const sentence = l10n.t("No daemon has run for this folder yet, so there is no log.");
				throw new HumanError("no-log", sentence);
			}
			const file = await prompts.pick(choices, { title, placeholder: l10n.t("Choose a log") });
			if (file === undefined) {
				throw new vscode.CancellationError();
			}
			const document = await vscode.workspace.openTextDocument(vscode.Uri.file(file));
			const editor = await vscode.window.showTextDocument(document);
			const end = document.lineAt(document.lineCount - 1).range.end;
			editor.revealRange(new vscode.Range(end, end));
		},

		async showLastDaemonError() {
			requireTrust();
			const daemon = await chooseDaemon(context, l10n.t("Show Last Daemon Error"));
			await context.daemonErrors.show(daemon);
		},

		async daemonActions() {
			requireTrust();
			const shown = mostUrgent(context.daemons.all);
			if (!shown) {
				throw noFolder();
			}
			const chosen = await prompts.pick(actionChoices(context, shown), {
				title: l10n.t("Skein: Agents"),
				placeholder: stateWords(shown.state).sentence,
			});
			if (chosen === "settings") {
				await vscode.commands.executeCommand(
					"workbench.action.openSettings",
					`@ext:${context.extensionId}`,
				);
			} else if (chosen !== undefined) {
				await vscode.commands.executeCommand(commandIds[chosen]);
			}
		},

		async recordProtocol() {
			requireTrust();
			recording.toggle();
			prompts.tell(
				recording.isOn
					? l10n.t("The protocol of the next runs of this window is recorded.")
					: l10n.t("No more runs are recorded."),
			);
		},
	};
}

function actionChoices(
	{ daemons, recording }: CommandContext,
	shown: FolderDaemon,
): Choice<CommandName | "settings">[] {
	const { t } = vscode.l10n;
	const possible = new Set(daemons.all.flatMap(possibleActions));
	const choices: Choice<CommandName | "settings">[] = [];
	const add = (name: CommandName | "settings", label: string) => {
		choices.push({ label, value: name });
	};
	if (possible.has("answerApproval")) {
		add("answerApproval", t("$(bell-dot) Answer a Question…"));
	}
	if (daemons.all.some((daemon) => daemon.runs.some(isLive))) {
		add("stopRun", t("$(debug-stop) Stop a Run…"));
	}
	if (possible.has("startDaemon")) {
		add("startDaemon", t("$(play) Start Daemon"));
	}
	if (possible.has("stopDaemon")) {
		add("stopDaemon", t("$(debug-stop) Stop Daemon"));
		add("restartDaemon", t("$(debug-restart) Restart Daemon"));
	}
	add("showDaemonLog", t("$(output) Show Daemon Log…"));
	add("showLastDaemonError", t("$(error) Show Last Daemon Error"));
	add(
		"recordProtocol",
		recording.isOn ? t("$(record) Stop Recording the Protocol") : t("$(record) Record Protocol"),
	);
	add("settings", t("$(settings-gear) Settings"));
	// What the state asks for comes first.
	const [wanted] = possibleActions(shown);
	return choices.sort((a, b) => Number(b.value === wanted) - Number(a.value === wanted));
}

/** Ends a daemon, after asking when runs are live; false when the person has thought better of it. */
async function stop(
	{ prompts }: CommandContext,
	daemon: FolderDaemon,
	question: string,
): Promise<boolean> {
	const { t } = vscode.l10n;
	const { client } = daemon;
	if (!client) {
		return true;
	}
	const closed = new Promise<void>((resolve) => {
		client.onClose(resolve);
	});
	try {
		await client.call("stop", { force: false });
	} catch (error) {
		if (!(error instanceof HumanError) || error.reason !== "busy") {
			throw error;
		}
		const { length } = daemon.runs.filter(isLive);
		const interrupt = t("Interrupt and Stop");
		const detail =
			length > 1
				? t("{0} runs are under way. They are interrupted; what they did so far is kept.", length)
				: t("A run is under way. It is interrupted; what it did so far is kept.");
		if ((await prompts.confirm(question, detail, [interrupt])) !== interrupt) {
			return false;
		}
		await client.call("stop", { force: true });
	}
	await closed;
	return true;
}

/** The daemon a command is meant for: the only one that fits, or the one the person chooses. */
async function chooseDaemon(
	{ daemons, prompts }: CommandContext,
	title: string,
	fits: (daemon: FolderDaemon) => boolean = () => true,
	none: () => HumanError = noFolder,
): Promise<FolderDaemon> {
	if (daemons.all.length === 0) {
		throw noFolder();
	}
	const fitting = daemons.all.filter(fits);
	const [only, ...others] = fitting;
	if (!only) {
		throw none();
	}
	if (others.length === 0) {
		return only;
	}
	const chosen = await prompts.pick(
		fitting.map((daemon) => ({
			label: folderName(daemon.folder),
			description: stateWords(daemon.state).sentence,
			value: daemon,
		})),
		{ title, placeholder: vscode.l10n.t("Choose a folder") },
	);
	if (!chosen) {
		throw new vscode.CancellationError();
	}
	return chosen;
}

function noFolder(): HumanError {
	return new HumanError(
		"no-folder",
		vscode.l10n.t("Agents work in a folder on disk, and none is open. Open a folder first."),
	);
}

function logLabel(name: "events" | "daemon" | "stderr" | "stdout"): string {
	const { t } = vscode.l10n;
	switch (name) {
		case "events":
			return t("Events");
		case "daemon":
			return t("Daemon");
		case "stderr":
			return t("Error output of agents");
		case "stdout":
			return t("Output of agents");
	}
}

function inKilobytes(bytes: number): string {
	return vscode.l10n.t("{0} KB", Math.ceil(bytes / 1024).toLocaleString(vscode.env.language));
}
