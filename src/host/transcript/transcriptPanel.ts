import * as vscode from "vscode";
import { SharedRun } from "../../base/async.ts";
import { DisposableStore } from "../../base/disposable.ts";
import { errorSentence } from "../../base/errors.ts";
import type { Item } from "../../core/model/item.ts";
import type { ComposerChoice } from "../../protocol/live.ts";
import { toColumns } from "../../protocol/rowColumns.ts";
import type { FromTranscript, ReplayAction, ToTranscript } from "../../protocol/webview.ts";
import { titleOf } from "../sessions/sessionTitle.ts";
import { wholeText } from "./cutTexts.ts";
import { imageType } from "./images.ts";
import type { Conversation, ConversationPanel } from "./liveConversation.ts";
import { isLiveMessage, parseMessage } from "./messages.ts";
import type { FirstLook, OpenTranscript, TranscriptSource } from "./openTranscript.ts";
import { headerOf, pageOf, pagesOf } from "./pageContents.ts";
import { pageStrings } from "./pageStrings.ts";
import { firstRowsOf, SentRows } from "./sentRows.ts";

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
	/** The live half of an editor. */
	converse(panel: ConversationPanel): Conversation;
	/** An image of a prompt that is not sent yet. */
	promptImage(hash: string): Promise<Uint8Array | undefined>;
	/** A new session that nobody has typed anything into before the window was reloaded: its editor goes. */
	isLeftOver(open: OpenTranscript): boolean;
}

