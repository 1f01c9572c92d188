import { renderMarkdown } from "../markdown.ts";
import { BlockCutter } from "../pure/blockCutter.ts";
import { visibleText } from "../pure/visibleText.ts";
import { onFrame } from "./onFrame.ts";

/** A block under way is rendered as markdown up to this length; a longer one stands as it is until it ends. */
const rendered = 8_000;
/** Code under way keeps its colours up to this length. */
const coloured = 4_000;
/** How much is rendered in a frame when much comes at once. */
const portion = 8_000;
/** Text of one piece of a long block: the browser lays out a piece at a time. */
const pieceLength = 8_000;
/** Blocks that stand together: with each frame the browser walks the neighbours of what has changed. */
const blocksTogether = 64;

/**
 * Markdown that is being written: whole blocks are rendered once, the block under way again with every frame, and one
 * that is long is only added to. So a frame costs the same at the end of a long answer as at its beginning.
 */
export class LiveProse {
	readonly element = document.createElement("div");
	private text = "";
	private readonly cutter = new BlockCutter();
	private done = 0;
	/** How far the text was looked at for blocks. */
	private read = 0;
	/** What stands for the block under way. */
	private tail: readonly Element[] = [];
	/** Where the next blocks go. */
	private group = this.startGroup();
	private growing: { readonly into: Element; shown: number; piece: Text | undefined } | undefined;
	private readonly schedule = onFrame(() => this.draw());

	constructor() {
		this.element.className = "prose live";
		this.element.dir = "auto";
	}

	/** Shows `text`, which begins with what was shown before, in the next frame. */
	show(text: string): void {
		this.text = text;
		this.schedule();
	}

	/** The text is whole. False when what stands here is not what rendering it as a whole would give. */
	finish(): boolean {
		while (this.drawPortion()) {
			// A frame may take longer once, at the end.
		}
		this.element.classList.remove("live");
		if (this.growing) {
			this.clearTail();
			this.tail = this.append(this.text.slice(this.done));
		}
		return this.cutter.isExact;
	}

	private draw(): void {
		if (this.drawPortion()) {
			this.schedule();
		}
	}

	/** Draws what has come, as far as a frame has room for it; true when there is more. */
	private drawPortion(): boolean {
		const { text, cutter } = this;
		this.read = Math.min(this.read + portion, text.length);
		const isAll = this.read === text.length;
		cutter.read(isAll ? text : text.slice(0, this.read));
		if (cutter.end > this.done) {
			this.clearTail();
			this.append(text.slice(this.done, cutter.end));
			this.divide();
			this.done = cutter.end;
		}
		if (isAll) {
			this.drawTail(text.slice(this.done));
		}
		return !isAll;
	}

	private drawTail(text: string): void {
		if (text.length <= (this.cutter.inFence ? coloured : rendered)) {
			this.clearTail();
			this.tail = this.append(text);
			return;
		}
		this.growing ??= this.startGrowing(text);
		this.grow(text, this.growing);
	}

	private startGrowing(text: string): NonNullable<LiveProse["growing"]> {
		this.clearTail();
		const firstEnd = text.indexOf("\n") + 1;
		if (this.cutter.inFence && firstEnd > 0) {
			this.tail = this.append(text.slice(0, firstEnd));
			const into = this.group.querySelector(":scope > pre:last-child > code");
			if (into) {
				into.textContent = "";
				return { into, shown: firstEnd, piece: undefined };
			}
		}
		const into = document.createElement("div");
		into.className = "plain growing";
		this.group.append(into);
		this.tail = [into];
		return { into, shown: 0, piece: undefined };
	}

	private grow(text: string, growing: NonNullable<LiveProse["growing"]>): void {
		let added = text.slice(growing.shown);
		growing.shown = text.length;
		while (added !== "") {
			if (!growing.piece) {
				const span = document.createElement("span");
				span.className = "piece";
				growing.piece = document.createTextNode("");
				span.append(growing.piece);
				growing.into.append(span);
			}
			const room = pieceLength - growing.piece.length;
			const newline = added.indexOf("\n", Math.max(0, room));
			const end = newline < 0 ? added.length : newline + 1;
			growing.piece.appendData(visibleText(added.slice(0, end)));
			added = added.slice(end);
			if (newline >= 0) {
				growing.piece = undefined;
			}
		}
	}

	private clearTail(): void {
		for (const node of this.tail) {
			node.remove();
		}
		this.tail = [];
		this.growing = undefined;
	}

	private append(text: string): Element[] {
		const prose = renderMarkdown(text);
		// Between blocks stand line ends and nothing else.
		const blocks = prose.classList.contains("plain") ? [prose] : [...prose.children];
		this.group.append(...blocks);
		return blocks;
	}

	/** Begins new groups with what the last one has too many of. */
	private divide(): void {
		const blocks = [...this.group.children];
		for (let from = blocksTogether; from < blocks.length; from += blocksTogether) {
			this.group = this.startGroup();
			this.group.append(...blocks.slice(from, from + blocksTogether));
		}
	}

	private startGroup(): HTMLElement {
		const group = document.createElement("div");
		group.className = "blocks";
		this.element.append(group);
		return group;
	}
}
