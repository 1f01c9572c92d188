import type { PromptDraft, PromptUnderWay, PromptWay } from "../../../protocol/live.ts";
import { post } from "../vscodeApi.ts";

/**
 * Prompts on their way to the host. Each is kept until the host has said what became of it, also while the page is away:
 * in the box it would be sent twice.
 */
export class Outbox {
	private readonly prompts = new Map<string, PromptDraft>();

	get underWay(): readonly PromptUnderWay[] {
		return [...this.prompts].map(([id, draft]) => ({ id, draft }));
	}

	send(way: PromptWay, draft: PromptDraft): void {
		const id = crypto.randomUUID();
		this.prompts.set(id, draft);
		post({ type: "prompt", id, way, draft });
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
}
