import * as vscode from "vscode";
import { DisposableStore } from "../../base/disposable.ts";
import type { ContextKeys } from "../contextKeys.ts";
import { commandIds } from "../contributions.ts";
import { isLive } from "../views/runsNodes.ts";
import { folderName } from "../workspace.ts";
import type { Daemons, FolderDaemon } from "./daemons.ts";
import type { ProtocolRecording } from "./recording.ts";
import { type StateWords, stateWords } from "./stateWords.ts";
import { statusTooltip } from "./statusTooltip.ts";
import { mostUrgent } from "./urgency.ts";

/** Beside the items of source control, which are 100 and less. */
const priority = 40;

/**
 * The one item of the status bar: the most urgent daemon of the window. Hidden where there can be none: without a folder
 * on a disk, and in restricted mode, where VS Code's own item says why.
 */
export class DaemonStatusItem implements vscode.Disposable {
	readonly item: vscode.StatusBarItem;
	private readonly daemons: Daemons;
	private readonly recording: ProtocolRecording;
	private readonly contextKeys: ContextKeys;
	private readonly disposables = new DisposableStore();

	constructor(daemons: Daemons, recording: ProtocolRecording, contextKeys: ContextKeys) {
		this.daemons = daemons;
		this.recording = recording;
		this.contextKeys = contextKeys;
		const { Left } = vscode.StatusBarAlignment;
		this.item = this.disposables.add(
			vscode.window.createStatusBarItem("skein.daemon", Left, priority),
		);
		this.item.name = vscode.l10n.t("Skein: Agents");
		this.item.command = commandIds.daemonActions;
		this.disposables.add(daemons.onDidChange(() => this.draw()));
		this.disposables.add(recording.onDidChange(() => this.draw()));
	}

	dispose(): void {
		this.disposables.dispose();
	}

	private draw(): void {
		const all = vscode.workspace.isTrusted ? this.daemons.all : [];
		this.contextKeys.set(
			"daemonRuns",
			all.some((daemon) => daemon.client),
		);
		this.contextKeys.set(
			"runLive",
			all.some((daemon) => daemon.runs.some(isLive)),
		);
		this.contextKeys.set(
			"approvalOpen",
			all.some((daemon) => daemon.approvals.length > 0),
		);
		const shown = mostUrgent(all);
		if (!shown) {
			this.item.hide();
			return;
		}
		const words = stateWords(shown.state);
		this.item.text = this.text(words);
		this.item.backgroundColor = words.background && new vscode.ThemeColor(words.background);
		this.item.accessibilityInformation = { label: this.label(shown, words, all.length > 1) };
		this.item.tooltip = statusTooltip(all, this.recording.isOn);
		this.item.show();
	}

	private text({ icon, short }: StateWords): string {
		const { t } = vscode.l10n;
		const { isOn } = this.recording;
		const words = [short, isOn ? t("recording") : ""].filter(Boolean).join(", ");
		return words ? `$(${icon}) ${t("Skein: {0}", words)}` : `$(${icon}) Skein`;
	}

	private label({ folder }: FolderDaemon, { sentence }: StateWords, several: boolean): string {
		const { t } = vscode.l10n;
		const where = several ? t("Skein, folder {0}", folderName(folder)) : "Skein";
		const recording = this.recording.isOn ? t("The protocol of the next runs is recorded.") : "";
		return [`${where}:`, sentence, recording].filter(Boolean).join(" ");
	}
}
