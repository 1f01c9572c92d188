import assert from "node:assert/strict";
import { test } from "node:test";
import type { Item } from "../../../core/model/item.ts";
import { ItemPages } from "./itemPages.ts";

const item = (id: string, text = id): Item => ({
	id,
	turn: "t",
	ts: "",
	status: "completed",
	content: { type: "agentMessage", text },
});

test("a page is asked for once, and again when it is stale", () => {
	const pages = new ItemPages(10);
	assert.deepEqual(pages.want([0, 5, 12]), [0, 1]);
	assert.deepEqual(pages.want([3, 25]), [2]);
	pages.receive(0, [item("a")]);
	pages.invalidate(15, [2]);
	assert.deepEqual(pages.want([0, 12, 25]), [0, 1, 2]);
});

test("stale content stays until the new one is there, then what is gone goes", () => {
	const pages = new ItemPages(10);
	pages.want([0]);
	pages.receive(0, [item("a"), item("b")]);
	pages.invalidate(0, []);
	assert.ok(pages.item("b"));
	pages.want([0]);
	pages.receive(0, [item("a", "new")]);
	assert.equal(pages.item("b"), undefined);
	assert.deepEqual(pages.item("a")?.content, { type: "agentMessage", text: "new" });
});

test("memory is bounded: pages not wanted for long are dropped and asked for again", () => {
	const pages = new ItemPages(10);
	for (let page = 0; page < 200; page++) {
		pages.want([0, page * 10]);
		pages.receive(page, [item(`p${page}`)]);
	}
	assert.ok(pages.size <= 41, `${pages.size} items`);
	assert.ok(pages.item("p0"), "the first page was wanted all along");
	assert.equal(pages.item("p1"), undefined);
	assert.deepEqual(pages.want([10]), [1]);
});
