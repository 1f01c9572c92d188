import type { FileEdit, ImageRef, ItemContent, ItemStatus, ItemType } from "../../model/item.ts";
import { askedOf, commandLine, durationOf, outputOf, plainPath } from "./commands.ts";
import { editsOfChanges, editsOfPatch, patchInCommand, relativeTo } from "./patch.ts";
import { asJson, asList, asNumber, asText, isJson, type Json, parseObject } from "./schema.ts";
import { isImageTag, messageText, proposedPlan, toolName, webQuery } from "./shapes.ts";

/** What is known about an item besides its records. */
export interface ContentContext {
	readonly type: ItemType;
	readonly status: ItemStatus;
	readonly label: string | undefined;
	/** Folder that paths are made relative to. */
	readonly cwd: string | undefined;
}

/** The records of one item, sorted by what they are. */
interface Parts {
	/** `response_item` that calls or says. */
	said: Json | undefined;
	/** `response_item` that answers a call. */
	answer: Json | undefined;
	/** Events, oldest first: those that end something last. */
	readonly events: Json[];
	/** Item of `item_completed`. */
	completed: Json | undefined;
	/** `compacted`. */
	compacted: Json | undefined;
	readonly all: Json[];
}

/** What an item says, made of the records it was found in. Images are data URIs. */
export function contentOf(records: readonly Json[], context: ContentContext): ItemContent {
	const parts = sort(records);
	const status = context.status === "completed" ? {} : { status: context.status };
	return { ...make(parts, context), ...status } as ItemContent;
}

function sort(records: readonly Json[]): Parts {
	const parts: Parts = {
		said: undefined,
		answer: undefined,
		events: [],
		completed: undefined,
		compacted: undefined,
		all: [],
	};
	for (const record of records) {
		const payload = asJson(record["payload"]);
		const body = payload ?? record;
		parts.all.push(body);
		const type = asText(body["type"]) ?? "";
		if (record["type"] === "compacted") {
			parts.compacted = body;
		} else if (type === "item_completed" || (type === "item_started" && !parts.completed)) {
			parts.completed = asJson(body["item"]) ?? body;
		} else if (record["type"] === "event_msg") {
			parts.events.push(body);
		} else if (/_output$|_result$/.test(type)) {
			parts.answer = body;
		} else {
			parts.said = body;
		}
	}
	return parts;
}

function make(parts: Parts, context: ContentContext): ItemContent {
	switch (context.type) {
		case "userMessage":
			return userMessage(parts);
		case "agentMessage":
			return agentMessage(parts);
		case "reasoning":
			return { type: "reasoning", text: reasoningText(parts) };
		case "plan":
			return plan(parts);
		case "commandExecution":
			return commandExecution(parts, context);
		case "fileChange":
			return fileChange(parts, context);
		case "webSearch":
			return webSearch(parts);
		case "compaction": {
			const text = asText(parts.compacted?.["message"]);
			return { type: "compaction", ...(text ? { text } : {}) };
		}
		case "error":
			return error(parts);
		case "raw":
			return raw(parts, context);
		default:
			return toolCall(parts);
	}
}

function userMessage(parts: Parts): ItemContent {
	const event = parts.events.find((each) => each["type"] === "user_message");
	const told = asText(event?.["message"]);
	const item = asList(parts.completed?.["content"]).map(asJson);
	const itemText = parts.completed && item.map((part) => asText(part?.["text"]) ?? "").join("");
	const text = told ?? itemText ?? (parts.said ? messageText(parts.said).whole : "");
	const images = imagesIn(parts.said?.["content"]);
	const paths = [
		...asList(event?.["local_images"]).map(asText),
		...item.map((part) => (part?.["type"] === "local_image" ? asText(part["path"]) : undefined)),
	].filter((path) => path !== undefined) as string[];
	if (images.length > 0) {
		// The bytes are in the response; the event knows the path they came from.
		return {
			type: "userMessage",
			text,
			images: images.map((image, index) =>
				paths[index] ? { ...image, path: paths[index] } : image,
			),
		};
	}
	const others = [
		...asList(event?.["images"]).map(asText),
		...item.map((part) =>
			part?.["type"] === "image" ? asText(part["image_url"] ?? part["url"]) : undefined,
		),
	].filter((url) => url !== undefined) as string[];
	const named: ImageRef[] = [...others.map((url) => ({ url })), ...paths.map((path) => ({ path }))];
	return { type: "userMessage", text, ...(named.length > 0 ? { images: named } : {}) };
}

function imagesIn(content: unknown): ImageRef[] {
	return asList(content).flatMap((part): ImageRef[] => {
		const type = asText(asJson(part)?.["type"]) ?? "";
		const given = asJson(part)?.["image_url"] ?? asJson(part)?.["imageUrl"];
		const url = asText(given) ?? asText(asJson(given)?.["url"]);
		if (!/image/i.test(type) || url === undefined) {
			return [];
		}
		const mime = /^data:([^;,]+)/.exec(url)?.[1];
		return [mime ? { url, mime } : { url }];
	});
}

