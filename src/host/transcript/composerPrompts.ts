import * as vscode from "vscode";
import { DisposableStore } from "../../base/disposable.ts";
import { errorSentence, HumanError } from "../../base/errors.ts";
import { Emitter, type Event } from "../../base/event.ts";
import type { DaemonEvent, PromptInput, RunRecord } from "../../protocol/daemon.ts";
import type { PromptDraft, PromptWay, QueuedPrompt } from "../../protocol/live.ts";
import type { Daemons } from "../daemon/daemons.ts";
import type { ProtocolRecording } from "../daemon/recording.ts";
import type { SessionReader } from "../sessionReader.ts";
import { readSetting } from "../settings.ts";
import type { PromptChoice, PromptChoices } from "./composerChoices.ts";
import type { PromptImages } from "./composerImages.ts";
import { type KeptQueue, PromptQueue } from "./composerQueue.ts";

export interface PromptsParts {
	readonly daemons: Daemons;
	readonly recording: ProtocolRecording;
	readonly images: PromptImages;
	readonly memory: vscode.Memento;
	readonly log: vscode.LogOutputChannel;
	readonly choices: PromptChoices;
	readonly reader: SessionReader;
}

export interface Outcome {
	readonly outcome: "sent" | "queued" | "steered";
	/** What the person should know beside. */
	readonly message?: string;
}

/** It cannot be given now, but later. */
interface MustWait {
	readonly outcome: "waits";
	readonly message?: string;
}

const queuesKey = "composer.queues";
const runsKey = "composer.runs";
const historyKey = "composer.history";
/** Prompts that one can go back to, and runs that are known as this window's. */
const remembered = 100;

/**
 * Gives prompts to the daemons, and keeps those that wait. One for the whole window: a queue goes on while its transcript
 * is hidden or closed, and over a reload.
 * Guarantees: a prompt that could not be given is still somewhere, in the box or in the queue; the next one of a queue is
 * given at most once, and only after a turn that completed.
 */
export class SessionPrompts implements vscode.Disposable {
	/** What waits in a session, or whose its run is, has changed. */
	readonly onDidChange: Event<string>;
	private readonly parts: PromptsParts;
	private readonly changed = new Emitter<string>();
	private readonly disposables = new DisposableStore();
	private readonly queues = new Map<string, PromptQueue>();
	/** Sessions with a prompt of this window's on its way. */
	private readonly underWay = new Set<string>();
	private readonly mine: Set<string>;

	constructor(parts: PromptsParts) {
		this.parts = parts;
		this.onDidChange = this.changed.event;
		this.mine = new Set(parts.memory.get<string[]>(runsKey));
		const kept = parts.memory.get<Record<string, KeptQueue>>(queuesKey) ?? {};
		for (const [session, queue] of Object.entries(kept)) {
			this.queues.set(session, new PromptQueue(queue.folder, queue));
		}
		this.disposables.add(
			parts.daemons.onEvent(({ event }) => {
				if (event.type === "run.ended" && event.session !== undefined) {
					this.turnEnded(event.session, event);
				}
			}),
		);
	}

	dispose(): void {
		this.disposables.dispose();
	}

	/** Whether this window has asked for the run. */
	isMine({ id, session }: RunRecord): boolean {
		return this.mine.has(id) || this.underWay.has(session);
	}

	/** Whether a prompt of this window's is on its way to the session's daemon. */
	isUnderWay(session: string): boolean {
		return this.underWay.has(session);
	}

	queueOf(session: string): Pick<PromptQueue, "prompts" | "held" | "isDue" | "reason"> {
		const none = { prompts: [], held: false, isDue: false, reason: undefined };
		return this.queues.get(session) ?? none;
	}

	get history(): readonly string[] {
		return this.parts.memory.get<string[]>(historyKey) ?? [];
	}

	/** A prompt that the person can go back to. */
	async remember(text: string): Promise<void> {
		if (text.trim() !== "") {
			const others = this.history.filter((each) => each !== text);
			await this.parts.memory.update(historyKey, [...others, text].slice(-remembered));
		}
	}

	/** Gives a prompt to one of our sessions. Throws what sending throws; then nothing was sent and nothing waits. */
	async give(
		session: string,
		folder: string,
		draft: PromptDraft,
		way: PromptWay,
	): Promise<Outcome> {
		const attempt = await this.attempt(session, folder, draft, way);
		return attempt.outcome === "waits"
			? this.wait(session, folder, attempt, (queue) => queue.add(draft))
			: attempt;
	}

