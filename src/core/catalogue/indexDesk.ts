import { setTimeout as sleep } from "node:timers/promises";
import { SharedRun } from "../../base/async.ts";
import { errorSentence, HumanError } from "../../base/errors.ts";
import type { FromCatalogue } from "../../protocol/catalogue.ts";
import type {
	IndexAnswer,
	IndexAnswers,
	Indexing,
	IndexQuestion,
	Refusal,
} from "../../protocol/indexQuestions.ts";
import { examineJournals } from "../doctor/doctor.ts";
import type { Progress, UpdateResult } from "../index/progress.ts";
import { QueryError } from "../index/queryError.ts";
import { SessionIndex, type SessionIndexOptions } from "../index/sessionIndex.ts";
import { openOutline, rowsOf } from "./outlineDesk.ts";

/** How long a search waits for the index to catch up before it answers with what there is. ms. */
const patience = 150;
/** Least time between two messages about how far the work is. ms. */
const progressInterval = 100;

/**
 * Answers questions about the index inside the worker.
 * Guarantees: nothing is opened or read before the first question; every question gets one answer or one refusal, a
 * cancelled one too; after a change on disk ({@link changed}) the next question brings the index up to date.
 */
export class IndexDesk {
	private readonly post: (message: FromCatalogue) => void;
	private readonly waiting = new Map<number, AbortController>();
	private readonly work = new Set<Promise<void>>();
	private readonly closed = new AbortController();
	private readonly options: SessionIndexOptions;
	private opened: Promise<SessionIndex> | undefined;
	private stale = true;
	private at: Indexing | undefined;
	/** Somebody was told that there may be more to find, and waits to hear when. */
	private owed = false;
	private updating: Promise<void> | undefined;
	private stopping = new AbortController();
	private readonly updates = new SharedRun(() => this.update());

	constructor(options: SessionIndexOptions, post: (message: FromCatalogue) => void) {
		this.options = options;
		this.post = post;
	}

	/** Something changed on disk. */
	changed(): void {
		this.stale = true;
	}

	answer(request: number, question: IndexQuestion): Promise<void> {
		const answering = this.answerNow(request, question);
		this.work.add(answering);
		return answering.finally(() => this.work.delete(answering));
	}

	cancel(request: number): void {
		this.waiting.get(request)?.abort();
	}

	/** Ends the update under way; what it has read stays, and the next one goes on from there. */
	stop(): void {
		this.stopping.abort();
	}

	/** Ends all work, and closes the index after it. */
	async close(): Promise<void> {
		this.closed.abort();
		await Promise.allSettled([...this.work, this.updating]);
		const [opened] = await Promise.allSettled([this.opened]);
		if (opened.status === "fulfilled") {
			opened.value?.close();
		}
	}

	private async answerNow(request: number, question: IndexQuestion): Promise<void> {
		const abort = new AbortController();
		this.waiting.set(request, abort);
		try {
			const answer = await this.find(question, {
				signal: AbortSignal.any([abort.signal, this.closed.signal]),
				progress: sparsely((done, total) =>
					this.post({ type: "asked", request, at: { done, total } }),
				),
			});
			this.post({ type: "answer", request, answer });
		} catch (error) {
			this.post({ type: "refused", request, refusal: refusalOf(error) });
		} finally {
			this.waiting.delete(request);
		}
	}

	private async find(question: IndexQuestion, options: Options): Promise<IndexAnswer> {
		const index = await this.open();
		options.signal.throwIfAborted();
		try {
			switch (question.ask) {
				case "search":
					return await this.search(index, question, options);
				case "changed":
					await this.current(index, options.signal);
					return await index.sessionsThatChanged(question.file);
				case "update":
					await this.current(index, options.signal);
					return null;
				case "outline":
					return await openOutline(index, question);
				case "rows":
					return await rowsOf(index, question);
				case "indexSession":
					await index.updateSession(question.folder, question.session);
					return null;
				case "rebuild":
					return await this.rebuild(index, options);
				case "doctor":
					return await this.examine(index, options);
			}
		} finally {
			this.tellNotices(index);
		}
	}

	private async search(
		index: SessionIndex,
		{ query, limit, offset, wait }: Extract<IndexQuestion, { ask: "search" }>,
		{ signal }: Options,
	): Promise<IndexAnswers["search"]> {
		const current = this.current(index, signal);
		await (wait ? current : Promise.race([current, sleep(patience, undefined, { signal })]));
		if (wait && this.stale) {
			// Stopped by somebody else, or changed meanwhile: whoever waits wants all of it.
			await this.current(index, signal);
		}
		signal.throwIfAborted();
		const found = await index.search(query, { limit, offset, signal, typing: !wait });
		const indexing = this.updating && (this.at ?? { done: 0, total: 0 });
		this.owed ||= indexing !== undefined;
		return { ...found, indexing };
	}

