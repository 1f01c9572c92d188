export interface Disposable {
	dispose(): void;
}

/** Wraps a function as a {@link Disposable} that runs it once. */
export function toDisposable(run: () => void): Disposable {
	let done = false;
	return {
		dispose() {
			if (!done) {
				done = true;
				run();
			}
		},
	};
}

/**
 * Owns disposables and disposes them together, last added first.
 * One added after `dispose` is disposed at once, so a late asynchronous result cannot leak.
 */
export class DisposableStore implements Disposable {
	private readonly items = new Set<Disposable>();
	private disposed = false;

	add<T extends Disposable>(item: T): T {
		if (this.disposed) {
			item.dispose();
		} else {
			this.items.add(item);
		}
		return item;
	}

	dispose(): void {
		this.disposed = true;
		const items = [...this.items].reverse();
		this.items.clear();
		for (const item of items) {
			item.dispose();
		}
	}
}
