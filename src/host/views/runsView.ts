import * as vscode from "vscode";
import { DisposableStore } from "../../base/disposable.ts";
import type { CatalogueClient } from "../catalogueClient.ts";
import { viewIds } from "../contributions.ts";
import type { Daemons } from "../daemon/daemons.ts";
import { RelativeTime } from "../sessions/relativeTime.ts";
import type { SessionList } from "../sessions/sessionList.ts";
import { titleOf } from "../sessions/sessionTitle.ts";
import { folderName } from "../workspace.ts";
import {
	approvalItem,
	approvalTooltip,
	type RunRow,
	recentItem,
	runItem,
	runTooltip,
} from "./runItems.ts";
import { arrangeRuns, isLive, type RunNode, topKey } from "./runsNodes.ts";

/** Changes that come within this time (ms) are drawn together. */
const drawDelay = 50;
const minute = 60_000;

/**
 * The *Runs* view: what waits for a person, what works, what has run.
 * VS Code knows a row by its object, so a key always gives the same one; only rows that look different are drawn again.
 */
export class RunsView implements vscode.TreeDataProvider<RunNode>, vscode.Disposable {
	readonly view: vscode.TreeView<RunNode>;
	private readonly daemons: Daemons;
	private readonly list: SessionList;
	private readonly catalogue: CatalogueClient;
	private readonly times = new RelativeTime(vscode.env.language);
	private readonly disposables = new DisposableStore();
	private readonly changed = this.disposables.add(
		new vscode.EventEmitter<RunNode | RunNode[] | undefined>(),
	);
	private readonly nodes = new Map<string, RunNode>();
	private arrangement = arrangeRuns([]);
	/** How each row looked when it was drawn last. */
	private looks = new Map<string, string>();
	private drawn = false;
	private pending: NodeJS.Timeout | undefined;

	readonly onDidChangeTreeData = this.changed.event;

	constructor(daemons: Daemons, list: SessionList, catalogue: CatalogueClient) {
		this.daemons = daemons;
		this.list = list;
		this.catalogue = catalogue;
		this.view = this.disposables.add(
			vscode.window.createTreeView(viewIds.runs, { treeDataProvider: this }),
		);
		this.disposables.add(daemons.onDidChange(() => this.drawSoon()));
		this.disposables.add(list.onDidChange(() => this.drawSoon()));
		const clock = setInterval(() => this.tick(), minute);
		this.disposables.add({ dispose: () => clearInterval(clock) });
		this.disposables.add({ dispose: () => clearTimeout(this.pending) });
	}

	dispose(): void {
		this.disposables.dispose();
	}

	async getChildren(node?: RunNode): Promise<RunNode[]> {
		if (!node) {
			// Rows name their sessions.
			this.catalogue.start();
			await this.catalogue.listed;
			if (!this.drawn) {
				this.arrange();
			}
		}
		const children = this.arrangement.children.get(node?.key ?? topKey) ?? [];
		return children.map((child) => this.intern(child));
	}

	getParent(node: RunNode): RunNode | undefined {
		for (const [key, children] of this.arrangement.children) {
			if (children.some((child) => child.key === node.key)) {
				return this.nodes.get(key);
			}
		}
		return undefined;
	}

	getTreeItem(node: RunNode): vscode.TreeItem {
		switch (node.kind) {
			case "recent":
				return recentItem(node.key, this.arrangement.children.get(node.key)?.length ?? 0);
			case "approval": {
				const approval = this.approval(node);
				return approval ? approvalItem(node, approval) : gone();
			}
			case "run": {
				const row = this.row(node);
				return row ? runItem(row, this.times, Date.now()) : gone();
			}
		}
	}

	resolveTreeItem(item: vscode.TreeItem, node: RunNode): vscode.TreeItem {
		const row = node.kind === "run" ? this.row(node) : undefined;
		const approval = node.kind === "approval" ? this.approval(node) : undefined;
		if (row) {
			item.tooltip = runTooltip(row);
		} else if (approval) {
			item.tooltip = approvalTooltip(approval);
		}
		return item;
	}

	/** Draws what has changed, now. */
	draw(): void {
		clearTimeout(this.pending);
		this.pending = undefined;
		const before = this.looks;
		const top = this.keysBelow(topKey);
		this.arrange();
		this.announce();
		if (top !== this.keysBelow(topKey)) {
			this.changed.fire(undefined);
			return;
		}
		const differing = [...this.looks.keys()].filter(
			(key) => before.get(key) !== this.looks.get(key),
		);
		const nodes = differing.flatMap((key) => this.nodes.get(key) ?? []);
		if (nodes.length > 0) {
			this.changed.fire(nodes);
		}
	}

	private drawSoon(): void {
		this.pending ??= setTimeout(() => this.draw(), drawDelay);
	}

	/** Rows say how long ago. */
	private tick(): void {
		if (this.view.visible && this.looks.size > 0) {
			this.changed.fire(undefined);
		}
	}

	private arrange(): void {
		this.drawn = true;
		this.arrangement = arrangeRuns(this.daemons.all);
		this.looks = new Map();
		for (const nodes of this.arrangement.children.values()) {
			for (const node of nodes) {
				this.intern(node);
				const below = this.keysBelow(node.key);
				const row = node.kind === "run" ? this.row(node) : undefined;
				this.looks.set(node.key, JSON.stringify([row?.run, row?.title, row?.questions, below]));
			}
		}
	}

	private keysBelow(key: string): string {
		return (this.arrangement.children.get(key) ?? []).map((node) => node.key).join();
	}

	/** How many questions wait: on the view and, from there, on the container. */
	private announce(): void {
		const { t } = vscode.l10n;
		const count = this.daemons.all.reduce((sum, { approvals }) => sum + approvals.length, 0);
		if ((this.view.badge?.value ?? 0) !== count) {
			const tooltip =
				count === 1 ? t("1 question waits for you") : t("{0} questions wait for you", count);
			this.view.badge = count > 0 ? { value: count, tooltip } : undefined;
		}
	}

	private row(node: RunNode & { kind: "run" }): RunRow | undefined {
		const daemon = this.daemons.all.find(({ folder }) => folder === node.folder);
		const run = daemon?.runs.find(({ id }) => id === node.id);
		if (!daemon || !run) {
			return undefined;
		}
		const questions = isLive(run)
			? daemon.approvals.filter((approval) => approval.run === run.id).length
			: 0;
		const session = this.list.get(run.session, node.folder)?.summary;
		const title = titleOf(session);
		const folder = this.daemons.all.length > 1 ? folderName(node.folder) : "";
		return { node, run, title, session, questions, folder };
	}

	private approval(node: RunNode & { kind: "approval" }) {
		const daemon = this.daemons.all.find(({ folder }) => folder === node.folder);
		return daemon?.approvals.find(({ id }) => id === node.id);
	}

	private intern(node: RunNode): RunNode {
		const known = this.nodes.get(node.key);
		if (known) {
			return known;
		}
		this.nodes.set(node.key, node);
		return node;
	}
}

/** Between a row's going and the redraw VS Code may still ask for it. */
function gone(): vscode.TreeItem {
	return new vscode.TreeItem(vscode.l10n.t("Removed"));
}
