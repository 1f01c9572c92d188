export interface BackoffOptions {
	/** First wait, ms. */
	readonly first: number;
	/** Longest wait, ms. */
	readonly longest: number;
	/** Failures in a row after which it is given up. */
	readonly attempts: number;
	/** 0 to 1. */
	readonly random: () => number;
}

export const restartBackoff: BackoffOptions = {
	first: 250,
	longest: 30_000,
	attempts: 5,
	random: Math.random,
};

/** How long to wait before the next start of a program that ended on its own, and when to give up. */
export class Backoff {
	private readonly options: BackoffOptions;
	private failures = 0;

	constructor(options: BackoffOptions = restartBackoff) {
		this.options = options;
	}

	get attempts(): number {
		return this.failures;
	}

	/** The wait before the next start, doubled each time, give or take a half so that many do not start at once; undefined: give up. ms. */
	next(): number | undefined {
		const { first, longest, attempts, random } = this.options;
		this.failures++;
		if (this.failures > attempts) {
			return undefined;
		}
		const wait = Math.min(longest, first * 2 ** (this.failures - 1));
		return wait * (0.5 + random());
	}

	/** It did its work: the next failure is the first again. */
	reset(): void {
		this.failures = 0;
	}
}
