import type { CutText } from "../../protocol/webview.ts";

/** A text of an item as the page has it: whole, or its beginning. */
export interface KnownText {
	readonly text: string;
	/** True when there is more, to be had with `getText`. */
	readonly cut: boolean;
	/** Length of the whole in characters; 0 when it is not known. */
	readonly length: number;
}

function isCut(value: object): value is CutText {
	return "cut" in value && typeof value.cut === "string";
}

/** Reads a text field as it may stand in an item: a string, a cut one, a reference to a blob, or nothing. */
export function knownText(value: unknown): KnownText | undefined {
	if (value === undefined || value === null) {
		return undefined;
	}
	if (typeof value === "string") {
		return { text: value, cut: false, length: value.length };
	}
	if (typeof value === "object") {
		if (isCut(value)) {
			return { text: value.cut, cut: true, length: value.length };
		}
		if ("blob" in value && "bytes" in value && Object.keys(value).length <= 4) {
			return { text: "", cut: true, length: 0 };
		}
	}
	const json = JSON.stringify(value, null, 2) ?? "";
	return { text: json, cut: false, length: json.length };
}

/**
 * Whole texts that the reader asked for with "Show all".
 * Each is asked for once; `changed` tells whose item has to be drawn again.
 */
export class WholeTexts {
	private readonly texts = new Map<string, string | undefined>();
	private readonly ask: (item: string, field: string) => void;

	constructor(ask: (item: string, field: string) => void) {
		this.ask = ask;
	}

	get(item: string, field: string): string | undefined {
		return this.texts.get(`${item}\n${field}`);
	}

	isLoading(item: string, field: string): boolean {
		const key = `${item}\n${field}`;
		return this.texts.has(key) && this.texts.get(key) === undefined;
	}

	request(item: string, field: string): void {
		const key = `${item}\n${field}`;
		if (!this.texts.has(key)) {
			this.texts.set(key, undefined);
			this.ask(item, field);
		}
	}

	receive(item: string, field: string, text: string): void {
		this.texts.set(`${item}\n${field}`, text);
	}

	/** Forgets the texts of an item whose content changed. */
	forget(item: string): void {
		for (const key of this.texts.keys()) {
			if (key.startsWith(`${item}\n`)) {
				this.texts.delete(key);
			}
		}
	}
}
