import { html, nothing, type TemplateResult } from "lit";
import { guard } from "lit/directives/guard.js";
import type { ItemContext } from "../context.ts";
import { renderMarkdown } from "../markdown.ts";
import { ansiSpans, hasEscapes } from "../pure/ansi.ts";
import { pieces } from "../pure/pieces.ts";
import { visibleText } from "../pure/visibleText.ts";
import { type KnownText, knownText } from "../texts.ts";

/** Lines of output shown before "Show all". */
const linesShown = 24;
/** Characters of output shown before "Show all", for output that is one long line. */
const charsShown = 6000;
/** The text of a field: the whole one when it was fetched, else what came with the page. */
export function fieldText(
	context: ItemContext,
	item: string,
	field: string,
	value: unknown,
): KnownText | undefined {
	const whole = context.texts.get(item, field);
	if (whole !== undefined) {
		return { text: whole, cut: false, length: whole.length };
	}
	return knownText(value);
}

function showAllButton(context: ItemContext, item: string, field: string, known: KnownText) {
	const loading = context.texts.isLoading(item, field);
	const label = known.length
		? context.words.say("detail.showAllSize", known.length)
		: context.words.say("detail.showAll");
	return html`<button
		class="more"
		type="button"
		tabindex="-1"
		data-inner
		?disabled=${loading}
		@click=${() => {
			context.texts.request(item, field);
			context.redraw(item);
		}}
	>
		${loading ? context.words.say("detail.loading") : label}
	</button>`;
}

/** Prose of an agent or a person, with "Show all" when the page has only its beginning. */
export function proseView(
	context: ItemContext,
	item: string,
	field: string,
	value: unknown,
	keepBreaks = false,
): TemplateResult | typeof nothing {
	const known = fieldText(context, item, field, value);
	const live =
		field === "text" ? context.live.prose(item, known?.cut ? value : known?.text) : undefined;
	if (live) {
		return html`${live}`;
	}
	if (!known) {
		return nothing;
	}
	// The rendered node is kept as long as the text is the same: a redraw must not lose the reader's selection.
	return html`${guard([known.text, keepBreaks], () => renderMarkdown(known.text, keepBreaks))}
	${known.cut ? showAllButton(context, item, field, known) : nothing}`;
}

interface Beginning {
	readonly text: string;
	/** Lines of the whole text. */
	readonly lines: number;
	readonly hidden: boolean;
}

function beginning(text: string): Beginning {
	let end = -1;
	let lines = 1;
	let cutAt = text.length;
	for (;;) {
		end = text.indexOf("\n", end + 1);
		if (end < 0 || end === text.length - 1) {
			break;
		}
		lines++;
		if (lines === linesShown + 1) {
			cutAt = end;
		}
	}
	// A few lines more are shown rather than hidden behind a button of the same height.
	const at = lines <= linesShown + 4 ? text.length : cutAt;
	const cut = Math.min(at, text.length > charsShown * 1.2 ? charsShown : text.length);
	return { text: text.slice(0, cut), lines, hidden: cut < text.length };
}

function spansView(text: string) {
	if (!hasEscapes(text)) {
		return visibleText(text);
	}
	return ansiSpans(text).map((span) =>
		span.classes
			? html`<span class=${span.classes}>${visibleText(span.text)}</span>`
			: visibleText(span.text),
	);
}

/** Output in the editor's font with the terminal's colours: its beginning, and all of it on demand. */
export function outputView(
	context: ItemContext,
	item: string,
	field: string,
	value: unknown,
): TemplateResult | typeof nothing {
	const known = fieldText(context, item, field, value);
	if (!known) {
		return nothing;
	}
	const key = `all:${item}:${field}`;
	const all = context.model.toggled.has(key);
	const text = known.text.trimEnd();
	const first = beginning(text);
	const body = all || !first.hidden ? text : first.text;
	if (body === "" && !known.cut) {
		return html`<p class="hint">${context.words.say("detail.noOutput")}</p>`;
	}
	const lines = guard([body], () =>
		pieces(body).map((piece) => html`<span class="piece">${spansView(piece)}</span>`),
	);
	return html`<pre class="output" dir="auto">${lines}</pre>
		${first.hidden ? linesButton(context, item, key, all, first) : nothing}
		${known.cut && (all || !first.hidden) ? showAllButton(context, item, field, known) : nothing}`;
}

function linesButton(
	context: ItemContext,
	item: string,
	key: string,
	all: boolean,
	first: Beginning,
) {
	const label = all
		? context.words.say("detail.showLess")
		: first.lines > linesShown
			? context.words.say("detail.showAllLines", first.lines)
			: context.words.say("detail.showAll");
	return html`<button
		class="more"
		type="button"
		tabindex="-1"
		data-inner
		aria-expanded=${all ? "true" : "false"}
		@click=${() => {
			context.toggle(key, item);
		}}
	>
		${label}
	</button>`;
}
