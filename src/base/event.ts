import type { Disposable } from "./disposable.ts";
import { toDisposable } from "./disposable.ts";

export type Event<T> = (listener: (value: T) => void) => Disposable;

/** A source of events in the shape of VS Code's own, for code that runs without VS Code. */
export class Emitter<T> implements Disposable {
	private readonly listeners = new Set<(value: T) => void>();

	readonly event: Event<T> = (listener) => {
		const own = (value: T) => listener(value);
		this.listeners.add(own);
		return toDisposable(() => this.listeners.delete(own));
	};

	fire(value: T): void {
		for (const listener of [...this.listeners]) {
			listener(value);
		}
	}

	dispose(): void {
		this.listeners.clear();
	}
}
