import { html, nothing, type TemplateResult } from "lit";
import type { ItemRow, TranscriptRow } from "../../../core/transcript/transcript.ts";
import type { ItemContext } from "../context.ts";
import type { Entry } from "../model.ts";
import { type Block, countSteps } from "../pure/runs.ts";
import { firstLine } from "../pure/visibleText.ts";
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

/** What the fold holds, by kind. */
function countsView({ words }: ItemContext, types: ReadonlyMap<ItemRow["type"], number>) {
	return countedTypes.map((type) => {
		const n = types.get(type) ?? 0;
		return n > 0 ? html`<span>${words.count(`steps.${type}`, n)}</span>` : nothing;
	});
}

/** What the agent was told before the first prompt, each by its name; nothing until all are known. */
function namesView(context: ItemContext, block: Block) {
	const names: string[] = [];
	for (let i = block.from; i < block.to; i++) {
		const content = context.model.item(context.model.rows[i]?.id ?? "")?.content;
		if (!content) {
			return nothing;
		}
		const label = content.type === "raw" ? firstLine(content.label ?? "", 60) : "";
		names.push(label || context.words.say(`item.${content.type}`));
	}
	return [...new Set(names)].map((name) => html`<span>${name}</span>`);
}

/** The line of a fold: how many steps, of what kinds, and how many failed. */
export function foldView(context: ItemContext, entry: Entry & { kind: "fold" }): TemplateResult {
	const { block, key, open } = entry;
	const counts = countSteps(context.model.rows, block);
	const first = context.model.rows[block.from] as TranscriptRow;
	const isContext = block.fold === "context";
	const label = isContext
		? context.words.say("context")
		: context.words.count("steps", counts.total);
	return html`<article
		class="row fold is-line"
		data-id=${key}
		aria-label=${label}
		aria-posinset=${block.from + 1}
		data-last=${block.to - 1}
		aria-setsize=${context.model.rows.length}
		data-vscode-context='{"webviewSection":"steps"}'
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
				>${isContext ? namesView(context, block) : countsView(context, counts.types)}</span
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
