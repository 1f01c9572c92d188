import * as vscode from "vscode";
import { HumanError } from "../../base/errors.ts";
import { commandIds } from "../contributions.ts";
import { plainText } from "../search/snippetText.ts";
import { agentLabel } from "../sessions/agentLabels.ts";
import { RelativeTime } from "../sessions/relativeTime.ts";
import { ownSource } from "../sessions/sessionList.ts";
import { titleOf } from "../sessions/sessionTitle.ts";
import type { CommandContext, Handlers } from "./context.ts";

/** Finding sessions by what is in them. Nothing here changes anything, so all of it works in restricted mode. */
export function searchCommands(
	context: CommandContext,
): Handlers<"searchSessions" | "sessionsThatChanged"> {
	const { l10n } = vscode;
	const times = new RelativeTime(vscode.env.language);
	const open = async (id: string, item: string | null) => {
		const row = await context.reader.find(id);
		const elsewhere =
			item !== null &&
			row.summary.source === ownSource &&
			!(await context.reader.open(row)).rows.some((each) => each.id === item);
		await context.editors.show(row.summary, item === null || elsewhere ? {} : { item });
		if (elsewhere) {
			const switchBranch = l10n.t("Switch Branch");
			const words = l10n.t("What was found is on another branch of this session.");
			void context.prompts.notify("info", words, [switchBranch]).then((answer) => {
				if (answer === switchBranch) {
					void vscode.commands.executeCommand(commandIds.switchBranch, { id });
				}
			});
		}
	};
	return {
		async searchSessions(...args) {
			const [query] = args;
			const hit = await context.search.choose(typeof query === "string" ? query : undefined);
			if (hit) {
				await open(hit.session, hit.item);
			}
			return hit && { session: hit.session, item: hit.item };
		},

		async sessionsThatChanged(...args) {
			const uri =
				args[0] instanceof vscode.Uri ? args[0] : vscode.window.activeTextEditor?.document.uri;
			if (uri?.scheme !== "file") {
				throw new HumanError(
					"no-file",
					l10n.t("Open or select a file on disk first: there is none to look for."),
				);
			}
			const found = await vscode.window.withProgress(
				{ location: vscode.ProgressLocation.Window, title: l10n.t("Looking for sessions\u2026") },
				(_, token) => context.catalogue.ask({ ask: "changed", file: uri.fsPath }, token),
			);
			const name = vscode.workspace.asRelativePath(uri, false);
			if (found.length === 0) {
				void context.prompts.notify(
					"info",
					l10n.t("No session has changed {0}, as far as sessions record it.", name),
					[],
				);
				return [];
			}
			const now = Date.now();
			const chosen = await context.prompts.pick(
				found.map((each) => {
					const agent = context.list.get(each.session)?.summary.agent;
					const source = each.source === ownSource ? null : each.source;
					const words = [
						agentLabel(agent ?? source),
						each.changes === 1 ? l10n.t("1 change") : l10n.t("{0} changes", each.changes),
						each.time > 0 ? times.format(new Date(each.time).toISOString(), now) : "",
					];
					return {
						label: plainText(titleOf(each)),
						description: words.filter(Boolean).join(" \u00b7 "),
						value: each,
					};
				}),
				{
					title: l10n.t("Sessions That Changed {0}", name),
					placeholder: l10n.t("Opens the session at its latest change of the file"),
				},
			);
			if (chosen) {
				await open(chosen.session, chosen.item);
			}
			return found.map(({ session }) => session);
		},
	};
}