	/** Ends the turn that runs. */
	async stop(session: string, folder: string): Promise<void> {
		const client = await this.parts.daemons.of(folder).connect();
		try {
			await client.call("interrupt", { session });
		} catch (error) {
			if (!(error instanceof HumanError) || error.reason !== "not-running") {
				throw error;
			}
		}
	}

	async removeQueued(session: string, id: string): Promise<void> {
		this.queues.get(session)?.take(id);
		await this.goOn(session);
	}

	/** Somebody changes a prompt that waits: it is not sent until they have, or have left it. */
	beginEdit(session: string, id: string): void {
		this.queues.get(session)?.beginEdit(id);
	}

	/** False when the prompt does not wait any more, so that nothing was changed. */
	async editQueued(session: string, id: string, text: string): Promise<boolean> {
		const waits = this.queues.get(session)?.edit(id, text) ?? false;
		await this.goOn(session);
		return waits;
	}

	/** It stays as it was. */
	async endEdit(session: string, id: string): Promise<void> {
		this.queues.get(session)?.endEdit(id);
		await this.goOn(session);
	}

	/** Its editor is gone, and nobody knows what the person meant: what would have been sent meanwhile is held. */
	async abandonEdit(session: string, id: string): Promise<void> {
		const queue = this.queues.get(session);
		queue?.endEdit(id);
		if (queue?.isDue) {
			queue.hold();
		}
		await this.keepQueues(session);
	}

	/**
	 * Sends a prompt that waits: as a turn of its own, or into the one that runs. One that cannot be sent waits again,
	 * where it was. Throws why, unless it stands beside the queue.
	 */
	async sendQueued(session: string, id: string): Promise<Outcome | undefined> {
		const queue = this.queues.get(session);
		const place = queue?.placeOf(id) ?? -1;
		const prompt = queue?.take(id);
		if (!queue || !prompt) {
			return undefined;
		}
		const { folder } = queue;
		try {
			const attempt = await this.attempt(session, folder, prompt, "steer");
			return attempt.outcome === "waits"
				? await this.wait(session, folder, attempt, (now) => now.putBack(prompt, place))
				: attempt;
		} catch (error) {
			if (this.parts.daemons.of(folder).runOf(session)) {
				this.queueFor(session, folder).putBack(prompt, place);
				throw error;
			}
			this.hold(session, folder, prompt, place, error);
			return { outcome: "queued" };
		} finally {
			await this.keepQueues(session);
		}
	}

	/** Gives a prompt to the daemon, if it can be given now. */
	private async attempt(
		session: string,
		folder: string,
		draft: PromptDraft,
		way: PromptWay,
	): Promise<Outcome | MustWait> {
		const run = this.parts.daemons.of(folder).runOf(session);
		if (!run && !this.underWay.has(session)) {
			return this.begin(session, folder, draft);
		}
		if (run && !this.isMine(run)) {
			throw new HumanError(
				"busy",
				vscode.l10n.t("{0} runs a turn of this session. Nothing was sent.", run.client),
			);
		}
		return way === "steer" ? this.steer(session, folder, draft) : { outcome: "waits" };
	}

	private async begin(
		session: string,
		folder: string,
		draft: PromptDraft,
	): Promise<Outcome | MustWait> {
		try {
			await this.send(session, folder, draft);
			return { outcome: "sent" };
		} catch (error) {
			const run = this.parts.daemons.of(folder).runOf(session);
			if (error instanceof HumanError && error.reason === "busy" && run && this.isMine(run)) {
				return { outcome: "waits" };
			}
			throw error;
		}
	}

	private async send(session: string, folder: string, draft: PromptDraft): Promise<void> {
		const { daemons, recording } = this.parts;
		this.underWay.add(session);
		try {
			const choice = await this.choiceOf(session, folder);
			const { agent, model, sandbox } = choice;
			const client = await daemons.of(folder).connect();
			const { run, recording: file } = await client.call("prompt", {
				session,
				input: await this.inputOf(draft),
				agent: agent.spec,
				...(model === undefined ? {} : { model }),
				...(sandbox === undefined ? {} : { sandbox }),
				approvals: readSetting("skein.approvals", folder),
				checkpoints: readSetting("skein.checkpoints", folder),
				record: recording.isOn,
			});
			recording.began(run, file);
			await this.parts.choices.keep(session, choice);
			await this.own(run);
			await this.remember(draft.text);
			this.queues.get(session)?.turnStarted();
		} finally {
			this.underWay.delete(session);
			this.changed.fire(session);
		}
	}

