import * as path from "node:path";
import * as vscode from "vscode";
import type { SessionActivity } from "../daemon/sessionActivity.ts";
import type { Arrangement, GroupName, TreeNode } from "../sessions/arrange.ts";
import { rootKey } from "../sessions/arrange.ts";
import type { RelativeTime } from "../sessions/relativeTime.ts";
import { sessionItem } from "../sessions/rowItem.ts";
import type { SessionList } from "../sessions/sessionList.ts";
import { kinOf, sessionTooltip } from "../sessions/tooltip.ts";
import { nodesToRedraw } from "../sessions/treeDiff.ts";
import { Turns } from "../slices.ts";
import { groupedAgentLabel } from "./groupedAgentLabel.ts";
import { keptItem, problemItem } from "./noticeItems.ts";

const empty: Arrangement = {
	children: new Map(),
	parents: new Map(),
	nodes: new Map(),
	hidden: 0,
	shown: 0,
	severalAgents: false,
};

/** Rows made in one turn of the event loop. */
const rowsPerTurn = 100;

/**
 * Draws one shelf's arrangement. It owns no state but the nodes it has handed out: VS Code knows a row by its object,
 * so a key always gives the same one.
 */
export class SessionTree implements vscode.TreeDataProvider<TreeNode> {
	private readonly nodes = new Map<string, TreeNode>();
	private readonly changed = new vscode.EventEmitter<TreeNode | TreeNode[] | undefined>();
	private arrangement = empty;
	private readonly list: SessionList;
	private readonly times: RelativeTime;
	private readonly activity: SessionActivity;
	private readonly ready: () => Promise<void>;
	private readonly turns = new Turns(rowsPerTurn);

	readonly onDidChangeTreeData = this.changed.event;

	/** `ready` is awaited before the first rows are given: VS Code shows its progress bar until then. */
	constructor(
		list: SessionList,
		times: RelativeTime,
		activity: SessionActivity,
		ready: () => Promise<void>,
	) {
		this.list = list;
		this.times = times;
		this.activity = activity;
		this.ready = ready;
	}

	/** Shows `next`, redrawing what differs and the sessions in `changed`. */
	show(next: Arrangement, changed: ReadonlySet<string>): void {
		const redraw =
			this.arrangement.severalAgents === next.severalAgents
				? nodesToRedraw(this.arrangement, next, changed)
				: "all";
		this.arrangement = next;
		if (redraw === "all") {
			this.changed.fire(undefined);
		} else if (redraw.length > 0) {
			this.changed.fire(redraw.map((node) => this.intern(node)));
		}
	}

	async getChildren(node?: TreeNode): Promise<TreeNode[]> {
		await this.ready();
		const children = this.arrangement.children.get(node?.key ?? rootKey) ?? [];
		return children.map((child) => this.intern(child));
	}

	getParent(node: TreeNode): TreeNode | undefined {
		const parent = this.arrangement.parents.get(node.key);
		return parent && this.intern(parent);
	}

	/** The row that has this key, if it is in the tree. */
	node(key: string): TreeNode | undefined {
		const node = this.arrangement.nodes.get(key);
		return node && this.intern(node);
	}

	/** VS Code asks for all rows of a group at once, and does its own work for each that it gets: 10,000 take their time. */
	getTreeItem(node: TreeNode): vscode.TreeItem | Promise<vscode.TreeItem> {
		return this.turns.take()?.then(() => this.item(node)) ?? this.item(node);
	}

	private item(node: TreeNode): vscode.TreeItem {
		switch (node.kind) {
			case "folder":
				return this.folderItem(node.folder, node.key);
			case "group":
				return this.groupItem(node.name, node.key);
			case "otherFolders":
				return container(
					node.key,
					vscode.l10n.t("Other Folders"),
					this.countBelow(node.key),
					this.isAlone(node.key)
						? vscode.TreeItemCollapsibleState.Expanded
						: vscode.TreeItemCollapsibleState.Collapsed,
				);
			case "session": {
				const row = this.list.get(node.id, node.folder);
				// Between a row's going and the redraw VS Code may still ask for it.
				return row
					? sessionItem(
							row,
							node.key,
							(this.arrangement.children.get(node.key)?.length ?? 0) > 0,
							{
								times: this.times,
								agents: this.arrangement.severalAgents,
								activity: (id) => this.activity.of(id),
							},
							Date.now(),
						)
					: new vscode.TreeItem(vscode.l10n.t("Removed"));
			}
			case "kept":
				return keptItem(
					node.key,
					this.list.stores.find((store) => store.folder === node.folder)?.kept ?? [],
				);
			case "problem":
				return problemItem(node.key, node.sentence);
		}
	}

