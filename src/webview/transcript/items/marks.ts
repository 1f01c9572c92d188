import { html, nothing, type TemplateResult } from "lit";
import type { SessionNote } from "../../../core/transcript/transcript.ts";
import type { ItemContext } from "../context.ts";
import { timeMark } from "../pure/timeGaps.ts";
import { firstLine } from "../pure/visibleText.ts";

/** A note on an item or, outside of all rows, on the session; there its button is a Tab stop of its own. */
export function noteView(context: ItemContext, note: SessionNote): TemplateResult {
	return html`<div class="note added">
		<span class="icon codicon codicon-note" aria-hidden="true"></span>
		<div dir="auto">${firstLine(note.text, 4000)}</div>
		${
			context.model.header.capabilities.write
				? html`<button
						class="action"
						type="button"
						tabindex=${note.item === null ? 0 : -1}
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
				tabindex=${after === null ? 0 : -1}
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
export function marksView(context: ItemContext, index: number) {
	const mark = timeMark(context.model.rows, index);
	return html`${context.model.startsOwnPart(index) ? lineageView(context) : nothing}
	${
		mark
			? html`<div class="time">
					<time
						datetime=${new Date(mark.time).toISOString()}
						data-tip=${context.words.dateAndTime(mark.time)}
					>
						${mark.kind === "day" ? context.words.dayOf(mark.time) : context.words.timeOfDay(mark.time)}
					</time>
				</div>`
			: nothing
	}`;
}
