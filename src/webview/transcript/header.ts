import { html, nothing, type TemplateResult } from "lit";
import type { ItemContext } from "./context.ts";
import { branchesView, noteView } from "./items/marks.ts";
import { firstLine } from "./pure/visibleText.ts";

/** Title, agent, branch, turns and tokens: one line that folds away on scroll. */
export function headerView(context: ItemContext): TemplateResult {
	const { summary, agentLabel } = context.model.header;
	const { words } = context;
	const tokens = summary.tokens;
	return html`<header
		class="session"
		aria-label=${words.say("header.label")}
		data-vscode-context='{"webviewSection":"header"}'
	>
		<h1 dir="auto" data-cut-tip=${firstLine(summary.title)}>${firstLine(summary.title)}</h1>
		<div class="facts">
			<span>${firstLine(agentLabel)}</span>
			${
				summary.branch
					? html`<span class="branch" data-tip=${words.say("header.branch.tip")}
							><span class="codicon codicon-git-branch" aria-hidden="true"></span>${firstLine(summary.branch, 80)}</span
						>`
					: nothing
			}
			${summary.turns > 0 ? html`<span>${words.count("header.turns", summary.turns)}</span>` : nothing}
			${
				tokens
					? html`<span
							data-tip=${words.say("header.tokens.tip", tokens.total, tokens.input, tokens.output)}
							>${words.say("header.tokens", words.short(tokens.total))}</span
						>`
					: nothing
			}
		</div>
	</header>`;
}

/** Warnings about the session's file; all of them on demand. */
export function bannerView(context: ItemContext): TemplateResult | typeof nothing {
	const { warnings, capabilities } = context.model.header;
	const { words } = context;
	const key = "warnings";
	const open = context.model.toggled.has(key);
	const first = warnings[0];
	if (first === undefined) {
		return nothing;
	}
	return html`<section class="warnings" aria-label=${words.say("warning.label")}>
		<span class="icon codicon codicon-warning" aria-hidden="true"></span>
		<div class="sentences">
			${(open ? warnings : [first]).map((warning) => html`<p>${firstLine(warning, 2000)}</p>`)}
		</div>
		<div class="buttons">
			${
				warnings.length > 1 && !open
					? html`<button class="text" type="button" @click=${() => context.toggle(key, "")}>
							${words.count("warning.more", warnings.length - 1)}
						</button>`
					: nothing
			}
			${
				capabilities.write
					? html`<button
							class="text"
							type="button"
							@click=${() => context.post({ type: "acknowledgeDamage" })}
						>
							${words.say("warning.dismiss")}
						</button>`
					: nothing
			}
		</div>
	</section>`;
}

/** Notes on the session as a whole, and the branches that start before its first row. */
export function preludeView(context: ItemContext): TemplateResult {
	const notes = context.model.header.notes.filter((note) => note.item === null);
	return html`${notes.map((note) => noteView(context, note))} ${branchesView(context, null)}`;
}
