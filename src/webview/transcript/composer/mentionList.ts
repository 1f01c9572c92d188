import { html, nothing, type TemplateResult } from "lit";
import { type Mention, mentionAt } from "../pure/mentions.ts";
import { firstLine } from "../pure/visibleText.ts";
import { post } from "../vscodeApi.ts";
import type { Words } from "../words.ts";

const listId = "mention-list";

/** The files offered for an `@` that is being typed. The host finds them; what comes late for an older `@` is dropped. */
export class MentionList {
	/** Undefined while there is nothing to offer. */
	mention: Mention | undefined;
	paths: readonly string[] = [];
	active = 0;
	private asked = 0;
	private dismissed: number | undefined;
	private readonly changed: () => void;

	constructor(changed: () => void) {
		this.changed = changed;
	}

	get isOpen(): boolean {
		return this.mention !== undefined && this.paths.length > 0;
	}

	get chosen(): string | undefined {
		return this.isOpen ? this.paths[this.active] : undefined;
	}

	/** The text or the caret has moved. */
	look(text: string, caret: number): void {
		const mention = mentionAt(text, caret);
		if (mention === undefined || mention.from === this.dismissed) {
			this.dismissed = mention && this.dismissed;
			this.close();
			return;
		}
		this.dismissed = undefined;
		const isNew = mention.from !== this.mention?.from || mention.query !== this.mention.query;
		this.mention = mention;
		if (isNew) {
			post({ type: "findFiles", query: ++this.asked, text: mention.query });
		}
	}

	receive(query: number, paths: readonly string[]): void {
		if (query === this.asked && this.mention) {
			this.paths = paths;
			this.active = 0;
			this.changed();
		}
	}

	move(by: 1 | -1): void {
		const count = this.paths.length;
		this.active = (this.active + by + count) % count;
		this.changed();
	}

	/** Escape: this `@` is a plain one. */
	dismiss(): void {
		this.dismissed = this.mention?.from;
		this.close();
	}

	close(): void {
		if (this.mention) {
			this.mention = undefined;
			this.paths = [];
			this.asked++;
			this.changed();
		}
	}

	/** Attributes of the text box while the list is open. */
	get controls(): string | typeof nothing {
		return this.isOpen ? listId : nothing;
	}

	get activeId(): string | typeof nothing {
		return this.isOpen ? `${listId}-${this.active}` : nothing;
	}

	view(words: Words, choose: (path: string) => void): TemplateResult | typeof nothing {
		if (!this.isOpen) {
			return nothing;
		}
		return html`<ul
			class="mentions"
			id=${listId}
			role="listbox"
			aria-label=${words.say("composer.files")}
		>
			${this.paths.map((path, index) => {
				const name = path.slice(path.lastIndexOf("/") + 1);
				const folder = path.slice(0, Math.max(0, path.length - name.length - 1));
				return html`<li
					id="${listId}-${index}"
					role="option"
					aria-selected=${index === this.active ? "true" : "false"}
					@pointerdown=${(event: Event) => {
						// The text box keeps the focus.
						event.preventDefault();
						choose(path);
					}}
				>
					<span class="codicon codicon-file" aria-hidden="true"></span>
					<span class="name">${firstLine(name)}</span>
					<span class="folder">${firstLine(folder)}</span>
				</li>`;
			})}
		</ul>`;
	}
}
