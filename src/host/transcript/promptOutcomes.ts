import type { ToLivePage } from "../../protocol/live.ts";

export type PromptOutcome = Extract<ToLivePage, { type: "prompted" }>;

/** Prompts whose outcome is remembered. */
const remembered = 100;

/**
 * What became of the prompts of one editor. The page that sent one may have gone when that is known: the next page asks,
 * so that a prompt is neither lost nor sent twice.
 */
export class PromptOutcomes {
	/** In the order they came; undefined while they are on their way. */
	private readonly outcomes = new Map<string, PromptOutcome | undefined>();

	begin(id: string): void {
		this.outcomes.set(id, undefined);
	}

	settle(outcome: PromptOutcome): void {
		this.outcomes.set(outcome.id, outcome);
		for (const [id, known] of this.outcomes) {
			if (known && this.outcomes.size > remembered) {
				this.outcomes.delete(id);
			}
		}
	}

	isSettled(id: string): boolean {
		return this.outcomes.get(id) !== undefined;
	}

	/** What can be told of these prompts now: nothing of those that are on their way. */
	of(ids: readonly string[]): PromptOutcome[] {
		return ids.flatMap((id) => {
			const outcome = this.outcomes.get(id);
			if (outcome) {
				return [outcome];
			}
			return this.outcomes.has(id) ? [] : [{ type: "prompted", id, outcome: "unknown" }];
		});
	}
}
