import * as vscode from "vscode";
import { SharedRun } from "../../base/async.ts";
import { DisposableStore } from "../../base/disposable.ts";
import { errorSentence } from "../../base/errors.ts";
import type { Item } from "../../core/model/item.ts";
import type { TranscriptRow } from "../../core/transcript/transcript.ts";
import type {
	FromTranscript,
	ReplayAction,
	ToTranscript,
	TranscriptHeader,
} from "../../protocol/webview.ts";
import { pageSize } from "../../protocol/webview.ts";
import { forPage, wholeText } from "./cutTexts.ts";
import { imageType } from "./images.ts";
import { parseMessage } from "./messages.ts";
import type { OpenTranscript } from "./openTranscript.ts";
import { pageStrings } from "./pageStrings.ts";
import { rowDelta } from "./rowDelta.ts";

type Of<T extends FromTranscript["type"]> = Extract<FromTranscript, { type: T }>;

/** What the page asks for that is not its transcript's content. */
export type PanelRequest = Of<
	| "itemAction"
	| "sessionAction"
	| "openLink"
	| "openFile"
	| "switchBranch"
	| "openSession"
	| "removeNote"
	| "acknowledgeDamage"
>;

export interface PanelHost {
	readonly log: vscode.LogOutputChannel;
	/** Does what the page asks for. */
	request(panel: TranscriptPanel, request: PanelRequest): void;
	/** Focus, replay or title changed. */
	changed(panel: TranscriptPanel): void;
}

/**
 * One transcript editor: gives the page what it asks for, page by page, and tells it what changes.
 * Guarantees: nothing is sent before the page says `ready`, and `ready` (again after a reload or after having been
 * hidden) always starts with a whole `load` or `failed`; changes are looked for one at a time, and one that comes during a
 * look is found by the next.
 */
export class TranscriptPanel implements vscode.Disposable {
	readonly uri: vscode.Uri;
	readonly panel: vscode.WebviewPanel;
	/** Row that has the focus in the page. */
	focused: string | undefined;
	replay: Of<"replayState"> | undefined;
	/** Rows painted first; undefined until the page has painted. Tests wait for it. */
	painted: number | undefined;

	private readonly host: PanelHost;
	private readonly opening: Promise<OpenTranscript>;
	private readonly disposables = new DisposableStore();
	private readonly looking = new SharedRun(() => this.look());
	private watched: DisposableStore | undefined;
	private open: OpenTranscript | undefined;
	private sent: readonly TranscriptRow[] = [];
	private sentHeader = "";
	private listening = false;
	private pendingReveal: string | undefined;
	private askedSelection: PromiseWithResolvers<string> | undefined;
	private pendingReplay = false;

	constructor(
		panel: vscode.WebviewPanel,
		uri: vscode.Uri,
		opening: Promise<OpenTranscript>,
		host: PanelHost,
	) {
		this.panel = panel;
		this.uri = uri;
		this.host = host;
		this.opening = opening;
		this.disposables.add(panel.webview.onDidReceiveMessage((value) => this.receive(value)));
		this.disposables.add(panel.onDidChangeViewState(() => this.host.changed(this)));
		opening.then(
			(open) => this.use(open),
			(error) => this.host.log.warn(`${uri.path}: ${errorSentence(error)}`),
		);
	}

	get session(): OpenTranscript["session"] {
		return this.open?.session;
	}

	get opened(): OpenTranscript | undefined {
		return this.open;
	}

	get isReplaying(): boolean {
		return this.replay?.active ?? false;
	}

	/** Shows a row, at once or when the page is there. */
	reveal(item: string): void {
		if (this.listening) {
			this.post({ type: "reveal", id: item });
		} else {
			this.pendingReveal = item;
		}
	}

	/** The text that is selected on the page; empty when nothing is, or the page is not there. */
	selection(): Promise<string> {
		if (!this.listening) {
			return Promise.resolve("");
		}
		const asked = Promise.withResolvers<string>();
		this.askedSelection?.resolve("");
		this.askedSelection = asked;
		this.post({ type: "getSelection" });
		return asked.promise;
	}

	control(action: ReplayAction): void {
		if (this.listening) {
			this.post({ type: "replay", action });
		} else if (action === "start") {
			this.pendingReplay = true;
		}
	}

	/** Looks for changes and tells the page. */
	async refresh(): Promise<void> {
		try {
			await this.looking.run();
		} catch (error) {
			// The page keeps what it shows; the next change tries again.
			this.host.log.warn(`${this.uri.path}: ${errorSentence(error)}`);
		}
	}

	/** The item with its whole content; undefined when it is not on the chain shown. */
	async item(id: string): Promise<Item | undefined> {
		const { transcript } = this.open ?? (await this.opening);
		const index = transcript.rows.findIndex((row) => row.id === id);
		return index < 0 ? undefined : (await transcript.items(index, index + 1))[0];
	}

	/** Whole text of a field of an item, blobs included. */
	async text(item: Item, field: string): Promise<string | undefined> {
		const { transcript } = this.open ?? (await this.opening);
		return wholeText(item, field, (hash) => transcript.blob(hash));
	}

	dispose(): void {
		this.listening = false;
		this.askedSelection?.resolve("");
		this.watched?.dispose();
		this.disposables.dispose();
	}

