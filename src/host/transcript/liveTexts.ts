import type { ItemType } from "../../core/model/item.ts";
import { itemTypes } from "../../core/model/item.ts";
import type { LiveItem } from "../../protocol/daemon.ts";
import type { LiveText } from "../../protocol/live.ts";

/** How often a page is told what has streamed: half a frame of a common screen, since the daemon gathers for a whole one. ms. */
const frame = 8;

/**
 * Tells a page what has streamed, at most twice a frame, and each letter once; the first one after a pause at once.
 * Guarantees: what a page has got of a text is always its beginning; after {@link restart} everything is told again.
 */
export class LiveTextSender {
	private readonly send: (texts: readonly LiveText[]) => void;
	private readonly waiting = new Map<string, LiveItem>();
	private readonly sent = new Map<string, number>();
	private timer: NodeJS.Timeout | undefined;
	private last = Number.NEGATIVE_INFINITY;

	constructor(send: (texts: readonly LiveText[]) => void) {
		this.send = send;
	}

	add(item: LiveItem): void {
		this.waiting.set(item.id, item);
		const wait = this.last + frame - performance.now();
		if (wait <= 0) {
			this.flush();
		} else {
			this.timer ??= setTimeout(() => this.flush(), wait);
		}
	}

	/** Tells what waits now: before something that must come after it. */
	flush(): void {
		clearTimeout(this.timer);
		this.timer = undefined;
		const texts: LiveText[] = [];
		for (const item of this.waiting.values()) {
			for (const [field, text] of Object.entries(item.texts)) {
				const key = `${item.id} ${field}`;
				const before = this.sent.get(key) ?? 0;
				const offset = text.length < before ? 0 : before;
				if (text.length > offset || (text.length === 0 && before > 0)) {
					const itemType = typeOf(item.type);
					texts.push({ item: item.id, itemType, field, offset, text: text.slice(offset) });
					this.sent.set(key, text.length);
				}
			}
		}
		this.waiting.clear();
		if (texts.length > 0) {
			this.last = performance.now();
			this.send(texts);
		}
	}

	/** The page knows nothing (any more). */
	restart(items: Iterable<LiveItem>): void {
		this.sent.clear();
		for (const item of items) {
			this.waiting.set(item.id, item);
		}
		this.flush();
	}

	forget(item: string): void {
		for (const key of this.sent.keys()) {
			if (key.startsWith(`${item} `)) {
				this.sent.delete(key);
			}
		}
		this.waiting.delete(item);
	}

	dispose(): void {
		clearTimeout(this.timer);
		this.waiting.clear();
	}
}

function typeOf(type: string): ItemType | "" {
	return itemTypes.find((each) => each === type) ?? "";
}