/**
 * One transcript editor: gives the page what it asks for, page by page, and tells it what changes.
 * Guarantees: nothing is sent before the page says `ready`, and `ready` (again after a reload or after having been
 * hidden) always starts with a whole `load` or `failed`; changes are looked for one at a time, and one that comes during a
 * look is found by the next; what is to be shown while the editor is hidden, and has no page, is shown when it is back.
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
	private readonly source: TranscriptSource;
	private readonly first: Promise<FirstLook | undefined>;
	private opening: Promise<OpenTranscript> | undefined;
	private readonly disposables = new DisposableStore();
	private readonly looking = new SharedRun(() => this.look());
	private watched: DisposableStore | undefined;
	private open: OpenTranscript | undefined;
	private readonly sent = new SentRows();
	/** What the page was shown first, until it has all rows. */
	private shown: FirstLook | undefined;
	private sentHeader = "";
	private listening = false;
	/** Pages that have asked for a `load` or have gone: only the newest is answered. */
	private pageNumber = 0;
	/** The page shows why there is no transcript. */
	private failed = false;
	private closed = false;
	private pendingReveal: string | undefined;
	private askedSelection: PromiseWithResolvers<string> | undefined;
	private pendingReplay = false;
	private readonly conversation: Conversation;

	constructor(
		panel: vscode.WebviewPanel,
		uri: vscode.Uri,
		source: TranscriptSource,
		host: PanelHost,
	) {
		this.panel = panel;
		this.uri = uri;
		this.host = host;
		this.source = source;
		const opened = () => this.open;
		this.conversation = this.disposables.add(
			host.converse({
				get opened() {
					return opened();
				},
				post: (message) => this.post(message),
				refresh: () => this.refresh(),
			}),
		);
		this.first = source.first(uri);
		this.disposables.add(panel.webview.onDidReceiveMessage((value) => this.receive(value)));
		this.disposables.add(
			panel.onDidChangeViewState(() => {
				if (!panel.visible) {
					this.left();
				}
				this.host.changed(this);
			}),
		);
		void this.first.then((first) => {
			if (first) {
				this.entitle(first.open);
			} else {
				void this.whole().catch(() => undefined);
			}
		});
	}

	get session(): OpenTranscript["session"] {
		return this.opened?.session;
	}

	get opened(): OpenTranscript | undefined {
		return this.open ?? this.shown?.open;
	}

	get isReplaying(): boolean {
		return this.replay?.active ?? false;
	}

	/** Shows a row, at once or when the page is there. */
	reveal(item: string): void {
		if (this.listening) {
			// What was found may be newer than what the page shows.
			void this.refresh().then(() => this.show(item));
		} else {
			this.show(item);
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

	/** Puts the caret into the composer, at once or when the page is there. */
	focusComposer(): void {
		this.conversation.focusComposer();
	}

	/** Lets the person choose who answers here, and how. */
	choose(what: ComposerChoice): Promise<void> {
		return this.conversation.handle({ type: "choose", what });
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
		const { transcript } = this.open ?? (await this.whole());
		const index = transcript.rows.findIndex((row) => row.id === id);
		return index < 0 ? undefined : (await transcript.items(index, index + 1))[0];
	}

	/** Whole text of a field of an item, blobs included. */
	async text(item: Item, field: string): Promise<string | undefined> {
		const { transcript } = this.open ?? (await this.whole());
		return wholeText(item, field, (hash) => transcript.blob(hash));
	}

	dispose(): void {
		this.closed = true;
		this.left();
		this.watched?.dispose();
		this.disposables.dispose();
	}

	/** VS Code keeps no page for an editor that is hidden. When it is shown, another page says `ready`. */
	private left(): void {
		this.pageNumber++;
		this.listening = false;
		this.failed = false;
		this.painted = undefined;
		this.focused = undefined;
		this.askedSelection?.resolve("");
		this.askedSelection = undefined;
		this.conversation.stop();
	}

	private show(item: string): void {
		if (this.listening) {
			this.post({ type: "reveal", id: item });
		} else {
			this.pendingReveal = item;
		}
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
		if (isLiveMessage(message)) {
			return this.conversation.handle(message);
		}
		switch (message.type) {
			case "ready":
				return this.load(message.at, message.draft);
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
				return this.sendRest();
			case "error":
				this.host.log.error(`${this.uri.path}: the page: ${message.message}`);
				return;
			default:
				return this.host.request(this, message);
		}
	}

	/** All of the transcript: it is read when somebody needs it, or once the first rows are painted. */
	private async whole(): Promise<OpenTranscript> {
		this.opening ??= this.openWhole();
		return this.open ?? (await this.opening);
	}

	/** What there is now of the transcript. */
	private async current(): Promise<OpenTranscript> {
		return this.open ?? this.shown?.open ?? (await this.whole());
	}

	private async openWhole(): Promise<OpenTranscript> {
		try {
			const first = await this.first;
			const open = await (first ? first.whole() : this.source.open(this.uri));
			this.open ??= open;
			this.entitle(this.open);
			this.watch(this.open.transcript.files);
			this.conversation.looked();
			return this.open;
		} catch (error) {
			this.host.log.warn(`${this.uri.path}: ${errorSentence(error)}`);
			// Whoever asks next looks again: what was missing may be there.
			this.opening = undefined;
			throw error;
		}
	}

	private entitle({ transcript }: OpenTranscript): void {
		const title = titleOf(transcript.summary);
		if (this.panel.title !== title) {
			this.panel.title = title;
		}
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

	private async load(at: string | undefined, draft = true): Promise<void> {
		const around = this.pendingReveal ?? at;
		const pageNumber = ++this.pageNumber;
		let shown: FirstLook | undefined;
		try {
			shown = this.open ? undefined : await this.firstAround(around);
			shown ??= await this.wholeAround(around);
		} catch (error) {
			if (pageNumber === this.pageNumber) {
				this.failed = true;
				this.post({ type: "failed", message: errorSentence(error) });
			}
			return;
		}
		if (!draft && this.host.isLeftOver(shown.open)) {
			this.panel.dispose();
			return;
		}
		const header = headerOf(shown.open);
		const pages = await pagesOf(shown, around);
		if (pageNumber !== this.pageNumber) {
			return;
		}
		this.failed = false;
		this.sent.begin(shown);
		this.shown = this.sent.isPartial ? shown : undefined;
		this.sentHeader = JSON.stringify(header);
		this.listening = true;
		this.post({
			type: "load",
			uri: this.uri.toString(),
			header,
			rows: shown.rows,
			isPartial: this.sent.isPartial,
			pages,
			strings: pageStrings(),
			locale: vscode.env.language,
			...(this.pendingReveal ? { reveal: this.pendingReveal } : {}),
			replay: this.pendingReplay,
		});
		this.pendingReveal = undefined;
		this.pendingReplay = false;
		this.conversation.start();
	}

	private async firstAround(around: string | undefined): Promise<FirstLook | undefined> {
		const first = await this.first;
		const has = (id: string) => first?.rows.some((row) => row.id === id);
		return first && around !== undefined && !has(around)
			? ((await this.source.first(this.uri, around)) ?? first)
			: first;
	}

	private async wholeAround(around: string | undefined): Promise<FirstLook> {
		const open = await this.whole();
		const first = firstRowsOf(open.transcript.rows, around);
		return { ...first, open, whole: () => Promise.resolve(open) };
	}

	/** The first rows are on screen: the others follow. */
	private async sendRest(): Promise<void> {
		if (!this.sent.isPartial) {
			return;
		}
		const open = await this.whole();
		// Meanwhile the page may have been made anew.
		if (!this.listening || !this.sent.isPartial) {
			return;
		}
		const { rows } = open.transcript;
		const rest = this.sent.rest(rows);
		if (!rest) {
			return this.load(undefined);
		}
		const header = headerOf(open);
		const delta = this.sent.become(rows);
		this.shown = undefined;
		this.sentHeader = JSON.stringify(header);
		this.post({
			type: "rows",
			header,
			before: toColumns(rest.before),
			after: toColumns(rest.after),
		});
		if (delta) {
			this.post({ type: "update", header, from: rows.length, rows: [], changed: delta.changed });
		}
		await this.refresh();
	}

	private async look(): Promise<void> {
		const before = this.open;
		if (this.failed) {
			return this.load(undefined);
		}
		// What changes before the page has all rows is in what it is sent then.
		if (!before || this.sent.isPartial) {
			return;
		}
		const { files } = before.transcript;
		const open = await before.again();
		this.open = open;
		if (files.join() !== open.transcript.files.join()) {
			this.watch(open.transcript.files);
		}
		// A session that was just begun keeps the name it was opened with until it has one.
		if (open.transcript.summary.title) {
			this.entitle(open);
		}
		if (!this.listening) {
			return;
		}
		const header = headerOf(open);
		const { rows } = open.transcript;
		const delta = this.sent.become(rows, (id) => this.conversation.streams(id));
		const headerText = JSON.stringify(header);
		if (delta || headerText !== this.sentHeader) {
			const { from, changed } = delta ?? { from: rows.length, changed: [] };
			this.sentHeader = headerText;
			this.post({ type: "update", header, from, rows: rows.slice(from), changed });
		}
		this.conversation.looked();
	}

	private async sendPage(page: number): Promise<void> {
		// The page counts from its own first row, and may have another one when the answer is there.
		const whole = page + this.sent.firstPage;
		const items = await pageOf(await this.current(), whole);
		this.post({ type: "page", page: whole - this.sent.firstPage, items });
	}

	private async sendBlob({ hash, mime }: Of<"getBlob">): Promise<void> {
		const { transcript } = await this.current();
		const bytes = (await transcript.blob(hash)) ?? (await this.host.promptImage(hash));
		const shownAs = bytes && imageType(bytes, mime);
		this.post({ type: "blob", hash, ...(shownAs ? { mime: shownAs, bytes } : {}) });
	}

	private async sendText({ item: id, field }: Of<"getText">): Promise<void> {
		const item = await this.item(id);
		const text = item && (await this.text(item, field));
		this.post({ type: "text", item: id, field, text: text ?? "" });
	}

	private post(message: ToTranscript): void {
		// A web view that is disposed throws.
		if (!this.closed) {
			void this.panel.webview.postMessage(message);
		}
	}
}
