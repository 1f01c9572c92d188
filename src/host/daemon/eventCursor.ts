import type * as vscode from "vscode";

/** Events of this time may be told again after a reload: each of them is worth no write of its own. ms. */
const saveDelay = 500;

/**
 * How far the events of one daemon were seen, kept over reloads of the window.
 * Guarantees: no number is passed twice in one life of the window; after a reload none is skipped, though the last ones
 * may come again.
 */
export class EventCursor implements vscode.Disposable {
	private readonly key: string;
	private readonly memory: vscode.Memento;
	private last: number | null;
	private timer: NodeJS.Timeout | undefined;

	constructor(folder: string, memory: vscode.Memento) {
		this.key = `daemon.seen:${folder}`;
		this.memory = memory;
		const kept: unknown = memory.get(this.key);
		this.last = typeof kept === "number" ? kept : null;
	}

	/** Number of the last event seen; null when none ever was. */
	get seq(): number | null {
		return this.last;
	}

	/** True when `seq` is a new one. */
	reached(seq: number): boolean {
		if (this.last !== null && seq <= this.last) {
			return false;
		}
		this.last = seq;
		this.timer ??= setTimeout(() => this.save(), saveDelay);
		return true;
	}

	/** The numbers begin anew: the daemon's own memory was lost. */
	restart(seq: number): void {
		this.last = null;
		this.reached(seq);
	}

	dispose(): void {
		if (this.timer) {
			this.save();
		}
	}

	private save(): void {
		clearTimeout(this.timer);
		this.timer = undefined;
		void this.memory.update(this.key, this.last);
	}
}
