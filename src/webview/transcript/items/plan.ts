import { html, nothing } from "lit";
import type { ContentOf, Item } from "../../../core/model/item.ts";
import type { ItemContext } from "../context.ts";
import { firstLine } from "../pure/visibleText.ts";
import { knownText } from "../texts.ts";
import type { Step } from "./steps.ts";
import { proseView } from "./text.ts";

const planIcons = { done: "pass", doing: "circle-filled", todo: "circle-large-outline" } as const;

function planState(status: string | undefined): keyof typeof planIcons {
	const word = (status ?? "").toLowerCase().replace(/[^a-z]/g, "");
	if (word === "completed" || word === "done") {
		return "done";
	}
	return word === "inprogress" ? "doing" : "todo";
}

/** A plan: its line says what is being done and how far it is, under it stand its steps. */
export function planStep(context: ItemContext, item: Item, content: ContentOf<"plan">): Step {
	const steps = Array.isArray(content.steps) ? content.steps : [];
	const done = steps.filter((step) => planState(step.status) === "done").length;
	const doing = steps.find((step) => planState(step.status) === "doing");
	const text = knownText(content.text)?.text ?? "";
	return {
		openByItself: steps.length === 0 && text !== "",
		line: {
			icon: "checklist",
			verb: context.words.say("verb.planned"),
			target: firstLine(doing?.step ?? (steps.length > 0 ? "" : text.replace(/[*_`#]/g, ""))),
			code: false,
			meta: [
				steps.length > 0
					? html`<span>${context.words.say("plan.progress", done, steps.length)}</span>`
					: nothing,
			],
			running: item.status === "running",
			failed: false,
		},
		detail: () => html`
			${proseView(context, item.id, "text", content.text)}
			<ul class="plan">
				${steps.map((step) => {
					const state = planState(step.status);
					return html`<li class=${state}>
						<span
							class="codicon codicon-${planIcons[state]}"
							role="img"
							aria-label=${context.words.say(`plan.${state}`)}
						></span>
						<span>${firstLine(step.step, 1000)}</span>
					</li>`;
				})}
			</ul>
		`,
	};
}
