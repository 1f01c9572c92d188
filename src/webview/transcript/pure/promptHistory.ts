/**
 * The prompts a person can go back to. What stood in the box when they began to go back is found again at the end; a
 * prompt of the past that is changed becomes what stands in the box.
 */
export class PromptHistory {
	private prompts: readonly string[] = [];
	/** How far back: 0 is the box itself. */
	private back = 0;
	private own = "";

	/** The newest last. */
	set(prompts: readonly string[]): void {
		this.prompts = prompts;
		this.back = 0;
	}

	/** The prompt before the one shown; undefined at the oldest. */
	previous(shown: string): string | undefined {
		if (shown !== this.shown) {
			this.back = 0;
		}
		const prompt = this.prompts.at(-this.back - 1);
		if (this.back >= this.prompts.length || prompt === undefined) {
			return undefined;
		}
		if (this.back === 0) {
			this.own = shown;
		}
		this.back++;
		return prompt;
	}

	/** The prompt after the one shown; undefined when the box itself is shown. */
	next(shown: string): string | undefined {
		if (this.back === 0 || shown !== this.shown) {
			return undefined;
		}
		this.back--;
		return this.shown;
	}

	private get shown(): string | undefined {
		return this.back === 0 ? this.own : this.prompts.at(-this.back);
	}
}
