import { html, LitElement, nothing, type TemplateResult } from "lit";
import { ifDefined } from "lit/directives/if-defined.js";
import { live } from "lit/directives/live.js";
import type { ComposerState, KeptPrompts, PromptDraft, PromptWay } from "../../../protocol/live.ts";
import type { ToTranscript } from "../../../protocol/webview.ts";
import { completeMention } from "../pure/mentions.ts";
import { PromptHistory } from "../pure/promptHistory.ts";
import { firstLine } from "../pure/visibleText.ts";
import { post } from "../vscodeApi.ts";
import { Words } from "../words.ts";
import { Draft } from "./draft.ts";
import { ImageIntake } from "./imageIntake.ts";
import { MentionList } from "./mentionList.ts";
import { Outbox } from "./outbox.ts";
import { QueueView } from "./queue.ts";
import { buttonsView, heldView, imagesView, noticesView, pickersView } from "./views.ts";

type Of<T extends ToTranscript["type"]> = Extract<ToTranscript, { type: T }>;

/** A person who has pressed a key so shortly ago is typing. ms. */
const typingLasts = 3000;

/**
 * The box at the foot of the transcript: what the person types, what goes with it, and what waits.
 * Guarantees: nothing is sent while an input method composes; a prompt that could not be sent is in the box again, before
 * what stands there; what was typed is never thrown away.
 */
export class SkeinComposer extends LitElement {
	static override properties = {
		state: { attribute: false },
		words: { attribute: false },
		notice: { state: true },
	};
	declare state: ComposerState | null;
	declare words: Words;
	declare notice: string;
	/** Called when what has to be kept over a reload has changed. */
	declare changed: () => void;
	/** Called when a prompt is on its way. */
	declare sent: () => void;
	private readonly draft = new Draft();
	private readonly history = new PromptHistory();
	private readonly images: ImageIntake;
	private readonly mentions = new MentionList(() => this.requestUpdate());
	private readonly queue = new QueueView({
		changed: () => {
			this.requestUpdate();
			this.changed();
		},
		giveBack: (text) => this.receiveReturned(text),
		takeFocus: () => this.takeFocus(),
	});
	private readonly outbox = new Outbox({
		changed: () => this.changed(),
		refused: (prompt, why) => this.returned(prompt, why),
	});
	private lastKey = Number.NEGATIVE_INFINITY;
	private stopping: string | undefined;

	constructor() {
		super();
		this.state = null;
		this.words = new Words();
		this.notice = "";
		this.changed = () => undefined;
		this.sent = () => undefined;
		this.images = new ImageIntake(this.draft, {
			words: () => this.words,
			changed: () => {
				this.requestUpdate();
				this.changed();
			},
			refused: (why) => {
				this.notice = why;
			},
		});
	}

	protected override createRenderRoot(): HTMLElement {
		return this;
	}

	/** What is kept over a reload. */
	get kept(): KeptPrompts {
		const { draft, outbox } = this;
		const { editing } = this.queue;
		return {
			...(draft.isEmpty ? {} : { draft: draft.toPrompt() }),
			...(outbox.underWay.length === 0 ? {} : { underWay: outbox.underWay }),
			...(editing ? { editing } : {}),
		};
	}

	/** The page is there, for the first time or again. */
	resume({ draft, underWay = [], editing }: KeptPrompts): void {
		if (draft && this.draft.isEmpty) {
			this.draft.set(draft);
			this.requestUpdate();
		}
		this.outbox.resume(underWay);
		this.queue.editing = editing;
		const prompts = this.outbox.underWay.map(({ id }) => id);
		post({ type: "resume", prompts, editing: editing?.id ?? null });
	}

	/** The turn goes on: it can be stopped again. */
	receiveStopFailed(): void {
		this.stopping = undefined;
		this.requestUpdate();
	}

	/** A waiting prompt was changed too late. */
	receiveReturned(text: string): void {
		this.returned({ text, mentions: [], images: [] }, this.words.say("queue.gone"));
	}

