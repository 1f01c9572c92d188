/**
 * Every name that package.json and the code share, typed once. `contributions.test.ts` holds both sides to it, and the
 * `Record`s over these types make a forgotten handler or setting a compile error.
 */

import type { KeepSources } from "../protocol/catalogue.ts";
import type { ApprovalPolicy, SandboxMode } from "../protocol/daemon.ts";

/** Commands, by the name the code uses. */
export const commandIds = {
	newSession: "skein.newSession",
	openSession: "skein.openSession",
	openAsText: "skein.openAsText",
	renameSession: "skein.renameSession",
	forkSession: "skein.forkSession",
	forkFromHere: "skein.forkFromHere",
	archiveSession: "skein.archiveSession",
	unarchiveSession: "skein.unarchiveSession",
	deleteSession: "skein.deleteSession",
	restoreSession: "skein.restoreSession",
	purgeSession: "skein.purgeSession",
	pinSession: "skein.pinSession",
	unpinSession: "skein.unpinSession",
	addTag: "skein.addTag",
	removeTag: "skein.removeTag",
	addNote: "skein.addNote",
	addNoteHere: "skein.addNoteHere",
	revertToHere: "skein.revertToHere",
	undoRevert: "skein.undoRevert",
	switchBranch: "skein.switchBranch",
	showTurnChanges: "skein.showTurnChanges",
	restoreFilesToHere: "skein.restoreFilesToHere",
	undoRestoreFiles: "skein.undoRestoreFiles",
	forkIntoWorktree: "skein.forkIntoWorktree",
	replaySession: "skein.replaySession",
	replayToggle: "skein.replay.toggle",
	replayNextItem: "skein.replay.nextItem",
	replayPreviousItem: "skein.replay.previousItem",
	replayNextTurn: "skein.replay.nextTurn",
	replayPreviousTurn: "skein.replay.previousTurn",
	replayFaster: "skein.replay.faster",
	replaySlower: "skein.replay.slower",
	replayToStart: "skein.replay.toStart",
	replayToEnd: "skein.replay.toEnd",
	replayStop: "skein.replay.stop",
	copySelection: "skein.copySelection",
	copyItem: "skein.copyItem",
	copyLink: "skein.copyLink",
	copyItemLink: "skein.copyItemLink",
	revealJournal: "skein.revealJournal",
	importSession: "skein.importSession",
	importSessions: "skein.importSessions",
	resumeInTerminal: "skein.resumeInTerminal",
	acknowledgeDamage: "skein.acknowledgeDamage",
	restoreKept: "skein.restoreKept",
	searchSessions: "skein.searchSessions",
	sessionsThatChanged: "skein.sessionsThatChanged",
	stopIndexing: "skein.stopIndexing",
	rebuildIndex: "skein.rebuildIndex",
	cleanUp: "skein.cleanUp",
	doctor: "skein.doctor",
	refresh: "skein.refresh",
	groupBy: "skein.groupBy",
	sortBy: "skein.sortBy",
	filter: "skein.filter",
	clearFilter: "skein.clearFilter",
	showLog: "skein.showLog",
	installCommand: "skein.installCommand",
	startDaemon: "skein.startDaemon",
	stopDaemon: "skein.stopDaemon",
	restartDaemon: "skein.restartDaemon",
	showDaemonLog: "skein.showDaemonLog",
	showLastDaemonError: "skein.showLastDaemonError",
	daemonActions: "skein.daemonActions",
	recordProtocol: "skein.recordProtocol",
	answerApproval: "skein.answerApproval",
	stopRun: "skein.stopRun",
	openRun: "skein.openRun",
	focusComposer: "skein.focusComposer",
	chooseAgent: "skein.chooseAgent",
} as const;
export type CommandName = keyof typeof commandIds;
export type CommandId = (typeof commandIds)[CommandName];

export const viewIds = {
	sessions: "skein.sessions",
	runs: "skein.runs",
	archived: "skein.archived",
	trash: "skein.trash",
} as const;
/** The three shelves a session can stand on, each a view. */
export type Shelf = Exclude<keyof typeof viewIds, "runs">;
export const shelves: readonly Shelf[] = ["sessions", "archived", "trash"];

