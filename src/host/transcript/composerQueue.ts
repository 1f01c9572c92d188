import type { PromptDraft, QueuedPrompt } from "../../protocol/live.ts";

/** What waits in one session, as it is kept over a reload. */
export interface KeptQueue {
	readonly folder: string;
	readonly prompts: readonly QueuedPrompt[];
	readonly held: boolean;
}

/**
 * The prompts that wait for a session's turn to end, in the order they were given.
 * They go on by themselves only after a turn that completed: one that failed or was stopped holds them until the person
 * sends the next prompt or says so.
 */
export class PromptQueue {
	readonly folder: string;
	prompts: readonly QueuedPrompt[] = [];
	held = false;
	private lastId = 0;

	constructor(folder: string, kept?: KeptQueue) {
		this.folder = folder;
		if (kept) {
			this.prompts = kept.prompts;
			this.held = kept.held;
			this.lastId = Math.max(0, ...kept.prompts.map(({ id }) => Number(id) || 0));
		}
	}

	get isEmpty(): boolean {
		return this.prompts.length === 0;
	}

	add(draft: PromptDraft): void {
		this.prompts = [...this.prompts, this.named(draft)];
	}

	/** Puts a prompt that could not be sent where it was: first. */
	putBack(prompt: QueuedPrompt): void {
		this.prompts = [prompt, ...this.prompts];
	}

	/** Takes a prompt out; the first one unless another is meant. */
	take(id?: string): QueuedPrompt | undefined {
		const taken = id === undefined ? this.prompts[0] : this.prompts.find((each) => each.id === id);
		this.prompts = this.prompts.filter((each) => each !== taken);
		return taken;
	}

	edit(id: string, text: string): void {
		this.prompts = this.prompts.map((each) => (each.id === id ? { ...each, text } : each));
	}

	/** A turn has ended. Returns the prompt to send now. */
	turnEnded(completed: boolean): QueuedPrompt | undefined {
		this.held = !completed && !this.isEmpty;
		return completed ? this.take() : undefined;
	}

	/** A turn has begun: what waits goes on after it. */
	turnStarted(): void {
		this.held = false;
	}

	get kept(): KeptQueue {
		return { folder: this.folder, prompts: this.prompts, held: this.held };
	}

	private named(draft: PromptDraft): QueuedPrompt {
		this.lastId++;
		return { ...draft, id: String(this.lastId) };
	}
}
