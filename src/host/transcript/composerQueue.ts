import { randomUUID } from "node:crypto";
import type { PromptDraft, QueuedPrompt } from "../../protocol/live.ts";

/** What waits in one session, as it is kept over a reload. */
export interface KeptQueue {
	readonly folder: string;
	readonly prompts: readonly QueuedPrompt[];
	readonly held: boolean;
	readonly reason?: string;
}

/**
 * The prompts that wait for a session's turn to end, in the order they were given.
 * They go on by themselves only after a turn that completed: one that failed or was stopped holds them until the person
 * sends the next prompt or says so. So does one that could not be sent, with the reason. None goes while it is changed, nor
 * what comes after it.
 */
export class PromptQueue {
	readonly folder: string;
	prompts: readonly QueuedPrompt[] = [];
	held = false;
	/** Why the first one could not be sent: a sentence. */
	reason: string | undefined;
	/** A turn completed while the first one was being changed. */
	isDue = false;
	private readonly editing = new Set<string>();

	constructor(folder: string, kept?: KeptQueue) {
		this.folder = folder;
		if (kept) {
			this.prompts = kept.prompts;
			this.held = kept.held;
			this.reason = kept.reason;
		}
	}

	get isEmpty(): boolean {
		return this.prompts.length === 0;
	}

	add(draft: PromptDraft): void {
		this.prompts = [...this.prompts, { ...draft, id: randomUUID() }];
	}

	/** How many go before it. */
	placeOf(id: string): number {
		return this.prompts.findIndex((each) => each.id === id);
	}

	/** Puts a prompt that could not be sent where it was. */
	putBack(prompt: QueuedPrompt, place = 0): void {
		this.prompts = this.prompts.toSpliced(place, 0, prompt);
	}

	/** Nothing goes on by itself. */
	hold(reason?: string): void {
		this.held = true;
		this.reason = reason;
		this.isDue = false;
	}

	/** Takes a prompt out; the first one unless another is meant. */
	take(id?: string): QueuedPrompt | undefined {
		const taken = id === undefined ? this.prompts[0] : this.prompts.find((each) => each.id === id);
		this.prompts = this.prompts.filter((each) => each !== taken);
		this.editing.delete(taken?.id ?? "");
		return taken;
	}

	/** Somebody changes it: it waits until `edit` or `endEdit`. */
	beginEdit(id: string): void {
		if (this.placeOf(id) >= 0) {
			this.editing.add(id);
		}
	}

	endEdit(id: string): void {
		this.editing.delete(id);
	}

	/** False when it does not wait any more. */
	edit(id: string, text: string): boolean {
		this.endEdit(id);
		this.prompts = this.prompts.map((each) => (each.id === id ? { ...each, text } : each));
		return this.placeOf(id) >= 0;
	}

	/** A turn has ended. Returns the prompt to send now. */
	turnEnded(completed: boolean): QueuedPrompt | undefined {
		this.held = !completed && !this.isEmpty;
		this.reason = undefined;
		return completed ? this.next() : undefined;
	}

	/** No turn runs. Returns the prompt to send now. */
	next(): QueuedPrompt | undefined {
		this.isDue = !this.isEmpty;
		return this.due();
	}

	/** The prompt to send now, when only being changed kept it. */
	due(): QueuedPrompt | undefined {
		const [first] = this.prompts;
		if (!this.isDue || !first || this.editing.has(first.id)) {
			return undefined;
		}
		this.isDue = false;
		return this.take();
	}

	/** A turn has begun: what waits goes on after it. */
	turnStarted(): void {
		this.held = false;
		this.reason = undefined;
		this.isDue = false;
	}

	get kept(): KeptQueue {
		const { folder, prompts, held, reason } = this;
		return { folder, prompts, held, ...(reason === undefined ? {} : { reason }) };
	}
}
