import type { Item } from "../../../core/model/item.ts";

/** Pages kept in memory beyond those in use: the reader's way back is free, and the heap stays bounded. */
const keepPages = 40;

interface Page {
	/** `stale`: shown as it is, asked for again when it is needed. */
	state: "loading" | "ready" | "stale";
	ids: readonly string[];
}

/**
 * Contents of rows, page by page.
 * - Each page is asked for once until it is answered or goes stale.
 * - An answer that arrives late is kept by item id, so it cannot land on another row.
 * - Stale content stays readable until the new one is there.
 */
export class ItemPages {
	private readonly items = new Map<string, Item>();
	private readonly pages = new Map<number, Page>();
	private readonly pageSize: number;

	constructor(pageSize: number) {
		this.pageSize = pageSize;
	}

	item(id: string): Item | undefined {
		return this.items.get(id);
	}

	get size(): number {
		return this.items.size;
	}

	/** Pages to ask for now so that these rows have content; they count as asked for from here on. */
	want(rows: Iterable<number>): number[] {
		const wanted = new Set<number>();
		for (const row of rows) {
			wanted.add(Math.floor(row / this.pageSize));
		}
		const ask: number[] = [];
		for (const number of wanted) {
			const page = this.pages.get(number);
			if (page && page.state !== "stale") {
				// The most recently wanted page is the last to be dropped.
				this.pages.delete(number);
				this.pages.set(number, page);
				continue;
			}
			this.pages.delete(number);
			this.pages.set(number, { state: "loading", ids: page?.ids ?? [] });
			ask.push(number);
		}
		return ask;
	}

	receive(number: number, items: readonly Item[]): void {
		const page = this.pages.get(number);
		const ids = items.map((item) => item.id);
		const now = new Set(ids);
		for (const id of page?.ids ?? []) {
			if (!now.has(id)) {
				this.items.delete(id);
			}
		}
		for (const item of items) {
			this.items.set(item.id, item);
		}
		this.pages.set(number, { state: "ready", ids });
		this.drop();
	}

	/** So many pages now stand before the first one. */
	shift(by: number): void {
		const pages = [...this.pages];
		this.pages.clear();
		for (const [number, page] of pages) {
			this.pages.set(number + by, page);
		}
	}

	/** Rows from `from` on were replaced, and those in `changed` have new content. */
	invalidate(from: number, changed: readonly number[]): void {
		const first = Math.floor(from / this.pageSize);
		const touched = new Set(changed.map((row) => Math.floor(row / this.pageSize)));
		for (const [number, page] of this.pages) {
			if (number >= first || touched.has(number)) {
				page.state = "stale";
			}
		}
	}

	private drop(): void {
		for (const [number, page] of this.pages) {
			if (this.pages.size <= keepPages) {
				return;
			}
			if (page.state !== "loading") {
				for (const id of page.ids) {
					this.items.delete(id);
				}
				this.pages.delete(number);
			}
		}
	}
}
