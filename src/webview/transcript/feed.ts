import { html, render } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { ItemContext } from "./context.ts";
import { entryView } from "./items/row.ts";
import type { Entry, TranscriptModel } from "./model.ts";
import { type Block, blockAt } from "./pure/runs.ts";

/** Blocks a section holds: the unit that comes into the page and goes out of it. */
const sectionBlocks = 24;

/** Heights guessed for what was never drawn, in px. */
const guesses = { userMessage: 96, agentMessage: 132, line: 28, other: 60 };

interface Section {
	readonly element: HTMLElement;
	/** Height when it was last in the page, or a guess; px. */
	height: number;
}

function guess(model: TranscriptModel, blocks: readonly Block[]): number {
	let height = 0;
	for (const block of blocks) {
		const row = model.rows[block.from];
		if (block.fold || row?.kind !== "item") {
			height += guesses.line;
		} else if (row.type === "userMessage" || row.type === "agentMessage") {
			height += guesses[row.type];
		} else {
			height += row.type === "error" || row.type === "image" ? guesses.other : guesses.line;
		}
	}
	return height;
}

/**
 * The rows on the page, in sections of a few blocks. Guarantees:
 * - A section away from the viewport holds no elements and keeps its height, so the scroll bar tells the truth.
 * - The work of a scroll is in the number of sections in view, not in the number of rows.
 * - What is in view is drawn at once, what is near it one section a frame.
 */
export class Feed {
	private readonly element: HTMLElement;
	private readonly context: ItemContext;
	private readonly sections: Section[] = [];
	/** Indexes of the sections that hold elements. */
	private readonly live = new Set<number>();
	private queue: number[] = [];
	private frame = 0;

	constructor(element: HTMLElement, context: ItemContext) {
		this.element = element;
		this.context = context;
		this.resize(0);
	}

	/** Blocks from `from` on changed: sections are added, removed and drawn again as needed. */
	resize(from: number): void {
		const { model } = this.context;
		const count = Math.ceil(model.blocks.length / sectionBlocks);
		while (this.sections.length > count) {
			this.sections.pop()?.element.remove();
			this.live.delete(this.sections.length);
		}
		const fresh = document.createDocumentFragment();
		for (let i = this.sections.length; i < count; i++) {
			const element = document.createElement("div");
			element.className = "section";
			this.sections.push({ element, height: 0 });
			fresh.append(element);
		}
		this.element.append(fresh);
		const first = Math.floor(from / sectionBlocks);
		for (let i = first; i < count; i++) {
			const section = this.sections[i] as Section;
			if (this.live.has(i)) {
				this.draw(i);
			} else {
				section.height = guess(model, this.blocksOf(i));
				section.element.style.setProperty("height", `${section.height}px`);
			}
		}
		this.showUpTo();
	}

	/** Every row stands elsewhere now: what is drawn goes, and is drawn again where it belongs. */
	restart(): void {
		for (const i of this.live) {
			const section = this.sections[i] as Section;
			section.element.classList.remove("live");
			render(html``, section.element);
		}
		this.live.clear();
		this.queue = [];
		this.resize(0);
	}

	/** Hides the sections that hold no shown row (replay). */
	showUpTo(): void {
		const { model } = this.context;
		const last = this.sectionOf(model.shown - 1);
		for (const [i, section] of this.sections.entries()) {
			const hidden = i > last;
			if (section.element.hidden !== hidden) {
				section.element.hidden = hidden;
			}
		}
	}

	/** Draws what a move of the replay position from `before` to `now` rows changes. */
	move(before: number, now: number): void {
		const low = this.sectionOf(Math.min(before, now) - 1);
		const high = this.sectionOf(Math.max(before, now) - 1);
		const last = this.sectionOf(now - 1);
		for (let i = Math.max(0, low); i <= high; i++) {
			const section = this.sections[i];
			if (section) {
				section.element.hidden = i > last;
				if (this.live.has(i)) {
					this.draw(i);
				}
			}
		}
	}

	/** Draws the row again, if it is on the page. */
	redraw(id: string): void {
		const index = this.context.model.indexOf(id);
		if (index !== undefined) {
			this.redrawRows(index, index + 1);
		}
	}

	redrawRows(from: number, to: number): void {
		const last = this.sectionOf(to - 1);
		for (let i = Math.max(0, this.sectionOf(from)); i <= last; i++) {
			if (this.live.has(i)) {
				this.draw(i);
			}
		}
	}

