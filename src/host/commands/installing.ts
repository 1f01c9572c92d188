import * as vscode from "vscode";
import { requireTrust } from "../stores.ts";
import type { CommandContext, Handlers } from "./context.ts";

/** The `skein` command for terminals outside of VS Code; those of VS Code have it. */
export function installingCommands(context: CommandContext): Handlers<"installCommand"> {
	const { l10n } = vscode;
	return {
		async installCommand() {
			requireTrust();
			if (process.platform === "win32") {
				await tellFolder(context);
				return undefined;
			}
			const { file, isOnPath } = await context.terminalCommand.install();
			const words = isOnPath
				? l10n.t("The `skein` command is installed: {0}", file)
				: l10n.t(
						"The `skein` command is installed: {0}. Your shell does not look there yet: add that folder to the PATH.",
						file,
					);
			void context.prompts.notify("info", words, []);
			return file;
		},
	};
}

/** Windows asks for rights to make a link, and keeps its PATH where only its settings should write. */
async function tellFolder({ terminalCommand, prompts }: CommandContext): Promise<void> {
	await terminalCommand.provide();
	const copy = vscode.l10n.t("Copy Path");
	const words = vscode.l10n.t(
		"The `skein` command is in {0}. Add that folder to the PATH in the settings of Windows.",
		terminalCommand.folder,
	);
	if ((await prompts.notify("info", words, [copy])) === copy) {
		await vscode.env.clipboard.writeText(terminalCommand.folder);
	}
}
