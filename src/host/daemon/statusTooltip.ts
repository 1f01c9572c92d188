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
): vscode.MarkdownString {
	const text = new vscode.MarkdownString("", true);
	const commands = new Set<CommandName>();
	for (const daemon of daemons) {
		if (daemons.length > 1) {
			text.appendMarkdown(`**${escapeMarkdown(folderName(daemon.folder))}**\n\n`);
		}
		text.appendMarkdown(about(daemon));
		// The commands ask which folder is meant, so each stands once.
		for (const name of possibleActions(daemon)) {
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

function about(daemon: FolderDaemon): string {
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
		add(t("Daemon"), processWords(status.pid, status.startedAt));
	}
	for (const child of status?.children ?? []) {
		const words = childWords(child);
		if (words) {
			add(agentLabel(child.agent), words);
		}
	}
	if (status) {
		const live = daemon.runs.filter(isLive).length;
		add(t("Runs"), t("{0} now, {1} before", live, daemon.runs.length - live));
	}
	if (daemon.lastEvent) {
		add(t("Last event"), `${daemon.lastEvent.message} (${time(daemon.lastEvent.createdAt)})`);
	}
	return `${lines.join("\n")}\n\n`;
}

/** Empty for one that nobody needs and that does not run. */
function childWords(child: ManagedChild): string {
	if (child.pid !== null) {
		return processWords(child.pid, child.startedAt);
	}
	const isLost = child.status === "failed" || child.status === "restarting";
	return isLost ? (child.lastError ?? "") : "";
}

/** Since when, not for how long: the tooltip is made before it is read. */
function processWords(pid: number | null, startedAt: string | null): string {
	const since = startedAt === null ? "" : time(startedAt);
	return vscode.l10n.t("process {0}, since {1}", pid ?? "?", since);
}

/** A time of today, or with its day. */
function time(iso: string): string {
	const date = new Date(iso);
	const isToday = date.toDateString() === new Date().toDateString();
	return isToday
		? date.toLocaleTimeString(vscode.env.language, { timeStyle: "short" })
		: date.toLocaleString(vscode.env.language, { dateStyle: "medium", timeStyle: "short" });
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
