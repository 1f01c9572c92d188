import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { itemTypes } from "../model/item.ts";
import { firstKey, keyAtTime, laterKey, typeOfKey } from "./itemKeys.ts";

const time = fc.integer({ min: Date.UTC(2000, 0, 1), max: Date.UTC(2200, 0, 1) });
const type = fc.constantFrom(...itemTypes);

test("a key says its type, and later items have greater keys", () => {
	fc.assert(
		fc.property(time, time, type, type, (a, b, first, second) => {
			const [one, other] = [firstKey(a, first), firstKey(b, second)];
			assert.equal(typeOfKey(one), first);
			assert.ok(Number.isSafeInteger(one));
			if (Math.floor(a / 1000) < Math.floor(b / 1000)) {
				assert.ok(one < other);
			}
			assert.ok(one >= keyAtTime(a));
		}),
		{ seed: 13 },
	);
});

test("a later key has the same type and is greater, also across seconds", () => {
	fc.assert(
		fc.property(time, type, fc.integer({ min: 1, max: 100_000 }), (at, of, step) => {
			const key = firstKey(at, of);
			assert.equal(typeOfKey(laterKey(key, step)), of);
			assert.ok(laterKey(key, step) > key);
			assert.equal(laterKey(laterKey(key, step), step), laterKey(key, 2 * step));
		}),
		{ seed: 14 },
	);
});

test("times that are unknown or absurd have keys, too", () => {
	for (const strange of [Number.NaN, -1e15, 1e300, Number.POSITIVE_INFINITY]) {
		assert.ok(Number.isSafeInteger(laterKey(firstKey(strange, "raw"), 1_000_000)), String(strange));
	}
});
