import { stat } from "node:fs/promises";
import * as path from "node:path";
import * as vscode from "vscode";
import { HumanError } from "../../base/errors.ts";
import { codexThread } from "../sessions/codexThread.ts";
import type { SessionRow } from "../sessions/sessionList.ts";
import { ownSource } from "../sessions/sessionList.ts";
import { titleOf } from "../sessions/sessionTitle.ts";
import { readSetting } from "../settings.ts";
import { requireTrust } from "../stores.ts";
import type { CommandContext, Handlers } from "./context.ts";

/** Going on with a session in its own agent's terminal program. */
export function resumeCommands(context: CommandContext): Handlers<"resumeInTerminal"> {
	const { l10n } = vscode;
	return {
		async resumeInTerminal(...args) {
			requireTrust();
			const row = await context.targets.one(args, l10n.t("Resume in Terminal"), {
				accepts: ({ summary }) => codexThread(summary) !== undefined,
				otherwise: l10n.t("Only a session of Codex, or imported from it, can be resumed in Codex."),
			});
			const id = codexThread(row.summary);
			if (id === undefined) {
				return;
			}
			const terminal = vscode.window.createTerminal({
				name: l10n.t("Codex: {0}", titleOf(row.summary)),
				cwd: await folderOf(row),
				iconPath: new vscode.ThemeIcon("comment-discussion"),
				// The program itself, with its arguments as a list: no shell reads any of it.
				shellPath: readSetting("skein.codex.path", row.folder) || "codex",
				shellArgs: ["resume", id],
			});
			terminal.show();
		},
	};
}

/** Where the session ran. A journal of ours came with the workspace and may name any place: it stays in its folder. */
async function folderOf({ summary, folder }: SessionRow): Promise<string> {
	const { cwd, source } = summary;
	if (cwd === null) {
		throw new HumanError(
			"no-cwd",
			vscode.l10n.t("This session does not say in which folder it ran. Nothing was started."),
		);
	}
	if (source === ownSource && folder !== null) {
		const way = path.relative(folder, cwd);
		if (way.startsWith("..") || path.isAbsolute(way)) {
			return folder;
		}
	}
	const isFolder = await stat(cwd).then(
		(stats) => stats.isDirectory(),
		() => false,
	);
	if (!isFolder) {
		throw new HumanError(
			"no-cwd",
			vscode.l10n.t(
				"The folder {0} of this session does not exist any more. Nothing was started.",
				cwd,
			),
		);
	}
	return cwd;
}
