import * as vscode from "vscode";
import { DisposableStore } from "../../base/disposable.ts";
import type { IndexAnswers } from "../../protocol/indexQuestions.ts";
import type { CatalogueClient } from "../catalogueClient.ts";
import { schemes } from "../contributions.ts";
import type { SessionList } from "../sessions/sessionList.ts";
import { type DoctorReport, doctorReport } from "./doctorReport.ts";

/**
 * The doctor's report as a read-only document whose links lead to sessions and to places in their journals. It is made
 * again when VS Code restores its tab.
 */
export class DoctorDocuments
	implements vscode.TextDocumentContentProvider, vscode.DocumentLinkProvider, vscode.Disposable
{
	private readonly catalogue: CatalogueClient;
	private readonly list: SessionList;
	private readonly disposables = new DisposableStore();
	private readonly changed = this.disposables.add(new vscode.EventEmitter<vscode.Uri>());
	private readonly uri = vscode.Uri.from({ scheme: schemes.doctor, path: "/Doctor.md" });
	private report: DoctorReport | undefined;

	readonly onDidChange = this.changed.event;

	constructor(catalogue: CatalogueClient, list: SessionList) {
		this.catalogue = catalogue;
		this.list = list;
		const { scheme } = this.uri;
		this.disposables.add(vscode.workspace.registerTextDocumentContentProvider(scheme, this));
		this.disposables.add(vscode.languages.registerDocumentLinkProvider({ scheme }, this));
	}

	/** Shows what the doctor found. */
	async show(found: IndexAnswers["doctor"]): Promise<void> {
		this.report = this.toReport(found);
		this.changed.fire(this.uri);
		const document = await vscode.workspace.openTextDocument(this.uri);
		await vscode.window.showTextDocument(document, { preview: false });
	}

	async provideTextDocumentContent(
		_uri: vscode.Uri,
		token: vscode.CancellationToken,
	): Promise<string> {
		this.report ??= this.toReport(await this.catalogue.ask({ ask: "doctor" }, token));
		return this.report.text;
	}

	provideDocumentLinks(document: vscode.TextDocument): vscode.DocumentLink[] {
		return (this.report?.links ?? []).map(({ start, end, target, tooltip }) => {
			const range = new vscode.Range(document.positionAt(start), document.positionAt(end));
			const link = new vscode.DocumentLink(range, target);
			link.tooltip = tooltip;
			return link;
		});
	}

	dispose(): void {
		this.disposables.dispose();
	}

	private toReport(found: IndexAnswers["doctor"]): DoctorReport {
		return doctorReport(found, (id) => this.list.get(id)?.summary.title, new Date());
	}
}