export const viewContainerId = "skein";
export const walkthroughId = "skein.start";

/** Context keys that package.json's `when` clauses read. Few, and set only through `ContextKeys`. */
export const contextKeys = {
	/** The catalogue has not answered yet. */
	loading: "skein.loading",
	/** Sessions are being read for the search index. */
	indexing: "skein.indexing",
	/** A filter is in force. */
	filtered: "skein.filtered",
	/** The active editor is a transcript that is being replayed. */
	replaying: "skein.replaying",
	/** A daemon of an open folder runs. */
	daemonRuns: "skein.daemonRuns",
	/** A run is not over. */
	runLive: "skein.runLive",
	/** A question of an agent's is open. */
	approvalOpen: "skein.approvalOpen",
} as const;
export type ContextKey = keyof typeof contextKeys;

export const groupings = ["date", "agent", "lineage", "none"] as const;
export type GroupBy = (typeof groupings)[number];
export const keepings = ["thisFolder", "all", "off"] as const satisfies readonly KeepSources[];
export const sandboxes = [
	"read-only",
	"workspace-write",
	"danger-full-access",
] as const satisfies readonly SandboxMode[];
export const approvalPolicies = [
	"untrusted",
	"on-request",
	"never",
] as const satisfies readonly ApprovalPolicy[];
export const sortings = ["updated", "created", "title"] as const;
export type SortBy = (typeof sortings)[number];

/** Settings and their types; defaults stand in package.json. */
export interface Settings {
	"skein.sessions.groupBy": GroupBy;
	"skein.sessions.sortBy": SortBy;
	"skein.confirmDelete": boolean;
	"skein.codex.path": string;
	/** By name; what an entry holds is checked where it is used. */
	"skein.agents": Readonly<Record<string, unknown>>;
	"skein.sandbox": SandboxMode;
	"skein.approvals": ApprovalPolicy;
	/** Minutes. */
	"skein.daemon.idleTimeout": number;
	"skein.sources.keep": KeepSources;
	"skein.checkpoints": boolean;
}
export type SettingName = keyof Settings;
export const settingNames = {
	"skein.sessions.groupBy": true,
	"skein.sessions.sortBy": true,
	"skein.confirmDelete": true,
	"skein.codex.path": true,
	"skein.agents": true,
	"skein.sandbox": true,
	"skein.approvals": true,
	"skein.daemon.idleTimeout": true,
	"skein.sources.keep": true,
	"skein.checkpoints": true,
} satisfies Record<SettingName, true>;

/** The transcript editor, under two names: VS Code gives each selector's priority to a view type. */
export const editorTypes = {
	/** Sessions and the journals of a store: opened as transcripts. */
	transcript: "skein.transcript",
	/** Any other file that may be an agent's session: offered by *Reopen Editor With...*. */
	sessionFile: "skein.sessionFile",
} as const;

export const schemes = {
	/** `skein:/<source>/<id>`: a session, opened as a transcript. */
	session: "skein",
	/** The same as Markdown text. */
	text: "skein-text",
	/** One side of a recorded file change. */
	change: "skein-change",
	/** A file as a checkpoint holds it. */
	checkpoint: "skein-checkpoint",
	/** The doctor's report. */
	doctor: "skein-doctor",
	/** What a daemon says about itself. */
	daemon: "skein-daemon",
} as const;

/** Words of a tree row's `contextValue`; package.json matches them with `viewItem =~ /\bword\b/`. */
export type RowToken =
	| "session"
	/** Ours: can be written. */
	| "own"
	/** A source's: read-only until it is imported. */
	| "foreign"
	/** Its name and its archive mark can be changed: ours, and Codex's own. */
	| "nameable"
	| "active"
	| "archived"
	| "trashed"
	| "pinned"
	| "unpinned"
	| "tagged"
	| "damaged"
	| "codex"
	| "kept"
	| "problem"
	| "group"
	| "run"
	| "live"
	| "over"
	| "waiting"
	| "approval";
