import * as vscode from "vscode";
import { DisposableStore } from "../../base/disposable.ts";
import { HumanError } from "../../base/errors.ts";
import type { DaemonEvent, ManagedChild } from "../../protocol/daemon.ts";
import { schemes } from "../contributions.ts";
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

/** Undefined when nothing went wrong that is still known. */
async function errorText(daemon: FolderDaemon): Promise<string | undefined> {
	const { readDaemonTraces } = await import("../../daemon/client/files.ts");
	const traces = await readDaemonTraces(daemon.folder);
	const children = (daemon.status?.children ?? traces?.children ?? []).filter(isLost);
	const sentences = new Set([
		...stateSentences(daemon),
		...children.flatMap((child) => child.lastError ?? []),
		...(traces?.lastError ? [traces.lastError.message] : []),
	]);
	const [first, ...others] = sentences;
	if (first === undefined) {
		return undefined;
	}
	const said = daemon.state.kind === "crashed" ? daemon.state.stderr : [];
	const parts = [
		[first, ...(traces?.lastError?.message === first ? [when(traces.lastError)] : [])],
		said,
		...children.map(childLines),
		others,
	];
	const told = parts.filter((lines) => lines.length > 0).map((lines) => lines.join("\n"));
	return `${told.join("\n\n")}\n`;
}

function stateSentences({ state }: FolderDaemon): string[] {
	return state.kind === "crashed" || state.kind === "degraded" ? [state.reason] : [];
}

function isLost(child: ManagedChild): boolean {
	return child.lastError !== null && child.pid === null;
}

function childLines(child: ManagedChild): string[] {
	const { t } = vscode.l10n;
	const code = child.exitCode ?? child.signal;
	return [
		t("Agent: {0}", child.agent),
		t("Command: {0}", [child.command, ...child.args].join(" ")),
		t("Folder: {0}", child.cwd),
		...(child.exitedAt ? [t("Ended: {0}", child.exitedAt)] : []),
		...(code === null ? [] : [t("Exit code: {0}", code)]),
	];
}

function when(event: DaemonEvent): string {
	return new Date(event.createdAt).toLocaleString(vscode.env.language);
}
