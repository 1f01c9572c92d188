import * as vscode from "vscode";
import { SharedRun } from "../../base/async.ts";
import { DisposableStore } from "../../base/disposable.ts";
import type { CatalogueClient } from "../catalogueClient.ts";
import type { ContextKeys } from "../contextKeys.ts";
import type { Shelf } from "../contributions.ts";
import { shelves, viewIds } from "../contributions.ts";
import type { SessionActivity } from "../daemon/sessionActivity.ts";
import type { ArrangeInput, Arrangement, TreeNode } from "../sessions/arrange.ts";
import { arranging, sessionNode, shelfOf } from "../sessions/arrange.ts";
import type { SessionFilter } from "../sessions/filter.ts";
import { isFiltering, noFilter } from "../sessions/filter.ts";
import { RelativeTime } from "../sessions/relativeTime.ts";
import { looksSame } from "../sessions/rowItem.ts";
import type { SessionList, SessionListChange, SessionRow } from "../sessions/sessionList.ts";
import { onDidChangeSetting, readSetting } from "../settings.ts";
import type { Pausable } from "../slices.ts";
import { forEach, inSlices } from "../slices.ts";
import { newTabUri, sessionIdOf } from "../transcript/uris.ts";
import { diskFolders } from "../workspace.ts";
import { FocusedRow } from "./focusedRow.ts";
import { groupedAgentLabel } from "./groupedAgentLabel.ts";
import { IndexingProgress } from "./indexingProgress.ts";
import { keptWords } from "./noticeItems.ts";
import { SessionTree } from "./sessionTree.ts";

/** Changes that come within this time (ms) are drawn together; a busy agent writes many lines a second. */
const drawDelay = 50;
const minute = 60_000;

interface ShelfView {
	readonly shelf: Shelf;
	readonly tree: SessionTree;
	readonly view: vscode.TreeView<TreeNode>;
	readonly focused: FocusedRow<TreeNode>;
}

/** The three views: what they show follows the list, the settings, the filter and the clock. */
export class SessionViews implements vscode.Disposable {
	private readonly list: SessionList;
	private readonly catalogue: CatalogueClient;
	private readonly contextKeys: ContextKeys;
	private readonly disposables = new DisposableStore();
	private readonly times = new RelativeTime(vscode.env.language);
	private readonly views: readonly ShelfView[];
	/** By session; of each of its copies. */
	private readonly drawnRows = new Map<string, Copies>();
	private readonly drawnTimes = new Map<string, string>();
	/** Sessions that came, went or changed since the last drawing; `allWait` when it may be any. */
	private readonly waitingIds = new Set<string>();
	private allWait = false;
	/** Sessions whose rows have to be drawn again though nothing about them has changed. */
	private readonly staleRows = new Set<string>();
	private readonly drawing = new SharedRun(() => this.drawAll());
	private pending: NodeJS.Timeout | undefined;
	private readonly drawn = Promise.withResolvers<void>();
	private currentFilter = noFilter;
	/** What each view says instead of rows. */
	private readonly messages = new Map<Shelf, string | undefined>();
	private readonly indexing: IndexingProgress;

	constructor(
		list: SessionList,
		catalogue: CatalogueClient,
		activity: SessionActivity,
		contextKeys: ContextKeys,
	) {
		this.list = list;
		this.catalogue = catalogue;
		this.contextKeys = contextKeys;
		this.views = shelves.map((shelf) => this.create(shelf, activity));
		void catalogue.listed.then(async () => {
			await this.draw();
			this.drawn.resolve();
		});
		this.disposables.add(list.onDidChange((change) => this.schedule(change)));
		this.disposables.add(activity.onDidChange((ids) => this.drawAgain(ids)));
		for (const name of ["skein.sessions.groupBy", "skein.sessions.sortBy"] as const) {
			this.disposables.add(onDidChangeSetting(name, () => void this.draw()));
		}
		this.disposables.add(
			vscode.window.tabGroups.onDidChangeTabs((change) => this.followTabs(change)),
		);
		const clock = setInterval(() => void this.tick(), minute);
		this.disposables.add({ dispose: () => clearInterval(clock) });
		this.disposables.add({ dispose: () => clearTimeout(this.pending) });
		this.indexing = this.disposables.add(
			new IndexingProgress(catalogue, contextKeys, () => this.say(this.of("sessions"))),
		);
		contextKeys.set("loading", true);
		void this.drawn.promise.then(() => contextKeys.set("loading", false));
	}

	/** Resolves when there are rows to show, or surely none. */
	get firstDrawn(): Promise<void> {
		return this.drawn.promise;
	}

	get filter(): SessionFilter {
		return this.currentFilter;
	}

	/** Shows what `filter` lets through; resolves when it is drawn. */
	setFilter(filter: SessionFilter): Promise<void> {
		this.currentFilter = filter;
		this.contextKeys.set("filtered", isFiltering(filter));
		return this.draw();
	}

