import { html, render } from "lit";
import { ansiSpans } from "../pure/ansi.ts";
import { visibleText } from "../pure/visibleText.ts";
import { onFrame } from "./onFrame.ts";

/** Lines of a running command that are on the page; all of them are when it has ended. */
const linesShown = 200;
const charsShown = 20_000;

/** What a running command prints: its last lines, with the end in view as long as the reader does not scroll in it. */
export class LiveOutput {
	readonly element = document.createElement("pre");
	private text = "";
	private readonly schedule = onFrame(() => this.draw());

	constructor() {
		this.element.className = "output live";
		this.element.dir = "auto";
		// It scrolls: the keyboard must reach it.
		this.element.tabIndex = 0;
		this.element.setAttribute("role", "region");
	}

	show(text: string, label: string): void {
		this.text = text;
		this.element.setAttribute("aria-label", label);
		this.schedule();
	}

	private draw(): void {
		const { element } = this;
		const atEnd = element.scrollHeight - element.scrollTop - element.clientHeight < 8;
		const spans = ansiSpans(lastLines(this.text));
		render(
			html`${spans.map((span) =>
				span.classes
					? html`<span class=${span.classes}>${visibleText(span.text)}</span>`
					: visibleText(span.text),
			)}`,
			element,
		);
		if (atEnd) {
			element.scrollTop = element.scrollHeight;
		}
	}
}

function lastLines(text: string): string {
	let at = text.length;
	for (let lines = 0; lines <= linesShown && at > 0; lines++) {
		const newline = text.lastIndexOf("\n", at - 1);
		if (newline < 0 || text.length - newline > charsShown) {
			return newline < 0 && text.length <= charsShown ? text : text.slice(text.length - charsShown);
		}
		at = newline;
	}
	return text.slice(at === 0 ? 0 : at + 1).trimEnd();
}
