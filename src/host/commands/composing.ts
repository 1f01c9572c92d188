import * as vscode from "vscode";
import { HumanError } from "../../base/errors.ts";
import type { ComposerChoice } from "../../protocol/live.ts";
import { commandIds } from "../contributions.ts";
import { requireTrust } from "../stores.ts";
import type { CommandContext, Handlers } from "./context.ts";

/** What is said to agents is typed in the transcript; these bring the person there. */
export function composingCommands(
	context: CommandContext,
): Handlers<"focusComposer" | "chooseAgent"> {
	const { l10n } = vscode;
	return {
		async focusComposer() {
			requireTrust();
			const panel =
				context.editors.active ?? context.editors.all.find((each) => each.panel.visible);
			if (!panel) {
				await vscode.commands.executeCommand(commandIds.newSession);
				return;
			}
			panel.panel.reveal();
			panel.focusComposer();
		},

		async chooseAgent() {
			requireTrust();
			const panel = context.editors.active;
			if (!panel?.session) {
				throw new HumanError(
					"no-session",
					l10n.t("Open a session first: its agent, model and sandbox are chosen there."),
				);
			}
			const what = await context.prompts.pick<ComposerChoice>(
				[
					{ label: l10n.t("Agent"), value: "agent" },
					{ label: l10n.t("Model"), value: "model" },
					{ label: l10n.t("Sandbox"), value: "sandbox" },
				],
				{ title: l10n.t("Choose Agent, Model or Sandbox") },
			);
			if (what) {
				await panel.choose(what);
			}
		},
	};
}
