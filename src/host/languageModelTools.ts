import * as vscode from "vscode";
import { DisposableStore } from "../base/disposable.ts";
import type { SessionToolName } from "../core/tools/sessionTools.ts";
import { parseReadInput, parseSearchInput } from "../core/tools/sessionTools.ts";
import { readText, searchText } from "../core/tools/toolTexts.ts";
import type { CatalogueClient } from "./catalogueClient.ts";
import type { SessionReader } from "./sessionReader.ts";
import { titleOf } from "./sessions/sessionTitle.ts";

type Tool = vscode.LanguageModelTool<object>;

/**
 * What agents in VS Code can ask of past sessions. Both tools only read. Sessions of other projects are among them, and
 * what is in a workspace may talk an agent into asking, so the person is asked first; VS Code offers to remember it.
 */
export function sessionToolsOf(
	catalogue: CatalogueClient,
	reader: SessionReader,
): Readonly<Record<SessionToolName, Tool>> {
	const { l10n } = vscode;
	return {
		search_sessions: {
			prepareInvocation: ({ input }) => {
				const { query } = parseSearchInput(input);
				return {
					invocationMessage: l10n.t("Searching sessions for {0}", query),
					confirmationMessages: {
						title: l10n.t("Search past sessions?"),
						message: l10n.t(
							"Snippets of all sessions on this machine that match {0} go to the model.",
							query,
						),
					},
				};
			},
			async invoke({ input }, token) {
				const asked = parseSearchInput(input);
				const { query, limit, offset } = asked;
				const found = await catalogue.ask(
					{ ask: "search", query, limit, offset, wait: true },
					token,
				);
				return textResult(searchText(found, asked));
			},
		},
		read_session: {
			prepareInvocation: async ({ input }) => {
				const { summary } = await reader.find(parseReadInput(input).session);
				return {
					invocationMessage: l10n.t("Reading the session {0}", titleOf(summary)),
					confirmationMessages: {
						title: l10n.t("Read a past session?"),
						message: l10n.t("Text of the session {0} goes to the model.", titleOf(summary)),
					},
				};
			},
			async invoke({ input }) {
				const asked = parseReadInput(input);
				const row = await reader.find(asked.session);
				return textResult(await readText(await reader.open(row), asked));
			},
		},
	};
}

/** Registers both tools. A VS Code without language models keeps them in a list that nobody asks. */
export function registerSessionTools(
	catalogue: CatalogueClient,
	reader: SessionReader,
): vscode.Disposable {
	const registered = new DisposableStore();
	for (const [name, tool] of Object.entries(sessionToolsOf(catalogue, reader))) {
		registered.add(vscode.lm.registerTool(name, tool));
	}
	return registered;
}

function textResult(text: string): vscode.LanguageModelToolResult {
	return new vscode.LanguageModelToolResult([new vscode.LanguageModelTextPart(text)]);
}
