import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { atOnce, filtered, forEach, inSlices, nextTurn, sorted, Turns } from "./slices.ts";

const numbers = Array.from({ length: 5003 }, (_, n) => ({ n, key: (n * 7919) % 97 }));
const byKey = (a: { key: number }, b: { key: number }) => a.key - b.key;

describe("Work in slices", () => {
	it("sorts as `sort` does, equal ones in their order", () => {
		assert.deepEqual(atOnce(sorted(numbers, byKey)), [...numbers].sort(byKey));
		assert.deepEqual(atOnce(sorted([], byKey)), []);
	});

	it("filters as `filter` does", () => {
		const even = ({ n }: { n: number }) => n % 2 === 0;
		assert.deepEqual(atOnce(filtered(numbers, even)), numbers.filter(even));
	});

	it("lets others have their turn in between", async () => {
		let turns = 0;
		const count = () => {
			turns++;
			timer = setImmediate(count);
		};
		let timer = setImmediate(count);
		const busy = () => {
			const end = performance.now() + 0.05;
			while (performance.now() < end) {
				// Working.
			}
		};
		await inSlices(forEach(numbers, busy));
		clearImmediate(timer);
		assert.ok(turns > 10, `${turns} turns in 250 ms of work`);
	});
});

describe("Turns", () => {
	it("let some go on at once and the others in later turns, in order", async () => {
		const turns = new Turns(2);
		const done: number[] = [];
		for (let n = 0; n < 7; n++) {
			const turn = turns.take();
			void (turn ? turn.then(() => done.push(n)) : done.push(n));
		}
		assert.deepEqual(done, [0, 1]);
		for (let turn = 0; turn < 10; turn++) {
			const before = done.length;
			await nextTurn();
			assert.ok(done.length - before <= 2);
		}
		assert.deepEqual(done, [0, 1, 2, 3, 4, 5, 6]);
		assert.equal(turns.take(), undefined);
	});
});
