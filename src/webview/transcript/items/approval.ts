import { html, nothing, type TemplateResult } from "lit";
import type { Item } from "../../../core/model/item.ts";
import type { AnsweredApproval } from "../../../protocol/live.ts";
import type { OpenApproval } from "../approvals.ts";
import type { ItemContext } from "../context.ts";
import { exactText, firstLine } from "../pure/visibleText.ts";
import { changesOf, fileChangeDetail } from "./fileChange.ts";

/** How long after a card was given the focus, without the person's doing, its number keys answer. ms. */
const keysAfter = 600;

type Option = OpenApproval["options"][number];
type Question = OpenApproval["questions"][number];

const icons = {
	command: "terminal",
	fileChange: "edit",
	permissions: "shield",
	question: "question",
	tool: "tools",
} as const;

/** Options as they stand on the card: what allows once first, what stops everything last. */
export function orderedOptions(approval: OpenApproval): readonly Option[] {
	const order = ["allowOnce", "allowAlways", "rejectOnce", "rejectAlways", "cancel"];
	return [...approval.options].sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
}

/** What an item's row says of questions: cards of the open ones, a line of those that were answered here. */
export function approvalsView(context: ItemContext, item: string) {
	const open = context.approvals.openOf(item);
	const answered = context.approvals
		.answeredOf(item)
		.filter((approval) => context.approvals.wasOpenHere(approval));
	return open.length + answered.length === 0
		? nothing
		: html`${open.map((approval) => cardView(context, approval))}${answered.map((approval) =>
				answeredView(context, approval),
			)}`;
}

/** How a question was answered: "Allow, by the window at home". */
export function answeredView(context: ItemContext, approval: AnsweredApproval): TemplateResult {
	const { words } = context;
	const { outcome, label, by } = approval;
	const what = label === undefined ? words.say(`approval.${outcome}`) : firstLine(label);
	return html`<p class="answered ${outcome}">
		<span
			class="codicon codicon-${outcome === "allowed" ? "pass" : "circle-slash"}"
			aria-hidden="true"
		></span>
		<span>${by === undefined ? what : words.say("approval.by", what, firstLine(by))}</span>
	</p>`;
}

/** The card of an open question. Its number keys answer while it, and nothing that is typed into, has the focus. */
export function cardView(context: ItemContext, approval: OpenApproval): TemplateResult {
	const { words, approvals } = context;
	const title = `approval-${approval.id}`;
	const options = orderedOptions(approval);
	const sending = approvals.sending(approval.id) !== undefined;
	const give = (option: Option) => {
		if (!isReady(context, approval, option)) {
			return;
		}
		approvals.answer(approval, option.id);
		context.redrawApproval(approval);
	};
	return html`<section
		class="approval"
		role="group"
		tabindex="-1"
		data-approval=${approval.id}
		aria-labelledby=${title}
		aria-busy=${sending ? "true" : "false"}
		@keydown=${(event: KeyboardEvent) => answerByNumber(event, options, give)}
	>
		<h2 id=${title}>
			<span class="codicon codicon-${icons[approval.kind]}" aria-hidden="true"></span>
			${words.say(`approval.asks.${approval.kind}`)}
		</h2>
		${approval.reason ? html`<p class="reason" dir="auto">${firstLine(approval.reason, 2000)}</p>` : nothing}
		${subjectView(context, approval)}
		${approval.questions.map((question) => questionView(context, approval, question))}
		<div class="answers">
			${options.map(
				(option, index) => html`<button
					class="button ${index === 0 ? "primary" : "secondary"}"
					type="button"
					?disabled=${sending || !isReady(context, approval, option)}
					aria-keyshortcuts=${index < 9 ? String(index + 1) : nothing}
					data-tip=${index < 9 ? words.say("approval.key", firstLine(option.label), String(index + 1)) : nothing}
					@click=${() => give(option)}
				>
					${exactText(firstLine(option.label, 500))}
				</button>`,
			)}
		</div>
	</section>`;
}

function isReady({ approvals }: ItemContext, approval: OpenApproval, { kind }: Option): boolean {
	const allows = kind === "allowOnce" || kind === "allowAlways";
	return !allows || approvals.isFilled(approval);
}

function answerByNumber(
	event: KeyboardEvent,
	options: readonly Option[],
	give: (option: Option) => void,
): void {
	const on = event.target as HTMLElement;
	const { focusedAt } = (event.currentTarget as HTMLElement).dataset;
	if (focusedAt !== undefined && performance.now() - Number(focusedAt) < keysAfter) {
		// It was meant for what had the focus before.
		return;
	}
	const option = /^[1-9]$/.test(event.key) ? options[Number(event.key) - 1] : undefined;
	const modified = event.ctrlKey || event.metaKey || event.altKey || event.shiftKey;
	if (!option || modified || event.repeat || on.matches("input, textarea")) {
		return;
	}
	event.preventDefault();
	event.stopPropagation();
	give(option);
}

/** Exactly what would happen: the command, the changed lines, or the agent's own words. */
function subjectView(context: ItemContext, approval: OpenApproval) {
	const item = approval.item === null ? undefined : context.model.item(approval.item);
	const change = item && changeView(context, item);
	if (change) {
		return change;
	}
	if (approval.title === "" || approval.questions.length > 0) {
		return nothing;
	}
	return approval.kind === "question"
		? html`<p class="asked" dir="auto">${exactText(approval.title)}</p>`
		: html`<pre class="output subject" dir="ltr" tabindex="0" aria-label=${context.words.say("approval.subject")}>${exactText(approval.title)}</pre>`;
}

function changeView(context: ItemContext, item: Item): TemplateResult | undefined {
	const { content } = item;
	const changes = content.type === "fileChange" ? changesOf(content) : undefined;
	return content.type === "fileChange" && changes && changes.length > 0
		? html`<div class="subject">${fileChangeDetail(context, item, content, changes, true)}</div>`
		: undefined;
}

function questionView(context: ItemContext, approval: OpenApproval, question: Question) {
	const { approvals } = context;
	const values = approvals.values(approval.id, question.id);
	const name = `${approval.id} ${question.id}`;
	const set = (given: readonly string[]) => {
		approvals.fill(approval.id, question.id, given);
		context.redrawApproval(approval);
	};
	const suggested = question.options.map(({ label }) => label);
	const own = values.find((value) => !suggested.includes(value)) ?? "";
	return html`<fieldset class="question">
		<legend dir="auto">${exactText(question.question || question.header)}</legend>
		${question.options.map(
			({ label, description }) => html`<label class="choice">
				<input
					type="radio"
					name=${name}
					.checked=${values.includes(label)}
					@change=${() => set([label])}
				/>
				<span>
					${firstLine(label)}
					${description ? html`<span class="hint">${firstLine(description)}</span>` : nothing}
				</span>
			</label>`,
		)}
		${
			question.free
				? html`<input
						class="field"
						type=${question.secret ? "password" : "text"}
						autocomplete="off"
						aria-label=${context.words.say("approval.field", firstLine(question.header || question.question))}
						.value=${own}
						@input=${(event: Event) => set([(event.target as HTMLInputElement).value])}
					/>`
				: nothing
		}
	</fieldset>`;
}
