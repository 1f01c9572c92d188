import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Item, ItemContent } from "../../core/model/item.ts";
import type { TranscriptRow } from "../../core/transcript/transcript.ts";
import { textLimit } from "../../protocol/webview.ts";
import { changeSides } from "./changeSides.ts";
import { forPage, wholeText } from "./cutTexts.ts";
import { imageType } from "./images.ts";
import { parseMessage } from "./messages.ts";
import { rowDelta } from "./rowDelta.ts";

const item = (content: ItemContent): Item => ({
	id: "i",
	turn: "t",
	ts: "",
	status: "completed",
	content,
});
const noBlobs = async () => undefined;
const hash = `sha256:${"0".repeat(64)}`;

describe("An item sent to the page", () => {
	it("has long texts cut, and their wholes to be had by path", async () => {
		const diff = "x".repeat(textLimit + 1);
		const whole = item({
			type: "fileChange",
			changes: [{ path: "a", kind: "update", diff }],
		});
		const { content } = await forPage(whole, noBlobs);
		assert.deepEqual(content, {
			type: "fileChange",
			changes: [{ path: "a", kind: "update", diff: { cut: diff.slice(1), length: diff.length } }],
		});
		assert.equal(await wholeText(whole, "changes.0.diff", noBlobs), diff);
	});

	it("has texts of blobs brought in", async () => {
		const ref = { blob: hash, bytes: 5, mime: "text/plain" };
		const read = async () => new TextEncoder().encode("hello");
		const whole = item({ type: "agentMessage", text: ref });
		assert.deepEqual((await forPage(whole, read)).content, { type: "agentMessage", text: "hello" });
		assert.equal(await wholeText(whole, "text", read), "hello");
	});

	it("has a long input that is no string cut as its JSON", async () => {
		const input = { list: Array.from({ length: 5000 }, (_, n) => n) };
		const whole = item({ type: "toolCall", tool: "t", input });
		const text = JSON.stringify(input, null, 2);
		const { content } = await forPage(whole, noBlobs);
		assert.deepEqual(content, {
			type: "toolCall",
			tool: "t",
			input: { cut: text.slice(0, textLimit), length: text.length },
		});
		assert.equal(await wholeText(whole, "input", noBlobs), text);
	});

	it("is not cut between the halves of a character", async () => {
		const text = `${"x".repeat(textLimit - 1)}😀`;
		const { content } = await forPage(item({ type: "agentMessage", text }), noBlobs);
		assert.deepEqual(content, {
			type: "agentMessage",
			text: { cut: "x".repeat(textLimit - 1), length: text.length },
		});
	});

	it("gives no text for a path that leads nowhere", async () => {
		const whole = item({ type: "agentMessage", text: "a" });
		assert.equal(await wholeText(whole, "constructor.name", noBlobs), undefined);
	});
});

describe("A recorded change", () => {
	it("has two sides, hunk by hunk", () => {
		const diff =
			"--- a\n+++ b\n@@ -1,2 +1,2 @@\n same\n-old\n+new\n@@ -9 +9 @@\n-x\n\\ No newline at end of file\n+y";
		assert.deepEqual(changeSides(diff), {
			before: "same\nold\n⋯\nx",
			after: "same\nnew\n⋯\ny",
		});
	});
});

describe("The change of rows", () => {
	const row = (id: string, status: "running" | "completed" = "completed"): TranscriptRow => ({
		kind: "item",
		id,
		turn: "t",
		type: "agentMessage",
		status,
		time: 1,
	});

	it("is nothing when nothing changed", () => {
		assert.equal(rowDelta([row("a")], [row("a")]), undefined);
	});

	it("starts at the first row that differs, in status too", () => {
		assert.deepEqual(rowDelta([row("a"), row("b", "running")], [row("a"), row("b"), row("c")]), {
			from: 1,
			changed: [],
		});
	});

	it("names rows that are still running", () => {
		assert.deepEqual(rowDelta([row("a", "running")], [row("a", "running")]), {
			from: 1,
			changed: [0],
		});
	});

	it("does not name running rows whose text streams, until they end", () => {
		const streams = (id: string) => id === "a";
		assert.equal(rowDelta([row("a", "running")], [row("a", "running")], streams), undefined);
		assert.deepEqual(rowDelta([row("a", "running")], [row("a")], streams), {
			from: 0,
			changed: [],
		});
	});
});

describe("A message of the page", () => {
	it("is taken only as the protocol says", () => {
		assert.deepEqual(parseMessage({ type: "getPage", page: 2 }), { type: "getPage", page: 2 });
		assert.equal(parseMessage({ type: "getPage", page: -1 }), undefined);
		assert.equal(parseMessage({ type: "run", command: "x" }), undefined);
		assert.equal(parseMessage("ready"), undefined);
	});
});

describe("An image", () => {
	it("is shown by what it is, not by what it claims to be", () => {
		assert.equal(imageType(Uint8Array.of(0x89, 0x50, 0x4e, 0x47), "image/svg+xml"), "image/png");
		assert.equal(imageType(new TextEncoder().encode("<svg/>"), "image/png"), undefined);
	});
});
