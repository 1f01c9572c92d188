import { html, nothing, type TemplateResult } from "lit";
import type { TranscriptRow } from "../../../core/transcript/transcript.ts";
import type { ItemContext } from "../context.ts";
import type { Entry } from "../model.ts";
import { countSteps } from "../pure/runs.ts";
import { marksView } from "./marks.ts";

const countedTypes = [
	"commandExecution",
	"fileChange",
	"toolCall",
	"webSearch",
	"plan",
	"reasoning",
	"raw",
] as const;

/** The line of a fold: how many steps, of what kinds, and how many failed. */
export function foldView(context: ItemContext, entry: Entry & { kind: "fold" }): TemplateResult {
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
