import { isBlobRef } from "../../core/model/blob.ts";
import type { Item } from "../../core/model/item.ts";
import type { CutText } from "../../protocol/webview.ts";
import { textLimit } from "../../protocol/webview.ts";

/** Reads a blob; undefined when it is not there. */
export type ReadBlob = (hash: string) => Promise<Uint8Array | undefined>;

const decoder = new TextDecoder();
/** Nested deeper than this, a tool's input is not looked into: nobody reads it, and a hostile one must not overflow. */
const depthLimit = 64;

/**
 * An item as it is sent to the page: texts longer than {@link textLimit} are cut, and texts in blobs are brought in
 * (cut, too). A field is named by its path in the content, `changes.0.diff`; `wholeText` gives the rest.
 */
export async function forPage(item: Item, readBlob: ReadBlob): Promise<Item> {
	const content: Record<string, unknown> = {};
	for (const [name, value] of Object.entries(item.content)) {
		content[name] = wholeFields.has(name)
			? await cutWhole(value, readBlob)
			: await cut(value, readBlob, 0);
	}
	// The page knows that a string may stand as CutText; the schema's type does not say so.
	return { ...item, content: content as unknown as Item["content"] };
}

/** Fields that may hold anything: shown as text or indented JSON, and cut as that. */
const wholeFields = new Set(["input", "output", "value"]);

async function cutWhole(value: unknown, readBlob: ReadBlob): Promise<unknown> {
	const resolved = await resolve(value, readBlob);
	if (typeof resolved === "string") {
		return cutText(resolved);
	}
	if (typeof resolved !== "object" || resolved === null) {
		return resolved;
	}
	const text = JSON.stringify(resolved, null, 2);
	return text.length > textLimit ? cutText(text) : resolved;
}

/** The whole text of the field at `path`; undefined when there is no text there. */
export async function wholeText(
	item: Item,
	path: string,
	readBlob: ReadBlob,
): Promise<string | undefined> {
	let value: unknown = item.content;
	for (const name of path.split(".")) {
		value = await resolve(value, readBlob);
		if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) {
			return undefined;
		}
		value = Reflect.get(value, name);
	}
	value = await resolve(value, readBlob);
	if (typeof value === "string") {
		return value;
	}
	return value === undefined ? undefined : JSON.stringify(value, null, 2);
}

async function cut(value: unknown, readBlob: ReadBlob, depth: number): Promise<unknown> {
	if (typeof value === "string") {
		return cutText(value);
	}
	if (typeof value !== "object" || value === null || depth > depthLimit) {
		return value;
	}
	if (isBlobRef(value)) {
		if (!isTextual(value.mime)) {
			return value;
		}
		const inline = await resolve(value, readBlob);
		return inline === value ? value : cut(inline, readBlob, depth + 1);
	}
	if (Array.isArray(value)) {
		return Promise.all(value.map((each) => cut(each, readBlob, depth + 1)));
	}
	const copy: Record<string, unknown> = {};
	for (const [name, each] of Object.entries(value)) {
		copy[name] = isImageData(name, each) ? each : await cut(each, readBlob, depth + 1);
	}
	return copy;
}

function cutText(text: string): string | CutText {
	if (text.length <= textLimit) {
		return text;
	}
	// Never between the two halves of a surrogate pair.
	const end = /[\uD800-\uDBFF]/.test(text.charAt(textLimit - 1)) ? textLimit - 1 : textLimit;
	return { cut: text.slice(0, end), length: text.length };
}

async function resolve(value: unknown, readBlob: ReadBlob): Promise<unknown> {
	if (!isBlobRef(value) || !isTextual(value.mime)) {
		return value;
	}
	const bytes = await readBlob(value.blob);
	if (!bytes) {
		return value;
	}
	const text = decoder.decode(bytes);
	if (value.mime !== "application/json") {
		return text;
	}
	try {
		return JSON.parse(text);
	} catch {
		// A blob that is not the JSON it claims to be is still text to read.
		return text;
	}
}

function isTextual(mime: string): boolean {
	return mime.startsWith("text/") || mime === "application/json";
}

/** An image that stands in the item itself; a piece of it would be no image. */
function isImageData(name: string, value: unknown): boolean {
	return name === "url" && typeof value === "string" && value.startsWith("data:image/");
}
