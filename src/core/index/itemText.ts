import type { BlobRef } from "../model/blob.ts";
import type { ItemContent } from "../model/item.ts";

/** Text of one item that is indexed: of a longer one its beginning and its end. UTF-16 units. */
const textLimit = 256 * 1024;
const headLimit = 192 * 1024;
/** Levels of a tool's own JSON that are looked into. */
const depthLimit = 8;
/** Text without a single space that is longer than this is data, not words. */
const dataLimit = 2000;

/** Gives the text of a blob, or undefined when it is missing. */
export type BlobReader = (hash: string) => string | undefined;

/**
 * What can be found in an item: what a person sees of it. The same content gives the same text, which is why a snippet
 * can be cut from the session file long after.
 */
export function searchableText(content: ItemContent, blob: BlobReader = noBlobs): string {
	const parts: string[] = [];
	const add = (value: unknown) => collect(value, parts, blob, 0);
	switch (content.type) {
		case "userMessage":
		case "agentMessage":
		case "reasoning":
		case "compaction":
		case "note":
			add(content.text);
			break;
		case "plan":
			add(content.text);
			add(Array.isArray(content.steps) ? content.steps.map(({ step }) => step) : content.steps);
			break;
		case "commandExecution":
			add(content.command);
			add(content.output);
			break;
		case "fileChange":
			if (Array.isArray(content.changes)) {
				for (const change of content.changes) {
					add(change.path);
					add(change.movedTo);
					add(change.diff);
					add(change.content);
				}
			} else {
				add(content.changes);
			}
			add(content.output);
			break;
		case "toolCall":
			add(content.server);
			add(content.tool);
			add(content.input);
			add(content.output);
			break;
		case "webSearch":
			add(content.query);
			add(content.output);
			break;
		case "image":
			add(content.image.alt);
			add(content.image.path);
			break;
		case "error":
			add(content.code);
			add(content.text);
			break;
		case "raw":
			add(content.label);
			add(content.value);
			break;
		default:
			content satisfies never;
	}
	const text = parts.join("\n");
	return text.length <= textLimit
		? text
		: `${text.slice(0, headLimit)}\n${text.slice(headLimit - textLimit)}`;
}

function collect(value: unknown, parts: string[], blob: BlobReader, depth: number): void {
	if (typeof value === "string") {
		if (value !== "" && !isData(value)) {
			parts.push(value);
		}
	} else if (typeof value === "number") {
		parts.push(String(value));
	} else if (Array.isArray(value)) {
		if (depth < depthLimit) {
			for (const each of value) {
				collect(each, parts, blob, depth + 1);
			}
		}
	} else if (isBlobRef(value)) {
		if (!isImage(value.mime)) {
			collect(blob(value.blob), parts, blob, depth);
		}
	} else if (typeof value === "object" && value !== null && depth < depthLimit) {
		for (const each of Object.values(value)) {
			collect(each, parts, blob, depth + 1);
		}
	}
}

/** Cheaper than the schema, which every object in every tool's output would go through. */
function isBlobRef(value: unknown): value is BlobRef {
	return (
		typeof value === "object" &&
		value !== null &&
		"blob" in value &&
		typeof value.blob === "string" &&
		value.blob.startsWith("sha256:")
	);
}

/** Bytes that hold no words. A foreign record may say anything, or nothing, of what its payload is. */
function isImage(mime: unknown): boolean {
	return typeof mime === "string" && /^(?:image|audio|video)\//.test(mime);
}

/** Base64 and the like: nobody looks for a part of it, and every piece would be a word of its own in the index. */
function isData(text: string): boolean {
	return text.length > dataLimit && /^(?:data:\S+|[\w+/=-]+)$/.test(text.slice(0, dataLimit));
}

function noBlobs(): undefined {
	return undefined;
}
