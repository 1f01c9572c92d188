import assert from "node:assert/strict";
import test from "node:test";
import { mapLimit, SharedRun, TaskQueue } from "./async.ts";
import { DisposableStore, toDisposable } from "./disposable.ts";
import { causeInWords, errorSentence, HumanError, systemErrorCode } from "./errors.ts";
import { Emitter } from "./event.ts";

function failure(code: string): Error {
	return Object.assign(new Error("raw"), { code });
}

test("a task queue runs one task at a time, in order, and goes on after a failure", async () => {
	const queue = new TaskQueue();
	const events: string[] = [];
	const task = (name: string, fails = false) =>
		queue.run(async () => {
			events.push(`${name} starts`);
			await null;
			events.push(`${name} ends`);
			if (fails) {
				throw new Error(name);
			}
			return name;
		});
	const results = await Promise.allSettled([task("a"), task("b", true), task("c")]);
	assert.deepEqual(events, ["a starts", "a ends", "b starts", "b ends", "c starts", "c ends"]);
	assert.deepEqual(
		results.map((result) => result.status),
		["fulfilled", "rejected", "fulfilled"],
	);
});

test("a caller that arrives during a shared run gets one that starts after it arrived", async () => {
	let started = 0;
	let running = 0;
	const gates: (() => void)[] = [];
	const shared = new SharedRun(async () => {
		const own = ++started;
		assert.equal(++running, 1, "at most one run at a time");
		await new Promise<void>((resolve) => gates.push(resolve));
		running--;
		if (own === 1) {
			throw new Error("first");
		}
		return own;
	});
	const first = shared.run();
	const [second, third] = [shared.run(), shared.run()];
	gates[0]?.();
	await assert.rejects(first, /first/);
	await new Promise((resolve) => setImmediate(resolve));
	gates[1]?.();
	assert.deepEqual(await Promise.all([second, third]), [2, 2]);
	assert.equal(started, 2);
});

test("mapLimit keeps the order of its items and the limit", async () => {
	let running = 0;
	const results = await mapLimit([5, 4, 3, 2, 1, 0], 2, async (item, index) => {
		assert.ok(++running <= 2);
		for (let n = 0; n < item; n++) {
			await null;
		}
		running--;
		return item * 10 + index;
	});
	assert.deepEqual(results, [50, 41, 32, 23, 14, 5]);
	assert.deepEqual(await mapLimit([], 3, async () => 1), []);
	await assert.rejects(
		mapLimit([1, 2], 1, async () => Promise.reject(new Error("no"))),
		/no/,
	);
});

test("a disposable store disposes last added first, once, and what comes late at once", () => {
	const order: number[] = [];
	const store = new DisposableStore();
	const first = store.add(toDisposable(() => order.push(1)));
	store.add(toDisposable(() => order.push(2)));
	store.dispose();
	store.dispose();
	first.dispose();
	store.add(toDisposable(() => order.push(3)));
	assert.deepEqual(order, [2, 1, 3]);
});

test("an emitter calls each listener that was there, once each time it was added", () => {
	const emitter = new Emitter<number>();
	const heard: number[] = [];
	const listener = (value: number) => heard.push(value);
	const one = emitter.event(listener);
	emitter.event((value) => {
		one.dispose();
		heard.push(-value);
	});
	emitter.fire(1);
	emitter.fire(2);
	emitter.dispose();
	emitter.fire(3);
	assert.deepEqual(heard, [1, -1, -2]);
});

test("errors are told in words", () => {
	assert.equal(causeInWords(failure("ENOSPC")), "the disk is full");
	assert.equal(causeInWords(failure("EWEIRD")), "raw");
	assert.equal(causeInWords("text"), "text");
	assert.equal(systemErrorCode(failure("EIO")), "EIO");
	assert.equal(systemErrorCode({ code: "EIO" }), undefined);
	assert.equal(errorSentence(new HumanError("why", "A sentence.")), "A sentence.");
	assert.equal(errorSentence(undefined), "undefined");
});
