import { html, type TemplateResult } from "lit";
import type { ImageRef } from "../../../core/model/item.ts";
import { inlineImage } from "../blobs.ts";
import type { ItemContext } from "../context.ts";
import { followable } from "../markdown.ts";
import { firstLine } from "../pure/visibleText.ts";

type Ref = typeof ImageRef extends { _zod: { output: infer O } } ? O : never;

/** An image: its bytes when the host has them, else its path or address as a link that loads nothing by itself. */
export function imageView(context: ItemContext, item: string, image: Ref): TemplateResult {
	const alt = image.alt ? firstLine(image.alt) : context.words.say("image.alt");
	const inline = typeof image.url === "string" ? inlineImage(item, image.url) : undefined;
	const hash = image.blob ?? inline;
	if (hash) {
		return html`<skein-image
			hash=${hash}
			mime=${image.mime ?? ""}
			alt=${alt}
			missing=${context.words.say("image.missing")}
		></skein-image>`;
	}
	const path = image.path;
	if (typeof path === "string" && path !== "") {
		return html`<button
			class="path"
			type="button"
			tabindex="-1"
			data-inner
			data-tip=${context.words.say("detail.openFile", firstLine(path))}
			@click=${() => context.post({ type: "openFile", item, path })}
		>
			<span class="codicon codicon-file-media" aria-hidden="true"></span> ${firstLine(path)}
		</button>`;
	}
	const url =
		typeof image.url === "string" && !image.url.startsWith("data:")
			? followable(image.url)
			: undefined;
	return url
		? html`<a role="link" tabindex="-1" data-inner data-href=${url}>${firstLine(url)}</a>`
		: html`<p class="hint">${context.words.say("image.missing")}</p>`;
}
