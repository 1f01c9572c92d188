const delay = 500;

/** A glyph may reach a few pixels beyond its line; a line that is hidden is higher than that. */
function isCut(element: Element): boolean {
	const { scrollWidth, clientWidth, scrollHeight, clientHeight } = element;
	return scrollWidth > clientWidth || scrollHeight > clientHeight + 8;
}

/**
 * Tooltips for `data-tip`, by mouse and by keyboard alike (the browser's own `title` shows on hover only).
 * `data-cut-tip` shows only while the element, or its target, is cut off.
 */
export function showTooltips(): void {
	const tip = document.createElement("div");
	tip.className = "tooltip";
	tip.setAttribute("role", "tooltip");
	tip.id = "tooltip";
	tip.hidden = true;
	document.body.append(tip);
	let timer: ReturnType<typeof setTimeout> | undefined;
	let owner: HTMLElement | undefined;

	const hide = () => {
		clearTimeout(timer);
		tip.hidden = true;
		owner?.removeAttribute("aria-describedby");
		owner = undefined;
	};
	const textOf = (element: HTMLElement): string | undefined => {
		const cut = element.dataset["cutTip"];
		if (cut !== undefined) {
			const targets = [...element.querySelectorAll(".target, .folders")];
			return (targets.length > 0 ? targets : [element]).some(isCut) ? cut : undefined;
		}
		return element.dataset["tip"];
	};
	const place = (element: HTMLElement) => {
		const at = element.getBoundingClientRect();
		const own = tip.getBoundingClientRect();
		const left = Math.max(4, Math.min(at.left, window.innerWidth - own.width - 4));
		const below = at.bottom + 4 + own.height <= window.innerHeight;
		tip.style.setProperty("left", `${left}px`);
		tip.style.setProperty("top", `${below ? at.bottom + 4 : at.top - own.height - 4}px`);
	};
	const show = (element: HTMLElement) => {
		const text = textOf(element);
		if (!text || !element.isConnected) {
			return;
		}
		tip.textContent = text;
		tip.hidden = false;
		place(element);
		if (text !== element.getAttribute("aria-label")) {
			element.setAttribute("aria-describedby", "tooltip");
		}
	};
	const over = (event: Event, wait: number) => {
		const element = (event.target as Element).closest<HTMLElement>("[data-tip], [data-cut-tip]");
		if (!element || element === owner) {
			return;
		}
		hide();
		owner = element;
		timer = setTimeout(() => show(element), wait);
	};
	document.addEventListener("pointerover", (event) => {
		if (!(event.target as Element).closest("[data-tip], [data-cut-tip]")) {
			hide();
		} else {
			over(event, delay);
		}
	});
	document.addEventListener("focusin", (event) => {
		if ((event.target as Element).matches(":focus-visible")) {
			over(event, 0);
		}
	});
	document.addEventListener("focusout", hide);
	document.addEventListener("pointerdown", hide);
	const scrolled = () => {
		// Moving the focus scrolls by itself: that must not take the tooltip away.
		if (owner?.matches(":focus-visible")) {
			place(owner);
		} else {
			hide();
		}
	};
	document.addEventListener("scroll", scrolled, { passive: true });
	document.addEventListener("keydown", hide);
}
