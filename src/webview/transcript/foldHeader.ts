/** Scrolls later than this after the last move of the hand are the page's own, in ms. */
const handLasts = 700;

let last = 0;
let hand = Number.NEGATIVE_INFINITY;
let listening = false;

function look(): void {
	const header = document.querySelector("header.session");
	const now = window.scrollY;
	if (!header) {
		return;
	}
	if (now <= 40) {
		header.classList.remove("folded");
	} else if (performance.now() - hand < handLasts) {
		// Small moves (a pixel of momentum) are nobody's wish to see or lose the header.
		if (Math.abs(now - last) < 6) {
			return;
		}
		header.classList.toggle("folded", now > last && !header.contains(document.activeElement));
	}
	last = now;
}

/**
 * The header folds away when the reader scrolls down and comes back when they scroll up. Scrolls of the page's own
 * (opening at the end, following new rows) change nothing.
 */
export function foldHeader(): void {
	if (listening) {
		return;
	}
	listening = true;
	const moved = () => {
		hand = performance.now();
	};
	addEventListener("wheel", moved, { passive: true });
	addEventListener("touchmove", moved, { passive: true });
	addEventListener("keydown", moved);
	addEventListener("pointermove", (event) => event.buttons !== 0 && moved(), { passive: true });
	addEventListener("scroll", look, { passive: true });
}
