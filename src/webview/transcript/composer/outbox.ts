import type { PromptDraft, PromptUnderWay, PromptWay } from "../../../protocol/live.ts";
import { post } from "../vscodeApi.ts";
import type { Attachment } from "./attachments.ts";

interface Surroundings {
	/** What has to be kept over a reload is something else now. */
	changed(): void;
	/** An image of a prompt was not taken, so the prompt was not sent. */
	refused(prompt: PromptDraft, why: string): void;
}

/**
 * Prompts on their way to the host. Each is kept until the host has said what became of it, also while the page is away:
 * in the box it would be sent twice.
 * Guarantees: a prompt goes with all of its images or not at all; prompts go in the order they were sent.
 */
export class Outbox {
	private readonly prompts = new Map<string, PromptDraft>();
	private readonly around: Surroundings;
	/** Ends when every prompt that waits for its images has gone. */
	private waiting: Promise<void> | undefined;

	constructor(around: Surroundings) {
		this.around = around;
	}

	get underWay(): readonly PromptUnderWay[] {
		return [...this.prompts].map(([id, draft]) => ({ id, draft }));
	}

	/** Sends a prompt, as soon as the host has its images. */
	send(way: PromptWay, draft: PromptDraft, images: readonly Attachment[]): void {
		const id = crypto.randomUUID();
		this.prompts.set(id, draft);
		if (!this.waiting && images.every(({ image }) => image)) {
			post({ type: "prompt", id, way, draft });
			return;
		}
		const before = this.waiting ?? Promise.resolve();
		const mine = before.then(async () => {
			await this.complete(id, way, draft, images);
			this.waiting = this.waiting === mine ? undefined : this.waiting;
		});
		this.waiting = mine;
	}

	/** Takes up what was on its way when the page went. */
	resume(prompts: readonly PromptUnderWay[]): void {
		for (const { id, draft } of prompts) {
			this.prompts.set(id, draft);
		}
	}

	/** A prompt whose outcome is known now; undefined when it was known already. */
	take(id: string): PromptDraft | undefined {
		const draft = this.prompts.get(id);
		this.prompts.delete(id);
		return draft;
	}

	private async complete(
		id: string,
		way: PromptWay,
		draft: PromptDraft,
		attachments: readonly Attachment[],
	): Promise<void> {
		const answers = await Promise.all(attachments.map(({ taken }) => taken));
		if (!this.prompts.has(id)) {
			// The page was loaded anew, and it is back in the box.
			return;
		}
		const taken = answers.filter((answer) => typeof answer !== "string");
		const whole = {
			...draft,
			images: [...new Map(taken.map((each) => [each.hash, each])).values()],
		};
		const why = answers.find((answer) => typeof answer === "string");
		if (why === undefined) {
			this.prompts.set(id, whole);
			post({ type: "prompt", id, way, draft: whole });
			this.around.changed();
		} else {
			this.prompts.delete(id);
			this.around.refused(whole, why);
		}
	}
}
