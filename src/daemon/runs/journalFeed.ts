import type { RecordDraft } from "../../core/model/record.ts";
import type { Session } from "../../core/store/session.ts";

type Draft = RecordDraft & { readonly id: string };

/** Above this much waiting text the agent is not read from until the disk has caught up. UTF-16 code units. */
const highWater = 4 * 1024 * 1024;
const lowWater = 1024 * 1024;

export interface FeedFlow {
	pause(): void;
	resume(): void;
}

export interface FeedListener {
	stored(drafts: readonly Draft[]): void;
	/** Nothing more is written. */
	failed(error: unknown): void;
}

/**
 * Writes the records of one run into its journal.
 * Guarantees: records are written in the order they were given; what waits is written together; after a failure nothing
 * more is written and every promise rejects with that failure; the agent is held back while much is waiting.
 */
export class JournalFeed {
	readonly session: Session;
	private readonly nextId: () => string;
	private readonly clock: () => number;
	private readonly flow: FeedFlow;
	private readonly listener: FeedListener;
	private waiting: Draft[] = [];
	private size = 0;
	private held = false;
	private pumping: Promise<void> | undefined;
	private failure: unknown;

	constructor(
		session: Session,
		nextId: () => string,
		clock: () => number,
		flow: FeedFlow,
		listener: FeedListener,
	) {
		this.session = session;
		this.nextId = nextId;
		this.clock = clock;
		this.flow = flow;
		this.listener = listener;
	}

	/** Puts a record in line and returns the id it will have. `size` is about how much text it holds. */
	put(draft: RecordDraft, size = 200): string {
		const id = this.nextId();
		if (this.failure !== undefined) {
			return id;
		}
		// What happened is told with the time it happened, not with that of its writing.
		const ts = new Date(this.clock()).toISOString();
		this.waiting.push({ ts, ...draft, id } as Draft);
		this.size += size;
		if (this.size > highWater && !this.held) {
			this.held = true;
			this.flow.pause();
		}
		this.pumping ??= this.pump();
		// Whoever needs to know asks `stored`.
		this.pumping.catch(() => undefined);
		return id;
	}

	/** Resolves when everything given so far is on disk. */
	async stored(): Promise<void> {
		while (this.pumping) {
			await this.pumping;
		}
		if (this.failure !== undefined) {
			throw this.failure;
		}
	}

	private async pump(): Promise<void> {
		// What comes in the same tick is written together.
		await Promise.resolve();
		try {
			while (this.waiting.length > 0) {
				const group = this.waiting;
				this.waiting = [];
				this.size = 0;
				await this.session.append(group);
				if (this.held && this.size < lowWater) {
					this.held = false;
					this.flow.resume();
				}
				this.listener.stored(group);
			}
		} catch (error) {
			this.failure = error;
			this.waiting = [];
			this.listener.failed(error);
			throw error;
		} finally {
			this.pumping = undefined;
			if (this.held) {
				this.held = false;
				this.flow.resume();
			}
		}
	}
}
