import type { Disposable } from "../../base/disposable.ts";
import { DisposableStore } from "../../base/disposable.ts";
import { Emitter, type Event } from "../../base/event.ts";
import type { DaemonNotice, DaemonResult, LiveItem } from "../../protocol/daemon.ts";

/** What of a client a live session needs. */
export interface LiveSource {
	call(method: "follow", params: { session: string }): Promise<DaemonResult<"follow">>;
	call(method: "unfollow", params: { session: string }): Promise<object>;
	on(name: "delta"): Event<DaemonNotice<"delta">>;
	on(name: "grown"): Event<DaemonNotice<"grown">>;
}

/**
 * The streaming text of one session, as a window follows it.
 * Guarantees: a text is never shown with a hole or a piece twice; where pieces were left out, because this client was
 * slow, the whole text is asked for again; what the journal has grown by is told only after it is on disk, so reading
 * the journal then finds it.
 */
export class LiveSession implements Disposable {
	/** The texts of an item under way have changed. */
	readonly onText: Event<LiveItem>;
	/** The journal has grown: time to read on. Items that are complete are no longer under way after it. */
	readonly onGrown: Event<DaemonNotice<"grown">>;
	private readonly source: LiveSource;
	private readonly session: string;
	private readonly disposables = new DisposableStore();
	private readonly textEmitter = new Emitter<LiveItem>();
	private readonly grownEmitter = new Emitter<DaemonNotice<"grown">>();
	private readonly items = new Map<string, LiveItem>();
	/** Pieces that come while the whole is being asked for. */
	private early: DaemonNotice<"delta">[] | undefined;
	private disposed = false;

	constructor(source: LiveSource, session: string) {
		this.source = source;
		this.session = session;
		this.onText = this.textEmitter.event;
		this.onGrown = this.grownEmitter.event;
	}

	/** Begins to follow. Resolves with the run, when one is live, once its texts are known. */
	async start(): Promise<DaemonResult<"follow">["run"]> {
		this.disposables.add(this.source.on("delta")((delta) => this.take(delta)));
		this.disposables.add(
			this.source.on("grown")((grown) => {
				if (grown.session === this.session) {
					this.grownEmitter.fire(grown);
				}
			}),
		);
		return this.ask();
	}

	/** The texts of an item under way; undefined when none have come. */
	textsOf(item: string): LiveItem["texts"] | undefined {
		return this.items.get(item)?.texts;
	}

	/** An item is complete and read from the journal: its texts are not needed any more. */
	forget(item: string): void {
		this.items.delete(item);
	}

	dispose(): void {
		this.disposed = true;
		this.disposables.dispose();
		this.items.clear();
		// A daemon that is gone follows nothing.
		this.source.call("unfollow", { session: this.session }).catch(() => undefined);
	}

	private async ask(): Promise<DaemonResult<"follow">["run"]> {
		this.early = [];
		const { run, items } = await this.source.call("follow", { session: this.session });
		if (this.disposed) {
			return run;
		}
		const early = this.early ?? [];
		this.early = undefined;
		for (const item of items) {
			this.items.set(item.id, structuredClone(item));
			this.textEmitter.fire(item);
		}
		for (const delta of early) {
			this.take(delta);
		}
		return run;
	}

	private take(delta: DaemonNotice<"delta">): void {
		if (delta.session !== this.session) {
			return;
		}
		if (this.early) {
			this.early.push(delta);
			return;
		}
		const known = this.items.get(delta.item) ?? { id: delta.item, type: "", texts: {} };
		const before = known.texts[delta.field] ?? "";
		const end = delta.offset + delta.text.length;
		if (end <= before.length) {
			// It was in the whole that came meanwhile.
			return;
		}
		if (delta.offset > before.length) {
			void this.ask().catch(() => undefined);
			return;
		}
		const text = before + delta.text.slice(before.length - delta.offset);
		const item = { ...known, texts: { ...known.texts, [delta.field]: text } };
		this.items.set(delta.item, item);
		this.textEmitter.fire(item);
	}
}
