import { html, LitElement, nothing } from "lit";
import type { ReplayAction } from "../../protocol/webview.ts";
import { speeds } from "./pure/replayClock.ts";
import type { Words } from "./words.ts";

/** What the bar shows. */
export interface ReplayView {
	readonly playing: boolean;
	readonly speed: number;
	/** From 1. */
	readonly item: number;
	readonly items: number;
	readonly turn: number;
	readonly canFork: boolean;
	readonly words: Words;
}

/** The controls of a replay, at the foot of the page. Light DOM. */
export class SkeinReplayBar extends LitElement {
	static override properties = { view: { attribute: false } };
	declare view: ReplayView | undefined;
	/** Set by the page. */
	act: (action: ReplayAction) => void = () => undefined;
	setSpeed: (speed: number) => void = () => undefined;
	fork: () => void = () => undefined;

	protected override createRenderRoot(): HTMLElement {
		return this;
	}

	private button(icon: string, label: string, action: ReplayAction, extra = "") {
		return html`<button
			class="action ${extra}"
			type="button"
			aria-label=${label}
			data-tip=${label}
			@click=${() => this.act(action)}
		>
			<span class="codicon codicon-${icon}" aria-hidden="true"></span>
		</button>`;
	}

	protected override render() {
		const view = this.view;
		if (!view) {
			return nothing;
		}
		const { words } = view;
		return html`<div class="replay" role="toolbar" aria-label=${words.say("replay.label")}>
			<div class="progress" aria-hidden="true"><div class="done"></div></div>
			<div class="controls">
				<span class="group">
					${this.button("debug-reverse-continue", words.say("replay.previousTurn"), "previousTurn")}
					${this.button("chevron-left", words.say("replay.previousItem"), "previousItem")}
					${
						view.playing
							? this.button("debug-pause", words.say("replay.pause"), "toggle", "main")
							: this.button("debug-start", words.say("replay.play"), "toggle", "main")
					}
					${this.button("chevron-right", words.say("replay.nextItem"), "nextItem")}
					${this.button("debug-continue", words.say("replay.nextTurn"), "nextTurn")}
				</span>
				<span class="speed">
					<select
						aria-label=${words.say("replay.speed")}
						data-tip=${words.say("replay.speed")}
						@change=${(event: Event) => {
							const select = event.currentTarget as HTMLSelectElement;
							this.setSpeed(Number(select.value));
						}}
					>
						${speeds.map(
							(speed) =>
								html`<option value=${String(speed)} ?selected=${speed === view.speed}>
									${words.say("replay.speed.value", speed)}
								</option>`,
						)}
					</select>
					<span class="codicon codicon-chevron-down" aria-hidden="true"></span>
				</span>
				<span class="position" data-tip=${words.say("replay.position", view.item, view.items, view.turn)}
					><span class="wide">${words.say("replay.position.turn", view.item, view.items, view.turn)}</span
					><span class="narrow">${words.say("replay.position.short", view.item, view.items)}</span></span
				>
				<span class="space"></span>
				${
					view.canFork
						? html`<button class="text" type="button" aria-label=${words.say("replay.fork")} @click=${() => this.fork()}>
								<span class="codicon codicon-repo-forked" aria-hidden="true"></span>
								<span class="label">${words.say("replay.fork")}</span>
							</button>`
						: nothing
				}
				${this.button("close", words.say("replay.close"), "stop")}
			</div>
		</div>`;
	}

	protected override updated(): void {
		const done = this.querySelector<HTMLElement>(".done");
		const view = this.view;
		if (done && view) {
			done.style.setProperty("width", `${(100 * view.item) / Math.max(1, view.items)}%`);
		}
		const select = this.querySelector("select");
		if (select && view) {
			select.value = String(view.speed);
		}
	}
}
customElements.define("skein-replay-bar", SkeinReplayBar);
