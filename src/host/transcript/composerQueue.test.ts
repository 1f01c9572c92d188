import assert from "node:assert/strict";
import { test } from "node:test";
import { PromptQueue } from "./composerQueue.ts";

const draft = (text: string) => ({ text, mentions: [], images: [] });
const texts = (queue: PromptQueue) => queue.prompts.map(({ text }) => text);

test("prompts go one a turn, in the order they were given", () => {
	const queue = new PromptQueue("/work");
	queue.add(draft("one"));
	queue.add(draft("two"));
	assert.equal(queue.turnEnded(true)?.text, "one");
	queue.turnStarted();
	assert.equal(queue.turnEnded(true)?.text, "two");
	assert.equal(queue.turnEnded(true), undefined);
});

test("a turn that did not complete holds the queue until the next one begins", () => {
	const queue = new PromptQueue("/work");
	queue.add(draft("one"));
	assert.equal(queue.turnEnded(false), undefined);
	assert.equal(queue.held, true);
	queue.turnStarted();
	assert.equal(queue.held, false);
	assert.equal(queue.turnEnded(true)?.text, "one");
	assert.equal(queue.turnEnded(false), undefined);
	assert.equal(queue.held, false, "nothing waits, so nothing is held");
});

test("each can be changed, taken out, and put back where it was; ids stay their own over a reload", () => {
	const queue = new PromptQueue("/work");
	for (const text of ["one", "two", "three"]) {
		queue.add(draft(text));
	}
	const [one, two, three] = queue.prompts;
	assert.ok(one && two && three);
	queue.edit(two.id, "two, changed");
	assert.equal(queue.take(one.id)?.text, "one");
	assert.equal(queue.take("nobody"), undefined);
	assert.deepEqual(texts(queue), ["two, changed", "three"]);
	queue.putBack(one);
	assert.equal(queue.placeOf(two.id), 1);
	queue.putBack(queue.take(two.id) ?? assert.fail(), 1);
	assert.deepEqual(texts(queue), ["one", "two, changed", "three"]);
	queue.take(one.id);
	queue.take(two.id);
	queue.putBack(one, 2);
	assert.deepEqual(texts(queue), ["three", "one"], "others have gone meanwhile");
	const kept = new PromptQueue("/work", JSON.parse(JSON.stringify(queue.kept)));
	kept.add(draft("four"));
	assert.deepEqual(texts(kept), ["three", "one", "four"]);
	assert.equal(new Set(kept.prompts.map(({ id }) => id)).size, 3);
});

test("one that could not be sent holds the queue, and says why until the next turn", () => {
	const queue = new PromptQueue("/work");
	queue.add(draft("one"));
	queue.putBack(queue.turnEnded(true) ?? assert.fail());
	queue.hold("The image is gone.");
	const kept = new PromptQueue("/work", JSON.parse(JSON.stringify(queue.kept)));
	assert.deepEqual([kept.held, kept.reason], [true, "The image is gone."]);
	kept.turnStarted();
	assert.deepEqual([kept.held, kept.reason], [false, undefined]);
	kept.hold("The image is gone.");
	kept.turnEnded(false);
	assert.deepEqual([kept.held, kept.reason], [true, undefined], "now the turn is the reason");
});
