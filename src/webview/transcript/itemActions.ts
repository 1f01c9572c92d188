import { html, nothing, render } from "lit";
import type { ItemContext } from "./context.ts";
import { changesOf } from "./items/fileChange.ts";

/**
 * The few actions of the row under the mouse or the focus, with its time. One toolbar for all rows: it moves to where it
 * is needed, so a row costs nothing until somebody looks at it. More actions are in VS Code's own context menu.
 */
export class ItemActions {
	private readonly element = document.createElement("div");
	private readonly context: ItemContext;
	private owner: HTMLElement | undefined;

	constructor(feed: HTMLElement, context: ItemContext) {
		this.context = context;
		this.element.className = "actions";
		this.element.setAttribute("role", "toolbar");
		this.element.setAttribute("aria-label", context.words.say("action.toolbar"));
		feed.addEventListener("pointerover", (event) => this.moveTo(event.target));
		feed.addEventListener("focusin", (event) => this.moveTo(event.target));
		feed.addEventListener("pointerleave", () => {
			const focused = document.activeElement?.closest("article[data-vscode-context]");
			if (focused) {
				this.moveTo(focused);
			} else {
				this.owner = undefined;
				this.element.remove();
			}
		});
	}

	private moveTo(target: EventTarget | null): void {
		const article = (target as Element).closest<HTMLElement>("article");
		const id = article?.dataset["id"];
		if (!article || !id || (article === this.owner && this.element.isConnected)) {
			return;
		}
		// The toolbar is not taken away from under the fingers that use it.
		if (this.element.contains(document.activeElement) && this.owner?.isConnected) {
			return;
		}
		this.owner = article;
		const own = !id.startsWith("fold:") && !article.classList.contains("gap");
		const time = Number(article.dataset["time"] ?? 0);
		if (!own && time === 0) {
			this.element.remove();
			return;
		}
		this.draw(id, time);
		// In the body, so that it stands beside what the row says, not beside the day or the notes around it.
		(article.querySelector(":scope > .body") ?? article).append(this.element);
	}

	private draw(id: string, time: number): void {
		const { words, model } = this.context;
		const act = (action: "copy" | "fork") => () =>
			this.context.post({ type: "itemAction", action, item: id });
		const content = model.item(id)?.content;
		// Several files have a line each to open them by.
		const changes = content?.type === "fileChange" ? changesOf(content) : undefined;
		const change = changes?.length === 1 ? changes[0] : undefined;
		const openChange = () =>
			change && this.context.post({ type: "openFile", item: id, path: change.path });
		const button = (icon: string, label: string, run: (event: Event) => void) => html`<button
			class="action"
			type="button"
			aria-label=${label}
			data-tip=${label}
			@click=${run}
		>
			<span class="codicon codicon-${icon}" aria-hidden="true"></span>
		</button>`;
		render(
			html`${
				time > 0
					? html`<time datetime=${new Date(time).toISOString()} data-tip=${words.dateAndTime(time)}
							>${words.timeOfDay(time)}</time
						>`
					: nothing
			}
			${change ? button("compare-changes", words.say("action.openChanges"), openChange) : nothing}
			${button("copy", words.say("action.copy"), act("copy"))}
			${model.header.capabilities.fork ? button("repo-forked", words.say("action.fork"), act("fork")) : nothing}
			${button("ellipsis", words.say("action.more"), openMenu)}`,
			this.element,
		);
	}
}

/** Opens VS Code's own context menu of the row, at the button. */
function openMenu(event: Event): void {
	const button = event.currentTarget as HTMLElement;
	const { left, bottom } = button.getBoundingClientRect();
	event.stopPropagation();
	button.dispatchEvent(
		new MouseEvent("contextmenu", {
			bubbles: true,
			cancelable: true,
			view: window,
			clientX: left,
			clientY: bottom,
		}),
	);
}
