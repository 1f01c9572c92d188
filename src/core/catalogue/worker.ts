import { parentPort } from "node:worker_threads";
import { TaskQueue } from "../../base/async.ts";
import type { CatalogueScope, FromCatalogue, ToCatalogue } from "../../protocol/catalogue.ts";
import { breathe } from "../index/progress.ts";
import { createSources } from "../sources/sources.ts";
import { Catalogue } from "./catalogue.ts";
import type { CatalogueChange } from "./change.ts";
import { IndexDesk } from "./indexDesk.ts";
import type { StoreCatalogue } from "./storeCatalogue.ts";

/** Rows posted at once: more would hold up the extension host while it takes them in. */
const rowsPerMessage = 500;
/** Least time between two progress messages. ms. */
const progressInterval = 100;

/** The worker's side of `protocol/catalogue.ts`: one catalogue, made anew by each `configure`. */
class CatalogueWorker {
	private readonly post: (message: FromCatalogue) => void;
	private catalogue: Catalogue | undefined;
	private desk: IndexDesk | undefined;
	private lastProgress = 0;
	private readonly posts = new TaskQueue();

	constructor(post: (message: FromCatalogue) => void) {
		this.post = post;
	}

	async receive(message: ToCatalogue): Promise<void> {
		switch (message.type) {
			case "configure":
				this.configure(message);
				return;
			case "refresh":
				await this.catalogue?.refresh();
				await this.posts.run(() => Promise.resolve());
				this.post({ type: "refreshed", request: message.request });
				return;
			case "ask":
				await this.desk?.answer(message.request, message.question);
				return;
			case "cancel":
				this.desk?.cancel(message.request);
				return;
			case "stopIndexing":
				this.desk?.stop();
				return;
			default:
				message satisfies never;
		}
	}

	private configure(message: Extract<ToCatalogue, { type: "configure" }>): void {
		this.catalogue?.dispose();
		void this.desk?.close();
		const { folders, locations, keepCopies, keepSources } = message;
		const sources = createSources(locations).filter(({ name }) => message.sources.includes(name));
		this.catalogue = new Catalogue({ folders, sources, locations, keepCopies, keepSources });
		const stores = this.catalogue.stores.map(({ store }) => store);
		const desk = new IndexDesk({ stores, sources, locations }, this.post);
		this.desk = desk;
		this.catalogue.watch({
			storeExpected: ({ store }, rows) => {
				if (rows.length > 0) {
					this.postRows({ kind: "folder", folder: store.folder }, { rows, removed: [] }, true);
				}
			},
			storeChanged: (store, change, first) => {
				desk.changed();
				this.postRows({ kind: "folder", folder: store.store.folder }, change, first);
				this.postReport(store);
			},
			sourceChanged: ({ source, problems }, change, first) => {
				desk.changed();
				this.postRows({ kind: "source", source: source.name }, change, first);
				this.inOrder(() => this.post({ type: "sourceProblems", source: source.name, problems }));
			},
			progress: (done, total) => this.postProgress(done, total),
			failed: (text) => this.post({ type: "failed", message: text }),
		});
	}

	/** Posts rows in portions, with the loop between them: the extension host takes in one at a time. */
	private postRows(scope: CatalogueScope, change: CatalogueChange, first: boolean): void {
		const { rows, removed } = change;
		if (!first && rows.length === 0 && removed.length === 0) {
			return;
		}
		this.inOrder(() => {
			const part = rows.slice(0, rowsPerMessage);
			this.post({ type: "rows", scope, reset: first, rows: part, removed });
		});
		for (let start = rowsPerMessage; start < rows.length; start += rowsPerMessage) {
			const part = rows.slice(start, start + rowsPerMessage);
			this.inOrder(async () => {
				await breathe();
				this.post({ type: "rows", scope, reset: false, rows: part, removed: [] });
			});
		}
	}

	private postReport({ store, status, kept, problems }: StoreCatalogue): void {
		const all = store.keepFailure === undefined ? problems : [...problems, store.keepFailure];
		this.inOrder(() =>
			this.post({ type: "store", report: { folder: store.folder, status, kept, problems: all } }),
		);
	}

	/** Posts after all that was said before, unless other folders were asked for meanwhile. */
	private inOrder(post: () => void | Promise<void>): void {
		const { catalogue } = this;
		void this.posts.run(async () => {
			if (this.catalogue === catalogue) {
				await post();
			}
		});
	}

	private postProgress(done: number, total: number): void {
		const now = performance.now();
		if (done === total || now - this.lastProgress >= progressInterval) {
			this.lastProgress = now;
			this.post({ type: "progress", done, total });
		}
	}
}

const port = parentPort;
if (port) {
	const worker = new CatalogueWorker((message) => port.postMessage(message));
	port.on("message", (message: ToCatalogue) => void worker.receive(message));
}
