/** How long (ms) work may hold up the extension host at a time; a step that has begun comes on top. */
const slice = 6;

/** Work that can be paused at each `yield`. */
export type Pausable<T> = Generator<void, T, void>;

/** Does `work` in slices, between which everything else in the extension host has its turn. */
export async function inSlices<T>(work: Pausable<T>): Promise<T> {
	for (let start = performance.now(); ; ) {
		const { done, value } = work.next();
		if (done) {
			return value;
		}
		if (performance.now() - start >= slice) {
			await nextTurn();
			start = performance.now();
		}
	}
}

/** Does `work` without a pause. */
export function atOnce<T>(work: Pausable<T>): T {
	for (;;) {
		const { done, value } = work.next();
		if (done) {
			return value;
		}
	}
}

/** How many items are worked through between two pauses. */
export const stride = 250;

/** Calls `each` for every item, with pauses. */
export function* forEach<T>(items: Iterable<T>, each: (item: T) => void): Pausable<void> {
	let count = 0;
	for (const item of items) {
		each(item);
		if (++count % stride === 0) {
			yield;
		}
	}
}

/** The items of which `test` is true, with pauses. */
export function* filtered<T>(items: readonly T[], test: (item: T) => boolean): Pausable<T[]> {
	const found: T[] = [];
	yield* forEach(items, (item) => {
		if (test(item)) {
			found.push(item);
		}
	});
	return found;
}

/** A sorted copy, with pauses: short runs are sorted, then merged two by two. Stable, as `sort` is. */
export function* sorted<T>(items: readonly T[], compare: (a: T, b: T) => number): Pausable<T[]> {
	let runs: T[][] = [];
	for (let start = 0; start < items.length; start += stride) {
		runs.push(items.slice(start, start + stride).sort(compare));
		yield;
	}
	while (runs.length > 1) {
		const merged: T[][] = [];
		for (let index = 0; index < runs.length; index += 2) {
			merged.push(yield* merge(runs[index] ?? [], runs[index + 1] ?? [], compare));
		}
		runs = merged;
	}
	return runs[0] ?? [];
}

function* merge<T>(
	a: readonly T[],
	b: readonly T[],
	compare: (a: T, b: T) => number,
): Pausable<T[]> {
	const all: T[] = [];
	let [i, j] = [0, 0];
	while (i < a.length && j < b.length) {
		const [left, right] = [a[i] as T, b[j] as T];
		if (compare(left, right) <= 0) {
			all.push(left);
			i++;
		} else {
			all.push(right);
			j++;
		}
		if (all.length % stride === 0) {
			yield;
		}
	}
	return all.concat(a.slice(i), b.slice(j));
}

/** Lets everything that waits for the event loop have its turn. */
export function nextTurn(): Promise<void> {
	return new Promise((resolve) => setImmediate(resolve));
}

/**
 * Spreads many small calls that come all at once over turns of the event loop: as many as `perTurn` go on at once, the
 * next ones a turn later, and so on.
 */
export class Turns {
	private readonly perTurn: number;
	private readonly waiting: (() => void)[] = [];
	private taken = 0;
	private running = false;

	constructor(perTurn: number) {
		this.perTurn = perTurn;
	}

	/** Undefined when the caller may go on at once; else it may when this resolves. */
	take(): Promise<void> | undefined {
		if (!this.running) {
			this.running = true;
			setImmediate(() => this.turn());
		}
		if (this.taken < this.perTurn) {
			this.taken++;
			return undefined;
		}
		return new Promise((resolve) => this.waiting.push(resolve));
	}

	private turn(): void {
		const next = this.waiting.splice(0, this.perTurn);
		this.taken = next.length;
		this.running = next.length > 0;
		if (this.running) {
			setImmediate(() => this.turn());
		}
		for (const resolve of next) {
			resolve();
		}
	}
}
