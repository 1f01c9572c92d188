import * as vscode from "vscode";
import type { ManagedChild } from "../../protocol/daemon.ts";
import type { CommandName } from "../contributions.ts";
import { commandIds } from "../contributions.ts";
import { escapeMarkdown } from "../markdown.ts";
import { agentLabel } from "../sessions/agentLabels.ts";
import { isLive } from "../views/runsNodes.ts";
import { folderName } from "../workspace.ts";
import type { FolderDaemon } from "./daemons.ts";
import { stateWords } from "./stateWords.ts";

const stderrLines = 5;

/** What can be done about a daemon now, most wanted first. */
export function possibleActions(daemon: FolderDaemon): readonly CommandName[] {
	const { kind } = daemon.state;
	const runs = daemon.client !== undefined;
	return [
		...(daemon.approvals.length > 0 ? (["answerApproval"] as const) : []),
		...(kind === "crashed" ? (["showLastDaemonError"] as const) : []),
		...(runs ? (["stopDaemon", "restartDaemon"] as const) : (["startDaemon"] as const)),
		"showDaemonLog",
	];
}

/** All about the daemons of the window, with commands. Texts that come from elsewhere are shown as they are. */
export function statusTooltip(
	daemons: readonly FolderDaemon[],
	recording: boolean,
	now: number,
): vscode.MarkdownString {
	const text = new vscode.MarkdownString("", true);
	const commands = new Set<CommandName>();
	for (const daemon of daemons) {
		if (daemons.length > 1) {
			text.appendMarkdown(`**${escapeMarkdown(folderName(daemon.folder))}**\n\n`);
		}
		text.appendMarkdown(about(daemon, now));
		const actions = possibleActions(daemon);
		const [first] = daemons;
		// The commands ask which folder is meant, so they stand once.
		for (const name of daemons.length === 1 || daemon === first ? actions : []) {
			commands.add(name);
		}
	}
	if (recording) {
		text.appendMarkdown(
			`$(record) ${escapeMarkdown(vscode.l10n.t("The protocol of the next runs is recorded."))}\n\n`,
		);
		commands.add("recordProtocol");
	}
	const links = [...commands].map((name) => `[${commandTitle(name)}](command:${commandIds[name]})`);
	text.appendMarkdown(`---\n\n${links.join(" &nbsp;·&nbsp; ")}`);
	// No other command can be run from here, whatever an agent's texts say.
	text.isTrusted = { enabledCommands: [...commands].map((name) => commandIds[name]) };
	return text;
}

function about(daemon: FolderDaemon, now: number): string {
	const { t } = vscode.l10n;
	const { icon, sentence } = stateWords(daemon.state);
	const lines = [`$(${icon}) ${escapeMarkdown(sentence)}\n`];
	const add = (name: string, value: string) => {
		lines.push(`${escapeMarkdown(name)}: ${escapeMarkdown(value)}  `);
	};
	const { status, state } = daemon;
	if (state.kind === "crashed" && state.stderr.length > 0) {
		lines.push("```text", ...state.stderr.slice(-stderrLines).map(withoutFence), "```\n");
	}
	if (status?.startedAt) {
		const started = Date.parse(status.startedAt);
		add(t("Daemon"), t("process {0}, for {1}", status.pid ?? "?", duration(now - started)));
	}
	for (const child of status?.children ?? []) {
		add(agentLabel(child.agent), childWords(child, now));
	}
	if (status) {
		const live = daemon.runs.filter(isLive).length;
		add(t("Runs"), t("{0} now, {1} before", live, daemon.runs.length - live));
	}
	if (daemon.lastEvent) {
		const time = new Date(daemon.lastEvent.createdAt).toLocaleTimeString(vscode.env.language);
		add(t("Last event"), `${daemon.lastEvent.message} (${time})`);
	}
	return `${lines.join("\n")}\n\n`;
}

function childWords(child: ManagedChild, now: number): string {
	const { t } = vscode.l10n;
	if (child.pid !== null) {
		const since = child.startedAt === null ? 0 : now - Date.parse(child.startedAt);
		return t("process {0}, for {1}", child.pid, duration(since));
	}
	if (child.status === "failed" || child.status === "restarting") {
		return child.lastError ?? t("not running");
	}
	return t("not running");
}

/** "12 s", "3 min", "2 h 5 min". */
export function duration(ms: number): string {
	const { t } = vscode.l10n;
	const seconds = Math.max(0, Math.floor(ms / 1000));
	if (seconds < 60) {
		return t("{0} s", seconds);
	}
	const minutes = Math.floor(seconds / 60);
	return minutes < 60
		? t("{0} min", minutes)
		: t("{0} h {1} min", Math.floor(minutes / 60), minutes % 60);
}

/** A command's title, as the palette shows it. */
export function commandTitle(name: CommandName): string {
	const { t } = vscode.l10n;
	switch (name) {
		case "startDaemon":
			return t("Start");
		case "stopDaemon":
			return t("Stop");
		case "restartDaemon":
			return t("Restart");
		case "showDaemonLog":
			return t("Show Log");
		case "showLastDaemonError":
			return t("Show Last Error");
		case "answerApproval":
			return t("Answer");
		case "recordProtocol":
			return t("Stop Recording");
		default:
			return name;
	}
}

function withoutFence(line: string): string {
	return line.replaceAll("```", "'''");
}
