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
	/** What has come and is not drawn yet. */
	private waiting = "";
	private readonly cutter = new BlockCutter();
	/** The block under way, as far as it was read, and where it begins. */
	private block = "";
	private begin = 0;
	/** What stands for the block under way. */
	private tail: readonly Element[] = [];
	/** Where the next blocks go. */
	private group = this.startGroup();
	private growing: { readonly into: Element; piece: Text | undefined } | undefined;
	private readonly schedule = onFrame(() => this.draw());

	constructor() {
		this.element.className = "prose live";
		this.element.dir = "auto";
	}

	/** Shows more of the text, in the next frame. */
	add(text: string): void {
		this.waiting += text;
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
			this.tail = this.append(this.block);
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
		const { cutter } = this;
		const added = this.waiting.slice(0, portion);
		this.waiting = this.waiting.slice(portion);
		this.block += added;
		cutter.read(added);
		const whole = cutter.end - this.begin;
		if (whole > 0) {
			this.clearTail();
			this.append(this.block.slice(0, whole));
			this.divide();
			this.block = this.block.slice(whole);
			this.begin = cutter.end;
		}
		if (this.growing) {
			this.grow(added, this.growing);
		} else if (this.waiting === "") {
			this.drawTail();
		}
		return this.waiting !== "";
	}

	private drawTail(): void {
		const { block } = this;
		this.clearTail();
		if (block.length <= (this.cutter.inFence ? coloured : rendered)) {
			this.tail = this.append(block);
		} else {
			this.startGrowing(block);
		}
	}

	private startGrowing(block: string): void {
		const firstEnd = block.indexOf("\n") + 1;
		if (this.cutter.inFence && firstEnd > 0) {
			this.tail = this.append(block.slice(0, firstEnd));
			const into = this.group.querySelector(":scope > pre:last-child > code");
			if (into) {
				into.textContent = "";
				this.growing = { into, piece: undefined };
				this.grow(block.slice(firstEnd), this.growing);
				return;
			}
			this.clearTail();
		}
		const into = document.createElement("div");
		into.className = "plain growing";
		this.group.append(into);
		this.tail = [into];
		this.growing = { into, piece: undefined };
		this.grow(block, this.growing);
	}

	private grow(text: string, growing: NonNullable<LiveProse["growing"]>): void {
		let added = text;
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
