/**
 * Runs tasks one after another, in the order they were queued.
 * Guarantees: at most one task runs at a time; a task that fails rejects its own promise and does not stop the next.
 */
export class TaskQueue {
	private tail: Promise<unknown> = Promise.resolve();

	run<T>(task: () => Promise<T>): Promise<T> {
		const result = this.tail.then(task, task);
		this.tail = result.catch(() => undefined);
		return result;
	}
}

/**
 * Shares one run of an asynchronous function among callers.
 * Guarantees: at most one run at a time; a caller that arrives during a run gets a run that starts after it arrived
 * (so it sees everything that had happened by then); callers that arrive during the same run share the next.
 */
export class SharedRun<T> {
	private readonly task: () => Promise<T>;
	private current: Promise<T> | undefined;
	private next: Promise<T> | undefined;

	constructor(task: () => Promise<T>) {
		this.task = task;
	}

	run(): Promise<T> {
		if (!this.current) {
			return this.start();
		}
		this.next ??= this.current.then(
			() => this.startNext(),
			() => this.startNext(),
		);
		return this.next;
	}

	private startNext(): Promise<T> {
		this.next = undefined;
		return this.current ?? this.start();
	}

	private start(): Promise<T> {
		const run = this.task().finally(() => {
			if (this.current === run) {
				this.current = undefined;
			}
		});
		this.current = run;
		return run;
	}
}

/** Maps `items` with at most `limit` calls of `map` under way; results in the order of `items`. */
export async function mapLimit<T, R>(
	items: readonly T[],
	limit: number,
	map: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
	const results: R[] = new Array(items.length);
	let next = 0;
	const work = async () => {
		while (next < items.length) {
			const index = next++;
			results[index] = await map(items[index] as T, index);
		}
	};
	await Promise.all(Array.from({ length: Math.min(limit, items.length) }, work));
	return results;
}
