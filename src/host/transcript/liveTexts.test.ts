import assert from "node:assert/strict";
import { test } from "node:test";
import type { LiveText } from "../../protocol/live.ts";
import { LiveTextSender } from "./liveTexts.ts";

const item = (text: string, id = "i") => ({ id, type: "agentMessage", texts: { text } });

/** A sender, and what a page makes of what it sends. */
function sender() {
	const page = new Map<string, string>();
	let messages = 0;
	const made = new LiveTextSender((texts: readonly LiveText[]) => {
		messages++;
		for (const { item: id, field, offset, text } of texts) {
			page.set(`${id} ${field}`, (page.get(`${id} ${field}`) ?? "").slice(0, offset) + text);
		}
	});
	return { made, page, count: () => messages };
}

test("many pieces in one frame are told together, and nothing twice", () => {
	const { made, page, count } = sender();
	for (let length = 1; length <= 100; length++) {
		made.add(item("x".repeat(length)));
	}
	made.flush();
	assert.equal(page.get("i text"), "x".repeat(100));
	assert.ok(count() <= 3, `${count()} messages`);
	const before = count();
	made.add(item("x".repeat(100)));
	made.flush();
	assert.equal(count(), before, "nothing new, nothing told");
	made.dispose();
});

test("a page that begins anew gets everything again; a text that begins anew replaces the old one", () => {
	const { made, page } = sender();
	made.add(item("one"));
	made.flush();
	page.clear();
	made.restart([item("one two"), item("other", "j")]);
	assert.deepEqual([...page.values()], ["one two", "other"]);
	made.add(item("new"));
	made.flush();
	assert.equal(page.get("i text"), "new");
	made.dispose();
});
