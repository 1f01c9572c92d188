import { setTimeout as sleep } from "node:timers/promises";
import type { Frame, Page } from "playwright-core";

export interface Scrolling {
	/** ms between two frames: one in twenty is longer. */
	readonly p95: number;
	/** ms */
	readonly longestTask: number;
}

/** All frames of a page that still hang in it. */
export function frames(page: Page): Frame[] {
	return page.frames().filter((frame) => !frame.isDetached());
}

/** Turns the wheel over the middle of the page for some seconds, and tells how the frame kept up. */
export async function scrolled(page: Page, frame: Frame): Promise<Scrolling> {
	const { width, height } = page.viewportSize() ?? { width: 1000, height: 800 };
	await page.mouse.move(width * 0.7, height / 2);
	await frame.evaluate(`(() => {
		const found = { gaps: [], longest: 0, going: true, moved: 0 };
		window.benchScroll = found;
		new PerformanceObserver((list) => {
			for (const one of list.getEntries()) {
				found.longest = Math.max(found.longest, one.duration);
			}
		}).observe({ type: "longtask" });
		let last = performance.now();
		let place = window.scrollY;
		const step = (now) => {
			found.gaps.push(now - last);
			last = now;
			found.moved += Math.abs(window.scrollY - place);
			place = window.scrollY;
			if (found.going) {
				requestAnimationFrame(step);
			}
		};
		requestAnimationFrame(step);
	})()`);
	for (let turn = 0; turn < 250; turn++) {
		await page.mouse.wheel(0, -240);
		await sleep(16);
	}
	const { gaps, longest, moved } = await frame.evaluate<{
		gaps: number[];
		longest: number;
		moved: number;
	}>("(() => { window.benchScroll.going = false; return window.benchScroll; })()");
	if (moved < 100 * 240) {
		throw new Error(`The page has moved by ${moved} px only, so nothing was measured.`);
	}
	// The first gap is the time since the frame before the measurement.
	const sorted = gaps.slice(1).sort((a, b) => a - b);
	return { p95: sorted[Math.floor(sorted.length * 0.95)] ?? Number.NaN, longestTask: longest };
}
