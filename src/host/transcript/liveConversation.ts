import * as vscode from "vscode";
import { DisposableStore } from "../../base/disposable.ts";
import { errorSentence, HumanError } from "../../base/errors.ts";
import type { DaemonClient } from "../../daemon/client/client.ts";
import type {
	AnsweredApproval,
	ComposerState,
	FromLivePage,
	LiveRun,
	ToLivePage,
} from "../../protocol/live.ts";
import type { FolderDaemon } from "../daemon/daemons.ts";
import { agentLabel } from "../sessions/agentLabels.ts";
import { ownSource } from "../sessions/sessionList.ts";
import { diskFolders } from "../workspace.ts";
import { offeredFiles } from "./composerFinder.ts";
import type { BegunSession, LiveParts } from "./liveParts.ts";
import type { Following } from "./liveSessions.ts";
import { LiveTextSender } from "./liveTexts.ts";
import type { OpenTranscript } from "./openTranscript.ts";
import { type PromptOutcome, PromptOutcomes } from "./promptOutcomes.ts";

type Of<T extends FromLivePage["type"]> = Extract<FromLivePage, { type: T }>;

/** What a conversation needs of the editor it belongs to. */
export interface ConversationPanel {
	readonly opened: OpenTranscript | undefined;
	post(message: ToLivePage): void;
	refresh(): Promise<void>;
}

/**
 * The live half of one transcript editor: its composer, the text that streams, the agent's questions.
 * Guarantees: a page that has just loaded is told everything there is; text that belongs to an item is told before the
 * record that completes it; nothing is told to a page that does not listen, and one that was away when a prompt was sent
 * is told what became of it.
 */
export class Conversation implements vscode.Disposable {
	private readonly panel: ConversationPanel;
	private readonly parts: LiveParts;
	private readonly disposables = new DisposableStore();
	private readonly sender: LiveTextSender;
	private listening = false;
	private closed = false;
	private wantsFocus = false;
	private followed:
		| {
				readonly client: DaemonClient;
				readonly session: string;
				readonly following: Following;
				readonly ends: vscode.Disposable;
		  }
		| undefined;
	private readonly sentTexts = new Map<string, string>();
	private readonly outcomes = new PromptOutcomes();
	/** The waiting prompt that is being changed here. */
	private editing: string | undefined;
	/** Texts for the box that no page was there to take. */
	private returned: string[] = [];

	constructor(panel: ConversationPanel, parts: LiveParts) {
		this.panel = panel;
		this.parts = parts;
		this.sender = new LiveTextSender((texts) => panel.post({ type: "live", texts }));
		const tell = () => this.tell();
		this.disposables.add(
			parts.daemons.onDidChange((daemon) => daemon.folder === this.folder && this.tell()),
		);
		this.disposables.add(parts.prompts.onDidChange((id) => id === this.id && this.tell()));
		this.disposables.add(parts.choices.onDidChange(tell));
		this.disposables.add(
			vscode.workspace.onDidChangeConfiguration(
				(event) => event.affectsConfiguration("skein") && this.tell(),
			),
		);
	}

	/** The page has loaded and knows nothing yet. */
	start(): void {
		this.listening = true;
		this.sentTexts.clear();
		this.parts.choices.refresh();
		this.panel.post({ type: "history", prompts: this.parts.prompts.history });
		this.tell();
		this.sender.restart(this.followed?.following.items.values() ?? []);
		for (const text of this.returned.splice(0)) {
			this.giveBack(text);
		}
		if (this.wantsFocus) {
			this.focusComposer();
		}
	}

	/** The page is gone; the next one begins with `start`. */
	stop(): void {
		this.listening = false;
	}

	/** Whether the page is told what is said or printed in an item as it comes. */
	streams(item: string): boolean {
		return this.followed?.following.items.has(item) ?? false;
	}

	/** The journal was read again: what is complete in it does not stream any more. */
	looked(): void {
		const following = this.followed?.following;
		const running = new Set(
			this.panel.opened?.transcript.rows
				.slice(-100)
				.filter((row) => row.kind === "item" && row.status === "running")
				.map(({ id }) => id),
		);
		for (const id of following?.items.keys() ?? []) {
			const isRow = this.panel.opened?.transcript.rows.slice(-100).some((row) => row.id === id);
			if (isRow && !running.has(id)) {
				following?.forget(id);
				this.sender.forget(id);
			}
		}
		this.tell();
	}

	/** Never throws: what goes wrong is shown. */
	async handle(message: FromLivePage): Promise<void> {
		switch (message.type) {
			case "prompt":
				return this.prompt(message);
			case "resume":
				return this.resume(message);
			case "editingQueued":
				return this.edits(message.id);
			case "attach":
				return this.attach(message);
			case "findFiles":
				return this.findFiles(message);
			case "openSetting":
				await vscode.commands.executeCommand("workbench.action.openSettings", message.setting);
				return;
			case "choose":
				await this.choose(message);
				return this.panel.post({ type: "focusComposer" });
			case "answer":
				return this.answer(message);
			default:
				return this.change(message);
		}
	}

