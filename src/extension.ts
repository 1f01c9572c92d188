import * as path from "node:path";
import type * as vscode from "vscode";
import { window } from "vscode";
import { userLocations } from "./core/locations.ts";
import { createSources } from "./core/sources/sources.ts";
import type { SkeinApi } from "./host/api.ts";
import { createApi } from "./host/api.ts";
import { BackgroundIndexing } from "./host/backgroundIndexing.ts";
import { CatalogueClient } from "./host/catalogueClient.ts";
import { WorkspaceCheckpoints } from "./host/checkpoints/workspaceCheckpoints.ts";
import { showSaid } from "./host/commands/changes.ts";
import { chooseFolder } from "./host/commands/folders.ts";
import { registerCommands } from "./host/commands/register.ts";
import { Targets } from "./host/commands/targets.ts";
import { ContextKeys } from "./host/contextKeys.ts";
import { AgentModels } from "./host/daemon/agentModels.ts";
import { AgentNames } from "./host/daemon/agentNames.ts";
import { configuredAgents } from "./host/daemon/agents.ts";
import { Attention } from "./host/daemon/attention.ts";
import { DaemonErrors } from "./host/daemon/daemonErrors.ts";
import { Daemons } from "./host/daemon/daemons.ts";
import { ProtocolRecording } from "./host/daemon/recording.ts";
import { SessionActivity } from "./host/daemon/sessionActivity.ts";
import { DaemonStatusItem } from "./host/daemon/statusItem.ts";
import { DoctorDocuments } from "./host/doctor/doctorDocuments.ts";
import { currentScopes, followWorkspace } from "./host/followWorkspace.ts";
import { registerSessionTools } from "./host/languageModelTools.ts";
import { Links } from "./host/links.ts";
import { createPrompts } from "./host/scriptedPrompts.ts";
import { SessionSearch } from "./host/search/sessionSearch.ts";
import { SessionReader } from "./host/sessionReader.ts";
import { SessionList } from "./host/sessions/sessionList.ts";
import { Stores } from "./host/stores.ts";
import { TerminalCommand } from "./host/terminalCommand.ts";
import { PromptChoices } from "./host/transcript/composerChoices.ts";
import { PromptImages } from "./host/transcript/composerImages.ts";
import { SessionPrompts } from "./host/transcript/composerPrompts.ts";
import { IndexedOpening } from "./host/transcript/indexedOpening.ts";
import { LiveParts } from "./host/transcript/liveParts.ts";
import { PageRequests } from "./host/transcript/pageRequests.ts";
import { TranscriptEditors } from "./host/transcript/transcriptEditors.ts";
import { TranscriptOpener } from "./host/transcript/transcriptOpener.ts";
import { UntitledSessions } from "./host/transcript/untitledSessions.ts";
import { VirtualDocuments } from "./host/transcript/virtualDocuments.ts";
import { RunsView } from "./host/views/runsView.ts";
import { SessionViews } from "./host/views/sessionViews.ts";
import { WarningDecorations } from "./host/views/warningDecorations.ts";

/** Builds and wires the parts. Nothing is awaited here: work starts when a view, a command or a terminal wants it. */
export function activate(context: vscode.ExtensionContext): SkeinApi {
	const own = <T extends vscode.Disposable>(part: T): T => {
		context.subscriptions.push(part);
		return part;
	};
	const log = own(window.createOutputChannel("Skein", { log: true }));
	const prompts = createPrompts(context.extensionMode);
	const contextKeys = own(new ContextKeys());
	const locations = userLocations({ ...process.env });
	const sources = createSources(locations);

	const worker = path.join(context.extensionPath, "dist", "catalogueWorker.js");
	const catalogue = own(new CatalogueClient(worker, currentScopes(sources, locations), log));
	const list = new SessionList();
	const stores = new Stores(locations);
	const untitled = new UntitledSessions(stores);
	const reader = new SessionReader(list, catalogue, stores, sources, untitled);
	const opener = new TranscriptOpener(reader, list, sources, new IndexedOpening(catalogue, stores));

	const script = path.join(context.extensionPath, "dist", "daemon.js");
	const version = String(context.extension.packageJSON.version);
	const memory = context.workspaceState;
	const daemons = own(new Daemons({ script, version, memory, log }));
	const daemonErrors = own(new DaemonErrors(daemons));
	own(
		new AgentNames({
			list,
			clientOf: (folder) => daemons.of(folder).client,
			agentOf: (id, folder) => configuredAgents(folder).find((agent) => agent.id === id)?.spec,
			failed: (sentence) => log.warn(sentence),
		}),
	);
	const recording = own(new ProtocolRecording(daemons, prompts));
	const status = own(new DaemonStatusItem(daemons, recording, contextKeys));
	const runs = own(new RunsView(daemons, list, catalogue));

	const activity = own(new SessionActivity(daemons));
	const views = own(new SessionViews(list, catalogue, activity, contextKeys));
	const indexing = own(new BackgroundIndexing(catalogue, views.firstDrawn, log));
	const decorations = own(new WarningDecorations(list));
	const documents = own(new VirtualDocuments(opener));
	const checkpoints = own(new WorkspaceCheckpoints(locations));
	const requests = new PageRequests(documents, stores, log, prompts);
	const { extensionUri } = context;
	const choices = new PromptChoices(memory, prompts, list, new AgentModels(daemons));
	const images = new PromptImages(context.storageUri);
	const given = { daemons, recording, images, memory, log, choices, reader };
	const sessionPrompts = own(new SessionPrompts(given));
	const live = new LiveParts({
		...{ daemons, choices, images, untitled, stores, reader, log },
		prompts: sessionPrompts,
		ask: prompts,
		show: (session) => showSaid(all, session),
		chooseFolder: (title) => chooseFolder(all, title),
	});
	const transcripts = { extensionUri, log, contextKeys, opener, requests, live, untitled };
	const editors = own(new TranscriptEditors(transcripts));
	const targets = new Targets(list, catalogue, reader, views, editors, prompts);
	const { id: extensionId } = context.extension;
	const parts = { extensionId, log, prompts, list, catalogue, reader, stores, sources, untitled };
	const running = { live, daemons, daemonErrors, recording, status, runs };
	const doctor = own(new DoctorDocuments(catalogue, list));
	const terminalCommand = new TerminalCommand({
		storage: context.globalStorageUri,
		cli: path.join(context.extensionPath, "dist", "cli.js"),
		variables: context.environmentVariableCollection,
		env: process.env,
	});
	const search = new SessionSearch(catalogue, list, context.workspaceState);
	const all = {
		...parts,
		...running,
		views,
		editors,
		documents,
		checkpoints,
		targets,
		terminalCommand,
		search,
		doctor,
	};
	own(registerCommands(all));
	own(registerSessionTools(catalogue, reader));
	const links = own(new Links(log));
	own(followWorkspace({ ...all, decorations, indexing, locations }));
	own(new Attention(all));
	daemons.follow();
	terminalCommand.provide().catch((error) => log.error(error));
	return createApi(context.extensionMode, all, links);
}
