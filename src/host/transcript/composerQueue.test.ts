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

test("one that is being changed is not sent, nor what comes after it, until it is changed or left", () => {
	const queue = new PromptQueue("/work");
	queue.add(draft("one"));
	queue.add(draft("two"));
	const [one, two] = queue.prompts;
	assert.ok(one && two);
	queue.beginEdit(one.id);
	assert.equal(queue.turnEnded(true), undefined);
	assert.deepEqual([queue.held, queue.isDue], [false, true]);
	assert.equal(queue.edit(one.id, "one, changed"), true);
	assert.equal(queue.due()?.text, "one, changed");
	assert.equal(queue.due(), undefined, "one a turn");
	assert.equal(queue.edit(one.id, "too late"), false);

	queue.turnStarted();
	queue.beginEdit(two.id);
	assert.equal(queue.due(), undefined, "the turn runs");
	assert.equal(queue.turnEnded(true), undefined);
	queue.turnStarted();
	queue.endEdit(two.id);
	assert.equal(queue.due(), undefined, "another turn runs meanwhile");
	assert.equal(queue.turnEnded(true)?.text, "two");

	queue.add(draft("three"));
	queue.beginEdit(queue.prompts[0]?.id ?? "");
	assert.equal(queue.turnEnded(true), undefined);
	assert.equal(
		new PromptQueue("/work", queue.kept).isDue,
		false,
		"nobody changes it after a reload",
	);
	queue.take(queue.prompts[0]?.id);
	queue.beginEdit("nobody");
	queue.add(draft("four"));
	assert.equal(queue.due()?.text, "four");
});
