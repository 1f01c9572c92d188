import * as vscode from "vscode";
import { agentLabel } from "../sessions/agentLabels.ts";
import { ownSource } from "../sessions/sessionList.ts";

/** The name of a group of sessions by agent; a session of ours has none until an agent works in it. */
export function groupedAgentLabel(agent: string): string {
	return agent === ownSource ? vscode.l10n.t("No agent yet") : agentLabel(agent);
}
