import * as vscode from "vscode";
import { HumanError } from "../../base/errors.ts";
import type { SessionSummary } from "../../core/model/summary.ts";
import type { Daemons } from "../daemon/daemons.ts";
import { showError } from "../failures.ts";
import type { Prompts } from "../prompts.ts";
import type { SessionReader } from "../sessionReader.ts";
import { ownSource } from "../sessions/sessionList.ts";
import type { Stores } from "../stores.ts";
import { requireTrust } from "../stores.ts";
import { diskFolders } from "../workspace.ts";
import type { PromptChoice, PromptChoices } from "./composerChoices.ts";
import type { PromptImages } from "./composerImages.ts";
import type { SessionPrompts } from "./composerPrompts.ts";
import { LiveSessions } from "./liveSessions.ts";
import type { OpenTranscript } from "./openTranscript.ts";
import type { UntitledSessions } from "./untitledSessions.ts";

/** A session of ours that has a journal. */
export interface BegunSession {
	readonly id: string;
	readonly folder: string;
	/** Its journal was written, or imported, just now. */
	readonly isNew: boolean;
}

export interface LivePartsOptions {
	readonly daemons: Daemons;
	readonly choices: PromptChoices;
	readonly prompts: SessionPrompts;
	readonly images: PromptImages;
	readonly untitled: UntitledSessions;
	readonly stores: Stores;
	readonly reader: SessionReader;
	readonly ask: Prompts;
	readonly log: vscode.LogOutputChannel;
	/** Something was said in a session: its row is shown as it is now, and selected when it is a new one. */
	readonly show: (session: BegunSession) => Promise<void>;
	/** The folder to import a session into. */
	readonly chooseFolder: (title: string) => Promise<string>;
}

/** What the conversations of all editors of the window share. */
export class LiveParts {
	readonly daemons: Daemons;
	readonly choices: PromptChoices;
	readonly prompts: SessionPrompts;
	readonly images: PromptImages;
	readonly log: vscode.LogOutputChannel;
	readonly sessions = new LiveSessions();
	/** Questions that were answered from this window. */
	readonly answered = new Set<string>();
	private readonly options: LivePartsOptions;

	constructor(options: LivePartsOptions) {
		this.options = options;
		this.daemons = options.daemons;
		this.choices = options.choices;
		this.prompts = options.prompts;
		this.images = options.images;
		this.log = options.log;
	}

	/** Whether a session can be prompted from here: its folder is open, or there is one to import it into. */
	canKeep(folder: string | null): boolean {
		const open = diskFolders();
		return folder === null ? open.length > 0 : open.includes(folder);
	}

	/** The session as one of ours, with a journal. Nothing is written where no daemon can be had. */
	async begin({ session, transcript }: OpenTranscript): Promise<BegunSession> {
		requireTrust();
		const { summary } = transcript;
		if (summary.source !== ownSource) {
			return this.adopt(summary, session?.folder ?? null);
		}
		if (!session || session.folder === null) {
			throw new HumanError(
				"no-folder",
				vscode.l10n.t("The folder of this session is not open. Nothing was sent."),
			);
		}
		const { id, folder } = session;
		await this.daemons.of(folder).connect();
		const isNew = this.options.untitled.row(id) !== undefined;
		await this.options.untitled.begin(id);
		return { id, folder, isNew };
	}

	/** Something was said in the session. */
	show(session: BegunSession): Promise<void> {
		return this.options.show(session);
	}

	showError(error: unknown): void {
		showError(error, this.log, this.options.ask);
	}

	/** Imports a source's session; what was chosen for it counts for ours. */
	private async adopt(summary: SessionSummary, preferred: string | null): Promise<BegunSession> {
		const { stores, reader, chooseFolder, show } = this.options;
		const choice: PromptChoice | undefined = this.choices.of(summary, preferred);
		const folder = preferred ?? (await chooseFolder(vscode.l10n.t("Import Session")));
		await this.daemons.of(folder).connect();
		const { session } = await stores.writing(folder).adopt(reader.source(summary), summary);
		if (choice) {
			await this.choices.keep(session.id, choice);
		}
		const begun = { id: session.id, folder, isNew: true };
		await show(begun);
		return begun;
	}
}