	/** The rows that a key pressed in a view is meant for. */
	meant(shelf: Shelf): readonly TreeNode[] {
		const { focused, view } = this.of(shelf);
		return focused.take() ?? view.selection;
	}

	/** What is selected in a view in sight: the likeliest choice when a command has to ask. */
	get selected(): readonly TreeNode[] {
		const inSight = this.views.find(({ view }) => view.visible && view.selection.length > 0);
		return inSight?.view.selection ?? [];
	}

	/** Selects a session's row, if a view that has it is in sight; the focus stays where it is. */
	async select(id: string, folder: string): Promise<void> {
		const row = this.list.get(id, folder);
		if (!row || !this.views.some(({ view }) => view.visible)) {
			return;
		}
		await this.draw();
		const { tree, view } = this.of(shelfOf(row.summary));
		const node = tree.node(sessionNode(row).key);
		// To reveal is to open a view that is closed; and a filter may hide the row.
		if (view.visible && node) {
			await view.reveal(node, { select: true, focus: false });
		}
	}

	tree(shelf: Shelf): SessionTree {
		return this.of(shelf).tree;
	}

	view(shelf: Shelf): vscode.TreeView<TreeNode> {
		return this.of(shelf).view;
	}

	/** Shows progress in the views while `work` runs. */
	async withProgress<T>(shelf: Shelf, work: () => Promise<T>): Promise<T> {
		return vscode.window.withProgress({ location: { viewId: viewIds[shelf] } }, work);
	}

	/** Draws what has changed; resolves when everything that had changed by the call is drawn. */
	draw(): Promise<void> {
		clearTimeout(this.pending);
		this.pending = undefined;
		return this.drawing.run();
	}

	/** In slices: all of it takes longer for 10,000 sessions than the extension host may be held up. */
	private async drawAll(): Promise<void> {
		const changed = await inSlices(this.changedLooks());
		const input = this.input();
		for (const { shelf, tree, view } of this.views) {
			const next = await inSlices(arranging({ ...input, shelf }));
			tree.show(next, changed);
			this.announce(shelf, view, next);
		}
		if (input.rows.length > 0) {
			this.drawn.resolve();
		}
	}

	dispose(): void {
		this.disposables.dispose();
	}

	private create(shelf: Shelf, activity: SessionActivity): ShelfView {
		const tree = new SessionTree(this.list, this.times, activity, () => this.ready(shelf));
		const view = this.disposables.add(
			vscode.window.createTreeView(viewIds[shelf], {
				treeDataProvider: tree,
				canSelectMany: true,
				showCollapseAll: shelf === "sessions",
			}),
		);
		const focused = new FocusedRow<TreeNode>();
		this.disposables.add(view.onDidChangeSelection(({ selection }) => focused.selected(selection)));
		return { shelf, tree, view, focused };
	}

	/**
	 * Resolves when there are rows to show, or surely none. VS Code asks a view that comes in sight for its rows: that
	 * starts the catalogue, so activation alone reads nothing.
	 */
	private ready(shelf: Shelf): Promise<void> {
		if (!this.catalogue.started) {
			this.catalogue.start();
			void this.withProgress(shelf, () => this.catalogue.listed);
		}
		return this.drawn.promise;
	}

	private of(shelf: Shelf): ShelfView {
		const found = this.views.find((each) => each.shelf === shelf);
		if (!found) {
			throw new Error(`There is no view ${shelf}.`);
		}
		return found;
	}

	private input(): Omit<ArrangeInput, "shelf"> {
		const { stores } = this.list;
		return {
			rows: this.list.rows,
			folders: diskFolders(),
			groupBy: readSetting("skein.sessions.groupBy"),
			sortBy: readSetting("skein.sessions.sortBy"),
			filter: this.currentFilter,
			kept: new Map(stores.map(({ folder, kept }) => [folder, kept.length])),
			problems: new Map<string, readonly string[]>([
				["", this.list.sourceProblems],
				...stores.map(({ folder, problems }) => [folder, problems] as const),
			]),
			now: Date.now(),
		};
	}

	private schedule({ ids }: SessionListChange): void {
		if (ids) {
			for (const id of ids) {
				this.waitingIds.add(id);
			}
		} else {
			this.allWait = true;
		}
		this.drawSoon();
	}

	/** A row opens its session where that is open already: one whose session came or went under another address is drawn again. */
	private followTabs({ opened, closed }: vscode.TabChangeEvent): void {
		for (const { input } of [...opened, ...closed]) {
			const uri = input instanceof vscode.TabInputCustom ? input.uri : undefined;
			const id = uri && sessionIdOf(uri);
			for (const { summary } of id ? this.list.copies(id) : []) {
				if (uri?.toString() !== newTabUri(summary).toString()) {
					this.staleRows.add(summary.id);
					this.drawSoon();
				}
			}
		}
	}

