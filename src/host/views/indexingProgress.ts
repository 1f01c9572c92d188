import * as vscode from "vscode";
import type { Indexing } from "../../protocol/indexQuestions.ts";
import type { CatalogueClient } from "../catalogueClient.ts";
import type { ContextKeys } from "../contextKeys.ts";
import { viewIds } from "../contributions.ts";

/** Reading that is over sooner is not spoken of: a message that comes and goes moves all rows. ms. */
const noticeable = 400;

/** Tells in the Sessions view that sessions are being read for the search index, and how many are left. */
export class IndexingProgress implements vscode.Disposable {
	private readonly contextKeys: ContextKeys;
	private readonly changed: () => void;
	private readonly listening: vscode.Disposable;
	private at: Indexing | undefined;
	private timer: NodeJS.Timeout | undefined;
	private end: (() => void) | undefined;

	/** @param changed called when {@link words} have. */
	constructor(catalogue: CatalogueClient, contextKeys: ContextKeys, changed: () => void) {
		this.contextKeys = contextKeys;
		this.changed = changed;
		this.listening = catalogue.onDidReceive((message) => {
			if (message.type === "indexing") {
				this.follow(message.at);
			}
		});
	}

	/** What the view says above its rows, which can be used meanwhile; undefined when nothing is being read. */
	get words(): string | undefined {
		const { at, end } = this;
		return at && end
			? vscode.l10n.t(
					"Reading for search: {0} of {1}",
					at.done.toLocaleString(vscode.env.language),
					at.total.toLocaleString(vscode.env.language),
				)
			: undefined;
	}

	dispose(): void {
		this.listening.dispose();
		this.follow(undefined);
	}

	private follow(at: Indexing | undefined): void {
		this.at = at;
		if (!at) {
			clearTimeout(this.timer);
			this.timer = undefined;
			this.end?.();
			this.end = undefined;
			this.contextKeys.set("indexing", false);
		} else {
			this.timer ??= setTimeout(() => this.show(), noticeable);
		}
		this.changed();
	}

	private show(): void {
		const { promise, resolve } = Promise.withResolvers<void>();
		this.end = resolve;
		this.contextKeys.set("indexing", true);
		const location = { viewId: viewIds.sessions };
		void vscode.window.withProgress({ location }, () => promise);
		this.changed();
	}
}
