/** Numbers in a benchmark: medians, spread, and runs that alternate with what they are compared with. */

export interface Samples {
	readonly values: readonly number[];
	readonly median: number;
	/** A tenth of the values is below it. */
	readonly low: number;
	/** A tenth of the values is above it. */
	readonly high: number;
}

export function samples(values: readonly number[]): Samples {
	const sorted = values.toSorted((a, b) => a - b);
	const at = (part: number) => sorted[Math.floor((sorted.length - 1) * part)] ?? Number.NaN;
	return { values, median: at(0.5), low: at(0.1), high: at(0.9) };
}

/** A piece of work, run `times` times one after another in each round. */
export interface Work {
	readonly times?: number;
	readonly run: (n: number) => unknown;
	/** Before each round, not measured. */
	readonly prepare?: () => unknown;
}

/**
 * Runs kinds of work in turn, round after round, so that whatever else the machine does meets all of them.
 * @returns ms of one piece of work, by kind, one value a round.
 */
export async function interleave<K extends string>(
	rounds: number,
	works: Readonly<Record<K, Work>>,
): Promise<Record<K, number[]>> {
	const kinds = Object.keys(works) as K[];
	const found = Object.fromEntries(kinds.map((kind) => [kind, [] as number[]])) as Record<
		K,
		number[]
	>;
	let n = 0;
	// The first round warms up.
	for (let round = -1; round < rounds; round++) {
		for (const kind of kinds) {
			const { times = 1, run, prepare } = works[kind];
			await prepare?.();
			const began = performance.now();
			for (let time = 0; time < times; time++) {
				await run(n++);
			}
			if (round >= 0) {
				found[kind].push((performance.now() - began) / times);
			}
		}
	}
	return found;
}

/** The median of what is found round by round: load that comes and goes meets both sides of a round. */
export function ratio(over: readonly number[], under: readonly number[]): number {
	return samples(over.map((value, round) => value / (under[round] ?? Number.NaN))).median;
}

export async function timed(work: () => unknown): Promise<number> {
	const began = performance.now();
	await work();
	return performance.now() - began;
}
