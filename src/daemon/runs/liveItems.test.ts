import assert from "node:assert/strict";
import { test } from "node:test";
import { emptyWorkspace } from "../../../test/support/temporary.ts";
import type { ItemContent } from "../../core/model/item.ts";
import { JournalFeed } from "./journalFeed.ts";
import { LiveItems } from "./liveItems.ts";

const large = "x".repeat(5 * 1024 * 1024);

test("an agent is held back by what is large, wherever in an item that stands", async (t) => {
	const { store } = await emptyWorkspace(t);
	const session = await store.create();
	const nextId = await session.idSource();
	const turn = nextId();
	await session.append([{ id: turn, type: "turn.started", after: null }]);
	const contents: readonly ItemContent[] = [
		{ type: "agentMessage", text: large },
		{ type: "fileChange", changes: [{ path: "a", kind: "add", diff: large }] },
		{ type: "toolCall", tool: "t", input: { files: [{ content: large }] } },
		{ type: "raw", label: "r", value: [[large]] },
	];
	for (const content of contents) {
		const told: string[] = [];
		const flow = { pause: () => told.push("pause"), resume: () => told.push("resume") };
		const feed = new JournalFeed(session, nextId, store.clock, flow, {
			stored: () => told.push("stored"),
			failed: (error) => assert.fail(String(error)),
		});
		const items = new LiveItems(feed, turn);
		items.complete("small", { type: "note", text: "small" });
		assert.equal(told.join(), "");
		items.complete("large", content);
		assert.equal(told.join(), "pause", content.type);
		await feed.stored();
		assert.ok(told.includes("resume"), content.type);
	}
});
