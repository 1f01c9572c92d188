/** How near to the end counts as being there, in px. */
const endSlack = 32;
/** Keys that scroll by themselves when nothing else takes them. */
const scrollKeys = new Set(["ArrowUp", "ArrowDown", "PageUp", "PageDown", "Home", "End", " "]);

export interface Anchor {
	readonly id: string;
	/** Distance from the top of the viewport, in px. */
	readonly offset: number;
}

type Pin = { readonly kind: "end" } | { readonly kind: "row"; readonly anchor: Anchor } | undefined;

/**
 * Keeps the reader where they are. While a pin is set, late heights (contents, images, fonts) cannot move the pinned row
 * or the end: it is put back after layout and before paint. A scroll by hand takes the pin off; from then on the browser's
 * own scroll anchoring does the same for what is in view. Reaching the end by hand pins the end: new rows are followed.
 */
export class ScrollKeeper {
	private pin: Pin = { kind: "end" };
	private readonly reach: (id: string) => HTMLElement | undefined;
	private readonly moved: () => void;
	private byHand = false;
	private scheduled = false;

	constructor(
		content: HTMLElement,
		reach: (id: string) => HTMLElement | undefined,
		moved: () => void,
		signal: AbortSignal,
	) {
		this.reach = reach;
		this.moved = moved;
		const hand = () => {
			this.byHand = true;
		};
		addEventListener("wheel", hand, { passive: true, signal });
		addEventListener("touchmove", hand, { passive: true, signal });
		addEventListener("pointerdown", hand, { passive: true, signal });
		addEventListener(
			"keydown",
			(event) => {
				if (scrollKeys.has(event.key)) {
					hand();
				}
			},
			{ signal },
		);
		addEventListener("scroll", () => this.scrolled(), { passive: true, signal });
		const sizes = new ResizeObserver(() => this.settle());
		sizes.observe(content);
		signal.addEventListener("abort", () => sizes.disconnect());
		addEventListener("resize", () => this.settle(), { signal });
	}

	get following(): boolean {
		return this.pin?.kind === "end";
	}

	get atEnd(): boolean {
		const { scrollHeight } = document.documentElement;
		return scrollHeight - window.innerHeight - window.scrollY <= endSlack;
	}

	toEnd(): void {
		this.pin = { kind: "end" };
		this.byHand = false;
		this.settle();
	}

	toRow(anchor: Anchor): void {
		this.pin = { kind: "row", anchor };
		this.byHand = false;
		this.settle();
	}

	/** Lets go: what opens now is what the reader looks at, the end is not. */
	release(): void {
		this.pin = undefined;
	}

	/** Puts the pinned place back, then lets the page look at what is in view. */
	settle(): void {
		this.apply();
		this.moved();
		// What came into view may have another height than was guessed.
		this.apply();
	}

	private apply(): void {
		if (this.pin?.kind === "end") {
			window.scrollTo(0, document.documentElement.scrollHeight);
		} else if (this.pin?.kind === "row") {
			const { id, offset } = this.pin.anchor;
			const element = this.reach(id);
			if (element) {
				const by = element.getBoundingClientRect().top - offset;
				if (Math.abs(by) >= 1) {
					window.scrollBy(0, by);
				}
			}
		}
	}

	private scrolled(): void {
		if (this.byHand) {
			this.pin = this.atEnd ? { kind: "end" } : undefined;
		}
		if (!this.scheduled) {
			this.scheduled = true;
			requestAnimationFrame(() => {
				this.scheduled = false;
				this.moved();
			});
		}
	}
}
