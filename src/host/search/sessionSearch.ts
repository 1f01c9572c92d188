import * as vscode from "vscode";
import { errorSentence } from "../../base/errors.ts";
import type { SearchHit } from "../../core/index/search.ts";
import type { IndexAnswers, Indexing } from "../../protocol/indexQuestions.ts";
import type { CatalogueClient } from "../catalogueClient.ts";
import { BadQuery } from "../catalogueClient.ts";
import { isCancellation } from "../failures.ts";
import { RelativeTime } from "../sessions/relativeTime.ts";
import type { SessionList } from "../sessions/sessionList.ts";
import {
	badQueryRow,
	emptyRows,
	failedRow,
	helpRows,
	hitRow,
	moreRow,
	type SearchRow,
} from "./searchRows.ts";

/** How long typing may pause before the search is asked for. ms. */
const typingPause = 80;
const pageSize = 50;
const lastQueryKey = "skein.search.lastQuery";

/**
 * *Search Sessions*: a quick pick whose rows follow what is typed.
 * Guarantees: rows belong to the query that stands in the box, or to the one before while it is searched; an answer that
 * comes too late is dropped, and its search cancelled; a search that fails leaves the box usable and says why.
 */
export class SessionSearch {
	private readonly catalogue: CatalogueClient;
	private readonly list: SessionList;
	private readonly memory: vscode.Memento;
	private readonly times = new RelativeTime(vscode.env.language);
	private open: SearchBox | undefined;

	constructor(catalogue: CatalogueClient, list: SessionList, memory: vscode.Memento) {
		this.catalogue = catalogue;
		this.list = list;
		this.memory = memory;
	}

	/** The box, while it is open. */
	get current(): SearchBox | undefined {
		return this.open;
	}

	/** Lets the person search; returns the hit that was chosen. Begins with `query`, else with the last one. */
	async choose(query?: string): Promise<SearchHit | undefined> {
		const first = query ?? this.memory.get<string>(lastQueryKey, "");
		const box = new SearchBox(this.catalogue, (hit, typed) =>
			hitRow(hit, typed, this.list, this.times, Date.now()),
		);
		this.open?.dispose();
		this.open = box;
		try {
			return await box.show(first);
		} finally {
			await this.memory.update(lastQueryKey, box.query);
			if (this.open === box) {
				this.open = undefined;
			}
			box.dispose();
		}
	}
}

/** One opened search. */
export class SearchBox implements vscode.Disposable {
	private readonly catalogue: CatalogueClient;
	private readonly toRow: (hit: SearchHit, typed: string) => SearchRow;
	private readonly picker = vscode.window.createQuickPick<SearchRow>();
	private readonly following: vscode.Disposable;
	private readonly closed = Promise.withResolvers<SearchHit | undefined>();
	private asking: vscode.CancellationTokenSource | undefined;
	private pause: NodeJS.Timeout | undefined;
	private limit = pageSize;
	private found: IndexAnswers["search"] | undefined;
	private helping = false;
	/** What stood in the box when the last search of it was asked for. */
	private seen: string | undefined;
	/** The rows are of another query than the one in the box. */
	private waiting = false;
	/** Enter came before the answer to what stands in the box: its first hit is taken when it comes. */
	private hasty = false;

	constructor(catalogue: CatalogueClient, toRow: (hit: SearchHit, typed: string) => SearchRow) {
		this.catalogue = catalogue;
		this.toRow = toRow;
		const { picker } = this;
		picker.title = vscode.l10n.t("Search Sessions");
		picker.placeholder = vscode.l10n.t("Words in any session of this window or of an agent");
		picker.matchOnDetail = true;
		picker.keepScrollPosition = true;
		// Not in the typings, yet VS Code heeds it: the rows are in order already, newest first.
		Reflect.set(picker, "sortByLabel", false);
		picker.buttons = [
			{
				iconPath: new vscode.ThemeIcon("question"),
				tooltip: vscode.l10n.t("Filters and Regular Expressions"),
			},
		];
		picker.onDidTriggerButton(() => this.help());
		// What the code wrote into the box comes back as a change.
		picker.onDidChangeValue((value) => value !== this.seen && this.typed());
		picker.onDidAccept(() => this.accept());
		picker.onDidHide(() => this.closed.resolve(undefined));
		this.following = catalogue.onDidReceive((message) => {
			if (message.type === "indexing") {
				this.indexing(message.at);
			}
		});
	}

	get query(): string {
		return this.picker.value;
	}

	/** The rows as they are shown. */
	get rows(): readonly SearchRow[] {
		return this.picker.items;
	}

	/** The row that Enter chooses, as VS Code tells. */
	get active(): SearchRow | undefined {
		return this.picker.activeItems[0];
	}

	get status(): string {
		return this.picker.prompt ?? "";
	}

	/** Whether a search is under way. */
	get busy(): boolean {
		return this.picker.busy;
	}

	show(query: string): Promise<SearchHit | undefined> {
		// The value first: what is typed into an open box must not be overwritten.
		this.type(query);
		this.picker.show();
		return this.closed.promise;
	}

