import type { TestEvent } from "node:test/reporters";

/** What a run of node:test came to. */
export interface TestRunReport {
	readonly passed: number;
	/** Those that failed or were cancelled. */
	readonly failed: number;
	/** Those that were skipped or are to be done. */
	readonly skipped: number;
	/** Names of the tests that failed. */
	readonly failures: readonly string[];
	/** Files in which something failed. A test that a helper of another file has made counts for that one, too. */
	readonly files: readonly string[];
}

/** A reporter for `node --test` that writes one JSON text: a `TestRunReport`. */
// biome-ignore lint/style/noDefaultExport: node:test takes reporters so.
export default async function* report(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
	const failures: string[] = [];
	const files = new Set<string>();
	const counts = { passed: 0, failed: 0, skipped: 0 };
	for await (const { type, data } of source) {
		if (type === "test:fail") {
			failures.push(data.name);
			if (data.file) {
				files.add(data.file);
			}
		} else if (type === "test:summary" && data.file !== undefined) {
			if (!data.success) {
				files.add(data.file);
			}
		} else if (type === "test:summary") {
			const { tests, passed, skipped, todo } = data.counts;
			counts.passed += passed;
			counts.failed += tests - passed - skipped - todo;
			counts.skipped += skipped + todo;
		}
	}
	yield JSON.stringify({ ...counts, failures, files: [...files] } satisfies TestRunReport);
}