	/** A prompt that was not sent is in the box again; the caret stays where the person types. */
	private returned(prompt: PromptDraft, why: string): void {
		const { box } = this;
		this.notice = why;
		const { selectionStart = 0, selectionEnd = 0 } = box ?? {};
		const moved = this.draft.putBefore(prompt);
		if (box) {
			box.value = this.draft.text;
			box.setSelectionRange(selectionStart + moved, selectionEnd + moved);
		}
		this.requestUpdate();
		this.changed();
	}

	/** True while taking the focus away would take a key that was meant for the box. */
	get isTyping(): boolean {
		const focused = this.contains(document.activeElement);
		return focused && (!this.draft.isEmpty || performance.now() - this.lastKey < typingLasts);
	}

	takeFocus(): void {
		void this.updateComplete.then(() => this.box?.focus());
	}

	/** In the same turn, so that a key that is going down is typed into the box. */
	takeFocusNow(): void {
		this.box?.focus();
	}

	setHistory(prompts: readonly string[]): void {
		this.history.set(prompts);
	}

	receiveFiles({ query, paths }: Of<"files">): void {
		this.mentions.receive(query, paths);
	}

	receiveImage({ id, image, refused }: Of<"attached">): void {
		this.images.receive(id, image ?? refused ?? "");
	}

	/** What became of a prompt. */
	receiveOutcome({ id, outcome, message }: Of<"prompted">): void {
		const draft = this.outbox.take(id);
		if (!draft) {
			return;
		}
		if (outcome === "unknown") {
			this.returned(draft, this.words.say("composer.unknown"));
		} else if (outcome === "failed") {
			this.returned(draft, message ?? "");
		} else {
			this.notice = message ?? "";
			this.changed();
		}
	}

	protected override willUpdate(): void {
		if (this.state) {
			this.queue.settle(this.state);
		}
		if (this.stopping !== this.state?.run?.id) {
			this.stopping = undefined;
		}
	}

	protected override render(): TemplateResult | typeof nothing {
		const { state, words } = this;
		if (!state) {
			return nothing;
		}
		const held = state.run !== undefined && !state.run.mine;
		return html`<footer class="composer column" aria-label=${words.say("composer.label")} role="region">
			${this.queue.view(words, state)}
			${noticesView(words, state, this.notice)}
			${held ? heldView(words, state) : this.boxView(state)}
		</footer>`;
	}

	private boxView(state: ComposerState): TemplateResult {
		const { words, draft, mentions, images } = this;
		const label = words.say("composer.prompt", firstLine(state.agent));
		return html`<div
			class="box ${images.dragging ? "dragging" : ""}"
			@dragover=${(event: DragEvent) => images.dragOver(event)}
			@dragleave=${() => images.dragLeave()}
			@drop=${(event: DragEvent) => images.drop(event)}
		>
			${mentions.view(words, (path) => this.choose(path))}
			${imagesView(words, draft.images, (attachment) => {
				images.remove(attachment);
				this.takeFocus();
			})}
			<textarea
				rows="1"
				dir="auto"
				role=${ifDefined(mentions.isOpen ? "combobox" : undefined)}
				aria-label=${label}
				aria-autocomplete="list"
				aria-haspopup="listbox"
				aria-expanded=${mentions.isOpen ? "true" : nothing}
				aria-controls=${mentions.controls}
				aria-activedescendant=${mentions.activeId}
				placeholder=${words.say(state.run ? "composer.placeholder.running" : "composer.placeholder", firstLine(state.agent))}
				.value=${live(draft.text)}
				@input=${() => this.typed()}
				@keydown=${(event: KeyboardEvent) => this.key(event)}
				@select=${() => this.look()}
				@click=${() => this.look()}
				@blur=${() => this.mentions.close()}
				@paste=${(event: ClipboardEvent) => images.paste(event)}
			></textarea>
			<div class="bar">
				${pickersView(words, state)}
				${buttonsView(words, state, {
					isEmpty: draft.isEmpty,
					isStopping: this.stopping !== undefined,
					send: () => this.send("send"),
					stop: () => this.stop(),
				})}
			</div>
		</div>`;
	}

