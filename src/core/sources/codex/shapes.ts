import type { ItemType } from "../../model/item.ts";
import { askedOf, commandTools, exitCodeIn, isFailure, isRefusal } from "./commands.ts";
import type { ParsedItem } from "./pairing.ts";
import { patchInCommand, patchPaths } from "./patch.ts";
import { asJson, asList, asNumber, asText, isJson, type Json } from "./schema.ts";

type State = ParsedItem["state"] | undefined;

/** Text of a message: the whole, its parts, and the texts under which an event may repeat it. */
export function messageText(payload: Json): {
	readonly whole: string;
	readonly parts: readonly string[];
	readonly keys: readonly string[];
} {
	const content = payload["content"] ?? payload["message"];
	if (typeof content === "string") {
		return { whole: content, parts: [content], keys: [content] };
	}
	const parts = asList(content)
		.map((part) => asText(asJson(part)?.["text"]))
		.filter((text) => text !== undefined && !isImageTag(text)) as string[];
	const whole = parts.join("\n");
	return {
		whole,
		parts: parts.length === 0 ? [""] : parts,
		keys: [whole, parts.join(""), ...parts],
	};
}

/** Codex wraps an attached image in `<image name=...>` and `</image>`. */
export function isImageTag(text: string): boolean {
	return /^<image(?: name=[^>]*)?>$/.test(text) || text === "</image>";
}

/** A plan that the model wrote into its answer, and what else the answer says. */
export function proposedPlan(text: string): { plan: string; rest: string } | undefined {
	const start = text.indexOf("<proposed_plan>");
	const end = text.indexOf("</proposed_plan>");
	if (start === -1 || end < start) {
		return undefined;
	}
	return {
		plan: text.slice(start + "<proposed_plan>".length, end).trim(),
		rest: `${text.slice(0, start)}${text.slice(end + "</proposed_plan>".length)}`.trim(),
	};
}

export interface CallShape {
	readonly type: ItemType;
	readonly keys: readonly string[];
	readonly files?: string[];
	readonly state?: State;
	readonly answered?: boolean;
}

/** What a `response_item` that calls a tool is; undefined when it calls none. */
export function callShape(type: string, payload: Json): CallShape | undefined {
	const id = asText(payload["call_id"]) ?? asText(payload["id"]);
	const name = toolName(payload);
	const keys = id !== undefined ? [id] : name === undefined ? [] : [`name:${name}`];
	switch (type) {
		case "function_call":
		case "custom_tool_call":
		case "local_shell_call":
		case "tool_call": {
			if (name === "apply_patch") {
				const patch =
					asText(payload["input"]) ??
					askedOf(payload)?.command ??
					asText(payload["arguments"]) ??
					"";
				return { type: "fileChange", keys, files: patchPaths(patch) };
			}
			if (type === "local_shell_call" || (name !== undefined && commandTools.has(name))) {
				const given = payload["arguments"] ?? payload["input"] ?? payload["action"];
				const raw = typeof given === "string" ? given : JSON.stringify(given ?? "");
				if (raw.includes("*** Begin Patch")) {
					const patch = patchInCommand(askedOf(payload)?.command ?? "");
					if (patch !== undefined) {
						return { type: "fileChange", keys, files: patchPaths(patch) };
					}
				}
				return { type: "commandExecution", keys };
			}
			return { type: name === "update_plan" ? "plan" : "toolCall", keys };
		}
		case "web_search_call":
			return { type: "webSearch", keys: webKeys(payload), ...ownStatus(payload) };
		case "image_generation_call":
			return { type: "toolCall", keys, ...ownStatus(payload) };
		case "tool_search_call":
			return { type: "toolCall", keys };
		case "mcp_tool_call":
			return { type: "toolCall", keys };
		default:
			return undefined;
	}
}

