import * as vscode from "vscode";
import type { SessionSummary } from "../../core/model/summary.ts";

/** What a session is called wherever it is named. One has no title until somebody names it or says something in it. */
export function titleOf(session: Pick<SessionSummary, "title"> | undefined): string {
	return session?.title || vscode.l10n.t("Untitled session");
}