	/** Puts the caret into the box, if there is one; when the page is not there yet, as soon as it is. */
	focusComposer(): void {
		this.wantsFocus = !this.listening;
		if (this.listening) {
			this.panel.post({ type: "focusComposer" });
		}
	}

	dispose(): void {
		this.listening = false;
		this.closed = true;
		if (this.id !== undefined && this.editing !== undefined) {
			void this.parts.prompts.abandonEdit(this.id, this.editing);
		}
		this.unfollow();
		this.sender.dispose();
		this.disposables.dispose();
	}

	private get id(): string | undefined {
		return this.panel.opened?.session?.id;
	}

	/** The folder whose daemon runs the session's turns; undefined for a session that is not ours (yet). */
	private get folder(): string | undefined {
		const { opened } = this.panel;
		const isOwn = opened?.transcript.summary.source === ownSource;
		return isOwn ? (opened?.session?.folder ?? undefined) : undefined;
	}

	private get daemon(): FolderDaemon | undefined {
		return this.folder === undefined || !vscode.workspace.isTrusted
			? undefined
			: this.parts.daemons.of(this.folder);
	}

	/** Tells the page how things stand, as far as that is news to it. */
	private tell(): void {
		if (!this.listening || !this.panel.opened) {
			return;
		}
		this.follow();
		this.news({ type: "composer", state: this.composerState() ?? null });
		const open = this.daemon?.approvals.filter(({ session }) => session === this.id) ?? [];
		this.news({ type: "approvals", open, answered: this.answered() });
	}

	private news(message: ToLivePage): void {
		const text = JSON.stringify(message);
		if (this.sentTexts.get(message.type) !== text) {
			this.sentTexts.set(message.type, text);
			this.panel.post(message);
		}
	}

	private composerState(): ComposerState | undefined {
		const { opened } = this.panel;
		const session = opened?.session;
		if (!opened || !session || !vscode.workspace.isTrusted || !this.parts.canKeep(session.folder)) {
			return undefined;
		}
		const { summary } = opened.transcript;
		const choice = this.parts.choices.of(summary, session.folder);
		const blocked = summary.trashed
			? { text: vscode.l10n.t("This session is in the trash. Restore it to go on with it.") }
			: this.parts.choices.problem(choice);
		const run = this.run();
		const { prompts, held, isDue, reason } = this.parts.prompts.queueOf(session.id);
		return {
			...(blocked ? { blocked } : {}),
			agent: choice?.agent.label ?? vscode.l10n.t("Agent"),
			model: choice?.model ?? null,
			sandbox: choice?.sandbox ?? null,
			canSteer: choice?.agent.driver === "codex",
			...(summary.source === ownSource ? {} : { imports: agentLabel(summary.source) }),
			...(run ? { run } : {}),
			queue: prompts,
			// A turn whose daemon is gone will never end.
			queueHeld: held || (!run && !isDue && !this.parts.prompts.isUnderWay(session.id)),
			...(held && reason !== undefined ? { queueReason: reason } : {}),
		};
	}

	private run(): LiveRun | undefined {
		const run = this.id === undefined ? undefined : this.daemon?.runOf(this.id);
		if (!run) {
			return undefined;
		}
		const { id, startedAt, client } = run;
		const status =
			run.status === "starting" || run.status === "waiting" ? run.status : ("running" as const);
		return { id, status, startedAt, client, mine: this.parts.prompts.isMine(run) };
	}

	private answered(): AnsweredApproval[] {
		const approvals = this.panel.opened?.transcript.approvals ?? [];
		return approvals.flatMap(({ id, item, turn, title, answered }) => {
			if (!answered) {
				return [];
			}
			const { outcome, label, client } = answered;
			const isOwn = this.parts.answered.has(id);
			return [
				{
					id,
					item: item ?? null,
					turn,
					title: typeof title === "string" ? title : "",
					outcome,
					...(label === undefined ? {} : { label }),
					...(client === undefined || isOwn ? {} : { by: client }),
				},
			];
		});
	}

	/** Follows the session at the daemon there is now. */
	private follow(): void {
		const client = this.daemon?.client;
		const session = this.id;
		if (this.followed?.client === client && this.followed?.session === session) {
			return;
		}
		this.unfollow();
		if (!client || session === undefined) {
			return;
		}
		const following = this.parts.sessions.follow(client, session);
		const ends = new DisposableStore();
		ends.add(following.onText((item) => this.sender.add(item)));
		ends.add(
			following.onGrown(() => {
				this.sender.flush();
				void this.panel.refresh();
			}),
		);
		this.followed = { client, session, following, ends };
		this.sender.restart(following.items.values());
	}

	private unfollow(): void {
		this.followed?.ends.dispose();
		this.followed?.following.dispose();
		this.followed = undefined;
	}

