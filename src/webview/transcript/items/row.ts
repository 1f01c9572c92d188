import { html, nothing, type TemplateResult } from "lit";
import type { ItemRow, TranscriptRow } from "../../../core/transcript/transcript.ts";
import type { ItemContext } from "../context.ts";
import type { Entry } from "../model.ts";
import { firstLine } from "../pure/visibleText.ts";
import { answeredView, approvalsView } from "./approval.ts";
import { foldView } from "./fold.ts";
import { lineView } from "./line.ts";
import { branchesView, lineageView, marksView, noteView } from "./marks.ts";
import { openView } from "./said.ts";
import { stepOf } from "./steps.ts";

function bodyView(context: ItemContext, row: ItemRow): TemplateResult | typeof nothing {
	const item = context.model.item(row.id) ?? context.live.standIn(row);
	if (!item) {
		// Known by its type only: the room it will take, without a flash.
		return html`<div class="waiting waiting-${row.type}"><span></span><span></span></div>`;
	}
	const step = stepOf(context, item);
	if (!step) {
		return openView(context, item);
	}
	// What is closed while it runs is not to open when it has ended.
	const key = step.openByItself === "live" ? `live:${row.id}` : row.id;
	const open = context.model.toggled.has(key) !== Boolean(step.openByItself);
	const detail = `d-${row.id}`;
	const answered = open ? context.approvals.answeredOf(row.id) : [];
	return html`${lineView(step.line, open, detail, () => context.toggle(key, row.id))}
	${
		open
			? html`<div class="detail" id=${detail}>
					${answered
						.filter((approval) => !context.approvals.wasOpenHere(approval))
						.map((approval) => answeredView(context, approval))}
					${step.detail()}
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
	const known = (context.model.item(row.id) ?? context.live.standIn(row)) !== undefined;
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
		${approvalsView(context, row.id)}
		${context.model.notesOf(row.id).map((note) => noteView(context, note))}
		${branchesView(context, row.id)} ${allInherited ? lineageView(context) : nothing}
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
