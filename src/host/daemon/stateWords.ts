import * as vscode from "vscode";
import type { DaemonState } from "../../protocol/daemon.ts";

/** How a state is shown in the status bar and told in a sentence. */
export interface StateWords {
	/** A product icon. */
	readonly icon: string;
	/** A word or two; empty where the icon says it. */
	readonly short: string;
	readonly sentence: string;
	/** The theme colour of the background, where somebody has to look. */
	readonly background?: "statusBarItem.warningBackground" | "statusBarItem.errorBackground";
}

export function stateWords(state: DaemonState): StateWords {
	const { t } = vscode.l10n;
	switch (state.kind) {
		case "stopped":
			return {
				icon: "circle-slash",
				short: "",
				sentence: t("Stopped. The daemon starts with the first prompt."),
			};
		case "starting":
			return { icon: "loading~spin", short: t("starting"), sentence: t("The daemon is starting.") };
		case "idle":
			return { icon: "circle-outline", short: "", sentence: t("Ready. No agent is at work.") };
		case "busy":
			return {
				icon: "loading~spin",
				short: t("{0} running", state.count),
				sentence:
					state.count === 1
						? t("An agent is at work.")
						: t("Agents are at work in {0} sessions.", state.count),
			};
		case "needs-you":
			return {
				icon: "bell-dot",
				short: t("{0} waiting for you", state.count),
				sentence:
					state.count === 1
						? t("An agent waits for your answer.")
						: t("Agents wait for {0} answers of yours.", state.count),
				background: "statusBarItem.warningBackground",
			};
		case "degraded":
			return {
				icon: "warning",
				short: t("restarting"),
				sentence: t("An agent is being started again. {0}", state.reason),
			};
		case "crashed":
			return {
				icon: "error",
				short: t("failed"),
				sentence: state.reason,
				background: "statusBarItem.errorBackground",
			};
		case "stopping":
			return { icon: "loading~spin", short: t("stopping"), sentence: t("The daemon is stopping.") };
	}
}