	resolveTreeItem(item: vscode.TreeItem, node: TreeNode): vscode.TreeItem {
		const row = node.kind === "session" && this.list.get(node.id, node.folder);
		if (row) {
			item.tooltip = sessionTooltip(
				row.summary,
				vscode.env.language,
				this.activity.of(row.summary.id),
				kinOf(row.summary, this.list.rows),
			);
		}
		return item;
	}

	private folderItem(folder: string, key: string): vscode.TreeItem {
		const known = vscode.workspace.workspaceFolders?.find((each) => each.uri.fsPath === folder);
		const item = container(
			key,
			known?.name ?? path.basename(folder),
			this.countBelow(key),
			vscode.TreeItemCollapsibleState.Expanded,
		);
		item.iconPath = new vscode.ThemeIcon("root-folder");
		item.tooltip = folder;
		return item;
	}

	private groupItem(name: GroupName, key: string): vscode.TreeItem {
		const item = container(key, groupLabel(name), this.countBelow(key), this.groupState(name, key));
		if (name.by === "cwd" && name.cwd) {
			item.tooltip = name.cwd;
		}
		return item;
	}

	/** What was worked on lately stands open, and so does the first group whatever it is: a tree never opens on nothing. */
	private groupState(name: GroupName, key: string): vscode.TreeItemCollapsibleState {
		const parent = this.arrangement.parents.get(key)?.key ?? rootKey;
		const first = this.arrangement.children.get(parent)?.find((node) => node.kind === "group");
		const lately =
			name.by !== "month" &&
			(name.by !== "date" || (name.date !== "month" && name.date !== "older"));
		const open = name.by === "cwd" ? this.isAlone(key) : lately || first?.key === key;
		return open
			? vscode.TreeItemCollapsibleState.Expanded
			: vscode.TreeItemCollapsibleState.Collapsed;
	}

	/** Nothing stands beside it: collapsed, it would be all there is to see. */
	private isAlone(key: string): boolean {
		const parent = this.arrangement.parents.get(key)?.key ?? rootKey;
		return this.arrangement.children.get(parent)?.length === 1;
	}

	private countBelow(key: string): number {
		let count = 0;
		for (const node of this.arrangement.children.get(key) ?? []) {
			count += (node.kind === "session" ? 1 : 0) + this.countBelow(node.key);
		}
		return count;
	}

	private intern(node: TreeNode): TreeNode {
		const known = this.nodes.get(node.key);
		if (known) {
			return known;
		}
		this.nodes.set(node.key, node);
		return node;
	}
}

function container(
	key: string,
	label: string,
	count: number,
	state: vscode.TreeItemCollapsibleState,
): vscode.TreeItem {
	const item = new vscode.TreeItem(label, state);
	item.id = key;
	item.description = count > 0 ? count.toLocaleString(vscode.env.language) : "";
	item.contextValue = "group";
	return item;
}

/** "October 2026", in the language of the window. */
function monthLabel(month: string): string {
	const [year = 0, number = 1] = month.split("-").map(Number);
	const first = new Date(year, number - 1, 1);
	return first.toLocaleDateString(vscode.env.language, { month: "long", year: "numeric" });
}

function groupLabel(name: GroupName): string {
	switch (name.by) {
		case "pinned":
			return vscode.l10n.t("Pinned");
		case "agent":
			return groupedAgentLabel(name.agent);
		case "cwd":
			return name.cwd ? path.basename(name.cwd) || name.cwd : vscode.l10n.t("No folder");
		case "month":
			return monthLabel(name.month);
		case "date":
			switch (name.date) {
				case "today":
					return vscode.l10n.t("Today");
				case "yesterday":
					return vscode.l10n.t("Yesterday");
				case "week":
					return vscode.l10n.t("Previous 7 Days");
				case "month":
					return vscode.l10n.t("Previous 30 Days");
				case "older":
					return vscode.l10n.t("Older");
			}
	}
}
