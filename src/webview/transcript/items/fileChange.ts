import { html, nothing, type TemplateResult } from "lit";
import { guard } from "lit/directives/guard.js";
import type { ContentOf, FileEdit, Item } from "../../../core/model/item.ts";
import type { ItemContext } from "../context.ts";
import { countDiff, type DiffLine, diffLines, wholeFileLines } from "../pure/diffLines.ts";
import { firstLine, visibleText } from "../pure/visibleText.ts";
import { knownText } from "../texts.ts";
import { fieldText, outputView } from "./text.ts";

/** Lines of a diff shown before "Show all". */
const linesShown = 200;
/** Longer lines are cut: nobody reads them in a diff, and a minified file would fill the page. */
const lineMost = 2000;

/** The files of a change; undefined when their list is kept in a blob. */
export function changesOf(content: ContentOf<"fileChange">): readonly FileEdit[] | undefined {
	return Array.isArray(content.changes) ? content.changes : undefined;
}

function linesOf(text: string, edit: FileEdit, isDiff: boolean): DiffLine[] {
	return isDiff
		? diffLines(text)
		: wholeFileLines(text, edit.kind === "delete" ? "removed" : "added");
}

/** Lines added and removed over all files: as the agent counted them, else as the diffs say. */
export function changeSums(changes: readonly FileEdit[]): { added: number; removed: number } {
	let added = 0;
	let removed = 0;
	for (const edit of changes) {
		if (edit.added !== undefined || edit.removed !== undefined) {
			added += edit.added ?? 0;
			removed += edit.removed ?? 0;
			continue;
		}
		const known = knownText(edit.diff ?? edit.content);
		if (known && !known.cut) {
			const counts = countDiff(linesOf(known.text, edit, edit.diff !== undefined));
			added += counts.added;
			removed += counts.removed;
		}
	}
	return { added, removed };
}

const signs = { context: "", added: "+", removed: "\u2212" } as const;

function lineView(context: ItemContext, line: DiffLine): TemplateResult {
	if (line.kind === "skip") {
		return html`<tr class="skip">
			<td class="number"></td>
			<td class="number"></td>
			<td class="sign" aria-label=${context.words.say("detail.skipped")}>\u22ef</td>
			<td class="text">${firstLine(line.text)}</td>
		</tr>`;
	}
	return html`<tr class=${line.kind}>
		<td class="number" data-n=${line.before || ""}></td>
		<td class="number" data-n=${line.after || ""}></td>
		<td class="sign">${signs[line.kind]}</td>
		<td class="text">${line.pieces.map((piece) => {
			const text = visibleText(piece.text.slice(0, lineMost));
			return piece.changed ? html`<span class="word">${text}</span>` : text;
		})}</td>
	</tr>`;
}

function movedView(context: ItemContext, edit: FileEdit) {
	return edit.movedTo
		? html`<span class="hint">${context.words.say("detail.movedTo", firstLine(edit.movedTo))}</span>`
		: nothing;
}

/** Which of several files the lines under it are of. */
function fileView(context: ItemContext, item: Item, edit: FileEdit, path: string): TemplateResult {
	return html`<div class="file">
		<button
			class="path"
			type="button"
			tabindex="-1"
			data-inner
			data-tip=${context.words.say("detail.openFile", path)}
			@click=${() => context.post({ type: "openFile", item: item.id, path: edit.path })}
		>
			<bdi>${path}</bdi>
		</button>
		${movedView(context, edit)} ${countsView(context, edit)}
	</div>`;
}

function editView(
	context: ItemContext,
	item: Item,
	edit: FileEdit,
	at: number,
	alone: boolean,
): TemplateResult {
	const isDiff = edit.diff !== undefined;
	const field = `changes.${at}.${isDiff ? "diff" : "content"}`;
	const known = fieldText(context, item.id, field, edit.diff ?? edit.content);
	const key = `all:${item.id}:${field}`;
	const all = context.model.toggled.has(key);
	const lines = known ? linesOf(known.text, edit, isDiff) : [];
	const shown = all ? lines : lines.slice(0, linesShown);
	const path = firstLine(edit.path, 1000);
	const hidden = lines.length > shown.length || (known?.cut ?? false);
	return html`<div class="edit">
		${alone ? movedView(context, edit) : fileView(context, item, edit, path)}
		${
			shown.length > 0
				? html`<table class="diff" dir="ltr" role="presentation" aria-label=${context.words.say("detail.diff", path)}>
						<tbody>
							${guard([known?.text, all], () => shown.map((line) => lineView(context, line)))}
						</tbody>
					</table>`
				: html`<p class="hint">${context.words.say("detail.noContent")}</p>`
		}
		${hidden ? allButton(context, item.id, field, key, lines.length, known?.cut ?? false) : nothing}
	</div>`;
}

function countsView(context: ItemContext, edit: FileEdit) {
	const { added, removed } = changeSums([edit]);
	return added + removed === 0
		? nothing
		: html`<span
				class="counts"
				role="img"
				aria-label=${context.words.say("change.counts", added, removed)}
				><span class="added">+${context.words.number(added)}</span
				><span class="removed">\u2212${context.words.number(removed)}</span></span
			>`;
}

function allButton(
	context: ItemContext,
	item: string,
	field: string,
	key: string,
	lines: number,
	cut: boolean,
) {
	const loading = context.texts.isLoading(item, field);
	const label = loading
		? context.words.say("detail.loading")
		: cut
			? context.words.say("detail.showAll")
			: context.words.say("detail.showAllLines", lines);
	return html`<button
		class="more"
		type="button"
		tabindex="-1"
		data-inner
		?disabled=${loading}
		@click=${() => {
			if (cut) {
				context.texts.request(item, field);
			}
			if (!context.model.toggled.has(key)) {
				context.toggle(key, item);
			} else {
				context.redraw(item);
			}
		}}
	>
		${label}
	</button>`;
}

export function fileChangeDetail(
	context: ItemContext,
	item: Item,
	content: ContentOf<"fileChange">,
	changes: readonly FileEdit[] | undefined,
	/** Says which file it is also where there is only one. */
	named = false,
): TemplateResult {
	if (!changes) {
		return html`${outputView(context, item.id, "changes", content.changes)}`;
	}
	return html`${changes.map((edit, at) => editView(context, item, edit, at, changes.length === 1 && !named))}
	${content.output === undefined ? nothing : outputView(context, item.id, "output", content.output)}`;
}
