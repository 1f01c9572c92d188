import * as vscode from "vscode";
import { DisposableStore } from "../../base/disposable.ts";
import { HumanError } from "../../base/errors.ts";
import type { DaemonTraces } from "../../daemon/client/files.ts";
import type { ManagedChild } from "../../protocol/daemon.ts";
import { schemes } from "../contributions.ts";
import { folderName } from "../workspace.ts";
import type { Daemons, FolderDaemon } from "./daemons.ts";

/** The last error of a daemon as a read-only text: what happened, to which process, and its last words. */
export class DaemonErrors implements vscode.TextDocumentContentProvider, vscode.Disposable {
	private readonly daemons: Daemons;
	private readonly disposables = new DisposableStore();
	private readonly changed = this.disposables.add(new vscode.EventEmitter<vscode.Uri>());

	readonly onDidChange = this.changed.event;

	constructor(daemons: Daemons) {
		this.daemons = daemons;
		this.disposables.add(
			vscode.workspace.registerTextDocumentContentProvider(schemes.daemon, this),
		);
	}

	/** Throws a HumanError (`no-error`) when none is known. */
	async show(daemon: FolderDaemon): Promise<void> {
		if ((await errorText(daemon)) === undefined) {
			const sentence = vscode.l10n.t("No error of the daemon or of an agent is known.");
			throw new HumanError("no-error", sentence);
		}
		const uri = vscode.Uri.from({
			scheme: schemes.daemon,
			path: `/${vscode.l10n.t("Last Error")}.log`,
			query: daemon.folder,
		});
		this.changed.fire(uri);
		const document = await vscode.workspace.openTextDocument(uri);
		await vscode.window.showTextDocument(document);
	}

	async provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
		const daemon = this.daemons.all.find(({ folder }) => folder === uri.query);
		const text = daemon && vscode.workspace.isTrusted ? await errorText(daemon) : undefined;
		return text ?? vscode.l10n.t("No error of the daemon or of an agent is known.");
	}

	dispose(): void {
		this.disposables.dispose();
	}
}

async function errorText(daemon: FolderDaemon): Promise<string | undefined> {
	const { readDaemonTraces } = await import("../../daemon/client/files.ts");
	const traces = await readDaemonTraces(daemon.folder);
	const parts = [stateLines(daemon), eventLines(traces), ...childLines(daemon, traces)];
	const told = parts.filter((lines) => lines.length > 0).map((lines) => lines.join("\n"));
	return told.length > 0 ? `${folderName(daemon.folder)}\n\n${told.join("\n\n")}\n` : undefined;
}

function stateLines({ state }: FolderDaemon): string[] {
	if (state.kind === "degraded") {
		return [state.reason];
	}
	return state.kind === "crashed" ? [state.reason, ...state.stderr] : [];
}

function eventLines(traces: DaemonTraces | undefined): string[] {
	const event = traces?.lastError;
	return event ? [`${event.createdAt} ${event.message}`] : [];
}

function childLines(daemon: FolderDaemon, traces: DaemonTraces | undefined): string[][] {
	const children: readonly ManagedChild[] = daemon.status?.children ?? traces?.children ?? [];
	const { t } = vscode.l10n;
	return children
		.filter((child) => child.lastError !== null)
		.map((child) => [
			`${child.agent}: ${child.lastError}`,
			t("Command: {0}", [child.command, ...child.args].join(" ")),
			t("Folder: {0}", child.cwd),
			...(child.exitedAt
				? [t("Ended: {0}, exit code {1}", child.exitedAt, child.exitCode ?? child.signal ?? "?")]
				: []),
		]);
}
