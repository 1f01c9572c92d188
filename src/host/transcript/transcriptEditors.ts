import * as vscode from "vscode";
import { DisposableStore } from "../../base/disposable.ts";
import type { SessionSummary } from "../../core/model/summary.ts";
import type { ContextKeys } from "../contextKeys.ts";
import { editorTypes } from "../contributions.ts";
import type { SessionListChange } from "../sessions/sessionList.ts";
import { Conversation } from "./liveConversation.ts";
import type { LiveParts } from "./liveParts.ts";
import { pageRoots, transcriptPage } from "./page.ts";
import type { PageRequests } from "./pageRequests.ts";
import type { TranscriptOpener } from "./transcriptOpener.ts";
import { TranscriptPanel } from "./transcriptPanel.ts";
import type { UntitledSessions } from "./untitledSessions.ts";
import { sessionIdOf, tabUri } from "./uris.ts";

export interface TranscriptEditorsOptions {
	readonly extensionUri: vscode.Uri;
	readonly log: vscode.LogOutputChannel;
	readonly contextKeys: ContextKeys;
	readonly opener: TranscriptOpener;
	readonly requests: PageRequests;
	readonly live: LiveParts;
	readonly untitled: UntitledSessions;
}

/** All transcript editors of the window. VS Code restores them after a reload by itself, by their address. */
export class TranscriptEditors
	implements vscode.CustomReadonlyEditorProvider<vscode.CustomDocument>, vscode.Disposable
{
	private readonly options: TranscriptEditorsOptions;
	private readonly panels = new Set<TranscriptPanel>();
	private readonly disposables = new DisposableStore();
	private readonly openedEmitter = this.disposables.add(new vscode.EventEmitter<TranscriptPanel>());

	constructor(options: TranscriptEditorsOptions) {
		this.options = options;
		for (const viewType of Object.values(editorTypes)) {
			this.disposables.add(
				vscode.window.registerCustomEditorProvider(viewType, this, {
					supportsMultipleEditorsPerDocument: true,
					webviewOptions: { enableFindWidget: true },
				}),
			);
		}
	}

	openCustomDocument(uri: vscode.Uri): vscode.CustomDocument {
		// The document is the address; what is behind it is opened by each editor, which can say why it cannot be.
		return { uri, dispose: () => undefined };
	}

	resolveCustomEditor(document: vscode.CustomDocument, panel: vscode.WebviewPanel): void {
		const { extensionUri, log, opener, requests, live, untitled } = this.options;
		panel.webview.options = {
			enableScripts: true,
			enableCommandUris: false,
			localResourceRoots: pageRoots(extensionUri),
		};
		panel.iconPath = {
			light: vscode.Uri.joinPath(extensionUri, "media", "transcript-light.svg"),
			dark: vscode.Uri.joinPath(extensionUri, "media", "transcript-dark.svg"),
		};
		const transcript = new TranscriptPanel(panel, document.uri, opener, {
			log,
			request: (from, request) => requests.handle(from, request),
			changed: () => this.updateContext(),
			converse: (from) => new Conversation(from, live),
			promptImage: (hash) => live.images.read(hash),
			isLeftOver: ({ session }) => session !== undefined && untitled.wasRestored(session.id),
		});
		this.panels.add(transcript);
		panel.onDidDispose(() => {
			this.panels.delete(transcript);
			transcript.dispose();
			this.updateContext();
		});
		panel.webview.html = transcriptPage(panel.webview, extensionUri);
		this.openedEmitter.fire(transcript);
	}

	/** Opens a session, in the foreground; at an item, or replaying, if asked to; in a tab to keep when it was just made. */
	async show(
		summary: SessionSummary,
		options: { item?: string; replay?: boolean; keep?: boolean } = {},
	): Promise<void> {
		const uri = tabUri(summary);
		await vscode.commands.executeCommand("vscode.openWith", uri, editorTypes.transcript, {
			preview: !(options.replay || options.keep),
		});
		const panel = await this.panelOf(uri);
		if (options.item) {
			panel?.reveal(options.item);
		}
		if (options.replay) {
			panel?.control("start");
		}
	}

	/** Opens a new session that is not written yet, with the caret in its composer. */
	async showNew(uri: vscode.Uri): Promise<void> {
		await vscode.commands.executeCommand("vscode.openWith", uri, editorTypes.transcript, {
			preview: false,
		});
		(await this.panelOf(uri))?.focusComposer();
	}

	/** The editor that has the focus. */
	get active(): TranscriptPanel | undefined {
		return [...this.panels].find((panel) => panel.panel.active);
	}

	get all(): readonly TranscriptPanel[] {
		return [...this.panels];
	}

	/** Rows of the list changed: editors of those sessions, and of what they are forked from, look again. */
	follow({ ids }: SessionListChange): void {
		for (const panel of this.panels) {
			const id = panel.session?.id ?? sessionIdOf(panel.uri);
			const ancestors = panel.opened?.transcript.summary.parent?.session;
			if (!ids || (id && ids.has(id)) || (ancestors && ids.has(ancestors))) {
				void panel.refresh();
			}
		}
	}

	/** Trust or settings changed what can be done from the pages. */
	refreshAll(): void {
		for (const panel of this.panels) {
			void panel.refresh();
		}
	}

	dispose(): void {
		for (const panel of this.panels) {
			panel.dispose();
		}
		this.disposables.dispose();
	}

	/** An editor may be resolved a moment after the command that opens it has returned. */
	private async panelOf(uri: vscode.Uri): Promise<TranscriptPanel | undefined> {
		const find = () => {
			const of = [...this.panels].filter((panel) => panel.uri.toString() === uri.toString());
			return of.find((panel) => panel.panel.active) ?? of[0];
		};
		const known = find();
		if (known) {
			return known;
		}
		return new Promise((resolve) => {
			const done = () => {
				clearTimeout(timer);
				listener.dispose();
				resolve(find());
			};
			const timer = setTimeout(done, 5000);
			const listener = this.openedEmitter.event((panel) => {
				if (panel.uri.toString() === uri.toString()) {
					done();
				}
			});
		});
	}

	private updateContext(): void {
		this.options.contextKeys.set("replaying", this.active?.isReplaying ?? false);
	}
}