	private get box(): HTMLTextAreaElement | null {
		return this.querySelector<HTMLTextAreaElement>(".box > textarea");
	}

	private typed(): void {
		const { box } = this;
		if (box) {
			this.draft.text = box.value;
			this.lastKey = performance.now();
			this.notice = "";
			this.look();
			this.requestUpdate();
			this.changed();
		}
	}

	private look(): void {
		const { box } = this;
		if (box) {
			this.mentions.look(box.value, box.selectionStart === box.selectionEnd ? box.selectionEnd : 0);
		}
	}

	private key(event: KeyboardEvent): void {
		this.lastKey = performance.now();
		// While an input method composes, its keys are its own; Safari tells by the code.
		if (event.isComposing || event.keyCode === 229) {
			return;
		}
		if ((this.mentions.isOpen && this.keyInList(event)) || this.keyInBox(event)) {
			event.preventDefault();
			event.stopPropagation();
		}
	}

	private keyInList({ key, shiftKey }: KeyboardEvent): boolean {
		const { chosen } = this.mentions;
		switch (key) {
			case "ArrowDown":
				this.mentions.move(1);
				return true;
			case "ArrowUp":
				this.mentions.move(-1);
				return true;
			case "Escape":
				this.mentions.dismiss();
				return true;
			case "Enter":
			case "Tab":
				if (chosen === undefined || shiftKey) {
					return false;
				}
				this.choose(chosen);
				return true;
			default:
				return false;
		}
	}

	private keyInBox({ key, shiftKey, altKey, ctrlKey, metaKey }: KeyboardEvent): boolean {
		const modified = shiftKey || altKey || ctrlKey || metaKey;
		switch (key) {
			case "Enter":
				if (shiftKey || altKey) {
					return false;
				}
				this.send(ctrlKey || metaKey ? "steer" : "send");
				return true;
			case "Escape":
				if (this.state?.run) {
					this.stop();
					return true;
				}
				return false;
			case "ArrowUp":
				return (
					!modified && this.atBorder("first") && this.show(this.history.previous(this.draft.text))
				);
			case "ArrowDown":
				return !modified && this.atBorder("last") && this.show(this.history.next(this.draft.text));
			default:
				return false;
		}
	}

	/** The caret is where the arrow key would go no further, or on the only line there is. */
	private atBorder(border: "first" | "last"): boolean {
		const { box } = this;
		if (!box || box.selectionStart !== box.selectionEnd) {
			return false;
		}
		const end = border === "first" ? 0 : box.value.length;
		const { lineHeight } = getComputedStyle(box);
		const isOneLine = box.clientHeight < 2 * Number.parseFloat(lineHeight);
		return box.selectionEnd === end || isOneLine;
	}

	private show(text: string | undefined): boolean {
		const { box } = this;
		if (text === undefined || !box) {
			return false;
		}
		this.draft.text = text;
		box.value = text;
		box.setSelectionRange(text.length, text.length);
		this.requestUpdate();
		this.changed();
		return true;
	}

	private choose(path: string): void {
		const { box } = this;
		const { mention } = this.mentions;
		if (box && mention) {
			const { text, caret } = completeMention(box.value, mention, path);
			this.draft.mention(path);
			this.mentions.close();
			this.show(text);
			box.setSelectionRange(caret, caret);
		}
	}

	private send(wanted: PromptWay): void {
		const { state, draft } = this;
		if (!state || draft.isEmpty || state.blocked) {
			return;
		}
		const way = !state.run ? "send" : wanted === "steer" ? "steer" : "queue";
		this.outbox.send(way, draft.toPrompt(), draft.images);
		draft.clear();
		this.notice = "";
		this.requestUpdate();
		this.changed();
		this.sent();
	}

	private stop(): void {
		const run = this.state?.run;
		if (run && this.stopping === undefined) {
			this.stopping = run.id;
			post({ type: "stop" });
			this.requestUpdate();
		}
	}
}
customElements.define("skein-composer", SkeinComposer);

declare global {
	interface HTMLElementTagNameMap {
		"skein-composer": SkeinComposer;
	}
}
