import assert from "node:assert/strict";
import { appendFile, utimes } from "node:fs/promises";
import { test } from "node:test";
import { IndexDatabase } from "../../src/core/index/database.ts";
import { SessionIndex } from "../../src/core/index/sessionIndex.ts";
import { StoreIndex } from "../../src/core/index/storeIndex.ts";
import { IndexedTranscript } from "../../src/core/transcript/indexedTranscript.ts";
import { emptyWorkspace } from "../support/temporary.ts";
import { assertOpenAsFolded } from "./openAsFolded.ts";

test("sessions open from the index as they do when they are folded", async (t) => {
	const { store } = await emptyWorkspace(t);
	const session = await store.create({ title: "Long" });
	const items: string[] = [];
	for (let count = 0; count < 30; count++) {
		const turn = await session.startTurn({ model: "m" });
		items.push(await session.addItem(turn, { type: "userMessage", text: `Prompt ${count}` }));
		items.push(await session.addItem(turn, { type: "agentMessage", text: `Answer ${count}` }));
		await session.completeTurn(turn, "completed");
	}
	await session.addNote("A note", items[3]);
	const child = await store.fork(session.id, items[21]);
	await child.addItem(await child.startTurn(), { type: "userMessage", text: "Another way" });
	const grandchild = await store.fork(child.id);
	await grandchild.addItem(await grandchild.startTurn(), { type: "note", text: "n" });
	await session.revertTo(items[40] ?? null);
	const turn = await session.startTurn();
	const [started] = await session.append([
		{ type: "item.started", turn, item: { type: "agentMessage", text: "in par" } },
	]);
	await session.append([
		{ type: "item.updated", itemId: started?.id ?? "", append: { text: "ts" } },
	]);
	const [asked] = await session.append([
		{
			type: "approval.requested",
			turn,
			kind: "command",
			title: "Run make",
			options: [{ id: "yes", label: "Allow", kind: "allowOnce" }],
		},
	]);
	await session.append([
		{
			type: "approval.answered",
			approval: asked?.id ?? "",
			outcome: "allowed",
			option: "yes",
			by: "cli",
		},
	]);
	const index = new StoreIndex(store, IndexDatabase.memory());
	await index.update([], { depth: 1 });
	assert.equal(await assertOpenAsFolded(store, index), 3);

	// A parent that changes takes its forks along; all come back with the next update.
	await session.addItem(turn, { type: "agentMessage", text: "more" });
	assert.equal(await assertOpenAsFolded(store, index), 0);
	await index.update([], { depth: 1, only: new Set([session.id]) });
	assert.equal(await assertOpenAsFolded(store, index), 3);

	// Rows of a list alone do not bring an outline; the next whole update does.
	await session.rename("Other");
	await index.update([], { depth: 0 });
	assert.equal(await assertOpenAsFolded(store, index), 0);
	await index.update([], { depth: 1 });
	assert.equal(await assertOpenAsFolded(store, index), 3);

	// A last line that may still be written to is nobody's to cut off.
	await appendFile(session.file, '{"v":1,"id":"01ARZ3NDEK');
	await index.update([], { depth: 1 });
	assert.equal(await assertOpenAsFolded(store, index), 0);
});

test("an open transcript that was indexed is folded as soon as its journal grows", async (t) => {
	const { store, folder } = await emptyWorkspace(t);
	const session = await store.create({ title: "Grows" });
	const turn = await session.startTurn();
	const first = await session.addItem(turn, { type: "userMessage", text: "one" });
	const index = await SessionIndex.open({
		stores: [store],
		sources: [],
		locations: store.locations,
	});
	t.after(() => index.close());
	await index.updateSession(folder, session.id);
	const found = await index.outlinesOf(folder);
	const outline = found?.outlines.get(store.layout, session.id);
	const summary = found?.rows.summary(session.id);
	assert.ok(found && outline && summary);
	const transcript = new IndexedTranscript(outline, summary, found.outlines.rows(outline, 0, 1), {
		files: store.files,
		blobs: store.context.blobs,
		fold: () => store.transcript(session.id),
	});
	// A copy of the journal is linked: another time of the inode, the same bytes.
	await store.keepJournal(session.id);
	assert.deepEqual(await transcript.refresh(), { kind: "unchanged" });
	const more = await session.addItem(turn, { type: "agentMessage", text: "two" });
	assert.equal((await transcript.items(0, 1))[0]?.id, first, "what was indexed can still be read");
	assert.deepEqual(await transcript.refresh(), { kind: "reloaded" });
	assert.deepEqual(
		transcript.rows.map(({ id }) => id),
		[first, more],
	);
	assert.equal((await transcript.items(1, 2))[0]?.content.type, "agentMessage");
	await utimes(session.file, new Date(), new Date());
	assert.equal(found.outlines.get(store.layout, session.id), undefined);
});