function agentMessage(parts: Parts): ItemContent {
	const event = parts.events.find((each) => each["type"] === "agent_message");
	const item = parts.completed;
	const itemText =
		item &&
		asList(item["content"])
			.map((part) => asText(asJson(part)?.["text"]) ?? "")
			.join("");
	const said = parts.said ? messageText(parts.said).whole : "";
	const text = asText(event?.["message"]) ?? itemText ?? said;
	const phase =
		asText(parts.said?.["phase"]) ?? asText(event?.["phase"]) ?? asText(item?.["phase"]);
	const known =
		phase === "commentary" ? "commentary" : phase === "final_answer" ? "final" : undefined;
	return { type: "agentMessage", text, ...(known ? { phase: known } : {}) };
}

function reasoningText(parts: Parts): string {
	const texts = (value: unknown) =>
		asList(value).map((part) => asText(part) ?? asText(asJson(part)?.["text"]) ?? "");
	const candidates = [
		[...texts(parts.said?.["summary"])],
		[...texts(parts.said?.["content"])],
		[...texts(parts.completed?.["summary_text"]), ...texts(parts.completed?.["raw_content"])],
		parts.events.map((event) => asText(event["text"]) ?? ""),
	];
	return (candidates.find((each) => each.some((text) => text !== "")) ?? []).join("\n\n");
}

function plan(parts: Parts): ItemContent {
	const text = asText(parts.completed?.["text"]);
	if (text !== undefined) {
		return { type: "plan", text };
	}
	const input = inputOf(parts.said);
	if (isJson(input) && Array.isArray(input["plan"])) {
		const explanation = asText(input["explanation"]);
		const steps = asList(input["plan"]).map((step) => {
			const status = asText(asJson(step)?.["status"]);
			return { step: asText(asJson(step)?.["step"]) ?? "", ...(status ? { status } : {}) };
		});
		return { type: "plan", ...(explanation ? { text: explanation } : {}), steps };
	}
	const said = parts.said ? messageText(parts.said).whole : "";
	return { type: "plan", text: proposedPlan(said)?.plan ?? (said || (asText(input) ?? "")) };
}

/** The arguments of a call: parsed where they are JSON, else as they were written. */
function inputOf(call: Json | undefined): unknown {
	const given = call?.["arguments"] ?? call?.["input"];
	return typeof given === "string" ? (parseObject(given) ?? given) : given;
}

/** Text of an answer that is a string or a list of parts; undefined for other shapes. */
function answerText(output: unknown): string | undefined {
	if (typeof output === "string") {
		return output;
	}
	if (Array.isArray(output)) {
		return output
			.map((part) => asText(asJson(part)?.["text"]))
			.filter((text) => text !== undefined && !isImageTag(text))
			.join("\n");
	}
	const json = asJson(output);
	return asText(json?.["text"]) ?? asText(json?.["content"]);
}

function commandExecution(parts: Parts, context: ContentContext): ItemContent {
	const ended = parts.events.findLast((each) => /^exec_command_/.test(asText(each["type"]) ?? ""));
	const done =
		parts.completed?.["command"] === undefined ? (ended ?? parts.completed) : parts.completed;
	const asked = parts.said ? askedOf(parts.said) : undefined;
	const command = asked?.command || commandLine(done?.["command"]) || "";
	const cwd = plainPath(asText(done?.["cwd"])) ?? asked?.cwd;
	const given = answerText(parts.answer?.["output"] ?? parts.answer?.["result"]);
	const answer = given === undefined ? undefined : outputOf(given);
	const streams = [asText(done?.["stdout"]), asText(done?.["stderr"])]
		.filter((text) => text)
		.join("\n");
	const aggregated = asText(done?.["aggregated_output"]) || streams || undefined;
	const output = aggregated ?? answer?.text;
	const exitCode = asNumber(done?.["exit_code"]) ?? answer?.exitCode;
	const durationMs = durationOf(done?.["duration"]) ?? answer?.durationMs;
	return {
		type: "commandExecution",
		command,
		...(cwd ? { cwd: cwd === context.cwd ? "." : relativeTo(context.cwd, cwd) } : {}),
		...(output === undefined ? {} : { output }),
		...(exitCode === undefined ? {} : { exitCode }),
		...(durationMs === undefined ? {} : { durationMs }),
	};
}

function fileChange(parts: Parts, context: ContentContext): ItemContent {
	const ended = parts.events.findLast((each) => isJson(each["changes"]));
	const recorded = editsOfChanges(parts.completed?.["changes"] ?? ended?.["changes"]);
	const call = parts.said;
	const text = call && (toolName(call) === "apply_patch" ? asText(call["input"]) : undefined);
	const asked = call && (text ?? askedOf(call)?.command ?? "");
	const edits =
		recorded.length > 0 ? recorded : editsOfPatch(asked ? (patchInCommand(asked) ?? asked) : "");
	const given = answerText(parts.answer?.["output"] ?? parts.answer?.["result"]);
	const streams = [parts.completed ?? ended]
		.flatMap((each) => [asText(each?.["stdout"]), asText(each?.["stderr"])])
		.filter((each) => each)
		.join("\n");
	const output = given === undefined ? streams : outputOf(given).text;
	return {
		type: "fileChange",
		changes: edits.map((edit): FileEdit => {
			const movedTo =
				edit.movedTo === undefined ? {} : { movedTo: relativeTo(context.cwd, edit.movedTo) };
			return { ...edit, path: relativeTo(context.cwd, edit.path), ...movedTo };
		}),
		...(output ? { output } : {}),
	};
}