	private async prompt({ id, way, draft }: Of<"prompt">): Promise<void> {
		this.outcomes.begin(id);
		try {
			const session = await this.begin();
			const outcome = await this.parts.prompts.give(session.id, session.folder, draft, way);
			this.prompted({ type: "prompted", id, ...outcome });
			this.panel.post({ type: "history", prompts: this.parts.prompts.history });
			await this.parts.show(session);
			await this.panel.refresh();
		} catch (error) {
			this.parts.log.warn(errorSentence(error));
			// What was given is not back in the box because of what came after it.
			if (!this.outcomes.isSettled(id)) {
				const message = error instanceof vscode.CancellationError ? "" : errorSentence(error);
				const failed = { type: "prompted", id, outcome: "failed" } as const;
				this.prompted({ ...failed, ...(message ? { message } : {}) });
				if (this.closed) {
					// There is no box to put it into again: Arrow Up finds it in any.
					await this.parts.prompts.remember(draft.text);
					this.parts.showError(error);
				}
			}
		}
		this.tell();
	}

	/** Tells the page, and remembers it for the next one: this one may have gone since it asked. */
	private prompted(outcome: PromptOutcome): void {
		this.outcomes.settle(outcome);
		this.panel.post(outcome);
	}

	private async resume({ prompts, editing }: Of<"resume">): Promise<void> {
		for (const outcome of this.outcomes.of(prompts)) {
			this.panel.post(outcome);
		}
		await this.edits(editing);
	}

	/** What is being changed, in place of what was. */
	private async edits(prompt: string | null): Promise<void> {
		const { id: session, editing } = this;
		if (session === undefined) {
			return;
		}
		this.editing = prompt ?? undefined;
		if (prompt !== null) {
			this.parts.prompts.beginEdit(session, prompt);
		}
		if (editing !== undefined && editing !== prompt) {
			await this.parts.prompts.endEdit(session, editing);
		}
	}

	/** Puts a text into the box that came too late for the queue. */
	private giveBack(text: string): void {
		if (this.listening) {
			this.panel.post({ type: "returned", text });
		} else {
			this.returned.push(text);
		}
	}

	/** The session as one of ours, with a journal: a new one is written, a source's is imported. */
	private async begin(): Promise<BegunSession> {
		const opened = this.panel.opened;
		if (!opened?.session) {
			throw new HumanError(
				"no-session",
				vscode.l10n.t(
					"This transcript is of a file that is no session of the workspace. Nothing was sent.",
				),
			);
		}
		const session = await this.parts.begin(opened);
		await this.panel.refresh();
		return session;
	}

	private async attach({ id, name, mime, bytes }: Of<"attach">): Promise<void> {
		try {
			const image = await this.parts.images.put(name, mime, bytes);
			this.panel.post({ type: "attached", id, image });
		} catch (error) {
			this.panel.post({ type: "attached", id, refused: errorSentence(error) });
		}
	}

	private async findFiles({ query, text }: Of<"findFiles">): Promise<void> {
		const folder =
			this.panel.opened?.session?.folder ?? vscode.workspace.workspaceFolders?.[0]?.uri.fsPath;
		const paths = folder === undefined ? [] : await offeredFiles(folder, text);
		this.panel.post({ type: "files", query, paths });
	}

	private async answer({ approval, option, answers }: Of<"answer">): Promise<void> {
		const { daemon } = this;
		this.parts.answered.add(approval);
		try {
			const client = await daemon?.connect();
			await client?.call("answer", {
				approval,
				option,
				answers: Object.fromEntries(
					Object.entries(answers).map(([question, given]) => [question, [...given]]),
				),
			});
		} catch (error) {
			this.parts.answered.delete(approval);
			const isOver =
				error instanceof HumanError &&
				(error.reason === "answered" || error.reason === "no-such-approval");
			// The card says so itself: it is answered, and by whom is in the journal.
			if (!isOver) {
				this.parts.showError(error);
				this.panel.post({ type: "released", approval });
			}
		}
		await this.panel.refresh();
		this.tell();
	}

	private async change(
		message: Of<"stop" | "removeQueued" | "editQueued" | "sendQueued">,
	): Promise<void> {
		const { id, folder } = this;
		if (id === undefined || folder === undefined) {
			return;
		}
		const { prompts } = this.parts;
		try {
			switch (message.type) {
				case "stop":
					return await prompts.stop(id, folder);
				case "removeQueued":
					return await prompts.removeQueued(id, message.id);
				case "editQueued":
					this.editing = undefined;
					if (!(await prompts.editQueued(id, message.id, message.text))) {
						this.giveBack(message.text);
					}
					return;
				case "sendQueued":
					await prompts.sendQueued(id, message.id);
			}
		} catch (error) {
			this.parts.showError(error);
			if (message.type === "stop") {
				this.panel.post({ type: "stopFailed" });
			}
		}
	}

	private async choose({ what }: Of<"choose">): Promise<void> {
		const { opened } = this.panel;
		if (opened) {
			const folder = opened.session?.folder ?? diskFolders()[0];
			await this.parts.choices.choose(opened.transcript.summary, what, folder);
		}
	}
}
