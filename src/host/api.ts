import * as vscode from "vscode";
import type { CommandContext } from "./commands/context.ts";
import type { Shelf } from "./contributions.ts";
import { commandIds } from "./contributions.ts";
import type { DaemonStatusItem } from "./daemon/statusItem.ts";
import { ScriptedPrompts } from "./scriptedPrompts.ts";
import type { LiveParts } from "./transcript/liveParts.ts";
import type { TranscriptPanel } from "./transcript/transcriptPanel.ts";
import type { RunsView } from "./views/runsView.ts";
import type { SessionTree } from "./views/sessionTree.ts";

/** What other extensions can use. `version` grows when something is added; nothing is taken away within a major version. */
export interface SkeinApi {
	readonly version: 1;
	/** Opens a session's transcript, at an item if one is given. */
	openSession(id: string, item?: string): Promise<void>;
	/** Only where VS Code runs this extension's tests. */
	readonly test?: TestApi;
}

/** The parts that integration tests look at. */
export interface TestApi {
	readonly prompts: ScriptedPrompts;
	readonly context: CommandContext;
	readonly status: DaemonStatusItem;
	readonly runs: RunsView;
	readonly live: LiveParts;
	readonly links: vscode.UriHandler;
	tree(shelf: Shelf): SessionTree;
	panels(): readonly TranscriptPanel[];
}

export function createApi(
	mode: vscode.ExtensionMode,
	context: CommandContext & Pick<TestApi, "status" | "runs" | "live">,
	links: vscode.UriHandler,
): SkeinApi {
	const { prompts } = context;
	const inTest = mode === vscode.ExtensionMode.Test && prompts instanceof ScriptedPrompts;
	return {
		version: 1,
		async openSession(id, item) {
			await vscode.commands.executeCommand(commandIds.openSession, { id, ...(item && { item }) });
		},
		...(inTest && {
			test: {
				prompts,
				context,
				status: context.status,
				runs: context.runs,
				live: context.live,
				links,
				tree: (shelf: Shelf) => context.views.tree(shelf),
				panels: () => context.editors.all,
			},
		}),
	};
}
