import type { Item, ItemContent } from "../../../core/model/item.ts";
import type { ItemRow } from "../../../core/transcript/transcript.ts";
import type { LiveText } from "../../../protocol/live.ts";
import { knownText } from "../texts.ts";
import { LiveOutput } from "./liveOutput.ts";
import { LiveProse } from "./liveProse.ts";

interface Entry {
	readonly texts: Map<string, string>;
	prose: LiveProse | undefined;
	output: LiveOutput | undefined;
}

/** Texts of finished items that stay as they were written: enough for those on the page. */
const finishedMost = 100;

/**
 * Texts of the items under way, as they stream. What the journal says of such an item is behind; when the item is whole,
 * its text is what stands here already, and it is not drawn again.
 */
export class LiveTexts {
	private readonly entries = new Map<string, Entry>();
	private readonly finished = new Map<
		string,
		{ readonly text: string; readonly prose: LiveProse }
	>();

	/** Takes texts in; returns the items that have to be drawn again for them, because they had none before. */
	take(texts: readonly LiveText[]): string[] {
		const fresh: string[] = [];
		for (const { item, field, offset, text } of texts) {
			let entry = this.entries.get(item);
			if (!entry?.texts.has(field)) {
				fresh.push(item);
			}
			entry ??= { texts: new Map(), prose: undefined, output: undefined };
			this.entries.set(item, entry);
			const before = entry.texts.get(field) ?? "";
			// Only added to, the text is not copied: that would leave its length behind as garbage, many times a second.
			const whole = offset === before.length ? before + text : before.slice(0, offset) + text;
			entry.texts.set(field, whole);
			if (field === "text" && entry.prose) {
				if (offset === before.length) {
					entry.prose.add(text);
				} else if (whole.startsWith(before)) {
					entry.prose.add(whole.slice(before.length));
				} else {
					entry.prose = undefined;
					fresh.push(item);
				}
			}
		}
		return fresh;
	}

	text(item: string, field: string): string | undefined {
		return this.entries.get(item)?.texts.get(field);
	}

	/** Items under way that have texts here. */
	has(item: string): boolean {
		return this.entries.has(item);
	}

	/** The prose of an item that streams, or has streamed until just now. */
	prose(item: string, value: unknown): HTMLElement | undefined {
		const entry = this.entries.get(item);
		const text = entry?.texts.get("text");
		if (entry && text !== undefined) {
			if (!entry.prose) {
				entry.prose = new LiveProse();
				entry.prose.add(text);
			}
			return entry.prose.element;
		}
		const finished = this.finished.get(item);
		if (!finished) {
			return undefined;
		}
		const known = knownText(value);
		const isSame = known?.cut
			? known.length === finished.text.length
			: known?.text === finished.text;
		return isSame ? finished.prose.element : undefined;
	}

	/** What a running command has printed; undefined before it prints. */
	output(item: string, label: string): HTMLElement | undefined {
		const entry = this.entries.get(item);
		const text = entry?.texts.get("output");
		if (!entry || !text) {
			return undefined;
		}
		entry.output ??= new LiveOutput();
		entry.output.show(text, label);
		return entry.output.element;
	}

	/** Draws what running commands print further; for those on the page. */
	drawOutput(item: string, label: string): void {
		if (this.entries.get(item)?.output) {
			this.output(item, label);
		}
	}

	/** An item came from the journal: one that is not running any more does not stream. */
	received(item: Item): void {
		const entry = this.entries.get(item.id);
		if (!entry || item.status === "running") {
			return;
		}
		this.entries.delete(item.id);
		const text = entry.texts.get("text");
		if (entry.prose && text !== undefined && entry.prose.finish()) {
			this.finished.set(item.id, { text, prose: entry.prose });
			const [oldest] = this.finished.keys();
			if (this.finished.size > finishedMost && oldest !== undefined) {
				this.finished.delete(oldest);
			}
		}
	}

	/** An item that streams and whose record has not come yet. */
	standIn(row: ItemRow): Item | undefined {
		const entry = this.entries.get(row.id);
		if (!entry || (row.type !== "agentMessage" && row.type !== "reasoning")) {
			return undefined;
		}
		const content: ItemContent = { type: row.type, text: entry.texts.get("text") ?? "" };
		return { id: row.id, turn: row.turn, ts: "", status: "running", content };
	}
}
