import { html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { ComposerState, QueuedEdit, QueuedPrompt } from "../../../protocol/live.ts";
import { firstLine } from "../pure/visibleText.ts";
import { post } from "../vscodeApi.ts";
import type { Words } from "../words.ts";

/** The box in which a waiting prompt is changed. */
const field = ".queue .editing textarea";

interface Surroundings {
	changed(): void;
	/** What was being written has no prompt any more. */
	giveBack(text: string): void;
	/** The control that had the focus goes. */
	takeFocus(): void;
}

/**
 * The prompts that wait for the turn to end: each can be changed, sent now, or taken out. While one is changed the host
 * does not send it.
 */
export class QueueView {
	/** What is being changed. */
	editing: QueuedEdit | undefined;
	private readonly around: Surroundings;

	constructor(around: Surroundings) {
		this.around = around;
	}

	/** The prompts that wait are others now. */
	settle({ queue }: ComposerState): void {
		const { editing } = this;
		if (editing && !queue.some(({ id }) => id === editing.id)) {
			const isFocused = document.activeElement?.matches(field);
			this.leave();
			if (editing.text.trim() !== "" && editing.text !== editing.was) {
				this.around.giveBack(editing.text);
			}
			if (isFocused) {
				this.around.takeFocus();
			}
		}
	}

	view(words: Words, { queue, queueHeld, queueReason, run, canSteer }: ComposerState) {
		if (queue.length === 0) {
			return nothing;
		}
		const waits = run || !this.editing ? "queue.label" : "queue.editing";
		const usual = words.say(queueHeld ? "queue.held" : waits);
		const isRefused = queueReason !== undefined;
		const hint = isRefused ? words.say("queue.notSent.why", queueReason) : usual;
		const label = isRefused ? words.say("queue.notSent") : usual;
		// While a turn runs, only an agent that takes additions can be given one.
		const canSend = run ? canSteer && run.mine : true;
		return html`<section class="queue" aria-label=${label}>
			<p class="hint" dir="auto">${hint}</p>
			<ol>
				${repeat(
					queue,
					(prompt) => prompt.id,
					(prompt) =>
						prompt.id === this.editing?.id
							? this.editView(words, this.editing)
							: this.rowView(words, prompt, canSend, run !== undefined),
				)}
			</ol>
		</section>`;
	}

	private rowView(
		words: Words,
		prompt: QueuedPrompt,
		canSend: boolean,
		running: boolean,
	): TemplateResult {
		const text = firstLine(prompt.text) || words.count("queue.images", prompt.images.length);
		const button = (icon: string, name: string, run: () => void) => html`<button
			class="action"
			type="button"
			aria-label=${name}
			data-tip=${name}
			@click=${run}
		>
			<span class="codicon codicon-${icon}" aria-hidden="true"></span>
		</button>`;
		const { id } = prompt;
		return html`<li>
			<span class="text" dir="auto" data-cut-tip=${firstLine(prompt.text, 600)}>${text}</span>
			${
				canSend
					? button("send", words.say(running ? "queue.steer" : "queue.send"), () => {
							post({ type: "sendQueued", id });
							this.around.takeFocus();
						})
					: nothing
			}
			${button("edit", words.say("queue.edit"), () => this.edit(prompt))}
			${button("close", words.say("queue.remove"), () => {
				post({ type: "removeQueued", id });
				this.around.takeFocus();
			})}
		</li>`;
	}

	private editView(words: Words, editing: QueuedEdit): TemplateResult {
		return html`<li class="editing">
			<textarea
				rows="1"
				dir="auto"
				aria-label=${words.say("queue.edit")}
				.value=${editing.text}
				@input=${(event: Event) => {
					this.editing = { ...editing, text: (event.target as HTMLTextAreaElement).value };
					this.around.changed();
				}}
				@keydown=${(event: KeyboardEvent) => this.key(event)}
				@blur=${(event: Event) => {
					// Who only looks at another window has not finished.
					if (document.activeElement !== event.target) {
						this.save();
					}
				}}
			></textarea>
		</li>`;
	}

	private edit({ id, text }: QueuedPrompt): void {
		this.editing = { id, was: text, text };
		post({ type: "editingQueued", id });
		this.around.changed();
		requestAnimationFrame(() => {
			document.querySelector<HTMLTextAreaElement>(field)?.focus();
		});
	}

	private key(event: KeyboardEvent): void {
		if (event.isComposing) {
			return;
		}
		if (event.key === "Enter" && !event.shiftKey) {
			event.preventDefault();
			this.save();
			this.around.takeFocus();
		} else if (event.key === "Escape") {
			event.preventDefault();
			event.stopPropagation();
			this.leave();
			this.around.takeFocus();
		}
	}

	private save(): void {
		const { editing } = this;
		if (editing && editing.text.trim() !== "" && editing.text !== editing.was) {
			this.editing = undefined;
			post({ type: "editQueued", id: editing.id, text: editing.text });
			this.around.changed();
		} else {
			this.leave();
		}
	}

	private leave(): void {
		if (this.editing) {
			this.editing = undefined;
			post({ type: "editingQueued", id: null });
			this.around.changed();
		}
	}
}