/** Calls that Codex answers itself carry their own status. */
function ownStatus(payload: Json): { answered: boolean; state?: State } {
	const status = asText(payload["status"]);
	return {
		answered: status !== "in_progress",
		...(status === "failed" || status === "incomplete" ? { state: "failed" as const } : {}),
	};
}

export function toolName(payload: Json): string | undefined {
	return asText(payload["name"]) ?? asText(asJson(payload["function"])?.["name"]);
}

/** A web search is known by its id where it has one, else by what it looks for. */
export function webKeys(payload: Json): string[] {
	const id = asText(payload["call_id"]) ?? asText(payload["id"]);
	const query = webQuery(payload);
	return [...(id === undefined ? [] : [id]), ...(query === undefined ? [] : [`web:${query}`])];
}

export function webQuery(payload: Json): string | undefined {
	const action = asJson(payload["action"]);
	return (
		asText(action?.["query"]) ??
		asText(action?.["url"]) ??
		(asList(action?.["queries"])
			.map(asText)
			.find((each) => each) ||
			asText(payload["query"]) ||
			undefined)
	);
}

/** What an event or a completed item says about its call. */
export function eventShape(family: ItemType, payload: Json): { state?: State; files?: string[] } {
	const files = isJson(payload["changes"]) ? { files: Object.keys(payload["changes"]) } : {};
	return { ...files, state: eventState(family, payload) };
}

function eventState(family: ItemType, payload: Json): State {
	const status = payload["status"];
	if (status === "declined") {
		return "declined";
	}
	if (status === "failed" || payload["success"] === false) {
		return "failed";
	}
	const code = asNumber(payload["exit_code"]);
	if (family === "commandExecution" && code !== undefined && code !== 0) {
		return "failed";
	}
	const result = asJson(payload["result"]);
	if (result && (result["Err"] !== undefined || asJson(result["Ok"])?.["isError"] === true)) {
		return "failed";
	}
	return undefined;
}

/** Whether a tool's answer means that it failed. */
export function outputState(output: unknown): State {
	const text = typeof output === "string" ? output : undefined;
	if (text === undefined) {
		return asJson(output)?.["success"] === false ? "failed" : undefined;
	}
	if (isRefusal(text)) {
		return "declined";
	}
	const code = exitCodeIn(text);
	return isFailure(text) || (code !== undefined && code !== 0) ? "failed" : undefined;
}

/** `type`s of `response_item`, which stand alone in the bare generation. */
export const responseTypes = new Set([
	"message",
	"reasoning",
	"function_call",
	"function_call_output",
	"function_result",
	"custom_tool_call",
	"custom_tool_call_output",
	"local_shell_call",
	"web_search_call",
	"image_generation_call",
	"tool_search_call",
	"tool_search_output",
	"tool_call",
	"tool_result",
	"ghost_snapshot",
	"compaction",
]);
/** Those that answer a call. */
export const outputTypes = new Set([
	"function_call_output",
	"custom_tool_call_output",
	"tool_search_output",
	"mcp_tool_call_output",
	"tool_result",
	"function_result",
]);

/** What a call, its answer and its events have in common. */
export function keysOf(payload: Json): string[] {
	const id = asText(payload["call_id"]) ?? asText(payload["callId"]) ?? asText(payload["id"]);
	if (id !== undefined) {
		return [id];
	}
	const name = asText(payload["name"]) ?? asText(asJson(payload["function"])?.["name"]);
	return name === undefined ? [] : [`name:${name}`];
}

/** Events about a web search may lack the id of the call, but not its query. */
export function callKeys(payload: Json): string[] {
	const keys = keysOf(payload);
	return webQuery(payload) === undefined ? keys : webKeys(payload);
}

/** Texts of a reasoning's summary, or of its content when it has no summary. */
export function textsOf(summary: unknown, content: unknown): string[] {
	const texts = (list: unknown) =>
		asList(list).map((part) => asText(part) ?? asText(asJson(part)?.["text"]) ?? "");
	const own = texts(summary);
	return own.length > 0 ? own : texts(content);
}
