import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { Emitter } from "../../base/event.ts";
import type { DaemonNotice } from "../../protocol/daemon.ts";
import { LiveSession, type LiveSource } from "./liveSession.ts";

fc.configureGlobal({ seed: 8 });

const whole = "The quick brown fox jumps over the lazy dog.";

/** A daemon that has told so much of the text, and answers `follow` when it is told to. */
function daemon() {
	const delta = new Emitter<DaemonNotice<"delta">>();
	const grown = new Emitter<DaemonNotice<"grown">>();
	let told = 0;
	const waiting: (() => void)[] = [];
	const on = (name: string) => (name === "delta" ? delta.event : grown.event);
	const call = (method: string) =>
		method === "unfollow"
			? Promise.resolve({})
			: new Promise((resolve) => {
					waiting.push(() => {
						const texts = { text: whole.slice(0, told) };
						resolve({ run: null, items: [{ id: "i", type: "agentMessage", texts }] });
					});
				});
	return {
		source: { on, call } as unknown as LiveSource,
		/** Tells so many letters more; a delta that is lost reaches nobody. */
		tell(count: number, lost: boolean) {
			const text = whole.slice(told, told + count);
			const notice = { session: "s", turn: "t", item: "i", field: "text", offset: told, text };
			told += text.length;
			if (!lost) {
				delta.fire(notice);
			}
		},
		async answer() {
			for (const each of waiting.splice(0)) {
				each();
			}
			await new Promise((resolve) => setImmediate(resolve));
		},
	};
}

test("whatever is lost, and whenever the whole comes, a text never has a hole and ends whole", async () => {
	const step = fc.record({
		count: fc.integer({ min: 1, max: 6 }),
		lost: fc.boolean(),
		answer: fc.boolean(),
	});
	await fc.assert(
		fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
			const { source, tell, answer } = daemon();
			const live = new LiveSession(source, "s");
			live.onText(({ texts }) => assert.ok(whole.startsWith(texts["text"] ?? "")));
			const started = live.start();
			for (const { count, lost, answer: now } of steps) {
				tell(count, lost);
				if (now) {
					await answer();
				}
			}
			tell(whole.length, false);
			await answer();
			await answer();
			await started;
			assert.equal(live.textsOf("i")?.["text"], whole);
			live.dispose();
		}),
		{ numRuns: 50 },
	);
});
