import { html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { ComposerState, QueuedPrompt } from "../../../protocol/live.ts";
import { firstLine } from "../pure/visibleText.ts";
import { post } from "../vscodeApi.ts";
import type { Words } from "../words.ts";

/** The prompts that wait for the turn to end: each can be changed, sent now, or taken out. */
export class QueueView {
	private editing: string | undefined;
	private text = "";
	private readonly changed: () => void;

	constructor(changed: () => void) {
		this.changed = changed;
	}

	view(words: Words, { queue, queueHeld, queueReason, run, canSteer }: ComposerState) {
		if (queue.length === 0) {
			return nothing;
		}
		const hint = queueReason ?? words.say(queueHeld ? "queue.held" : "queue.label");
		const label = queueReason === undefined ? hint : words.say("queue.notSent");
		// While a turn runs, only an agent that takes additions can be given one.
		const canSend = run ? canSteer && run.mine : true;
		return html`<section class="queue" aria-label=${label}>
			<p class="hint" dir="auto">${hint}</p>
			<ol>
				${repeat(
					queue,
					(prompt) => prompt.id,
					(prompt) =>
						prompt.id === this.editing
							? this.editView(words, prompt)
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
					? button("send", words.say(running ? "queue.steer" : "queue.send"), () =>
							post({ type: "sendQueued", id }),
						)
					: nothing
			}
			${button("edit", words.say("queue.edit"), () => this.edit(prompt))}
			${button("close", words.say("queue.remove"), () => post({ type: "removeQueued", id }))}
		</li>`;
	}

	private editView(words: Words, prompt: QueuedPrompt): TemplateResult {
		return html`<li class="editing">
			<textarea
				rows="1"
				dir="auto"
				aria-label=${words.say("queue.edit")}
				.value=${this.text}
				@input=${(event: Event) => {
					this.text = (event.target as HTMLTextAreaElement).value;
				}}
				@keydown=${(event: KeyboardEvent) => this.key(event, prompt)}
				@blur=${() => this.save(prompt)}
			></textarea>
		</li>`;
	}

	private edit(prompt: QueuedPrompt): void {
		this.editing = prompt.id;
		this.text = prompt.text;
		this.changed();
		requestAnimationFrame(() => {
			document.querySelector<HTMLTextAreaElement>(".queue .editing textarea")?.focus();
		});
	}

	private key(event: KeyboardEvent, prompt: QueuedPrompt): void {
		if (event.isComposing) {
			return;
		}
		if (event.key === "Enter" && !event.shiftKey) {
			event.preventDefault();
			this.save(prompt);
		} else if (event.key === "Escape") {
			event.preventDefault();
			event.stopPropagation();
			this.editing = undefined;
			this.changed();
		}
	}

	private save(prompt: QueuedPrompt): void {
		if (this.editing === prompt.id) {
			this.editing = undefined;
			if (this.text.trim() !== "" && this.text !== prompt.text) {
				post({ type: "editQueued", id: prompt.id, text: this.text });
			}
			this.changed();
		}
	}
}
