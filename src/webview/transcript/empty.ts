import { html, nothing, type TemplateResult } from "lit";
import type { ItemContext } from "./context.ts";
import { post } from "./vscodeApi.ts";

/** A session without a row: says so, and offers what works now. */
export function emptyView({ model, words }: ItemContext): TemplateResult {
	const actions = model.header.actions ?? [];
	return html`<div class="empty">
		<span class="codicon codicon-comment-discussion" aria-hidden="true"></span>
		<p>${words.say("page.empty")}</p>
		${
			actions.length > 0
				? html`<div class="offers">
						${actions.map(
							(action) => html`<button
								class="offer"
								type="button"
								@click=${() => post({ type: "sessionAction", action })}
							>
								${words.say(`empty.${action}`)}
							</button>`,
						)}
					</div>`
				: nothing
		}
	</div>`;
}
