import type { ReplayAction } from "../../protocol/webview.ts";
import type { TranscriptModel } from "./model.ts";
import { changeSpeed, nextTurn, previousTurn, waitBefore } from "./pure/replayClock.ts";

/**
 * Plays the rows one by one. `moved` is told the number of rows shown before and after each move, `changed` that the bar
 * and the host must hear of a new state. Owns the only timer; after `stop` nothing fires.
 */
export class Replay {
	active = false;
	playing = false;
	speed = 1;
	private readonly model: TranscriptModel;
	private readonly moved: (before: number, now: number) => void;
	private readonly changed: () => void;
	private timer: ReturnType<typeof setTimeout> | undefined;

	constructor(
		model: TranscriptModel,
		moved: (before: number, now: number) => void,
		changed: () => void,
	) {
		this.model = model;
		this.moved = moved;
		this.changed = changed;
	}

	/** Index of the last row shown. */
	get position(): number {
		return this.model.shown - 1;
	}

	get ended(): boolean {
		return this.model.shown >= this.model.rows.length;
	}

	/** Takes up a replay where it was left, paused. */
	resume(position: number, speed: number): void {
		this.speed = speed;
		this.begin(position, false);
	}

	act(action: ReplayAction): void {
		if (!this.active && action !== "start") {
			return;
		}
		const { rows } = this.model;
		switch (action) {
			case "start":
				if (rows.length > 0) {
					this.begin(0, true);
				}
				break;
			case "stop":
				this.stop();
				break;
			case "toggle":
				this.toggle();
				break;
			case "nextItem":
				this.goTo(this.position + 1);
				break;
			case "previousItem":
				this.goTo(this.position - 1);
				break;
			case "nextTurn":
				this.goTo(nextTurn(rows, this.position));
				break;
			case "previousTurn":
				this.goTo(previousTurn(rows, this.position));
				break;
			case "toStart":
				this.goTo(0);
				break;
			case "toEnd":
				this.goTo(rows.length - 1);
				break;
			case "faster":
				this.setSpeed(changeSpeed(this.speed, 1));
				break;
			case "slower":
				this.setSpeed(changeSpeed(this.speed, -1));
				break;
		}
	}

	setSpeed(speed: number): void {
		this.speed = speed;
		this.schedule();
		this.changed();
	}

	private begin(position: number, play: boolean): void {
		this.active = true;
		this.model.replaying = true;
		this.playing = play;
		this.goTo(position);
	}

	private stop(): void {
		clearTimeout(this.timer);
		this.active = false;
		this.playing = false;
		this.model.replaying = false;
		const before = this.model.shown;
		this.model.shown = this.model.rows.length;
		this.moved(before, this.model.shown);
		this.changed();
	}

	private toggle(): void {
		this.playing = !this.playing;
		if (this.playing && this.ended) {
			this.goTo(0);
			return;
		}
		this.schedule();
		this.changed();
	}

	/** Steps by hand keep it playing from the new position; the wait starts over. */
	private goTo(position: number): void {
		const before = this.model.shown;
		const last = this.model.rows.length - 1;
		this.model.shown = Math.min(last, Math.max(0, position)) + 1;
		if (this.ended) {
			this.playing = false;
		}
		this.moved(before, this.model.shown);
		this.schedule();
		this.changed();
	}

	private schedule(): void {
		clearTimeout(this.timer);
		if (this.active && this.playing && !this.ended) {
			const wait = waitBefore(this.model.rows, this.model.shown, this.speed);
			this.timer = setTimeout(() => this.goTo(this.position + 1), wait);
		}
	}
}

/** The action of a key while replaying; undefined for keys that do something else. */
function replayKey(event: KeyboardEvent): ReplayAction | undefined {
	if (event.altKey || event.metaKey || event.shiftKey) {
		return undefined;
	}
	if (event.ctrlKey) {
		// All others with Ctrl are VS Code's: its zoom, for one.
		const turns = { ArrowRight: "nextTurn", ArrowLeft: "previousTurn" } as const;
		return turns[event.key as keyof typeof turns];
	}
	switch (event.key) {
		case " ":
			return "toggle";
		case "ArrowRight":
			return "nextItem";
		case "ArrowLeft":
			return "previousItem";
		case "ArrowDown":
			return "nextTurn";
		case "ArrowUp":
			return "previousTurn";
		case "Home":
			return "toStart";
		case "End":
			return "toEnd";
		case "+":
		case "=":
			return "faster";
		case "-":
			return "slower";
		case "Escape":
			return "stop";
		default:
			return undefined;
	}
}

/** Listens for the keys of a replay, while it is active and until `signal` says stop. */
export function listenForReplayKeys(replay: Replay, signal: AbortSignal): void {
	const pressed = (event: KeyboardEvent) => {
		const on = event.target as HTMLElement;
		// A control keeps its own keys: Space presses a button, arrows choose in a list, and what is typed is typed.
		const control = on.closest("button, select, a, input, textarea, [contenteditable]");
		const own = control !== null && (event.key === " " || !control.matches("button, a"));
		const action = replayKey(event);
		if (replay.active && action && !own) {
			event.preventDefault();
			event.stopPropagation();
			replay.act(action);
		}
	};
	addEventListener("keydown", pressed, { capture: true, signal });
}