	/** Does what typing `query` does. */
	type(query: string): void {
		this.picker.value = query;
		this.typed();
	}

	/** Shows what a search can say, or the hits again. */
	help(): void {
		this.helping = !this.helping;
		this.draw();
	}

	/** Does what choosing a row does. */
	take(row: SearchRow | undefined): void {
		if (row?.hit) {
			this.closed.resolve(row.hit);
			this.picker.hide();
		} else if (row?.more) {
			this.limit += pageSize;
			void this.search();
		} else if (row?.query !== undefined) {
			this.type(row.query);
		}
	}

	dispose(): void {
		clearTimeout(this.pause);
		this.asking?.cancel();
		this.asking?.dispose();
		this.following.dispose();
		this.closed.resolve(undefined);
		this.picker.dispose();
	}

	private accept(): void {
		if (this.waiting && !this.helping) {
			this.hasty = true;
			return;
		}
		const { activeItems, items } = this.picker;
		const active = activeItems[0];
		// VS Code tells of the new active row later than of the Enter.
		this.take(active && items.includes(active) ? active : items[0]);
	}

	private typed(): void {
		this.seen = this.query;
		this.limit = pageSize;
		this.helping = false;
		this.hasty = false;
		this.waiting = isQuery(this.query);
		this.asking?.cancel();
		clearTimeout(this.pause);
		if (!isQuery(this.query)) {
			this.found = undefined;
			this.picker.busy = false;
			this.draw();
			return;
		}
		this.picker.busy = true;
		this.pause = setTimeout(() => void this.search(), typingPause);
	}

	private async search(): Promise<void> {
		this.asking?.cancel();
		this.asking?.dispose();
		const asking = new vscode.CancellationTokenSource();
		this.asking = asking;
		this.picker.busy = true;
		const { query, limit } = this;
		try {
			const found = await this.catalogue.ask(
				{ ask: "search", query, limit, offset: 0, wait: false },
				asking.token,
			);
			if (this.asking === asking && query === this.query) {
				this.found = found;
				this.waiting = false;
				this.picker.busy = found.indexing !== undefined;
				this.draw();
				if (this.hasty && !this.helping && found.hits.length > 0) {
					this.take(this.picker.items[0]);
				}
				this.hasty = false;
			}
		} catch (error) {
			if (this.asking !== asking || asking.token.isCancellationRequested) {
				return;
			}
			if (isCancellation(error)) {
				// Not by us: the folders changed, and the index with them.
				void this.search();
			} else {
				this.fail(query, error);
			}
		}
	}

	private fail(query: string, error: unknown): void {
		this.found = undefined;
		this.waiting = false;
		this.hasty = false;
		this.picker.busy = false;
		this.picker.prompt = undefined;
		this.picker.items = [
			error instanceof BadQuery ? badQueryRow(query, error) : failedRow(errorSentence(error)),
		];
	}

	private draw(): void {
		const { found, query, picker } = this;
		if (this.helping || !found) {
			picker.prompt = vscode.l10n.t("Choose an example to add it to the search");
			picker.items = helpRows(query);
			return;
		}
		const { hits, total, more } = found;
		picker.prompt = statusOf(found);
		const active = picker.activeItems[0];
		const rows = hits.map((hit) => this.toRow(hit, query));
		const left = total - hits.length;
		picker.items =
			rows.length === 0
				? emptyRows(query, found)
				: [...rows, ...(left > 0 ? [moreRow(left, more)] : [])];
		const index = active?.more ? hits.length - pageSize : -1;
		const next = rows[index] ?? rows.find((row) => same(row.hit, active?.hit));
		if (next) {
			picker.activeItems = [next];
		}
	}

	/** The index has caught up, or come further: there may be more to find. */
	private indexing(at: Indexing | undefined): void {
		if (!isQuery(this.query) || !this.found?.indexing) {
			return;
		}
		if (at === undefined) {
			void this.search();
		} else {
			this.found = { ...this.found, indexing: at };
			this.picker.prompt = statusOf(this.found);
		}
	}
}

/** A quotation mark alone is the beginning of one. */
function isQuery(typed: string): boolean {
	return !/^[\s"]*$/.test(typed);
}

function same(a: SearchHit | undefined, b: SearchHit | undefined): boolean {
	return a !== undefined && a.session === b?.session && a.item === b.item;
}

/** How much was found, what was not looked at, and how far the index is. */
function statusOf({ total, more, hidden, indexing }: IndexAnswers["search"]): string {
	const { t } = vscode.l10n;
	const counts = more
		? t("More than {0} matches, newest first", total)
		: total === 1
			? t("1 match")
			: t("{0} matches, newest first", total);
	const reading =
		indexing &&
		(indexing.total > 0
			? t("reading sessions: {0} of {1}", indexing.done, indexing.total)
			: t("reading sessions"));
	return [
		counts,
		hidden.archived > 0 ? t("{0} in archived sessions", hidden.archived) : "",
		hidden.trashed > 0 ? t("{0} in the trash", hidden.trashed) : "",
		reading,
	]
		.filter(Boolean)
		.join(" · ");
}
