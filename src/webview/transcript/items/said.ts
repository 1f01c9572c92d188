import { html, nothing, type TemplateResult } from "lit";
import type { ContentOf, Item } from "../../../core/model/item.ts";
import type { ItemContext } from "../context.ts";
import { firstLine } from "../pure/visibleText.ts";
import { knownText } from "../texts.ts";
import { imageView } from "./image.ts";
import { proseView } from "./text.ts";

/** Prompts longer than this are shown folded to a few lines, in characters or lines. */
const longPrompt = { chars: 1500, lines: 18 };

function isLong(text: string): boolean {
	return (
		text.length > longPrompt.chars ||
		text.split("\n", longPrompt.lines + 1).length > longPrompt.lines
	);
}

function promptView(context: ItemContext, item: Item, content: ContentOf<"userMessage">) {
	const known = knownText(content.text);
	const long = known !== undefined && (known.cut || isLong(known.text));
	const open = context.model.toggled.has(item.id);
	const lead = (known?.text.length ?? 0) <= 600 ? "short" : "lead";
	return html`<div class="prompt ${lead} ${long && !open ? "clamped" : ""}">
			${proseView(context, item.id, "text", content.text, true)}
		</div>
		${
			long
				? html`<button
						class="more"
						type="button"
						tabindex="-1"
						data-inner
						aria-expanded=${open ? "true" : "false"}
						@click=${() => context.toggle(item.id, item.id)}
					>
						${context.words.say(open ? "detail.showLess" : "detail.showAll")}
					</button>`
				: nothing
		}
		${(content.images ?? []).map((image) => imageView(context, item.id, image))}`;
}

function errorView(context: ItemContext, item: Item, content: ContentOf<"error">) {
	return html`<div class="error">
		<span class="icon codicon codicon-error" aria-hidden="true"></span>
		${proseView(context, item.id, "text", content.text)}
		${content.code ? html`<p class="hint">${context.words.say("error.code", firstLine(content.code))}</p>` : nothing}
	</div>`;
}

function compactionView(context: ItemContext, item: Item, content: ContentOf<"compaction">) {
	const open = context.model.toggled.has(item.id);
	const detail = `d-${item.id}`;
	if (content.text === undefined) {
		return html`<div class="divider"><span>${context.words.say("item.compaction")}</span></div>`;
	}
	return html`<button
			class="divider"
			type="button"
			tabindex="-1"
			data-inner
			aria-expanded=${open ? "true" : "false"}
			@click=${() => context.toggle(item.id, item.id)}
		>
			<span>${context.words.say("item.compaction")}</span>
		</button>
		${
			open
				? html`<div class="detail reasoning" id=${detail}>
						${proseView(context, item.id, "text", content.text)}
					</div>`
				: nothing
		}`;
}

/** What stands open: said by somebody, or shown. Nothing for a step. */
export function openView(context: ItemContext, item: Item): TemplateResult | typeof nothing {
	const content = item.content;
	switch (content.type) {
		case "userMessage":
			return promptView(context, item, content);
		case "agentMessage":
			return html`<div class="answer ${item.status === "running" ? "running" : ""}">
				${proseView(context, item.id, "text", content.text)}
				${
					item.status === "interrupted"
						? html`<p class="hint">${context.words.say("status.interrupted")}</p>`
						: nothing
				}
			</div>`;
		case "error":
			return errorView(context, item, content);
		case "compaction":
			return compactionView(context, item, content);
		case "image":
			return imageView(context, item.id, content.image);
		case "note":
			return html`<div class="note">
				<span class="icon codicon codicon-note" aria-hidden="true"></span>
				${proseView(context, item.id, "text", content.text)}
			</div>`;
		default:
			return nothing;
	}
}
