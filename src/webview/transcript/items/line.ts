import { html, nothing, type TemplateResult } from "lit";

/** The quiet line of a step: icon, verb, target, and what came of it. */
export interface StepLine {
	readonly icon: string;
	readonly verb: string;
	readonly target: string | TemplateResult;
	/** True for commands and paths: the editor's font. */
	readonly code: boolean;
	/** The target in words, for the tooltip when it is cut. */
	readonly tip?: string;
	readonly meta: readonly (TemplateResult | typeof nothing)[];
	readonly running: boolean;
	readonly failed: boolean;
}

/** Draws the line as a disclosure button; the icon turns into a chevron when it can be opened. */
export function lineView(
	line: StepLine,
	open: boolean,
	detailId: string,
	toggle: () => void,
): TemplateResult {
	const icon = line.running ? "loading spin" : line.icon;
	return html`<button
		class="line ${line.failed ? "failed" : ""}"
		type="button"
		tabindex="-1"
		data-rove
		aria-expanded=${open ? "true" : "false"}
		aria-controls=${open ? detailId : nothing}
		data-cut-tip=${line.tip ?? nothing}
		@click=${toggle}
	>
		<span class="icon codicon codicon-${icon}" aria-hidden="true"></span>
		<span class="chevron codicon codicon-chevron-right" aria-hidden="true"></span>
		<span class="verb">${line.verb}</span>
		<span class="target ${line.code ? "code" : ""}">${line.target}</span>
		<span class="meta">${line.meta}</span>
	</button>`;
}
