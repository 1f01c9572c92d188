import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { lastRecord, listed, newSession, records, run, say } from "../support.ts";

describe("Commands for tags and notes", () => {
	it("Add Tag and Remove Tag", async () => {
		const id = await newSession("Tagged");
		await run("addTag", [{ id }], { answers: [{ input: "urgent, later" }] });
		assert.deepEqual(lastRecord(id)["tags"], ["urgent", "later"]);
		assert.deepEqual((await listed("Tagged")).tags.toSorted(), ["later", "urgent"]);
		await run("removeTag", [{ id }], { answers: [{ pickMany: ["urgent"] }] });
		assert.equal(lastRecord(id).type, "session.untagged");
		assert.deepEqual((await listed("Tagged")).tags, ["later"]);
	});

	it("Add Note writes a note on the session", async () => {
		const id = await newSession("Noted");
		await run("addNote", [{ id }], { answers: [{ input: "Remember this" }] });
		assert.equal(lastRecord(id)["text"], "Remember this");
		assert.equal(lastRecord(id)["item"], undefined);
		assert.equal((await listed("Noted")).notes, 1);
	});

	it("Add Note to Item writes a note on the item", async () => {
		const id = await newSession("Noted item");
		const { answer } = await say(id, "Question", "Answer");
		await run("addNoteHere", [{ id, item: answer }], { answers: [{ input: "Good one" }] });
		assert.equal(lastRecord(id)["item"], answer);
	});

	it("write nothing when the question is dismissed", async () => {
		const id = await newSession("Nothing written");
		const before = records(id);
		await run("addTag", [{ id }], { answers: [{ dismiss: true }] });
		await run("addNote", [{ id }], { answers: [{ dismiss: true }] });
		assert.deepEqual(records(id), before);
	});
});