	redrawAll(): void {
		for (const i of this.live) {
			this.draw(i);
		}
	}

	/** The element of a row, drawn now if it has to be; the line of its fold when it is folded away. */
	reach(index: number): HTMLElement | undefined {
		const { model } = this.context;
		const at = this.sectionOf(index);
		const section = this.sections[at];
		const block = model.blocks[blockAt(model.blocks, index)];
		const id = model.rows[index]?.id;
		if (!section || !block || id === undefined) {
			return undefined;
		}
		if (!this.live.has(at)) {
			this.enter(at);
		}
		const find = (key: string) =>
			section.element.querySelector<HTMLElement>(`:scope > [data-id="${CSS.escape(key)}"]`) ??
			undefined;
		return find(id) ?? find(model.foldKey(block));
	}

	/** Brings the sections around the viewport into the page and takes the far ones out. Called on every scroll. */
	update(): void {
		const height = window.innerHeight;
		const top = -this.element.getBoundingClientRect().top;
		const inView = this.range(top, top + height);
		for (let i = inView.first; i <= inView.last; i++) {
			if (!this.live.has(i)) {
				this.enter(i);
			}
		}
		const near = this.range(top - height, top + 2 * height);
		this.queue = [];
		for (let i = near.first; i <= near.last; i++) {
			if (!this.live.has(i)) {
				this.queue.push(i);
			}
		}
		const keep = this.range(top - 3 * height, top + 4 * height);
		for (const i of this.live) {
			if (i < keep.first || i > keep.last) {
				this.leave(i);
			}
		}
		this.work();
	}

	/** Rows with content on the page now. */
	drawnRows(): number {
		return this.element.querySelectorAll("article:not([aria-busy])").length;
	}

	private work(): void {
		if (this.frame === 0 && this.queue.length > 0) {
			this.frame = requestAnimationFrame(() => {
				this.frame = 0;
				const next = this.queue.shift();
				if (next !== undefined && !this.live.has(next)) {
					this.enter(next);
				}
				this.work();
			});
		}
	}

	private sectionOf(row: number): number {
		return row < 0 ? -1 : Math.floor(blockAt(this.context.model.blocks, row) / sectionBlocks);
	}

	private blocksOf(section: number): readonly Block[] {
		const from = section * sectionBlocks;
		return this.context.model.blocks.slice(from, from + sectionBlocks);
	}

	/** Sections that lie between two heights of the feed (binary search over what the browser has laid out). */
	private range(top: number, bottom: number): { first: number; last: number } {
		let high = this.sectionOf(this.context.model.shown - 1);
		const end = high;
		let low = 0;
		while (low < high) {
			const middle = (low + high) >> 1;
			const { offsetTop, offsetHeight } = (this.sections[middle] as Section).element;
			if (offsetTop + offsetHeight <= top) {
				low = middle + 1;
			} else {
				high = middle;
			}
		}
		const first = low;
		let last = first;
		while (last < end && (this.sections[last + 1] as Section).element.offsetTop < bottom) {
			last++;
		}
		return { first, last: Math.min(last, end) };
	}

	private enter(at: number): void {
		const section = this.sections[at];
		if (!section || section.element.hidden) {
			return;
		}
		this.live.add(at);
		this.draw(at);
		section.element.classList.add("live");
		section.element.style.setProperty("contain-intrinsic-block-size", `auto ${section.height}px`);
		section.element.style.removeProperty("height");
	}

	private leave(at: number): void {
		const section = this.sections[at];
		// The reader's focus or selection lives in there: it stays as long as they do.
		if (!section || section.element.contains(document.activeElement)) {
			return;
		}
		this.live.delete(at);
		section.height = section.element.offsetHeight;
		section.element.style.setProperty("height", `${section.height}px`);
		section.element.classList.remove("live");
		render(html``, section.element);
	}

	private draw(at: number): void {
		const section = this.sections[at] as Section;
		const { model } = this.context;
		const from = at * sectionBlocks;
		const entries = model.entries(from, Math.min(from + sectionBlocks, model.blocks.length));
		render(
			html`${repeat(
				entries,
				(entry: Entry) => entry.key,
				(entry: Entry) => entryView(this.context, entry),
			)}`,
			section.element,
		);
		const rows = entries.flatMap((entry) => (entry.kind === "row" ? [entry.index] : []));
		for (const page of model.wantPages(rows)) {
			this.context.post({ type: "getPage", page });
		}
	}
}
