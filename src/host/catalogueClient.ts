import { Worker } from "node:worker_threads";
import * as vscode from "vscode";
import type { Disposable } from "../base/disposable.ts";
import { errorSentence, HumanError } from "../base/errors.ts";
import type { Locations } from "../core/locations.ts";
import type { FromCatalogue, KeepSources, ToCatalogue } from "../protocol/catalogue.ts";
import type {
	IndexAnswer,
	IndexAnswers,
	Indexing,
	IndexQuestion,
	Refusal,
} from "../protocol/indexQuestions.ts";

export interface CatalogueScopes {
	readonly folders: readonly string[];
	readonly sources: readonly string[];
	readonly locations: Locations;
	/** Keep copies of the folders' sessions: in a trusted workspace only. */
	readonly keepCopies: boolean;
	/** Of which sessions of sources copies are kept. */
	readonly keepSources: KeepSources;
}

/** A search that cannot be understood: where, and what is wrong there. */
export class BadQuery extends HumanError {
	readonly place: NonNullable<Refusal["place"]>;

	constructor(message: string, place: NonNullable<Refusal["place"]>) {
		super("bad-query", message);
		this.place = place;
	}
}

interface Asked {
	readonly resolve: (answer: IndexAnswer) => void;
	readonly reject: (reason: unknown) => void;
	readonly progress: ((at: Indexing) => void) | undefined;
}

/** A worker that crashed is started again, but not for ever: each crash within this time (ms) counts. */
const crashWindow = 60_000;
const crashesAllowed = 3;

/**
 * The catalogue worker as the extension host sees it.
 * Guarantees: the worker starts with the first `start` or `refresh`, never at activation; `listed` resolves once the
 * first listing is complete, also when the worker fails; a crashed worker is started again.
 */
export class CatalogueClient implements Disposable {
	private readonly workerFile: string;
	private readonly log: vscode.LogOutputChannel;
	private readonly received = new vscode.EventEmitter<FromCatalogue>();
	private readonly waiting = new Map<number, () => void>();
	private readonly asked = new Map<number, Asked>();
	private readonly crashes: number[] = [];
	private readonly firstListing = Promise.withResolvers<void>();
	private scopes: CatalogueScopes;
	private worker: Worker | undefined;
	private requests = 0;
	private disposed = false;

	readonly onDidReceive = this.received.event;
	/** The first listing is complete. */
	readonly listed: Promise<void> = this.firstListing.promise;

	constructor(workerFile: string, scopes: CatalogueScopes, log: vscode.LogOutputChannel) {
		this.workerFile = workerFile;
		this.scopes = scopes;
		this.log = log;
	}

	get started(): boolean {
		return this.worker !== undefined;
	}

	/** Lists other folders from now on. */
	configure(scopes: CatalogueScopes): void {
		this.scopes = scopes;
		if (this.worker) {
			this.send({ type: "configure", ...scopes });
		}
	}

	/** Starts the worker, if it has not been; the first rows come as messages. */
	start(): void {
		if (this.worker || this.disposed) {
			return;
		}
		const worker = new Worker(this.workerFile, { name: "skein catalogue" });
		this.worker = worker;
		worker.on("message", (message: FromCatalogue) => this.receive(message));
		worker.on("error", (error) => this.crashed(worker, error));
		worker.on("exit", (code) => this.crashed(worker, new Error(`It exited with code ${code}.`)));
		this.send({ type: "configure", ...this.scopes });
		void this.refresh().then(() => this.firstListing.resolve());
	}

	/** Looks again now; resolves once everything that stood on disk at the call has been listed. */
	refresh(): Promise<void> {
		this.start();
		const request = ++this.requests;
		return new Promise((resolve) => {
			this.waiting.set(request, resolve);
			this.send({ type: "refresh", request });
		});
	}

	/**
	 * Asks the index. Rejects with a HumanError for what cannot be answered ({@link BadQuery} for a search that cannot be
	 * understood), with a CancellationError when `token` ends it.
	 */
	ask<K extends keyof IndexAnswers>(
		question: Extract<IndexQuestion, { ask: K }>,
		token: vscode.CancellationToken,
		progress?: (at: Indexing) => void,
	): Promise<IndexAnswers[K]> {
		this.start();
		const request = ++this.requests;
		const { promise, resolve, reject } = Promise.withResolvers<IndexAnswer>();
		this.asked.set(request, { resolve, reject, progress });
		const cancel = () => {
			this.asked.delete(request);
			this.send({ type: "cancel", request });
			reject(new vscode.CancellationError());
		};
		const listener = token.onCancellationRequested(cancel);
		if (token.isCancellationRequested) {
			cancel();
		} else {
			this.send({ type: "ask", request, question });
		}
		return promise.finally(() => listener.dispose()) as Promise<IndexAnswers[K]>;
	}

	/** Ends the reading for the index that is under way; what was read stays. */
	stopIndexing(): void {
		this.send({ type: "stopIndexing" });
	}

	dispose(): void {
		this.disposed = true;
		this.release();
		void this.worker?.terminate();
		this.worker = undefined;
		this.received.dispose();
	}

	private receive(message: FromCatalogue): void {
		switch (message.type) {
			case "refreshed":
				this.waiting.get(message.request)?.();
				this.waiting.delete(message.request);
				break;
			case "answer":
				this.asked.get(message.request)?.resolve(message.answer);
				this.asked.delete(message.request);
				break;
			case "refused":
				this.asked.get(message.request)?.reject(errorOf(message.refusal));
				this.asked.delete(message.request);
				break;
			case "asked":
				this.asked.get(message.request)?.progress?.(message.at);
				break;
			case "noted":
				this.log.info(message.message);
				break;
			case "failed":
				this.log.error(message.message);
				break;
		}
		this.received.fire(message);
	}

	private send(message: ToCatalogue): void {
		this.worker?.postMessage(message);
	}

	private crashed(worker: Worker, error: unknown): void {
		if (this.disposed || this.worker !== worker) {
			return;
		}
		this.worker = undefined;
		this.log.error(`The catalogue stopped: ${errorSentence(error)}`);
		this.release();
		const now = Date.now();
		this.crashes.push(now);
		if (this.crashes.filter((time) => now - time < crashWindow).length <= crashesAllowed) {
			this.start();
		} else {
			const message = vscode.l10n.t("The list of sessions stopped working and is not up to date.");
			this.received.fire({ type: "failed", message });
		}
	}

	/** Nobody waits for a worker that will not answer. */
	private release(): void {
		for (const resolve of this.waiting.values()) {
			resolve();
		}
		this.waiting.clear();
		for (const { reject } of this.asked.values()) {
			reject(
				new HumanError(
					"index-stopped",
					vscode.l10n.t("The index stopped working. Try again; the log says why."),
				),
			);
		}
		this.asked.clear();
		this.firstListing.resolve();
	}
}

function errorOf({ reason, message, place }: Refusal): Error {
	if (place) {
		return new BadQuery(message, place);
	}
	switch (reason) {
		case "cancelled":
			return new vscode.CancellationError();
		case "fault":
			return new Error(message);
		default:
			return new HumanError(reason, message);
	}
}