function webSearch(parts: Parts): ItemContent {
	const all = [parts.said, parts.completed, ...parts.events].filter((each) => each !== undefined);
	const query = all.map(webQuery).find((each) => each !== undefined);
	const results = all.map((each) => each["results"]).find((each) => each !== undefined);
	return {
		type: "webSearch",
		...(query === undefined ? {} : { query }),
		...(results === undefined ? {} : { output: results }),
	};
}

function toolCall(parts: Parts): ItemContent {
	const ended = parts.events.findLast(
		(each) => !/_(begin|request)$/.test(asText(each["type"]) ?? ""),
	);
	const done = parts.completed ?? ended ?? parts.events.at(-1);
	const invocation = asJson(done?.["invocation"]);
	const call = parts.said ?? parts.answer;
	const name = call && toolName(call);
	const mcp = /^mcp__(.+?)__(.+)$/.exec(name ?? "");
	const callType = asText(call?.["type"])?.replace(/_(call|output)$/, "");
	const eventType = asText(done?.["type"])?.replace(/_(end|begin|tool_call|request|response)$/, "");
	const tool =
		mcp?.[2] ??
		name ??
		asText(invocation?.["tool"]) ??
		asText(done?.["tool"]) ??
		(callType && !/^(function|custom_tool)$/.test(callType) ? callType : undefined) ??
		asText(done?.["kind"]) ??
		eventType ??
		"tool";
	const server =
		mcp?.[1] ??
		asText(call?.["namespace"]) ??
		asText(invocation?.["server"]) ??
		asText(done?.["server"]) ??
		asText(done?.["namespace"]);
	const input =
		inputOf(parts.said) ??
		invocation?.["arguments"] ??
		done?.["arguments"] ??
		restOf(parts.said ?? done);
	const result = asJson(done?.["result"]);
	const given =
		parts.answer?.["output"] ??
		parts.answer?.["result"] ??
		parts.answer?.["tools"] ??
		result?.["Ok"] ??
		result?.["Err"];
	const shown = given ?? done?.["result"] ?? done?.["content_items"] ?? done?.["status"];
	const images = [
		...imagesIn(parts.answer?.["output"]),
		...imagesIn(done?.["content_items"]),
		...generated(parts.said, done),
	];
	const output =
		images.length > 0
			? answerText(shown)
			: Array.isArray(shown)
				? answerText(shown) || shown
				: shown;
	const durationMs = durationOf(done?.["duration"]);
	return {
		type: "toolCall",
		tool,
		...(server ? { server } : {}),
		...(input === undefined ? {} : { input }),
		...(output === undefined || output === ""
			? {}
			: { output: typeof output === "string" ? outputOf(output).text : output }),
		...(images.length > 0 ? { images } : {}),
		...(durationMs === undefined ? {} : { durationMs }),
	};
}

/** Fields of a call that has no arguments: what else it says. */
function restOf(record: Json | undefined): Json | undefined {
	if (!record) {
		return undefined;
	}
	const {
		type: _,
		id: __,
		call_id: ___,
		status: ____,
		result: _____,
		duration: ______,
		...rest
	} = record;
	return Object.keys(rest).length > 0 ? rest : undefined;
}

/** The image of an image generation: base64 without a head. */
function generated(...records: (Json | undefined)[]): ImageRef[] {
	for (const record of records) {
		const type = asText(record?.["type"]) ?? "";
		const result = asText(record?.["result"]);
		if (/image_?generation/i.test(type) && result && /^[A-Za-z0-9+/=\s]{16,}$/.test(result)) {
			const alt = asText(record?.["revised_prompt"]);
			return [
				{ url: `data:image/png;base64,${result}`, mime: "image/png", ...(alt ? { alt } : {}) },
			];
		}
	}
	return [];
}

function error(parts: Parts): ItemContent {
	const body = parts.events[0] ?? parts.said ?? {};
	const inner = asJson(body["error"]);
	const text =
		asText(body["message"]) ??
		asText(inner?.["message"]) ??
		asText(body["text"]) ??
		messageText(body).whole;
	const info = body["codex_error_info"];
	const code = asText(info) ?? Object.keys(asJson(info) ?? {})[0] ?? asText(inner?.["kind"]);
	return { type: "error", text: text || "The agent reported an error.", ...(code ? { code } : {}) };
}

/** A raw item says its text where it has one, else shows the record. */
function raw(parts: Parts, context: ContentContext): ItemContent {
	const body = parts.said ?? parts.all[0] ?? {};
	const text = body["type"] === "message" ? messageText(body).whole : undefined;
	return {
		type: "raw",
		...(context.label ? { label: context.label } : {}),
		value: text ?? asText(body["message"]) ?? body,
	};
}
