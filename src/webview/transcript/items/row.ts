import { html, nothing, type TemplateResult } from "lit";
import type { ContentOf, Item } from "../../../core/model/item.ts";
import type { ItemRow, SessionNote, TranscriptRow } from "../../../core/transcript/transcript.ts";
import type { ItemContext } from "../context.ts";
import type { Entry } from "../model.ts";
import { countSteps } from "../pure/runs.ts";
import { timeMark } from "../pure/timeGaps.ts";
import { firstLine } from "../pure/visibleText.ts";
import { knownText } from "../texts.ts";
import { imageView } from "./image.ts";
import { lineView } from "./line.ts";
import { stepOf } from "./steps.ts";
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

function openView(context: ItemContext, item: Item): TemplateResult | typeof nothing {
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

function bodyView(context: ItemContext, row: ItemRow): TemplateResult | typeof nothing {
	const item = context.model.item(row.id);
	if (!item) {
		// Known by its type only: the room it will take, without a flash.
		return html`<div class="waiting waiting-${row.type}"><span></span><span></span></div>`;
	}
	const step = stepOf(context, item);
	if (!step) {
		return openView(context, item);
	}
	const open = context.model.toggled.has(row.id) !== (step.openByItself ?? false);
	const detail = `d-${row.id}`;
	return html`${lineView(step.line, open, detail, () => context.toggle(row.id, row.id))}
	${open ? html`<div class="detail" id=${detail}>${step.detail()}</div>` : nothing}`;
}

export function noteView(context: ItemContext, note: SessionNote): TemplateResult {
	return html`<div class="note added">
		<span class="icon codicon codicon-note" aria-hidden="true"></span>
		<div dir="auto">${firstLine(note.text, 4000)}</div>
		${
			context.model.header.capabilities.write
				? html`<button
						class="action"
						type="button"
						tabindex="-1"
						data-inner
						aria-label=${context.words.say("note.remove")}
						data-tip=${context.words.say("note.remove")}
						@click=${() => context.post({ type: "removeNote", note: note.id })}
					>
						<span class="codicon codicon-close" aria-hidden="true"></span>
					</button>`
				: nothing
		}
	</div>`;
}

export function branchesView(context: ItemContext, after: string | null) {
	const branches = context.model.branchesAfter(after);
	return branches.length === 0
		? nothing
		: html`<button
				class="branches"
				type="button"
				tabindex="-1"
				data-inner
				data-tip=${context.words.say("branches.tip")}
				@click=${() => context.post({ type: "switchBranch" })}
			>
				<span class="codicon codicon-git-branch" aria-hidden="true"></span>
				${context.words.count("branches", branches.length + 1)}
			</button>`;
}

/** The divider where a fork's own part starts. */
export function lineageView(context: ItemContext) {
	const parent = context.model.header.summary.parent;
	if (!parent) {
		return nothing;
	}
	const name = context.model.header.parentTitle ?? context.words.say("lineage.parent");
	return html`<button
		class="divider lineage"
		type="button"
		tabindex="-1"
		data-inner
		@click=${() => context.post({ type: "openSession", id: parent.session })}
	>
		<span
			><span class="codicon codicon-repo-forked" aria-hidden="true"></span>
			${context.words.say("lineage.continues", firstLine(name, 80))}</span
		>
	</button>`;
}

/** What stands above a row: day, time of day after a pause, start of the own part. */
function marksView(context: ItemContext, index: number) {
	const mark = timeMark(context.model.rows, index);
	return html`${context.model.startsOwnPart(index) ? lineageView(context) : nothing}
	${
		mark
			? html`<div class="time">
					<time datetime=${new Date(mark.time).toISOString()}>
						${mark.kind === "day" ? context.words.dayOf(mark.time) : context.words.timeOfDay(mark.time)}
					</time>
				</div>`
			: nothing
	}`;
}

/** What VS Code's context menu on the page is told about an item (`webview/context` in the manifest). */
function menuContext(context: ItemContext, row: ItemRow): string {
	const { write, fork } = context.model.header.capabilities;
	return JSON.stringify({
		webviewSection: "item",
		itemId: row.id,
		itemType: row.type,
		canFork: fork,
		canWrite: write,
		preventDefaultContextMenuItems: false,
	});
}

function gapView(context: ItemContext, row: TranscriptRow & { kind: "gap" }, index: number) {
	return html`<article
		class="row gap"
		data-id=${row.id}
		aria-label=${context.words.say("item.gap")}
		aria-posinset=${index + 1}
		aria-setsize=${context.model.rows.length}
		tabindex="-1"
		data-rove
	>
		${marksView(context, index)}
		<div class="notice">
			<span class="icon codicon codicon-warning" aria-hidden="true"></span>
			<span>${firstLine(row.reason, 2000)}</span>
		</div>
	</article>`;
}

const lineTypes = new Set<ItemRow["type"]>([
	"commandExecution",
	"fileChange",
	"toolCall",
	"webSearch",
	"reasoning",
	"plan",
	"raw",
]);

function rowView(context: ItemContext, entry: Entry & { kind: "row" }): TemplateResult {
	const { index, step } = entry;
	const row = context.model.rows[index] as TranscriptRow;
	if (row.kind === "gap") {
		return gapView(context, row, index);
	}
	const isLine = lineTypes.has(row.type);
	const last = index === context.model.rows.length - 1;
	const allInherited = last && row.inheritedFrom !== undefined;
	const known = context.model.item(row.id) !== undefined;
	const current = context.model.replaying && index === context.model.shown - 1;
	// The button of a step's line takes the focus; without one the article itself does.
	const rove = isLine && known ? nothing : "";
	return html`<article
		class="row ${row.type} ${isLine ? "is-line" : "is-open"} ${step ? "in-fold" : ""} ${current ? "current" : ""}"
		data-id=${row.id}
		data-time=${row.time || nothing}
		aria-label=${context.words.say(`item.${row.type}`)}
		aria-posinset=${index + 1}
		aria-setsize=${context.model.rows.length}
		aria-busy=${known ? nothing : "true"}
		tabindex=${rove === nothing ? nothing : "-1"}
		data-rove=${rove}
		data-vscode-context=${menuContext(context, row)}
	>
		${entry.marked ? marksView(context, index) : nothing}
		<div class="body">${bodyView(context, row)}</div>
		${context.model.notesOf(row.id).map((note) => noteView(context, note))}
		${branchesView(context, row.id)} ${allInherited ? lineageView(context) : nothing}
	</article>`;
}

const countedTypes = [
	"commandExecution",
	"fileChange",
	"toolCall",
	"webSearch",
	"plan",
	"reasoning",
	"raw",
] as const;

function foldView(context: ItemContext, entry: Entry & { kind: "fold" }): TemplateResult {
	const { block, key, open } = entry;
	const counts = countSteps(context.model.rows, block);
	const first = context.model.rows[block.from] as TranscriptRow;
	const label = context.words.count("steps", counts.total);
	return html`<article
		class="row fold is-line"
		data-id=${key}
		aria-label=${label}
		aria-posinset=${block.from + 1}
		data-last=${block.to - 1}
		aria-setsize=${context.model.rows.length}
		data-vscode-context='{"webviewSection":"steps","preventDefaultContextMenuItems":false}'
	>
		${marksView(context, block.from)}
		<button
			class="line ${open ? "open" : ""}"
			type="button"
			tabindex="-1"
			data-rove
			aria-expanded=${open ? "true" : "false"}
			@click=${() => context.toggle(key, first.id)}
		>
			<span class="chevron always codicon codicon-chevron-right" aria-hidden="true"></span>
			<span class="verb">${label}</span>
			<span class="target parts"
				>${countedTypes.map((type) => {
					const n = counts.types.get(type) ?? 0;
					return n > 0 ? html`<span>${context.words.count(`steps.${type}`, n)}</span>` : nothing;
				})}</span
			>
			<span class="meta"
				>${
					counts.failed > 0
						? html`<span class="status failed">${context.words.count("steps.failed", counts.failed)}</span>`
						: nothing
				}</span
			>
		</button>
	</article>`;
}

/** Draws an entry. One that cannot be drawn says so in its place and is reported; the others are drawn all the same. */
export function entryView(context: ItemContext, entry: Entry): TemplateResult {
	try {
		return drawEntry(context, entry);
	} catch (thrown) {
		const message = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
		context.post({ type: "error", message });
		return html`<article class="row" data-id=${entry.key} tabindex="-1" data-rove>
			<div class="notice">
				<span class="icon codicon codicon-warning" aria-hidden="true"></span>
				<span>${context.words.say("detail.notShown")}</span>
			</div>
		</article>`;
	}
}

function drawEntry(context: ItemContext, entry: Entry): TemplateResult {
	return entry.kind === "fold" ? foldView(context, entry) : rowView(context, entry);
}
