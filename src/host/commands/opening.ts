import * as vscode from "vscode";
import { HumanError } from "../../base/errors.ts";
import type { ReplayAction } from "../../protocol/webview.ts";
import type { CommandName } from "../contributions.ts";
import { titleOf } from "../sessions/sessionTitle.ts";
import { sessionLink, sessionUri } from "../transcript/uris.ts";
import type { CommandContext, Handler, Handlers } from "./context.ts";

type ReplayStep = Extract<CommandName, `replay${string}`>;

/** Looking at sessions: nothing here changes anything, so all of it works in restricted mode. */
export function openingCommands(
	context: CommandContext,
): Handlers<
	| "openSession"
	| "openAsText"
	| "revealJournal"
	| "copySelection"
	| "copyItem"
	| "copyLink"
	| "copyItemLink"
	| ReplayStep
> {
	const { l10n } = vscode;
	const copyLink = async (id: string, item?: string) => {
		const link = sessionLink(context.extensionId, id, item);
		await vscode.env.clipboard.writeText(link.toString());
		context.prompts.tell(l10n.t("Link copied"));
	};
	const step =
		(action: ReplayAction): Handler =>
		async () => {
			context.editors.active?.control(action);
		};

	return {
		async openSession(...args) {
			const row = await context.targets.one(args, l10n.t("Open Session"));
			const item = args.length > 0 ? context.targets.item(args) : undefined;
			await context.editors.show(row.summary, item ? { item } : {});
		},

		async openAsText(...args) {
			const panel = context.targets.panel(args);
			if (panel?.opened && (args[0] === undefined || args[0] instanceof vscode.Uri)) {
				await context.documents.showText(panel.uri, titleOf(panel.opened.transcript.summary));
				return;
			}
			const row = await context.targets.one(args, l10n.t("Open as Text"));
			await context.documents.showText(sessionUri(row.summary.id), titleOf(row.summary));
		},

		async revealJournal(...args) {
			const row = await context.targets.one(args, l10n.t("Reveal Journal"));
			const uri = vscode.Uri.file(row.summary.file);
			const line = lineIn(args[0]);
			if (line !== undefined) {
				const place = new vscode.Position(line - 1, 0);
				const selection = new vscode.Range(place, place);
				await vscode.commands.executeCommand("vscode.openWith", uri, "default", { selection });
				return;
			}
			if (vscode.workspace.getWorkspaceFolder(uri)) {
				await vscode.commands.executeCommand("revealInExplorer", uri);
			} else if (vscode.env.uiKind === vscode.UIKind.Desktop && !vscode.env.remoteName) {
				await vscode.commands.executeCommand("revealFileInOS", uri);
			} else {
				// A file outside of the workspace, on another machine: no explorer can show it, an editor can.
				await vscode.commands.executeCommand("vscode.openWith", uri, "default");
			}
		},

		async copySelection() {
			const text = await context.editors.active?.selection();
			if (text) {
				await vscode.env.clipboard.writeText(text);
			}
		},

		async copyItem(...args) {
			const panel = context.editors.active;
			const id = context.targets.item(args);
			const item = panel && id ? await panel.item(id) : undefined;
			if (!panel || !item) {
				throw new HumanError("no-item", l10n.t("Choose something in a transcript to copy first."));
			}
			const texts: string[] = [];
			for (const field of ["text", "command", "output", "tool", "input", "query"]) {
				const text = await panel.text(item, field);
				if (text) {
					texts.push(text);
				}
			}
			if (texts.length === 0) {
				texts.push(JSON.stringify(item.content, null, 2));
			}
			await vscode.env.clipboard.writeText(texts.join("\n"));
		},

		async copyLink(...args) {
			const row = await context.targets.one(args, l10n.t("Copy Link"));
			await copyLink(row.summary.id);
		},

		async copyItemLink(...args) {
			const row = await context.targets.one(args, l10n.t("Copy Link"));
			await copyLink(row.summary.id, context.targets.item(args));
		},

		async replaySession(...args) {
			const panel = context.targets.panel(args);
			if (panel && !panel.session && (args[0] === undefined || args[0] instanceof vscode.Uri)) {
				panel.control("start");
				return;
			}
			const row = await context.targets.one(args, l10n.t("Replay Session"));
			await context.editors.show(row.summary, { replay: true });
		},

		replayToggle: step("toggle"),
		replayNextItem: step("nextItem"),
		replayPreviousItem: step("previousItem"),
		replayNextTurn: step("nextTurn"),
		replayPreviousTurn: step("previousTurn"),
		replayFaster: step("faster"),
		replaySlower: step("slower"),
		replayToStart: step("toStart"),
		replayToEnd: step("toEnd"),
		replayStop: step("stop"),
	};
}

/** A line of the journal that a caller names, from 1. */
function lineIn(value: unknown): number | undefined {
	const line: unknown =
		typeof value === "object" && value !== null ? Reflect.get(value, "line") : undefined;
	return typeof line === "number" && Number.isInteger(line) && line > 0 ? line : undefined;
}