	private async steer(
		session: string,
		folder: string,
		draft: PromptDraft,
	): Promise<Outcome | MustWait> {
		try {
			const client = await this.parts.daemons.of(folder).connect();
			await client.call("steer", { session, input: await this.inputOf(draft) });
			await this.remember(draft.text);
			return { outcome: "steered" };
		} catch (error) {
			const reason = error instanceof HumanError ? error.reason : undefined;
			if (reason !== "cannot-steer" && reason !== "not-running") {
				throw error;
			}
			const why = errorSentence(error);
			return {
				outcome: "waits",
				message: vscode.l10n.t("{0} The prompt waits until the turn ends.", why),
			};
		}
	}

	private async wait(
		session: string,
		folder: string,
		{ message }: MustWait,
		put: (queue: PromptQueue) => void,
	): Promise<Outcome> {
		const queue = this.queueFor(session, folder);
		put(queue);
		await this.keepQueues(session);
		// The turn may have ended while the prompt was on its way here.
		const daemon = this.parts.daemons.of(folder);
		if (daemon.client && !daemon.runOf(session) && !this.underWay.has(session)) {
			const next = queue.next();
			if (next && (await this.sendNext(session, folder, next))) {
				return { outcome: "sent" };
			}
		}
		return { outcome: "queued", ...(message === undefined ? {} : { message }) };
	}

	private queueFor(session: string, folder: string): PromptQueue {
		const queue = this.queues.get(session) ?? new PromptQueue(folder);
		this.queues.set(session, queue);
		return queue;
	}

	private turnEnded(session: string, { detail }: DaemonEvent): void {
		const run = detail?.["run"];
		const queue = this.queues.get(session);
		if (!queue || typeof run !== "string" || !this.mine.has(run)) {
			return;
		}
		const next = queue.turnEnded(detail?.["status"] === "completed");
		if (next) {
			void this.sendNext(session, queue.folder, next);
		} else {
			void this.keepQueues(session);
		}
	}

	/** What waits has changed, or nobody changes it any more. */
	private async goOn(session: string): Promise<void> {
		const queue = this.queues.get(session);
		const next = queue?.due();
		if (queue && next) {
			await this.sendNext(session, queue.folder, next);
		} else {
			await this.keepQueues(session);
		}
	}

	/** Whether it was sent. Never rejects: a prompt that cannot be sent waits, held, where it was. */
	private async sendNext(session: string, folder: string, next: QueuedPrompt): Promise<boolean> {
		try {
			await this.send(session, folder, next);
			return true;
		} catch (error) {
			this.hold(session, folder, next, 0, error);
			return false;
		} finally {
			await this.keepQueues(session);
		}
	}

	/** Puts a prompt that could not be sent back, with the reason for the person. */
	private hold(
		session: string,
		folder: string,
		prompt: QueuedPrompt,
		place: number,
		error: unknown,
	): void {
		this.parts.log.warn(`A prompt that waited was not sent: ${errorSentence(error)}`);
		const queue = this.queueFor(session, folder);
		queue.putBack(prompt, place);
		queue.hold(errorSentence(error));
	}

	private async inputOf({ text, mentions, images }: PromptDraft): Promise<PromptInput> {
		const read = await Promise.all(
			images.map(async ({ hash, mime, name }) => {
				const bytes = await this.parts.images.read(hash);
				if (!bytes) {
					throw new HumanError(
						"image-gone",
						vscode.l10n.t("{0} is not there any more. Remove it and attach it again.", name),
					);
				}
				return { mime, base64: Buffer.from(bytes).toString("base64") };
			}),
		);
		return {
			text,
			...(mentions.length > 0 ? { mentions: [...mentions] } : {}),
			...(read.length > 0 ? { images: read } : {}),
		};
	}

	/** What a session's next prompt is sent with. */
	private async choiceOf(session: string, folder: string): Promise<PromptChoice> {
		const { choices, reader } = this.parts;
		const choice = choices.of((await reader.find(session, folder)).summary, folder);
		if (!choice) {
			throw new HumanError(
				"no-agent",
				vscode.l10n.t("No agent is configured, so nothing was sent. Name one in the settings."),
			);
		}
		return choice;
	}

	private async own(run: string): Promise<void> {
		this.mine.add(run);
		await this.parts.memory.update(runsKey, [...this.mine].slice(-remembered));
	}

	private async keepQueues(session: string): Promise<void> {
		if (this.queues.get(session)?.isEmpty) {
			this.queues.delete(session);
		}
		const kept = [...this.queues].map(([id, queue]) => [id, queue.kept]);
		await this.parts.memory.update(queuesKey, Object.fromEntries(kept));
		this.changed.fire(session);
	}
}
