const focusable = "button, input, textarea, [tabindex]";

/** Where the focus is in a question's card. */
interface Held {
	readonly approval: string;
	/** Which of its controls has it; -1 for the card itself. */
	readonly control: number;
	/** What had it before the card. */
	readonly before: Element | null;
	/** When the card was given it without the person's doing; see `answerByNumber`. */
	readonly given: string | undefined;
}

const cardOf = (element: Element | null) =>
	element?.closest<HTMLElement>("[data-approval]") ?? undefined;

/**
 * Keeps the focus of somebody who answers a question. A card is drawn elsewhere when the row it is about appears, and goes
 * when it is answered: the focus goes along, or back to where it was.
 */
export class CardFocus {
	private held: Held | undefined;
	private readonly otherwise: () => void;

	/** `otherwise` takes the focus when what had it before the card is not there any more. */
	constructor(otherwise: () => void) {
		this.otherwise = otherwise;
		document.addEventListener("focusin", (event) => this.came(event));
		document.addEventListener("focusout", (event) => this.went(event));
	}

	/** Something was drawn: the card may stand elsewhere, or be gone. */
	settle(): void {
		const { held } = this;
		const { activeElement } = document;
		const isLost = activeElement === null || activeElement === document.body;
		if (!held || !isLost || !document.hasFocus()) {
			return;
		}
		const card = document.querySelector<HTMLElement>(
			`[data-approval="${CSS.escape(held.approval)}"]`,
		);
		if (card) {
			if (held.given !== undefined) {
				card.dataset["focusedAt"] = held.given;
			}
			const control = card.querySelectorAll<HTMLElement>(focusable)[held.control];
			const target = control?.matches(":disabled") ? card : (control ?? card);
			target.focus({ preventScroll: true });
			return;
		}
		this.held = undefined;
		if (held.before instanceof HTMLElement && held.before.isConnected) {
			held.before.focus({ preventScroll: true });
		} else {
			this.otherwise();
		}
	}

	private came({ target, relatedTarget }: FocusEvent): void {
		const on = target as HTMLElement;
		const card = cardOf(on);
		const approval = card?.dataset["approval"];
		if (!card || approval === undefined) {
			this.held = undefined;
			return;
		}
		const before = relatedTarget instanceof Element ? relatedTarget : null;
		this.held = {
			approval,
			control: [...card.querySelectorAll(focusable)].indexOf(on),
			before: this.held?.approval === approval ? this.held.before : before,
			given: card.dataset["focusedAt"],
		};
	}

	/** A person who takes the focus off the card means it; one whose card was taken away does not. */
	private went({ target, relatedTarget }: FocusEvent): void {
		if (relatedTarget !== null) {
			return;
		}
		const on = target as HTMLElement;
		queueMicrotask(() => {
			const isWindow = document.activeElement === on;
			if (on.isConnected && !isWindow && !on.matches(":disabled")) {
				this.held = undefined;
			}
		});
	}
}
