import * as vscode from "vscode";
import type { ItemAction } from "../../protocol/webview.ts";
import type { CommandId } from "../contributions.ts";
import { commandIds } from "../contributions.ts";
import { showError } from "../failures.ts";
import type { Prompts } from "../prompts.ts";
import type { Stores } from "../stores.ts";
import { requireTrust } from "../stores.ts";
import { openLink, openPath } from "./links.ts";
import type { PanelRequest, TranscriptPanel } from "./transcriptPanel.ts";
import type { VirtualDocuments } from "./virtualDocuments.ts";

const actionCommands: Record<ItemAction, CommandId> = {
	fork: commandIds.forkFromHere,
	revert: commandIds.revertToHere,
	copy: commandIds.copyItem,
	copyLink: commandIds.copyItemLink,
	addNote: commandIds.addNoteHere,
};

/** Does what a page asks for, by the same commands that menus and keys run. */
export class PageRequests {
	private readonly documents: VirtualDocuments;
	private readonly stores: Stores;
	private readonly log: vscode.LogOutputChannel;
	private readonly prompts: Prompts;

	constructor(
		documents: VirtualDocuments,
		stores: Stores,
		log: vscode.LogOutputChannel,
		prompts: Prompts,
	) {
		this.documents = documents;
		this.stores = stores;
		this.log = log;
		this.prompts = prompts;
	}

	/** Never throws: what goes wrong is shown. */
	async handle(panel: TranscriptPanel, request: PanelRequest): Promise<void> {
		try {
			await this.doIt(panel, request);
		} catch (error) {
			showError(error, this.log, this.prompts);
		}
	}

	private async doIt(panel: TranscriptPanel, request: PanelRequest): Promise<void> {
		const session = panel.session ?? {};
		switch (request.type) {
			case "itemAction":
				return run(actionCommands[request.action], { ...session, item: request.item });
			case "sessionAction":
				// Another session is imported, not the one in front.
				return run(commandIds[request.action], request.action === "importSession" ? null : session);
			case "openSession":
				return run(commandIds.openSession, { id: request.id });
			case "switchBranch":
				return run(commandIds.switchBranch, session);
			case "acknowledgeDamage":
				return run(commandIds.acknowledgeDamage, session);
			case "openLink":
				return openLink(panel, request.href);
			case "openFile":
				return this.openFile(panel, request.item, request.path);
			case "removeNote":
				return this.removeNote(panel, request.note);
		}
	}

	/** The item's change of that file as a diff; else the file itself, if it lies in an open folder. */
	private async openFile(panel: TranscriptPanel, id: string, file: string): Promise<void> {
		const item = await panel.item(id);
		if (item && (await this.documents.showChange(panel.uri, item, file))) {
			return;
		}
		await openPath(panel, { path: file });
	}

	private async removeNote(panel: TranscriptPanel, note: string): Promise<void> {
		requireTrust();
		const { session } = panel;
		if (session && session.folder !== null) {
			const open = await this.stores.writing(session.folder).open(session.id);
			await open.removeNote(note);
			await panel.refresh();
		}
	}
}

async function run(command: CommandId, target: object | null): Promise<void> {
	await vscode.commands.executeCommand(command, target);
}
