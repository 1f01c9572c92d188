import { html, nothing, type TemplateResult } from "lit";
import type { ContentOf, Item } from "../../../core/model/item.ts";
import type { ItemContext } from "../context.ts";
import { firstLine } from "../pure/visibleText.ts";
import { knownText } from "../texts.ts";
import { changeSums, changesOf, fileChangeDetail } from "./fileChange.ts";
import { imageView } from "./image.ts";
import type { StepLine } from "./line.ts";
import { planStep } from "./plan.ts";
import { outputView, proseView } from "./text.ts";

/** A step of the agent's: one quiet line, and what opens under it. */
export interface Step {
	readonly line: StepLine;
	readonly detail: () => TemplateResult;
	/** True when it stands open until the reader closes it; `live`: while it runs. */
	readonly openByItself?: boolean | "live";
}

type Meta = TemplateResult | typeof nothing;

function statusMeta(context: ItemContext, item: Item): Meta {
	switch (item.status) {
		case "failed":
		case "declined":
		case "interrupted":
			return html`<span class="status ${item.status}"
				>${context.words.say(`status.${item.status}`)}</span
			>`;
		case "running":
		case "completed":
			return nothing;
	}
}

function durationMeta(context: ItemContext, ms: number | undefined): Meta {
	// Below a tenth of a second it is noise.
	return ms === undefined || ms < 100 ? nothing : html`<span>${context.words.duration(ms)}</span>`;
}

/** Characters that a step's line shows whole in the narrowest page, and in one of ordinary width. */
const lineChars = { narrow: 20, wide: 80 };

/** A text of which the line may show only the beginning; not again where the line shows all of it. */
function wholeText(context: ItemContext, id: string, field: string, value: unknown) {
	const text = knownText(value)?.text.trim() ?? "";
	const isOneLine = !text.includes("\n");
	if (isOneLine && text.length <= lineChars.narrow) {
		return nothing;
	}
	const where = isOneLine && text.length <= lineChars.wide ? "if-narrow" : "";
	return html`<div class="whole ${where}">${outputView(context, id, field, value)}</div>`;
}

/** True while the agent waits to be allowed this. */
function isAsked(context: ItemContext, item: Item): boolean {
	return item.status === "running" && context.approvals.openOf(item.id).length > 0;
}

function commandStep(
	context: ItemContext,
	item: Item,
	content: ContentOf<"commandExecution">,
): Step {
	const running = item.status === "running";
	const command = knownText(content.command)?.text ?? "";
	const code = content.exitCode;
	const failed = (typeof code === "number" && code !== 0) || item.status === "failed";
	const streamed = running
		? context.live.output(item.id, context.words.say("detail.output"))
		: undefined;
	const asks = isAsked(context, item);
	return {
		...(streamed ? { openByItself: "live" as const } : {}),
		line: {
			icon: "terminal",
			verb: context.words.say(asks ? "verb.asksToRun" : running ? "verb.running" : "verb.ran"),
			target: firstLine(command),
			code: true,
			tip: firstLine(command, 600),
			meta: [
				typeof code === "number" && code !== 0
					? html`<span class="status failed">${context.words.say("exit", String(code))}</span>`
					: statusMeta(context, item),
				durationMeta(context, content.durationMs),
			],
			running: running && !asks,
			failed,
		},
		detail: () => html`
			${wholeText(context, item.id, "command", content.command)}
			${content.cwd && content.cwd !== "." ? html`<p class="hint path">${firstLine(content.cwd)}</p>` : nothing}
			${
				streamed ??
				(content.output === undefined
					? html`<p class="hint">
							${context.words.say(running ? "status.running" : "detail.noOutput")}
						</p>`
					: outputView(context, item.id, "output", content.output))
			}
		`,
	};
}

/** A path that loses its folders before its name where there is no room. */
function pathView(path: string): TemplateResult {
	const name = path.lastIndexOf("/") + 1;
	return html`<span class="folders">${path.slice(0, name)}</span
		><span class="name">${path.slice(name)}</span>`;
}

function fileChangeStep(context: ItemContext, item: Item, content: ContentOf<"fileChange">): Step {
	const changes = changesOf(content);
	const running = item.status === "running";
	const only = changes?.length === 1 ? changes[0] : undefined;
	const verbs = { add: "verb.created", update: "verb.edited", delete: "verb.deleted" } as const;
	const asks = isAsked(context, item);
	const verb = asks ? "verb.asksToEdit" : running ? "verb.editing" : verbs[only?.kind ?? "update"];
	const icons = { add: "new-file", update: "edit", delete: "trash" } as const;
	const { added, removed } = changeSums(changes ?? []);
	const paths = (changes ?? []).map((change) => firstLine(change.path)).join(", ");
	return {
		line: {
			icon: icons[only?.kind ?? "update"],
			verb: context.words.say(only?.movedTo ? "verb.moved" : verb),
			target: only
				? pathView(firstLine(only.path))
				: context.words.say("files.many", changes?.length ?? 0),
			code: only !== undefined,
			tip: firstLine(paths, 600),
			meta: [
				added + removed > 0
					? html`<span
							class="counts"
							role="img"
							aria-label=${context.words.say("change.counts", added, removed)}
							>${added > 0 ? html`<span class="added">+${context.words.number(added)}</span>` : nothing}${
								removed > 0
									? html`<span class="removed">\u2212${context.words.number(removed)}</span>`
									: nothing
							}</span
						>`
					: nothing,
				statusMeta(context, item),
			],
			running: running && !asks,
			failed: item.status === "failed",
		},
		detail: () => fileChangeDetail(context, item, content, changes),
	};
}

