import { html, nothing, type TemplateResult } from "lit";
import type { ComposerChoice, ComposerState } from "../../../protocol/live.ts";
import { firstLine } from "../pure/visibleText.ts";
import { post } from "../vscodeApi.ts";
import type { Words } from "../words.ts";
import type { Attachment } from "./attachments.ts";

/** What stands above the box: why nothing can be sent, what sending does first, what became of the last prompt. */
export function noticesView(words: Words, { blocked, imports }: ComposerState, notice: string) {
	const line = (icon: string, content: TemplateResult | string) =>
		html`<p class="said"><span class="codicon codicon-${icon}" aria-hidden="true"></span><span>${content}</span></p>`;
	const setting = blocked?.setting;
	const openSetting =
		setting === undefined
			? nothing
			: html`<button
					class="link"
					type="button"
					@click=${() => post({ type: "openSetting", setting })}
				>
					${words.say("composer.openSetting")}
				</button>`;
	return html`${blocked ? line("warning", html`${blocked.text} ${openSetting}`) : nothing}
	${!blocked && imports !== undefined ? line("info", words.say("composer.imports", firstLine(imports))) : nothing}
	<div role="status">${notice ? line("info", notice) : nothing}</div>`;
}

/** In place of the box: another window has asked for the turn that runs, here it is followed. */
export function heldView(words: Words, { run }: ComposerState): TemplateResult {
	return html`<p class="said held">
		<span class="codicon codicon-lock" aria-hidden="true"></span>
		<span>${words.say("composer.held", firstLine(run?.client ?? ""))}</span>
	</p>`;
}

/** The images that go with the prompt. */
export function imagesView(
	words: Words,
	attachments: readonly Attachment[],
	remove: (attachment: Attachment) => void,
) {
	const imageView = (attachment: Attachment) => {
		const { image } = attachment;
		const name = firstLine(attachment.name, 80);
		const label = words.say("composer.removeImage", name);
		return html`<li>
			${
				image
					? html`<skein-image
							hash=${image.hash}
							mime=${image.mime}
							alt=${name}
							missing=${words.say("image.missing")}
						></skein-image>`
					: html`<span class="image-waiting" role="img" aria-label=${name} aria-busy="true"></span>`
			}
			<button
				class="action"
				type="button"
				aria-label=${label}
				data-tip=${label}
				@click=${() => remove(attachment)}
			>
				<span class="codicon codicon-close" aria-hidden="true"></span>
			</button>
		</li>`;
	};
	return attachments.length === 0
		? nothing
		: html`<ul class="images" aria-label=${words.say("composer.images")}>
				${attachments.map(imageView)}
			</ul>`;
}

/** Agent, model and sandbox: VS Code's own pick opens on a click. */
export function pickersView(words: Words, state: ComposerState): TemplateResult {
	const picker = (what: ComposerChoice, label: string, tip: string) => html`<button
		class="picker ${what}"
		type="button"
		data-tip=${tip}
		aria-label="${tip}: ${label}"
		aria-haspopup="dialog"
		@click=${() => post({ type: "choose", what })}
	>
		<span class="label">${label}</span>
		<span class="codicon codicon-chevron-down" aria-hidden="true"></span>
	</button>`;
	const { model, sandbox } = state;
	return html`<div class="pickers">
		${picker("agent", firstLine(state.agent, 40), words.say("composer.agent"))}
		${picker(
			"model",
			model === null ? words.say("composer.model.default") : firstLine(model, 40),
			words.say("composer.model"),
		)}
		${
			sandbox === null
				? nothing
				: picker("sandbox", words.say(`sandbox.${sandbox}`), words.say("composer.sandbox"))
		}
	</div>`;
}

interface Buttons {
	readonly isEmpty: boolean;
	readonly isStopping: boolean;
	send(): void;
	stop(): void;
}

export function buttonsView(words: Words, state: ComposerState, buttons: Buttons): TemplateResult {
	const { isEmpty, isStopping } = buttons;
	const button = (name: string, icon: string, label: string, off: boolean, act: () => void) =>
		html`<button
			class="action ${name}"
			type="button"
			aria-label=${label}
			data-tip=${label}
			?disabled=${off}
			@click=${act}
		>
			<span class="codicon codicon-${icon}" aria-hidden="true"></span>
		</button>`;
	const send = () =>
		button(
			"send",
			"send",
			words.say(state.run ? "composer.queue" : "composer.send"),
			isEmpty || state.blocked !== undefined,
			() => buttons.send(),
		);
	return html`<div class="buttons">
		${
			state.run
				? button("stop", "stop-circle", words.say("composer.stop"), isStopping, () =>
						buttons.stop(),
					)
				: nothing
		}
		${state.run && isEmpty ? nothing : send()}
	</div>`;
}
