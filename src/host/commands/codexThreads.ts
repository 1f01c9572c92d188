import * as vscode from "vscode";
import { HumanError } from "../../base/errors.ts";
import type { ThreadChange } from "../../daemon/client/codexThread.ts";
import { configuredAgents } from "../daemon/agents.ts";
import { codexThread } from "../sessions/codexThread.ts";
import type { SessionRow } from "../sessions/sessionList.ts";
import { requireTrust } from "../stores.ts";
import { diskFolders } from "../workspace.ts";
import type { CommandContext } from "./context.ts";

/** Renames or archives one of Codex's own sessions at Codex, and shows it at once. Refused in restricted mode. */
export async function changeAtCodex(
	context: CommandContext,
	{ summary, folder }: SessionRow,
	change: ThreadChange,
): Promise<void> {
	requireTrust();
	const thread = codexThread(summary);
	const { metadata } = context.reader.source(summary);
	const place = folder ?? diskFolders()[0];
	const agent = configuredAgents(place).find(({ id }) => id === "codex")?.spec;
	if (thread === undefined || !metadata || !agent) {
		throw new HumanError(
			"read-only",
			vscode.l10n.t("Codex has no session that is called {0}. Nothing was changed.", summary.id),
		);
	}
	// Loaded here only: seldom used, and it knows the daemon's protocol.
	const { changeCodexThread } = await import("../../daemon/client/codexThread.ts");
	const now = await changeCodexThread(thread, change, {
		metadata,
		agent,
		connect: place === undefined ? undefined : () => context.daemons.of(place).connect(),
		archived: summary.archived,
	});
	const shown = {
		...summary,
		archived: now.archived,
		...(now.name === "" ? {} : { title: now.name, untitled: false }),
	};
	context.list.apply({
		type: "rows",
		scope: { kind: "source", source: summary.source },
		reset: false,
		rows: [shown],
		removed: [],
	});
	// Its file may lie elsewhere now.
	void context.catalogue.refresh();
}
