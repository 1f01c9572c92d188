/** How near to the end counts as being there, in px. */
const endSlack = 32;

export interface Anchor {
	readonly id: string;
	/** Distance from the top of the viewport, in px. */
	readonly offset: number;
}

type Pin =
	| { readonly kind: "end" }
	| { readonly kind: "row"; readonly anchor: Anchor }
	| { readonly kind: "none" };

/**
 * Keeps the reader where they are. While a pin is set, late heights (contents, images, fonts) cannot move the pinned row
 * or the end: it is put back after layout and before paint. Any scroll that is not the keeper's own takes the pin off (the
 * wheel, the scroll bar and VS Code's find widget look the same from here); from then on the browser's own scroll
 * anchoring does the same for what is in view. Coming down to the end pins the end: new rows are followed.
 */
export class ScrollKeeper {
	private pin: Pin = { kind: "end" };
	private readonly reach: (id: string) => HTMLElement | undefined;
	private readonly moved: () => void;
	/** Where the keeper's last own scroll ended, and where the page stood at the last scroll of any kind. */
	private own = -1;
	private last = 0;
	/** Where the page stood when it last looked at what is in view. */
	private seen = -1;
	private scheduled = false;

	constructor(
		content: HTMLElement,
		reach: (id: string) => HTMLElement | undefined,
		moved: () => void,
		signal: AbortSignal,
	) {
		this.reach = reach;
		this.moved = moved;
		addEventListener("scroll", () => this.scrolled(), { passive: true, signal });
		addEventListener("resize", () => this.settle(), { signal });
		const sizes = new ResizeObserver(() => this.settle());
		sizes.observe(content);
		signal.addEventListener("abort", () => sizes.disconnect());
	}

	get following(): boolean {
		return this.pin.kind === "end";
	}

	/** A row was asked for and is kept in its place. */
	get holdsRow(): boolean {
		return this.pin.kind === "row";
	}

	get atEnd(): boolean {
		return this.left <= endSlack;
	}

	/** How far it is to the end, in px. */
	private get left(): number {
		const { scrollHeight } = document.documentElement;
		return scrollHeight - window.innerHeight - window.scrollY;
	}

	toEnd(): void {
		this.hold({ kind: "end" });
		this.settle();
	}

	toRow(anchor: Anchor): void {
		this.hold({ kind: "row", anchor });
		this.settle();
	}

	/** Lets go: what opens now is what the reader looks at, the end is not. */
	release(): void {
		this.hold({ kind: "none" });
	}

	/** Puts the pinned place back, then lets the page look at what is in view. */
	settle(): void {
		this.apply();
		this.look();
		// What came into view may have another height than was guessed.
		this.apply();
	}

	private look(): void {
		this.seen = window.scrollY;
		this.moved();
	}

	private hold(pin: Pin): void {
		this.pin = pin;
		// Two that put things back would undo each other.
		document.documentElement.style.setProperty(
			"overflow-anchor",
			pin.kind === "none" ? "auto" : "none",
		);
	}

	private apply(): void {
		if (this.pin.kind === "end") {
			window.scrollTo(0, document.documentElement.scrollHeight);
			this.own = window.scrollY;
		} else if (this.pin.kind === "row") {
			const { id, offset } = this.pin.anchor;
			const by = (this.reach(id)?.getBoundingClientRect().top ?? offset) - offset;
			if (Math.abs(by) >= 1) {
				window.scrollBy(0, by);
			}
			this.own = window.scrollY;
		}
	}

	private scrolled(): void {
		const now = window.scrollY;
		// A page that gets shorter is scrolled by the browser, to its very end: nobody has left that.
		const isShorter = this.pin.kind === "end" && this.left <= 1;
		if (!isShorter && (this.pin.kind === "none" || Math.abs(now - this.own) > 1)) {
			this.hold({ kind: this.atEnd && now >= this.last ? "end" : "none" });
		}
		this.last = now;
		// The keeper's own scrolls are told of a frame later, when the page has looked already.
		if (now !== this.seen && !this.scheduled) {
			this.scheduled = true;
			requestAnimationFrame(() => {
				this.scheduled = false;
				this.look();
			});
		}
	}
}

/** The first row in view and where it stands. */
export function anchorInView(): Anchor | undefined {
	for (const article of document.querySelectorAll<HTMLElement>(".section.live > article")) {
		const { top, bottom } = article.getBoundingClientRect();
		const id = article.dataset["id"];
		if (bottom > 0 && id) {
			return { id: id.startsWith("fold:") ? id.slice(5) : id, offset: Math.round(top) };
		}
	}
	return undefined;
}
