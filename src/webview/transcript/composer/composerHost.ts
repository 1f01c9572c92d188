import { html, nothing, type TemplateResult } from "lit";
import type { KeptPrompts, LiveRun, ToLivePage } from "../../../protocol/live.ts";
import type { OpenApproval } from "../approvals.ts";
import type { Page } from "../page.ts";
import type { Words } from "../words.ts";
import type { SkeinComposer } from "./composer.ts";

type Message = Exclude<ToLivePage, { type: "live" | "approvals" | "released" }>;

interface Surroundings {
	page(): Page | undefined;
	changed(): void;
	announce(sentence: string): void;
}

function never(message: never): void {
	throw new Error(`Unknown message ${JSON.stringify(message)}`);
}

/** Has the composer in the page, gives it what the host says, and decides who gets the focus when the agent asks. */
export class ComposerHost {
	private readonly around: Surroundings;
	private readonly element = document.createElement("skein-composer");
	private readonly sizes = new ResizeObserver(() => this.resized());
	private observed = false;

	constructor(around: Surroundings) {
		this.around = around;
		this.element.changed = () => this.around.page()?.keep();
		this.element.sent = () => this.around.page()?.toEnd();
		document.addEventListener("keydown", (event) => typeOn(event, this.element));
	}

	get run(): LiveRun | undefined {
		return this.element.state?.run;
	}

	takeFocus(): void {
		this.element.takeFocusNow();
	}

	/** What has to be kept over a reload. */
	get kept(): KeptPrompts {
		return this.element.kept;
	}

	load(words: Words, kept: KeptPrompts | undefined): void {
		this.element.words = words;
		this.element.resume(kept ?? {});
	}

	receive(message: Message): void {
		switch (message.type) {
			case "composer":
				this.show(message);
				return;
			case "history":
				this.element.setHistory(message.prompts);
				return;
			case "prompted":
				this.element.receiveOutcome(message);
				return;
			case "returned":
				this.element.receiveReturned(message.text);
				return;
			case "stopFailed":
				this.element.receiveStopFailed();
				return;
			case "focusComposer":
				this.element.takeFocus();
				return;
			case "files":
				this.element.receiveFiles(message);
				return;
			case "attached":
				this.element.receiveImage(message);
				return;
			default:
				never(message);
		}
	}

	view(): TemplateResult | typeof nothing {
		return this.element.state === null ? nothing : html`${this.element}`;
	}

	updated(app: HTMLElement): void {
		const shown = app.contains(this.element);
		document.body.classList.toggle("with-composer", shown);
		if (shown !== this.observed) {
			this.observed = shown;
			if (shown) {
				this.sizes.observe(this.element);
			} else {
				this.sizes.unobserve(this.element);
			}
		}
	}

	/**
	 * Moves the focus to a question that has just come, unless the person is typing or reading something else. It goes to
	 * the card and to none of its buttons: Enter, meant for something else, must answer nothing.
	 */
	offerFocus(fresh: readonly OpenApproval[]): void {
		const [first] = fresh;
		if (!first || this.element.isTyping) {
			return;
		}
		requestAnimationFrame(() => {
			const { activeElement } = document;
			const isFree =
				activeElement === null ||
				activeElement === document.body ||
				this.element.contains(activeElement);
			if (document.hasFocus() && isFree && !this.element.isTyping) {
				const card = document.querySelector<HTMLElement>(
					`[data-approval="${CSS.escape(first.id)}"]`,
				);
				if (card) {
					card.dataset["focusedAt"] = String(performance.now());
					card.focus({ preventScroll: true });
					card.scrollIntoView({ block: "nearest" });
				}
			}
		});
	}

	private show({ state }: Extract<Message, { type: "composer" }>): void {
		const before = this.element.state;
		this.element.state = state;
		if (before?.run && !state?.run) {
			const page = this.around.page();
			const last = page?.model.rows.at(-1);
			const stopped = last?.kind === "item" && last.status === "interrupted";
			this.around.announce(this.element.words.say(stopped ? "run.stopped" : "run.ended"));
		}
		this.around.changed();
	}

	private resized(): void {
		const { height } = this.element.getBoundingClientRect();
		document.documentElement.style.setProperty("--composer-height", `${Math.ceil(height)}px`);
		this.around.page()?.settle();
	}
}

/** A person who types while a card has the focus, which they have not given it, types into the box. */
function typeOn(event: KeyboardEvent, composer: SkeinComposer): void {
	const on = event.target as HTMLElement;
	const modified = event.ctrlKey || event.metaKey || event.altKey;
	if (on.matches("section.approval") && /^[^\d\s]$/u.test(event.key) && !modified) {
		composer.takeFocusNow();
	}
}