	/** Rows look different though their sessions are the same. */
	private drawAgain(ids: ReadonlySet<string>): void {
		for (const id of ids) {
			this.staleRows.add(id);
		}
		// Before there are rows, drawing would take the catalogue for listed.
		if (this.catalogue.started) {
			this.drawSoon();
		}
	}

	private drawSoon(): void {
		this.pending ??= setTimeout(() => void this.draw(), drawDelay);
	}

	/** Of the sessions that changed, those whose rows look different now. */
	private *changedLooks(): Pausable<ReadonlySet<string>> {
		const { rows } = this.list;
		const ids = this.allWait ? rows.map(({ summary }) => summary.id) : [...this.waitingIds];
		const changed = new Set(this.staleRows);
		this.allWait = false;
		this.waitingIds.clear();
		this.staleRows.clear();
		yield* forEach(ids, (id) => {
			const now = this.list.copies(id).map(({ summary }) => summary);
			const before = this.drawnRows.get(id) ?? [];
			if (now.length === 0) {
				this.drawnRows.delete(id);
			} else if (!lookTheSame(before, now)) {
				changed.add(id);
				this.drawnRows.set(id, now);
			}
		});
		return changed;
	}

	/** Once a minute: rows whose time reads differently, and all groups when a new day has begun. */
	private async tick(): Promise<void> {
		if (!this.views.some(({ view }) => view.visible)) {
			return;
		}
		const now = Date.now();
		await inSlices(
			forEach(this.list.rows, ({ summary }) => {
				const words = this.times.format(summary.updatedAt, now);
				if (this.drawnTimes.get(summary.id) !== words) {
					this.drawnTimes.set(summary.id, words);
					this.staleRows.add(summary.id);
				}
			}),
		);
		await this.draw();
	}

	/** What a filter hides, and what waits to be restored, is said by the view itself. */
	private announce(
		shelf: Shelf,
		view: vscode.TreeView<TreeNode>,
		{ hidden, shown }: Arrangement,
	): void {
		const { t } = vscode.l10n;
		const words = this.filterWords();
		set(view, "description", words ? t("{0} · {1} hidden", words, hidden) : "");
		if (shelf !== "sessions") {
			// In the title: a collapsed view shows nothing else of itself, and these two mostly are.
			set(view, "title", shelfTitle(shelf, shown));
		}
		const nothingLeft = words && shown === 0 && hidden > 0;
		// An empty view would show its welcome, as if there were no sessions.
		this.messages.set(
			shelf,
			nothingLeft
				? t('No session matches the filter "{0}". {1} hidden.', words, hidden)
				: undefined,
		);
		this.say({ shelf, view });
		if (shelf === "sessions") {
			const kept = this.list.stores.reduce((count, store) => count + store.kept.length, 0);
			view.badge = kept > 0 ? { value: kept, tooltip: keptWords(kept) } : undefined;
		}
	}

	/** An empty view says why; one with rows, what goes on. */
	private say({ shelf, view }: Pick<ShelfView, "shelf" | "view">): void {
		const reading = shelf === "sessions" ? this.indexing.words : undefined;
		set(view, "message", this.messages.get(shelf) ?? reading);
	}

	private filterWords(): string {
		const { t } = vscode.l10n;
		const { text, agents, tags, pinned, withWarnings } = this.currentFilter;
		return [
			text.trim(),
			...agents.map(groupedAgentLabel),
			...tags.map((tag) => `#${tag}`),
			pinned ? t("pinned") : "",
			withWarnings ? t("with warnings") : "",
		]
			.filter(Boolean)
			.join(", ");
	}
}

type Copies = readonly SessionRow["summary"][];

/** Whether the copies of a session look the same, one by one. */
function lookTheSame(before: Copies, now: Copies): boolean {
	return (
		before.length === now.length &&
		before.every((copy, index) => {
			const same = now[index];
			return same !== undefined && looksSame(copy, same);
		})
	);
}

function shelfTitle(shelf: Exclude<Shelf, "sessions">, shown: number): string {
	const { t } = vscode.l10n;
	const count = shown.toLocaleString(vscode.env.language);
	switch (shelf) {
		case "archived":
			return shown === 0 ? t("Archived") : t("Archived ({0})", count);
		case "trash":
			return shown === 0 ? t("Trash") : t("Trash ({0})", count);
	}
}

/**
 * Sets words of a view, if they are other words: each assignment is a message to VS Code's window. `message` cannot be
 * assigned undefined under exactOptionalPropertyTypes, yet that is how VS Code clears it.
 */
function set(
	view: vscode.TreeView<TreeNode>,
	name: "title" | "description" | "message",
	words: string | undefined,
): void {
	if (view[name] !== words) {
		Reflect.set(view, name, words);
	}
}
