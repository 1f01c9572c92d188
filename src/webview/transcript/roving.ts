import { post } from "./vscodeApi.ts";

/** What the roving focus needs from the feed: bringing rows into the page that are not in it. */
export interface Reachable {
	readonly element: HTMLElement;
	/** Index of the first and last row that can have the focus. */
	lastRow(): number;
	indexOf(id: string): number | undefined;
	reach(row: number): HTMLElement | undefined;
}

function targetOf(article: Element | null | undefined): HTMLElement | undefined {
	if (!(article instanceof HTMLElement)) {
		return undefined;
	}
	return article.matches("[data-rove]")
		? article
		: (article.querySelector<HTMLElement>("[data-rove]") ?? undefined);
}

/**
 * One tab stop for the whole list: arrows, Home, End, Page Up and Page Down move between the rows; the buttons and links
 * inside a row are tab stops only while their row is the current one.
 */
export class RovingFocus {
	private readonly list: Reachable;
	/** The current article. */
	private current: HTMLElement | undefined;
	/** The item that has the focus, as the host was told. */
	private told: string | null | undefined;

	constructor(list: Reachable) {
		this.list = list;
		list.element.addEventListener("focusin", (event) => {
			const article = (event.target as Element).closest<HTMLElement>("article");
			if (article) {
				this.make(article);
			}
		});
		list.element.addEventListener("keydown", (event) => this.key(event));
	}

	/** After a redraw: exactly one row can be reached by Tab, the current one or the first in view. */
	settle(): void {
		if (this.current?.isConnected) {
			this.arm(this.current);
			return;
		}
		const articles = this.list.element.querySelectorAll<HTMLElement>("article");
		const inView = [...articles].find((one) => one.getBoundingClientRect().bottom > 60);
		if (inView) {
			this.current = inView;
			this.arm(inView);
		}
	}

	get currentId(): string | undefined {
		return this.current?.isConnected ? this.current.dataset["id"] : undefined;
	}

	focusRow(row: number): void {
		const target = targetOf(this.list.reach(row));
		target?.focus({ preventScroll: true });
		target?.scrollIntoView({ block: "nearest" });
	}

	/** Takes the focus off the rows; the next Tab comes back to the current one. */
	leave(): void {
		if (document.activeElement instanceof HTMLElement) {
			document.activeElement.blur();
		}
		this.tell(null);
	}

	private make(article: HTMLElement): void {
		if (this.current !== article) {
			if (this.current) {
				this.disarm(this.current);
			}
			this.current = article;
		}
		const id = article.dataset["id"] ?? "";
		this.tell(id.startsWith("fold:") ? null : id);
		this.arm(article);
	}

	/** The row that Tab would come to is not one that has the focus: what the host knows is told apart. */
	private tell(item: string | null): void {
		if (this.told !== item) {
			this.told = item;
			post({ type: "focus", item });
		}
	}

	private arm(article: HTMLElement): void {
		for (const one of article.querySelectorAll<HTMLElement>("[data-rove], [data-inner], a")) {
			one.tabIndex = 0;
		}
		if (article.matches("[data-rove]")) {
			article.tabIndex = 0;
		}
	}

	private disarm(article: HTMLElement): void {
		for (const one of article.querySelectorAll<HTMLElement>("[data-rove], [data-inner], a")) {
			one.tabIndex = -1;
		}
		if (article.matches("[data-rove]")) {
			article.tabIndex = -1;
		}
	}

	private key(event: KeyboardEvent): void {
		const on = event.target as HTMLElement;
		if (event.key === "Escape") {
			this.leave();
			event.preventDefault();
			return;
		}
		if (event.key === "Enter" && on.matches("a[data-href]")) {
			on.click();
			return;
		}
		if (
			!on.matches("[data-rove]") ||
			event.ctrlKey ||
			event.metaKey ||
			event.altKey ||
			event.shiftKey
		) {
			return;
		}
		const article = on.closest("article");
		switch (event.key) {
			case "ArrowDown":
				this.step(article, 1);
				break;
			case "ArrowUp":
				this.step(article, -1);
				break;
			case "Home":
				this.focusRow(0);
				break;
			case "End":
				this.focusRow(this.list.lastRow());
				break;
			case "PageDown":
				this.page(article, 1);
				break;
			case "PageUp":
				this.page(article, -1);
				break;
			case "Enter":
			case " ":
				if (on === article) {
					// A message has nothing to open but what it hides.
					article.querySelector<HTMLElement>(".more, .divider[aria-expanded]")?.click();
					break;
				}
				return;
			default:
				return;
		}
		event.preventDefault();
	}

	private step(article: Element | null, by: 1 | -1): void {
		const next = this.neighbour(article, by);
		if (next) {
			targetOf(next)?.focus({ preventScroll: true });
			next.scrollIntoView({ block: "nearest" });
		}
	}

	private neighbour(article: Element | null, by: 1 | -1): Element | null {
		const beside = by === 1 ? article?.nextElementSibling : article?.previousElementSibling;
		if (beside) {
			return beside;
		}
		// The next section may not be in the page yet: its nearest row is asked for.
		const id = article?.getAttribute("data-id") ?? "";
		const row = this.list.indexOf(id.startsWith("fold:") ? id.slice(5) : id);
		if (row === undefined) {
			return null;
		}
		const section = article?.parentElement;
		const other = by === 1 ? section?.nextElementSibling : section?.previousElementSibling;
		if (by === 1) {
			const last = Number(article?.getAttribute("data-last") ?? row);
			this.list.reach(Math.min(last + 1, this.list.lastRow()));
			return other?.firstElementChild ?? null;
		}
		if (row > 0) {
			this.list.reach(row - 1);
		}
		return other?.lastElementChild ?? null;
	}

	private page(article: Element | null, by: 1 | -1): void {
		let at = article;
		const start = article?.getBoundingClientRect().top ?? 0;
		for (;;) {
			const next = this.neighbour(at, by);
			if (!next) {
				break;
			}
			at = next;
			if (Math.abs(next.getBoundingClientRect().top - start) > window.innerHeight * 0.8) {
				break;
			}
		}
		targetOf(at)?.focus({ preventScroll: true });
		at?.scrollIntoView({ block: by === 1 ? "start" : "nearest" });
	}
}