/** The argument that says most about a call: what a person would look for first. */
function mainArgument(input: unknown): string {
	if (typeof input === "string") {
		return input;
	}
	if (typeof input !== "object" || input === null || "cut" in input || "blob" in input) {
		return "";
	}
	const first = Object.values(input).find((value) => typeof value === "string" && value !== "");
	return typeof first === "string" ? first : "";
}

function toolStep(context: ItemContext, item: Item, content: ContentOf<"toolCall">): Step {
	const running = item.status === "running";
	const tool = firstLine(content.tool);
	const name = content.server ? `${firstLine(content.server)}.${tool}` : tool;
	const argument = firstLine(mainArgument(content.input), 120);
	const asks = isAsked(context, item);
	return {
		line: {
			icon: "tools",
			verb: context.words.say(asks ? "verb.asksToCall" : running ? "verb.calling" : "verb.called"),
			target: html`${firstLine(name)} <span class="argument">${argument}</span>`,
			code: true,
			tip: firstLine(`${name} ${argument}`, 600),
			meta: [statusMeta(context, item), durationMeta(context, content.durationMs)],
			running: running && !asks,
			failed: item.status === "failed",
		},
		detail: () => html`
			${
				content.input === undefined
					? nothing
					: html`<h4>${context.words.say("detail.input")}</h4>
							${outputView(context, item.id, "input", content.input)}`
			}
			${
				content.output === undefined
					? nothing
					: html`<h4>${context.words.say("detail.output")}</h4>
							${outputView(context, item.id, "output", content.output)}`
			}
			${(content.images ?? []).map((image) => imageView(context, item.id, image))}
		`,
	};
}

function searchStep(context: ItemContext, item: Item, content: ContentOf<"webSearch">): Step {
	const running = item.status === "running";
	const query = knownText(content.query)?.text ?? "";
	return {
		line: {
			icon: "globe",
			verb: context.words.say(running ? "verb.searching" : "verb.searched"),
			target: query ? firstLine(query) : context.words.say("web"),
			code: false,
			tip: firstLine(query, 600),
			meta: [statusMeta(context, item)],
			running,
			failed: item.status === "failed",
		},
		detail: () => html`
			${wholeText(context, item.id, "query", content.query)}
			${
				content.output === undefined
					? html`<p class="hint">${context.words.say(running ? "status.running" : "detail.noOutput")}</p>`
					: outputView(context, item.id, "output", content.output)
			}
		`,
	};
}

function reasoningStep(context: ItemContext, item: Item, content: ContentOf<"reasoning">): Step {
	const running = item.status === "running";
	const text = knownText(content.text)?.text ?? "";
	return {
		line: {
			icon: "lightbulb",
			verb: context.words.say(running ? "verb.thinking" : "verb.thought"),
			target: firstLine(text.replace(/[*_`#]/g, "")),
			code: false,
			meta: [statusMeta(context, item)],
			running,
			failed: false,
		},
		detail: () =>
			text === ""
				? html`<p class="hint">${context.words.say("detail.noContent")}</p>`
				: html`<div class="reasoning">${proseView(context, item.id, "text", content.text)}</div>`,
	};
}

function rawStep(context: ItemContext, item: Item, content: ContentOf<"raw">): Step {
	return {
		line: {
			icon: "json",
			// A label says what it is: to call it raw beside that says nothing more.
			verb: content.label ? "" : context.words.say("item.raw"),
			target: firstLine(content.label ?? ""),
			code: false,
			meta: [statusMeta(context, item)],
			running: false,
			failed: false,
		},
		detail: () =>
			content.value === undefined
				? html`<p class="hint">${context.words.say("detail.noContent")}</p>`
				: html`${outputView(context, item.id, "value", content.value)}`,
	};
}

/** The step that an item is, or undefined for what is said or shown openly. */
export function stepOf(context: ItemContext, item: Item): Step | undefined {
	const content = item.content;
	switch (content.type) {
		case "commandExecution":
			return commandStep(context, item, content);
		case "fileChange":
			return fileChangeStep(context, item, content);
		case "toolCall":
			return toolStep(context, item, content);
		case "webSearch":
			return searchStep(context, item, content);
		case "reasoning":
			return reasoningStep(context, item, content);
		case "plan":
			return planStep(context, item, content);
		case "raw":
			return rawStep(context, item, content);
		case "userMessage":
		case "agentMessage":
		case "image":
		case "compaction":
		case "error":
		case "note":
			return undefined;
	}
}
