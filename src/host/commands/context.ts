import type * as vscode from "vscode";
import type { Source } from "../../core/sources/source.ts";
import type { CatalogueClient } from "../catalogueClient.ts";
import type { WorkspaceCheckpoints } from "../checkpoints/workspaceCheckpoints.ts";
import type { CommandName } from "../contributions.ts";
import type { DaemonErrors } from "../daemon/daemonErrors.ts";
import type { Daemons } from "../daemon/daemons.ts";
import type { ProtocolRecording } from "../daemon/recording.ts";
import type { DoctorDocuments } from "../doctor/doctorDocuments.ts";
import type { Prompts } from "../prompts.ts";
import type { SessionSearch } from "../search/sessionSearch.ts";
import type { SessionReader } from "../sessionReader.ts";
import type { SessionList } from "../sessions/sessionList.ts";
import type { Stores } from "../stores.ts";
import type { TerminalCommand } from "../terminalCommand.ts";
import type { TranscriptEditors } from "../transcript/transcriptEditors.ts";
import type { UntitledSessions } from "../transcript/untitledSessions.ts";
import type { VirtualDocuments } from "../transcript/virtualDocuments.ts";
import type { SessionViews } from "../views/sessionViews.ts";
import type { Targets } from "./targets.ts";

/** What commands work with. */
export interface CommandContext {
	/** `<publisher>.<name>`, for links. */
	readonly extensionId: string;
	readonly log: vscode.LogOutputChannel;
	readonly prompts: Prompts;
	readonly list: SessionList;
	readonly catalogue: CatalogueClient;
	readonly reader: SessionReader;
	readonly stores: Stores;
	readonly untitled: UntitledSessions;
	readonly sources: readonly Source[];
	readonly daemons: Daemons;
	readonly daemonErrors: DaemonErrors;
	readonly recording: ProtocolRecording;
	readonly views: SessionViews;
	readonly editors: TranscriptEditors;
	readonly documents: VirtualDocuments;
	readonly checkpoints: WorkspaceCheckpoints;
	readonly targets: Targets;
	readonly terminalCommand: TerminalCommand;
	readonly search: SessionSearch;
	readonly doctor: DoctorDocuments;
}

/** A command's work. What it returns is for callers by API; what it throws is shown to the person. */
export type Handler = (...args: unknown[]) => Promise<unknown>;
export type Handlers<N extends CommandName = CommandName> = Readonly<Record<N, Handler>>;