	private receive(value: unknown): void {
		const message = parseMessage(value);
		if (!message) {
			this.host.log.warn(`${this.uri.path}: the page sent something unknown.`);
			return;
		}
		this.answer(message).catch((error) =>
			this.host.log.error(`${this.uri.path}: ${message.type}: ${errorSentence(error)}`),
		);
	}

	private async answer(message: FromTranscript): Promise<void> {
		switch (message.type) {
			case "ready":
				return this.load();
			case "getPage":
				return this.sendPage(message.page);
			case "getBlob":
				return this.sendBlob(message);
			case "getText":
				return this.sendText(message);
			case "selection":
				this.askedSelection?.resolve(message.text);
				this.askedSelection = undefined;
				return;
			case "focus":
				this.focused = message.item ?? undefined;
				return;
			case "replayState":
				this.replay = message;
				return this.host.changed(this);
			case "painted":
				this.painted = message.rows;
				return;
			case "error":
				this.host.log.error(`${this.uri.path}: the page: ${message.message}`);
				return;
			default:
				return this.host.request(this, message);
		}
	}

	private use(open: OpenTranscript): void {
		this.open = open;
		const title = open.transcript.summary.title || vscode.l10n.t("Untitled session");
		if (this.panel.title !== title) {
			this.panel.title = title;
		}
		this.watch(open.transcript.files);
	}

	/** Follows the files by itself: a journal that stands alone is in no list that would tell. */
	private watch(files: readonly string[]): void {
		this.watched?.dispose();
		const watched = new DisposableStore();
		for (const file of files) {
			const uri = vscode.Uri.file(file);
			const pattern = new vscode.RelativePattern(
				vscode.Uri.joinPath(uri, ".."),
				uri.path.slice(uri.path.lastIndexOf("/") + 1),
			);
			const watcher = watched.add(vscode.workspace.createFileSystemWatcher(pattern));
			watched.add(watcher.onDidChange(() => this.refresh()));
			watched.add(watcher.onDidCreate(() => this.refresh()));
		}
		this.watched = watched;
	}

	private async load(): Promise<void> {
		let open: OpenTranscript;
		try {
			open = this.open ?? (await this.opening);
		} catch (error) {
			this.post({ type: "failed", message: errorSentence(error) });
			return;
		}
		this.open ??= open;
		const header = headerOf(open);
		this.sent = open.transcript.rows;
		this.sentHeader = JSON.stringify(header);
		this.listening = true;
		this.post({
			type: "load",
			uri: this.uri.toString(),
			header,
			rows: this.sent,
			strings: pageStrings(),
			locale: vscode.env.language,
			...(this.pendingReveal ? { reveal: this.pendingReveal } : {}),
			replay: this.pendingReplay,
		});
		this.pendingReveal = undefined;
		this.pendingReplay = false;
	}

	private async look(): Promise<void> {
		const before = this.open;
		if (!before) {
			return;
		}
		const { files } = before.transcript;
		const open = await before.again();
		this.open = open;
		if (files.join() !== open.transcript.files.join()) {
			this.watch(open.transcript.files);
		}
		const title = open.transcript.summary.title;
		if (title && this.panel.title !== title) {
			this.panel.title = title;
		}
		if (!this.listening) {
			return;
		}
		const header = headerOf(open);
		const { rows } = open.transcript;
		const delta = rowDelta(this.sent, rows);
		const headerText = JSON.stringify(header);
		if (!delta && headerText === this.sentHeader) {
			return;
		}
		const { from, changed } = delta ?? { from: rows.length, changed: [] };
		this.sent = rows;
		this.sentHeader = headerText;
		this.post({ type: "update", header, from, rows: rows.slice(from), changed });
	}

	private async sendPage(page: number): Promise<void> {
		const { transcript } = this.open ?? (await this.opening);
		const items = await transcript.items(page * pageSize, (page + 1) * pageSize);
		const readBlob = (hash: string) => transcript.blob(hash);
		const cut = await Promise.all(items.map((item) => forPage(item, readBlob)));
		this.post({ type: "page", page, items: cut });
	}

	private async sendBlob({ hash, mime }: Of<"getBlob">): Promise<void> {
		const { transcript } = this.open ?? (await this.opening);
		const bytes = await transcript.blob(hash);
		const shownAs = bytes && imageType(bytes, mime);
		this.post({ type: "blob", hash, ...(shownAs ? { mime: shownAs, bytes } : {}) });
	}

	private async sendText({ item: id, field }: Of<"getText">): Promise<void> {
		const item = await this.item(id);
		const text = item && (await this.text(item, field));
		this.post({ type: "text", item: id, field, text: text ?? "" });
	}

	private post(message: ToTranscript): void {
		void this.panel.webview.postMessage(message);
	}
}

function headerOf(open: OpenTranscript): TranscriptHeader {
	const { transcript } = open;
	const { summary } = transcript;
	const warnings = transcript.diagnostics
		.filter((diagnostic) => diagnostic.severity === "warning")
		.map((diagnostic) => diagnostic.reason);
	return {
		summary,
		agentLabel: open.agentLabel,
		...(open.parentTitle ? { parentTitle: open.parentTitle } : {}),
		branches: transcript.branches,
		notes: transcript.notes,
		warnings: warnings.length > 0 || !summary.warning ? warnings : [summary.warning],
		capabilities: open.capabilities(),
		actions: open.actions(),
	};
}
