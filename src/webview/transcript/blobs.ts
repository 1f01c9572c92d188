import { html, LitElement } from "lit";
import { post } from "./vscodeApi.ts";

/** Types the page shows; anything else the host might send stays unseen (SVG can carry scripts). */
const shown = new Set([
	"image/png",
	"image/jpeg",
	"image/gif",
	"image/webp",
	"image/avif",
	"image/bmp",
]);
/** Images kept; older ones are asked for again when they come back into view. */
const keepMost = 60;

/** Address of a blob's bytes; `null` when they are not to be had; absent while they are on the way. */
const urls = new Map<string, string | null>();
const waiting = new Map<string, Set<SkeinImage>>();

export function receiveBlob(
	hash: string,
	mime: string | undefined,
	bytes: Uint8Array | undefined,
): void {
	const usable = bytes !== undefined && mime !== undefined && shown.has(mime);
	urls.set(
		hash,
		usable ? URL.createObjectURL(new Blob([new Uint8Array(bytes)], { type: mime })) : null,
	);
	for (const image of waiting.get(hash) ?? []) {
		image.requestUpdate();
	}
	waiting.delete(hash);
	for (const [old, url] of urls) {
		if (urls.size <= keepMost) {
			break;
		}
		if (document.querySelector(`skein-image[hash="${CSS.escape(old)}"]`) === null) {
			urls.delete(old);
			if (url) {
				URL.revokeObjectURL(url);
			}
		}
	}
}

/** Takes in an image that stands in its item as a data address; returns the name it has from then on. */
export function inlineImage(owner: string, url: string): string | undefined {
	const match = /^data:(image\/[a-z]+);base64,/.exec(url);
	const mime = match?.[1];
	if (!match || mime === undefined || !shown.has(mime)) {
		return undefined;
	}
	const name = `inline:${owner}:${url.length}`;
	if (!urls.has(name)) {
		try {
			const bytes = Uint8Array.from(atob(url.slice(match[0].length)), (one) => one.charCodeAt(0));
			receiveBlob(name, mime, bytes);
		} catch {
			// No base64 after all: there is no image to show.
			return undefined;
		}
	}
	return name;
}

/** An image whose bytes the host sends. Light DOM, like everything here, so that selection and find go through. */
export class SkeinImage extends LitElement {
	static override properties = {
		hash: {},
		mime: {},
		alt: {},
		missing: {},
	};
	declare hash: string;
	declare mime: string;
	declare alt: string;
	declare missing: string;

	protected override createRenderRoot(): HTMLElement {
		return this;
	}

	protected override render() {
		const url = urls.get(this.hash);
		if (url) {
			return html`<img src=${url} alt=${this.alt} />`;
		}
		if (url === null) {
			return html`<p class="hint">${this.missing}</p>`;
		}
		this.ask();
		return html`<div class="image-waiting"></div>`;
	}

	private ask(): void {
		const others = waiting.get(this.hash);
		if (others) {
			others.add(this);
			return;
		}
		waiting.set(this.hash, new Set([this]));
		post({ type: "getBlob", hash: this.hash, mime: this.mime });
	}
}
customElements.define("skein-image", SkeinImage);
