import type { TestEvent } from "node:test/reporters";

/** What a run of node:test came to. */
export interface TestRunReport {
	readonly passed: number;
	/** Those that failed or were cancelled. */
	readonly failed: number;
	/** Those that were skipped or are to be done. */
	readonly skipped: number;
	/** Tests that failed by themselves, not for one inside them. */
	readonly failures: readonly { readonly name: string; readonly file: string }[];
}

/** A reporter for `node --test` that writes one JSON text: a `TestRunReport`. */
// biome-ignore lint/style/noDefaultExport: node:test takes reporters so.
export default async function* report(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
	const failures: { name: string; file: string }[] = [];
	const counts = { passed: 0, failed: 0, skipped: 0 };
	for await (const { type, data } of source) {
		if (type === "test:fail" && data.file) {
			failures.push({ name: data.name, file: data.file });
		} else if (type === "test:summary" && data.file === undefined) {
			const { tests, passed, skipped, todo } = data.counts;
			counts.passed += passed;
			counts.failed += tests - passed - skipped - todo;
			counts.skipped += skipped + todo;
		}
	}
	yield JSON.stringify({ ...counts, failures } satisfies TestRunReport);
}
