import * as vscode from "vscode";
import { DisposableStore } from "../../base/disposable.ts";
import { errorSentence } from "../../base/errors.ts";
import type { Approval } from "../../protocol/daemon.ts";
import { commandIds } from "../contributions.ts";
import type { Prompts } from "../prompts.ts";
import type { SessionReader } from "../sessionReader.ts";
import { agentLabel } from "../sessions/agentLabels.ts";
import { titleOf } from "../sessions/sessionTitle.ts";
import type { TranscriptEditors } from "../transcript/transcriptEditors.ts";
import type { RunsView } from "../views/runsView.ts";
import { firstLine } from "../wrappedLines.ts";
import type { Daemons, FolderDaemon } from "./daemons.ts";

/** A window that looks at the question may say so first. ms. */
const precedence = 300;
/** Of what is asked about; the whole stands in the question. Characters. */
const titleLength = 100;

export interface AttentionParts {
	readonly daemons: Daemons;
	readonly editors: TranscriptEditors;
	readonly runs: RunsView;
	readonly reader: SessionReader;
	readonly prompts: Prompts;
	readonly log: vscode.LogOutputChannel;
}

/**
 * Calls the person when an agent has a question and nobody looks: the window is not in front, or shows neither the
 * session nor the *Runs* view.
 * Guarantees: each question is announced at most once, whatever the number of windows; none that somebody sees in any of
 * them within {@link precedence}.
 */
export class Attention implements vscode.Disposable {
	private readonly parts: AttentionParts;
	private readonly known = new Set<string>();
	private readonly disposables = new DisposableStore();

	constructor(parts: AttentionParts) {
		this.parts = parts;
		this.disposables.add(parts.daemons.onDidChange((daemon) => this.look(daemon)));
	}

	dispose(): void {
		this.disposables.dispose();
	}

	private look(daemon: FolderDaemon): void {
		for (const approval of daemon.approvals) {
			if (!this.known.has(approval.id)) {
				this.known.add(approval.id);
				this.take(daemon, approval).catch((error: unknown) => {
					this.parts.log.warn(errorSentence(error));
				});
			}
		}
	}

	private async take(daemon: FolderDaemon, approval: Approval): Promise<void> {
		const { claimApproval } = await import("../../daemon/client/claim.ts");
		const claim = () => claimApproval(daemon.folder, approval.id);
		if (this.isSeen(approval)) {
			await claim();
			return;
		}
		await new Promise((resolve) => setTimeout(resolve, precedence));
		const isOpen = daemon.approvals.some(({ id }) => id === approval.id);
		if (isOpen && (await claim()) && !this.isSeen(approval)) {
			await this.announce(daemon, approval);
		}
	}

	/** Whether the person has the question before their eyes. */
	private isSeen({ session }: Approval): boolean {
		const { editors, runs } = this.parts;
		return (
			vscode.window.state.focused &&
			(runs.view.visible ||
				editors.all.some((panel) => panel.panel.visible && panel.session?.id === session))
		);
	}

	private async announce(daemon: FolderDaemon, approval: Approval): Promise<void> {
		const { t } = vscode.l10n;
		const { prompts, reader } = this.parts;
		const [answer, open] = [t("Answer…"), t("Open")];
		const run = daemon.runs.find(({ id }) => id === approval.run);
		const row = await reader.find(approval.session, daemon.folder).catch(() => undefined);
		const sentence = t(
			'{0} waits for your answer in "{1}": {2}',
			agentLabel(run?.agent ?? ""),
			titleOf(row?.summary),
			firstLine(approval.title, titleLength),
		);
		const chosen = await prompts.notify("info", withoutLinks(sentence), [answer, open]);
		if (chosen === answer) {
			await vscode.commands.executeCommand(commandIds.answerApproval, approval.id);
		} else if (chosen === open) {
			// Not the run: of a question that is closed meanwhile nobody knows whose it was.
			const { session: id, item } = approval;
			const { folder } = daemon;
			await vscode.commands.executeCommand(commandIds.openSession, { id, folder, item });
		}
	}
}

/** Notifications make links, to commands too, of `[text](target)`: an agent's words are none of ours to run. */
function withoutLinks(text: string): string {
	return text.replaceAll("](", "]\u200b(");
}
