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

test("each can be changed, taken out, and put back; ids stay their own over a reload", () => {
	const queue = new PromptQueue("/work");
	for (const text of ["one", "two", "three"]) {
		queue.add(draft(text));
	}
	const [one, two] = queue.prompts;
	queue.edit(two?.id ?? "", "two, changed");
	assert.equal(queue.take(one?.id)?.text, "one");
	assert.equal(queue.take("nobody"), undefined);
	assert.deepEqual(texts(queue), ["two, changed", "three"]);
	queue.putBack(one ?? assert.fail());
	const kept = new PromptQueue("/work", JSON.parse(JSON.stringify(queue.kept)));
	kept.add(draft("four"));
	assert.deepEqual(texts(kept), ["one", "two, changed", "three", "four"]);
	assert.equal(new Set(kept.prompts.map(({ id }) => id)).size, 4);
});
