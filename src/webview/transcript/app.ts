import { html, LitElement, nothing, type TemplateResult } from "lit";
import { ifDefined } from "lit/directives/if-defined.js";
import { keyed } from "lit/directives/keyed.js";
import type { ReplayAction, ToTranscript } from "../../protocol/webview.ts";
import { receiveBlob } from "./blobs.ts";
import { CardFocus } from "./cardFocus.ts";
import { emptyView } from "./empty.ts";
import { foldHeader } from "./foldHeader.ts";
import { bannerView, headerView, preludeView } from "./header.ts";
import { Page } from "./page.ts";
import { keptState, post } from "./vscodeApi.ts";
import { Words } from "./words.ts";
import "./replayBar.ts";
import "./composer/composer.ts";
import { ComposerHost } from "./composer/composerHost.ts";
import { cardView } from "./items/approval.ts";
import type { SkeinReplayBar } from "./replayBar.ts";

type State =
	| { readonly kind: "loading" }
	| { readonly kind: "failed"; readonly message: string }
	| { readonly kind: "ready"; readonly page: Page };

/** The page: header, banner, feed, jump button and replay bar, and the one switch on what the host says. */
export class SkeinTranscript extends LitElement {
	static override properties = { state: { attribute: false }, announced: { attribute: false } };
	declare state: State;
	/** What a screen reader is told: the position of a replay. */
	declare announced: string;
	private words = new Words();
	private generation = 0;
	private readonly composer = new ComposerHost({
		page: () => this.page,
		changed: () => this.requestUpdate(),
		announce: (sentence) => {
			this.announced = sentence;
		},
	});
	private readonly cardFocus = new CardFocus(() => this.composer.takeFocus());

	constructor() {
		super();
		this.state = { kind: "loading" };
		this.announced = "";
	}

	protected override createRenderRoot(): HTMLElement {
		return this;
	}

	receive(message: ToTranscript): void {
		switch (message.type) {
			case "load":
				this.load(message);
				return;
			case "failed":
				this.state = { kind: "failed", message: message.message };
				return;
			case "blob":
				receiveBlob(message.hash, message.mime, message.bytes);
				return;
			case "page":
				this.page?.receivePage(message.page, message.items);
				return;
			case "update":
				this.page?.update(message);
				this.requestUpdate();
				return;
			case "rows":
				this.page?.extend(message);
				this.requestUpdate();
				return;
			case "reveal":
				this.page?.reveal(message.id);
				return;
			case "replay":
				this.page?.control(message.action);
				return;
			case "getSelection":
				post({ type: "selection", text: getSelection()?.toString() ?? "" });
				return;
			case "text":
				this.page?.receiveText(message.item, message.field, message.text);
				return;
			case "live":
				this.page?.receiveLive(message);
				return;
			case "approvals":
				this.composer.offerFocus(this.page?.receiveApprovals(message) ?? []);
				return;
			case "released":
				this.page?.releaseApproval(message.approval);
				return;
			default:
				this.composer.receive(message);
		}
	}

	private get page(): Page | undefined {
		return this.state.kind === "ready" ? this.state.page : undefined;
	}

	private load(message: Extract<ToTranscript, { type: "load" }>): void {
		this.words = new Words(message.strings, message.locale);
		document.documentElement.lang = message.locale;
		this.page?.close();
		this.generation++;
		const kept = keptState(message.uri);
		const page = new Page(message, this.words, kept, {
			changed: () => this.requestUpdate(),
			announce: (sentence) => {
				this.announced = sentence;
			},
			prompts: () => this.composer.kept,
		});
		this.composer.load(this.words, kept);
		this.state = { kind: "ready", page };
		this.updateComplete.then(() => {
			const feed = this.querySelector<HTMLElement>(`[data-feed="${this.generation}"]`);
			if (feed) {
				page.open(feed);
			}
		}, reportRejection);
	}

	protected override render(): TemplateResult {
		return html`${this.body()}
			<div class="announcer" role="status" aria-live="polite">${this.announced}</div>`;
	}

	private body(): TemplateResult {
		switch (this.state.kind) {
			case "loading":
				return html`<main class="column loading" aria-busy="true" aria-label=${this.words.say("page.loading")}>
					${[0, 1, 2].map(() => html`<div class="waiting waiting-agentMessage"><span></span><span></span><span></span></div>`)}
				</main>`;
			case "failed":
				return html`<main class="column state-failed" role="alert">
					<span class="codicon codicon-error" aria-hidden="true"></span>
					<h1>${this.words.say("page.failed")}</h1>
					<p>${this.state.message}</p>
				</main>`;
			case "ready":
				return this.readyView(this.state.page);
		}
	}

	private readyView(page: Page): TemplateResult {
		const { words } = this;
		const { replay, model, context } = page;
		const empty = model.rows.length === 0;
		return html`${headerView(context)}
			<main class="column ${replay.active ? "replaying" : ""}">
				${bannerView(context)} ${preludeView(context)}
				${empty ? emptyView(context) : nothing}
				${keyed(
					this.generation,
					html`<div
						class="feed"
						data-feed=${this.generation}
						role=${ifDefined(empty ? undefined : "feed")}
						aria-label=${ifDefined(empty ? undefined : words.say("page.label"))}
					></div>`,
				)}
				${replay.active ? nothing : this.runView(page)}
			</main>
			${replay.active ? nothing : this.composer.view()}
			${
				page.away && !replay.active
					? html`<button class="jump" type="button" @click=${() => page.toEnd()}>
							<span class="codicon codicon-arrow-down" aria-hidden="true"></span>
							${words.say(page.unseen ? "jump.new" : "jump")}
						</button>`
					: nothing
			}
			${
				replay.active
					? html`<skein-replay-bar
							.view=${page.replayView()}
							.act=${(action: ReplayAction) => replay.act(action)}
							.setSpeed=${(speed: number) => replay.setSpeed(speed)}
							.fork=${() => page.forkHere()}
						></skein-replay-bar>`
					: nothing
			}`;
	}

	/** What stands after the last row while a turn runs: questions about no row, and that it runs. */
	private runView(page: Page) {
		const { run } = this.composer;
		const asks = page.looseApprovals;
		return html`${
			asks.length > 0
				? html`<section aria-label=${this.words.say("approval.asks")}>
						${asks.map((approval) => cardView(page.context, approval))}
					</section>`
				: nothing
		}
		${
			run
				? html`<div class="working">
						<span
							class="codicon ${run.status === "waiting" ? "codicon-question" : "codicon-loading spin"}"
							aria-hidden="true"
						></span>
						<span>${this.words.say(run.status === "waiting" ? "run.waiting" : "run.working")}</span>
					</div>`
				: nothing
		}`;
	}

	protected override updated(): void {
		this.composer.updated(this);
		this.cardFocus.settle();
		document.body.classList.toggle("with-replay", this.page?.replay.active ?? false);
		foldHeader();
	}
}
customElements.define("skein-transcript", SkeinTranscript);

function reportRejection(thrown: unknown): void {
	post({ type: "error", message: String(thrown) });
}

declare global {
	interface HTMLElementTagNameMap {
		"skein-transcript": SkeinTranscript;
		"skein-replay-bar": SkeinReplayBar;
	}
}