	private async rebuild(index: SessionIndex, options: Options): Promise<IndexAnswers["rebuild"]> {
		this.stale = true;
		const done = await index.rebuild(options);
		this.stale = false;
		this.tell(done.problems);
		return done;
	}

	private async examine(index: SessionIndex, options: Options): Promise<IndexAnswers["doctor"]> {
		const folders: IndexAnswers["doctor"]["folders"][number][] = [];
		for (const store of this.options.stores) {
			options.signal.throwIfAborted();
			folders.push({ folder: store.folder, found: await examineJournals(store) });
		}
		const repaired = await index.update(options);
		const compared = await index.compareWithReplay(options);
		// An index that was set aside is made again with the next question.
		this.stale ||= !compared.equal;
		return { folders, repaired, index: compared };
	}

	private open(): Promise<SessionIndex> {
		this.opened ??= SessionIndex.open(this.options);
		this.opened.catch(() => {
			// What kept it from being opened may be gone the next time.
			this.opened = undefined;
		});
		return this.opened;
	}

	/** Resolves when the index is as the disk was at the call, or cannot be. Rejects when the signal ends the wait. */
	private async current(index: SessionIndex, signal: AbortSignal): Promise<void> {
		if (!this.updating && !this.stale) {
			// Deleted under a running window, it is made again.
			this.stale = await index.isNew();
		}
		const current = this.stale ? this.updates.run() : (this.updating ?? Promise.resolve());
		const { promise, reject } = Promise.withResolvers<never>();
		signal.addEventListener("abort", () => reject(signal.reason), { once: true });
		return Promise.race([current, promise]);
	}

	private async update(): Promise<void> {
		this.stale = false;
		this.updating = this.updateNow();
		try {
			await this.updating;
		} finally {
			this.updating = undefined;
			if (this.at || this.owed) {
				this.at = undefined;
				this.owed = false;
				this.post({ type: "indexing", at: undefined });
			}
		}
	}

	/** An update that fails is told and tried again with the next question; what is there can be searched. */
	private async updateNow(): Promise<void> {
		const tell = sparsely(() => this.post({ type: "indexing", at: this.at }));
		this.stopping = new AbortController();
		const { signal } = this.stopping;
		try {
			const index = await this.open();
			const done = await index.update({
				signal: AbortSignal.any([signal, this.closed.signal]),
				progress: (read, total) => {
					if (total > 0) {
						this.at = { done: read, total };
						tell(read, total);
					}
				},
			});
			this.tell(done.problems);
			this.note(resultInWords(done));
		} catch (error) {
			this.stale = true;
			if (signal.aborted) {
				this.note("Indexing was stopped. The next search goes on from there.");
			} else if (!this.closed.signal.aborted) {
				this.tell([errorSentence(error)]);
			}
		}
	}

	private tellNotices(index: SessionIndex): void {
		for (const notice of index.notices.splice(0)) {
			this.note(notice);
		}
	}

	private note(message: string): void {
		this.post({ type: "noted", message });
	}

	private tell(sentences: readonly string[]): void {
		for (const message of sentences) {
			this.post({ type: "failed", message });
		}
	}
}

/** What an update has found different between index and disk, in words. */
function resultInWords({ sessions, items, read, removed, changed, ms }: UpdateResult): string {
	const found =
		read + removed === 0
			? "agreed with the disk"
			: `was brought up to date with the disk: files read ${read}, files gone ${removed}, items changed ${changed}`;
	return `The search index ${found}. It has ${sessions} sessions and ${items} items (${Math.round(ms)} ms).`;
}

interface Options {
	readonly signal: AbortSignal;
	readonly progress: Progress;
}

function sparsely(report: Progress): Progress {
	let last = Number.NEGATIVE_INFINITY;
	return (done, total) => {
		const now = performance.now();
		if (done === total || now - last >= progressInterval) {
			last = now;
			report(done, total);
		}
	};
}

function refusalOf(error: unknown): Refusal {
	if (error instanceof QueryError) {
		const { reason, message, position, length, problem } = error;
		return { reason, message, place: { position, length, problem } };
	}
	if (error instanceof HumanError) {
		return { reason: error.reason, message: error.message };
	}
	const cancelled = error instanceof Error && error.name === "AbortError";
	return { reason: cancelled ? "cancelled" : "fault", message: errorSentence(error) };
}
