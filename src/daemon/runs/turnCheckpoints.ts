import { errorSentence, HumanError } from "../../base/errors.ts";
import type { Checkpoint, Checkpoints } from "../../core/checkpoints/checkpoints.ts";
import type { JournalFeed } from "./journalFeed.ts";
import type { LiveItems } from "./liveItems.ts";

/** How long the agent is kept waiting for the state of the files at most. ms. */
const patience = 10_000;

/** What is so for good in a folder, and no news in its transcripts. */
const expected = new Set(["no-git", "no-repository", "no-work-tree", "ignored-folder"]);

export interface TurnCheckpointsOptions {
	readonly checkpoints: Checkpoints;
	readonly turn: string;
	readonly feed: JournalFeed;
	readonly items: LiveItems;
	/** The daemon ends: nothing is taken any more. */
	readonly closing: AbortSignal;
	/** ms; a test has less of it. */
	readonly patience?: number;
}

/**
 * Keeps the workspace's files as they are when a turn begins and when it has ended.
 * Guarantees: nothing rejects, so that no failure here fails the run; why there is none is written into the session once,
 * not again while the reason stays the same; no end is taken where there is no start.
 */
export class TurnCheckpoints {
	private readonly options: TurnCheckpointsOptions;
	private readonly dropped = new AbortController();
	private taken: Checkpoint | undefined;

	constructor(options: TurnCheckpointsOptions) {
		this.options = options;
	}

	/** Resolves when the agent may begin. */
	async start(): Promise<void> {
		this.taken = await this.take("start");
	}

	/** Resolves when the files may change again. */
	async end(): Promise<void> {
		if (this.taken) {
			await this.take("end");
		}
	}

	/** The turn will not begin: what is being taken is not waited for. */
	drop(): void {
		this.dropped.abort();
	}

	private async take(moment: "start" | "end"): Promise<Checkpoint | undefined> {
		const { checkpoints, turn, feed, closing } = this.options;
		const limit = AbortSignal.timeout(this.options.patience ?? patience);
		try {
			const taken = await checkpoints.take({
				place: { session: feed.session.id, of: turn, moment },
				known: this.taken,
				signal: AbortSignal.any([limit, closing, this.dropped.signal]),
			});
			const { commit, tree, leftOut } = taken;
			const count = leftOut.files.length;
			feed.put({
				type: "checkpoint.taken",
				turn,
				moment,
				commit,
				tree,
				...(count > 0 ? { leftOut: count } : {}),
			});
			return taken;
		} catch (error) {
			if (!closing.aborted && !this.dropped.signal.aborted) {
				this.fail(moment, limit.aborted ? tooSlow() : error);
			}
			return undefined;
		}
	}

	private fail(moment: "start" | "end", error: unknown): void {
		const { turn, feed, items } = this.options;
		const reason = error instanceof HumanError ? error.reason : "failed";
		if (feed.session.state.checkpoints.failure?.reason === reason) {
			return;
		}
		const message = errorSentence(error);
		feed.put({ type: "checkpoint.failed", turn, reason, message });
		// A turn that has ended gets no more items.
		if (moment === "start" && !expected.has(reason)) {
			const text = `The files of the workspace were not kept. ${message} The agent works all the same.`;
			items.complete("checkpoint", { type: "note", text });
		}
	}
}

function tooSlow(): HumanError {
	return new HumanError(
		"too-slow",
		`No checkpoint was taken: it took longer than ${patience / 1000} seconds.`,
	);
}
